from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError, UnknownNameError
from stancelib.records import conflict_lookup, parse_label_row, read_labels
from stancelib.types import Label, LabelledArticle, LabelledSentence, Mark

TEXT = "Talvia condemned the Red League."


def _row(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "r1",
        "conflict": "veldmark",
        "text": TEXT,
        "actors": [{"id": "TALVIA", "start": 0, "end": 6}, {"id": "RED", "start": 21, "end": 31}],
        "labels": [{"actor": "TALVIA", "types": ["condemnation"], "opposes": "reds", "target": "RED"}],
    }
    return {**row, **changes}


def _label(**changes: Any) -> dict[str, Any]:
    return _row(labels=[{"actor": "TALVIA", **changes}])


def _parse(raw: dict[str, Any], codebook: Codebook, conflict: Conflict) -> tuple[Any, list[str]]:
    return parse_label_row(raw, where="f.jsonl:7", codebook=codebook, conflicts=conflict_lookup([conflict]))


def test_the_example_row_of_the_label_format_is_read(codebook: Codebook) -> None:
    raw = {
        "id": "lib-1",
        "conflict": "libya",
        "date": "2020-01-03",
        "context": "Ankara spoke.",
        "text": "We send them help.",
        "actors": [{"id": "TUR", "start": 0, "end": 6, "in": "context"}, {"id": "GNA", "start": 8, "end": 12}],
        "labels": [
            {"actor": "TUR", "types": ["military_support"], "supports": ["gna"], "opposes": None, "status": "planned"},
            {"actor": "GNA", "types": []},
        ],
        "split": "dev",
        "phenomena": ["pronoun"],
        "invented": True,
    }
    row, problems = parse_label_row(raw, where="f:1", codebook=codebook, conflicts=conflict_lookup())
    assert problems == []
    assert row == LabelledSentence(
        id="lib-1",
        text="We send them help.",
        actors=(Mark("TUR", 0, 6, in_context=True), Mark("GNA", 8, 12)),
        labels=(
            Label("TUR", types=("military_support",), supports=("gna",), opposes=(), status="planned"),
            Label("GNA", types=()),
        ),
        conflict="libya",
        context="Ankara spoke.",
        date=date(2020, 1, 3),
        split="dev",
        phenomena=("pronoun",),
        where="f:1",
    )


def test_an_absent_key_was_not_judged_and_null_was(codebook: Codebook, conflict: Conflict) -> None:
    row, _ = _parse(_label(supports=None), codebook, conflict)
    assert row.labels == (Label("TALVIA", supports=()),)
    row, _ = _parse(_label(types=[], target=None), codebook, conflict)
    assert row.labels == (Label("TALVIA", types=(), target=()),)


