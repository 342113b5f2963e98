from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.records import conflict_lookup, parse_label_row
from training import compile_seeds
from training.compile_seeds import MarkupError, compile_block, parse_label, read_blocks, strip_marks

HEAD = "conflict: veldmark\ndate: 2016-05-01\n\n"
BLOCK = "id: a-1\ntext: [TALVIA Talvia] praised the [RED Red League].\nTALVIA: endorsement | + reds | > RED\nRED: -\n"


def _compile(text: str, tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "s.txt"
    path.write_text(text, encoding="utf-8")
    return [compile_block(block, where=f"s.txt:{line}") for block, line in read_blocks(path)]


def test_the_tiny_labels_are_those_of_their_source(data_dir: Path) -> None:
    blocks = read_blocks(data_dir / "tiny_labels.txt")
    rows = [compile_block(block, where=str(line)) for block, line in blocks]
    lines = (data_dir / "tiny_labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert rows == [json.loads(line) for line in lines]


def test_a_block_becomes_a_row(tmp_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    (row,) = _compile(HEAD + BLOCK, tmp_path)
    assert row["text"] == "Talvia praised the Red League."
    assert row["actors"] == [{"id": "TALVIA", "start": 0, "end": 6}, {"id": "RED", "start": 19, "end": 29}]
    assert row["labels"][0] == {
        "actor": "TALVIA",
        "types": ["endorsement"],
        "target": "RED",
        "supports": "reds",
        "opposes": None,
        "status": "done",
    }
    assert row["labels"][1]["types"] == []
    _, problems = parse_label_row(row, where="r", codebook=codebook, conflicts=conflict_lookup([conflict]))
    assert problems == []


def test_held_fields_hold_until_they_change(tmp_path: Path) -> None:
    text = HEAD + BLOCK + "\n# a remark\nconflict: -\ndate: -\n\n" + BLOCK.replace(" | + reds", "")
    first, second = _compile(text, tmp_path)
    assert (first["conflict"], first["date"]) == ("veldmark", "2016-05-01")
    assert second["conflict"] is None
    assert "date" not in second
    assert "supports" not in second["labels"][0]


def test_marks_of_context_list_and_pronoun(tmp_path: Path) -> None:
    text = (
        "id: a\nphenomena: quote, list\ncontext: [TALVIA Brandt] spoke.\n"
        "text: [TALVIA|pronoun We] name [RED+BLUE|list both sides] \\[sic\\].\nTALVIA: -\n"
    )
    (row,) = _compile(text, tmp_path)
    assert row["text"] == "We name both sides [sic]."
    assert row["actors"] == [
        {"id": "TALVIA", "start": 0, "end": 6, "in": "context"},
        {"id": "TALVIA", "start": 0, "end": 2, "via": "pronoun"},
        {"id": "RED", "start": 8, "end": 18, "via": "list"},
        {"id": "BLUE", "start": 8, "end": 18, "via": "list"},
    ]
    assert row["phenomena"] == ["quote", "list"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-", {"types": [], "target": None, "supports": None, "opposes": None}),
        ("?", None),
        ("threat | x reds, blues | planned", {"types": ["threat"], "opposes": ["reds", "blues"], "status": "planned"}),
        ("threat, demand | ?+ | ?>", {"types": ["threat", "demand"], "status": "done"}),
        ("threat | > RED, BLUE", {"target": ["RED", "BLUE"]}),
    ],
)
def test_label_lines(line: str, expected: dict[str, Any] | None) -> None:
    label = parse_label("TALVIA", line, known={"TALVIA", "RED", "BLUE"}, sides=True, where="w")
    if expected is None:
        assert label is None
        return
    assert label is not None
    assert {key: label[key] for key in expected} == expected
    assert ("supports" in label) == ("?+" not in line)
    assert ("target" in label) == ("?>" not in line)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text: [A x] y.\nA: -\n", r"s\.txt:1: no id"),
        ("id: a\ntext: [A x] y.\n", r"s\.txt:1: no label line"),
        ("id: a\ntext: [A x y.\nA: -\n", "stray bracket"),
        ("id: a\ntext: x] y.\nA: -\n", "stray bracket"),
        ("id: a\ntext: [A x] y.\nB: -\n", "label for 'B', which is not marked; marked: A"),
        ("id: a\ntext: [A x] y.\nA: -\nA: -\n", "labelled twice"),
        ("id: a\ntext: [A x] y.\nA: threat | > B\n", "target 'B' is not marked"),
        ("id: a\ntext: [A x] y.\nA: threat | + reds\n", "names a side in a row without a conflict"),
        ("id: a\ntext: [A x] y.\nA: threat | reds\n", "expected '. side', 'x side'"),
        ("id: a\nA: -\n", r"s\.txt:1: a block without text"),
        ("id: a\nwhat is this\n", r"s\.txt:2: 'what is this'; expected 'key: value'"),
    ],
)
def test_wrong_markup_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MarkupError, match=message):
        _compile(text, tmp_path)


def test_marks_point_at_their_surface() -> None:
    text, marks = strip_marks("Ünder [A the Ärmy] \\[x\\] [B Brell].", where="w")
    assert text == "Ünder the Ärmy [x] Brell."
    assert [text[mark["start"] : mark["end"]] for mark in marks] == ["the Ärmy", "Brell"]


def test_the_command_compiles_a_folder_and_tells_every_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources, out = tmp_path / "sources", tmp_path / "out"
    sources.mkdir()
    out.mkdir()
    (sources / "a.txt").write_text(HEAD + BLOCK, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["compile_seeds", str(sources), str(out)])
    with pytest.raises(SystemExit) as end:
        compile_seeds.main()
    assert end.value.code == 0
    assert len((out / "a.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    (sources / "b.txt").write_text("id: b\nodd line\n", encoding="utf-8")
    (sources / "c.txt").write_text(HEAD + BLOCK + "\ntext: x\nA: -\n", encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        compile_seeds.main()
    assert end.value.code == 1
    shown = capsys.readouterr().err
    assert "b.txt:2: 'odd line'" in shown
    assert "c.txt:9: no id" in shown
