from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.records import conflict_lookup, parse_label_row
from training import compile_articles
from training.compile_articles import compile_article, read_articles
from training.compile_seeds import MarkupError

ARTICLE = """article: art-1
conflict: veldmark
date: 2016-05-01

raw: DORN, May 1 (Wire) -
text: [TALVIA Talvia] praised the [RED Red League].
TALVIA: endorsement | + reds | > RED
RED: -

# what was said
text: "We stand by them."
TALVIA: endorsement | + reds | > RED

para:
text: Rain fell on [MORVIA Morvia].
MORVIA: -

raw: Reporting by Jo Doe
"""


def _compile(text: str, tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    return [compile_article(article) for article in read_articles(path)]


def test_an_article_is_put_together(tmp_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    (row,) = _compile(ARTICLE, tmp_path)
    assert row["text"] == (
        'DORN, May 1 (Wire) - Talvia praised the Red League. "We stand by them."\n\n'
        "Rain fell on Morvia. Reporting by Jo Doe"
    )
    assert [row["text"][entry["start"] : entry["end"]] for entry in row["sentences"]] == [
        "Talvia praised the Red League.",
        '"We stand by them."',
        "Rain fell on Morvia.",
    ]
    assert (row["id"], row["conflict"], row["date"], row["invented"]) == ("art-1", "veldmark", "2016-05-01", True)
    _, problems = parse_label_row(row, where="r", codebook=codebook, conflicts=conflict_lookup([conflict]))
    assert problems == []


def test_a_speaker_elsewhere_is_marked_where_it_stands(tmp_path: Path) -> None:
    (row,) = _compile(ARTICLE, tmp_path)
    marks = row["sentences"][1]["actors"]
    assert [(mark["id"], row["text"][mark["start"] : mark["end"]], mark["via"]) for mark in marks] == [
        ("TALVIA", "Talvia", "quote"),
        ("RED", "Red League", "quote"),
    ]


def test_the_nearest_mark_is_taken_also_from_after(tmp_path: Path) -> None:
    text = 'article: a\n\ntext: "We won."\nRED: -\n\ntext: So said the [RED Red League].\nRED: -\n'
    (row,) = _compile(text, tmp_path)
    (mark,) = row["sentences"][0]["actors"]
    assert row["text"][mark["start"] : mark["end"]] == "Red League"
    assert row["conflict"] is None


def test_several_articles_stand_in_one_file(tmp_path: Path) -> None:
    rows = _compile(ARTICLE + "\n" + ARTICLE.replace("art-1", "art-2"), tmp_path)
    assert [row["id"] for row in rows] == ["art-1", "art-2"]
    assert rows[0]["text"] == rows[1]["text"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text: x\n", r"a\.txt:1: 'text: x'; expected 'article: ID' first"),
        ("date: 2016-05-01\n", r"a\.txt:1: .*expected 'article: ID' first"),
        ("article: a\n\nodd line\n", r"a\.txt:3: 'odd line'"),
        ("article: a\n\ntext: x\ntext: y\n", r"a\.txt:4: a second 'text' in one block"),
        ("article: a\n\ntext: x\nRED: -\n", "'RED' is marked nowhere in the article"),
        ("article: a\n\ntext: [RED x\nRED: -\n", "stray bracket"),
        ("article: a\n\nRED: -\n", r"block at line 3\): labels without a sentence"),
    ],
)
def test_wrong_markup_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MarkupError, match=message):
        _compile(text, tmp_path)


def test_the_command_compiles_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources, out = tmp_path / "sources", tmp_path / "articles.jsonl"
    sources.mkdir()
    (sources / "a.txt").write_text(ARTICLE, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["compile_articles", str(sources), str(out)])
    with pytest.raises(SystemExit) as end:
        compile_articles.main()
    assert end.value.code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["id"] == "art-1"
    (sources / "b.txt").write_text("text: x\n", encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        compile_articles.main()
    assert end.value.code == 1