def test_sides_are_not_judged_without_a_conflict(codebook: Codebook, conflict: Conflict) -> None:
    row, problems = _parse(_row(conflict=None, labels=[{"actor": "RED", "supports": None}]), codebook, conflict)
    assert problems == []
    assert row.labels == (Label("RED"),)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (_label(opposes="red"), r"unknown side 'red'; did you mean 'reds'\? \(conflict veldmark\)"),
        (_label(supports=["blues", "gna"]), "unknown side 'gna'; expected one of blues, greens, reds"),
        (_row(conflict=None), "side 'reds' is named, but the row has no conflict"),
        (_label(types=["condemnations"]), "unknown type 'condemnations'; did you mean 'condemnation'"),
        (_row(labels=[{"actor": "REDS", "types": []}]), r"unknown actor 'REDS'; did you mean 'RED'\?.*marked actors"),
        (_label(target="BLUE"), "unknown target 'BLUE'"),
        (_label(target=["RED", "BLUE"]), "unknown target 'BLUE'"),
        (_row(labels=[{"actor": "RED"}, {"actor": "RED"}]), "actor 'RED' is labelled twice"),
        (_label(status="likely"), r"labels\[0\]\.status is \"likely\"; expected 'done' or 'planned'"),
        (_row(conflict="veldmarc"), "unknown conflict 'veldmarc'"),
        (_row(actors=[{"id": "A", "start": 0, "end": 33}]), r"mark of 'A' spans 0-33; expected .* <= 32"),
        (_row(actors=[{"id": "A", "start": 5, "end": 5}]), "mark of 'A' spans 5-5"),
        (_row(actors=[{"id": "A", "start": 0, "end": 3, "in": "context"}]), "mark of 'A' spans 0-3; expected .* <= 0"),
        (
            _row(actors=[{"id": "A", "start": -1, "end": 3}]),
            r"actors\[0\]\.start is -1; expected greater than or equal to 0",
        ),
        (_row(actors=[{"id": "A", "start": "0", "end": 3}]), r"actors\[0\]\.start is \"0\"; expected a whole number"),
        (
            _row(actors=[{"id": "A", "start": 0, "end": 3, "via": "guess"}]),
            r"actors\[0\]\.via is \"guess\"; expected 'name'",
        ),
        (
            _row(actors=[{"id": "A", "start": 0, "end": 3, "in": "title"}]),
            r"actors\[0\]\.in is \"title\"; expected 'text'",
        ),
        (_row(text=""), 'text is ""; expected a string that is not empty'),
        (_row(date="3 May"), "date: bad date '3 May'; expected YYYY-MM-DD"),
        (_row(date=20160503), "date: bad date 20160503; expected YYYY-MM-DD"),
        (_label(types=None), r"labels\[0\]\.types is null; expected a list"),
        (_label(target=5), r"labels\[0\]\.target is 5; expected a string or a list"),
        (_row(id=None), "id is null; expected a string or a whole number"),
        (_row(conflict=""), "side 'reds' is named, but the row has no conflict"),
        ({"id": "r1", "actors": []}, "no 'text'; expected one"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(
    raw: dict[str, Any], message: str, codebook: Codebook, conflict: Conflict, tmp_path: Path
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(f"{json.dumps(_row())}\n\n{json.dumps(raw)}\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"^{path}:3: .*{message}"):
        list(read_labels(path, codebook=codebook, conflicts=conflict_lookup([conflict])))


def test_every_problem_of_a_row_is_told(codebook: Codebook, conflict: Conflict) -> None:
    _, problems = _parse(_label(types=["x"], opposes="y", target="Z"), codebook, conflict)
    assert len(problems) == 3
    assert all(problem.startswith("f.jsonl:7: ") for problem in problems)


def test_an_exclusive_codebook_allows_one_type(exclusive_codebook_path: Path, conflict: Conflict) -> None:
    book = load_codebook(exclusive_codebook_path)
    _, problems = _parse(_label(types=["favour", "none"]), book, conflict)
    assert problems == [
        "f.jsonl:7: actor 'TALVIA' has types ['favour', 'none']; expected one, as codebook 'favour' is exclusive"
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"id": "a"', r":2: not JSON: .*column \d+"),
        (b"[1]", ":2: list found; expected a JSON object"),
        (b'{"id": "\xe9"}', ":2: not UTF-8 at byte 8"),
        (b"[" * 200_000, ":2: not JSON"),
    ],
)
def test_a_line_that_is_no_object_is_refused(
    line: bytes, message: str, codebook: Codebook, conflict: Conflict, tmp_path: Path
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(json.dumps(_row()).encode() + b"\n" + line + b"\n")
    with pytest.raises(DataError, match=message):
        list(read_labels(path, codebook=codebook, conflicts=conflict_lookup([conflict])))


def test_a_missing_label_file_is_refused(codebook: Codebook, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jsonl: cannot be read: .*expected JSON Lines"):
        list(read_labels(tmp_path / "gone.jsonl", codebook=codebook, conflicts=conflict_lookup()))


def test_an_article_is_read_and_checked(codebook: Codebook, conflict: Conflict) -> None:
    text = f"Rain fell. {TEXT}"
    sentence = {
        "start": 11,
        "end": 43,
        "actors": [{"id": "TALVIA", "start": 11, "end": 17}],
        "labels": [{"actor": "TALVIA", "types": ["condemnation"], "opposes": "reds"}],
    }
    raw = {"id": "art", "conflict": "veldmark", "text": text, "sentences": [sentence]}
    row, problems = _parse(raw, codebook, conflict)
    assert problems == []
    assert isinstance(row, LabelledArticle)
    assert text[row.sentences[0].start : row.sentences[0].end] == TEXT
    assert row.sentences[0].labels == (Label("TALVIA", types=("condemnation",), opposes=("reds",)),)
    wrong = {**raw, "sentences": [{**sentence, "end": 50, "labels": [{"actor": "TALVIA", "opposes": "x"}]}]}
    _, problems = _parse(wrong, codebook, conflict)
    assert [problem.split("; ")[0] for problem in problems] == [
        "f.jsonl:7: unknown side 'x'",
        "f.jsonl:7: sentence spans 11-50",
    ]


def test_given_conflicts_come_before_the_shipped_ones(conflict: Conflict) -> None:
    look_up = conflict_lookup([conflict])
    assert look_up("veldmark") is conflict
    assert look_up("libya").id == "libya"
    with pytest.raises(UnknownNameError, match="unknown conflict 'libia'; did you mean 'libya'"):
        look_up("libia")


def test_a_row_may_not_name_a_conflict_file_but_only_a_conflict(conflict_path: Path, conflict: Conflict) -> None:
    look_up = conflict_lookup([conflict])
    with pytest.raises(UnknownNameError, match=r"unknown conflict .*three_sides\.toml'; expected one of .*veldmark"):
        look_up(str(conflict_path))
    with pytest.raises(UnknownNameError, match="did you mean 'veldmark'"):
        look_up("veldmarc")


def test_a_type_said_twice_counts_once(codebook: Codebook, conflict: Conflict) -> None:
    row, problems = _parse(_label(types=["concern", "concern"], target=["RED", "RED"]), codebook, conflict)
    assert problems == []
    assert (row.labels[0].types, row.labels[0].target) == (("concern",), ("RED",))


def test_a_date_may_have_a_time(codebook: Codebook, conflict: Conflict) -> None:
    row, _ = _parse(_row(date="2016-05-03T10:00:00Z"), codebook, conflict)
    assert row.date.isoformat() == "2016-05-03"
