from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stancelib.checking import LabelReport, check_labels
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError


def _row(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "r1",
        "conflict": "veldmark",
        "text": "Talvia condemned the Red League.",
        "actors": [{"id": "TALVIA", "start": 0, "end": 6}, {"id": "RED", "start": 21, "end": 31}],
        "labels": [{"actor": "TALVIA", "types": ["condemnation"]}, {"actor": "RED", "types": []}],
    }
    return {**row, **changes}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "l.jsonl"


def _check(path: Path, codebook: Codebook, conflict: Conflict, *rows: dict[str, Any]) -> LabelReport:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return check_labels(path, codebook=codebook, conflicts=[conflict])


def test_a_good_file_is_counted(labels_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    report = check_labels(labels_path, codebook=codebook, conflicts=[conflict])
    assert (report.errors, report.warnings) == ([], [])
    assert (report.n_rows, report.n_labels) == (24, 50)
    assert report.n_no_stance == 25
    assert report.type_counts["condemnation"] == 6
    assert report.side_counts == {"supports": 8, "opposes": 7}
    assert report.unknown_actors == {"BRELL": 5, "KESH": 4}


def test_every_error_is_told_with_its_line(path: Path, codebook: Codebook, conflict: Conflict) -> None:
    report = _check(
        path,
        codebook,
        conflict,
        _row(labels=[{"actor": "TALVIA", "types": ["x"], "opposes": "y"}]),
        _row(id="r2"),
        _row(id="r3", text=""),
    )
    assert len(report.errors) == 3
    assert [error.split(": ")[0] for error in report.errors] == [f"{path}:1", f"{path}:1", f"{path}:3"]
    assert report.n_rows == 1


@pytest.mark.parametrize(
    ("rows", "warning"),
    [
        ([_row(), _row(text="Another text with Talvia in it.")], r":2: id 'r1' stands already at .*:1"),
        ([_row(), _row(id="r2", text="Talvia  condemned the RED LEAGUE.")], ":2: the same text stands at .*:1"),
        (
            [_row(), _row(id="r2", labels=[{"actor": "TALVIA", "types": []}, {"actor": "RED", "types": []}])],
            r":2: 'TALVIA' has types \[\], but \['condemnation'\] at .*:1 for the same text",
        ),
        ([_row(labels=[{"actor": "TALVIA", "types": []}])], ":1: marked but not judged: RED"),
        ([_row(labels=[{"actor": "RED", "types": [], "supports": "reds"}, {"actor": "TALVIA"}])], "but no type"),
        (
            [_row(labels=[{"actor": "RED", "types": ["threat"], "target": "RED"}, {"actor": "TALVIA"}])],
            "its own target",
        ),
        (
            [_row(labels=[{"actor": "RED", "supports": "blues", "opposes": ["blues"]}, {"actor": "TALVIA"}])],
            "supports and opposes the same side",
        ),
    ],
)
def test_what_is_likely_a_slip_is_a_warning(
    rows: list[dict[str, Any]], warning: str, path: Path, codebook: Codebook, conflict: Conflict
) -> None:
    report = _check(path, codebook, conflict, *rows)
    assert report.errors == []
    with pytest.raises(AssertionError, match=warning):
        raise AssertionError("\n".join(report.warnings))


def test_one_text_in_two_conflicts_is_no_repetition(path: Path, codebook: Codebook, conflict: Conflict) -> None:
    assert _check(path, codebook, conflict, _row(), _row(id="r2", conflict=None)).warnings == []


def test_another_codebook_is_checked_against(path: Path, exclusive_codebook_path: Path, conflict: Conflict) -> None:
    report = _check(path, load_codebook(exclusive_codebook_path), conflict, _row())
    assert len(report.errors) == 1
    assert "unknown type 'condemnation'" in report.errors[0]
    assert list(report.type_counts) == ["favour", "against", "none"]


def test_a_file_that_is_no_json_lines_is_refused(path: Path, codebook: Codebook) -> None:
    path.write_text("id,text\n", encoding="utf-8")
    (error,) = check_labels(path, codebook=codebook).errors
    assert error.startswith(f"{path}:1: not JSON")
    with pytest.raises(DataError, match=r"gone\.jsonl: cannot be read"):
        check_labels(path.with_name("gone.jsonl"), codebook=codebook)


def test_misspelt_keys_are_warned_of(path: Path, codebook: Codebook, conflict: Conflict) -> None:
    labels = [{"actor": "TALVIA", "type": ["condemnation"], "note": "x"}, {"actor": "RED", "types": []}]
    report = _check(path, codebook, conflict, _row(labels=labels, contxt="Before."))
    assert report.errors == []
    assert report.warnings == [
        f"{path}:1: the row has a key 'contxt', which means nothing; did you mean 'context'?",
        f"{path}:1: a label has a key 'type', which means nothing; did you mean 'types'?",
    ]


def test_a_split_of_another_name_is_warned_of(path: Path, codebook: Codebook, conflict: Conflict) -> None:
    report = _check(
        path,
        codebook,
        conflict,
        _row(split="dev"),
        _row(id="r2", text="Talvia condemned the Red League!", split="tset"),
    )
    assert report.warnings == [
        f"{path}:2: split 'tset' is learnt from, as 'train' is; expected 'train', 'dev' or 'test'"
    ]
