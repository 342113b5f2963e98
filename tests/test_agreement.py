from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import RunCli

from stancelib.agreement import AgreementReport, cohen_kappa, compare_codings, krippendorff_alpha
from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError

TEXT = "Talvia condemned the Red League."
MARKS = [{"id": "TALVIA", "start": 0, "end": 6}, {"id": "RED", "start": 21, "end": 31}]


def _row(row_id: str, *labels: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"id": row_id, "conflict": "veldmark", "text": TEXT, "actors": MARKS, "labels": list(labels), **changes}


def _label(actor: str, *types: str, **keys: Any) -> dict[str, Any]:
    return {"actor": actor, "types": list(types), "supports": None, "opposes": None, "target": None, **keys}


def _write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def sides(conflict: Conflict) -> tuple[str, ...]:
    return tuple(conflict.side_ids)


def test_alpha_of_krippendorffs_two_coders_is_the_published_one() -> None:
    # Krippendorff 2011, section B: nominal data, two observers, no missing data.
    first = "aabbdcccedda"
    second = "babbbccceddd"
    codes = np.array([["abcde".index(a), "abcde".index(b)] for a, b in zip(first, second, strict=True)])
    assert krippendorff_alpha(codes) == pytest.approx(0.692, abs=0.0005)


def test_alpha_of_krippendorffs_four_coders_with_gaps_is_the_published_one() -> None:
    # Krippendorff 2011, section C: nominal data, any number of observers, missing data.
    coders = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    codes = np.array([[-1 if v == "." else int(v) - 1 for v in unit] for unit in zip(*coders, strict=True)])
    assert krippendorff_alpha(codes) == pytest.approx(0.743, abs=0.0005)


def test_alpha_of_values_that_are_all_the_same_is_not_defined() -> None:
    assert krippendorff_alpha(np.zeros((5, 2), dtype=np.int64)) is None
    assert cohen_kappa(np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64)) is None


def test_weights_count_units_several_times() -> None:
    codes = np.array([[0, 0], [1, 1], [0, 1]])
    assert krippendorff_alpha(codes, np.array([2, 1, 1])) == krippendorff_alpha(codes[[0, 0, 1, 2]])


def _compare(tmp_path: Path, codebook: Codebook, conflict: Conflict, first: Any, second: Any) -> AgreementReport:
    paths = [_write(tmp_path / "a.jsonl", *first), _write(tmp_path / "b.jsonl", *second)]
    return compare_codings(paths, codebook=codebook, conflicts=[conflict])


def test_a_coding_agrees_with_itself(labels_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    report = compare_codings([labels_path, labels_path], codebook=codebook, conflicts=[conflict])
    assert report.mean_alpha == 1.0
    assert (report.side.alpha, report.target.alpha, report.status.kappa) == (1.0, 1.0, 1.0)
    assert (report.confusion, report.disagreements) == ({}, [])
    assert (report.n_pairs, report.n_single) == (50, 0)


def test_what_differs_is_told_and_counted(
    tmp_path: Path, codebook: Codebook, conflict: Conflict, sides: tuple[str, ...]
) -> None:
    first = [_row("r1", _label("TALVIA", "condemnation", opposes=sides[0], target="RED", status="done"), _label("RED"))]
    second = [_row("r1", _label("TALVIA", "demand", target="RED", status="planned"), _label("RED"))]
    report = _compare(tmp_path, codebook, conflict, first, second)
    assert report.confusion == {("condemnation", "demand"): 1}
    assert [(item.actor, item.key, item.values) for item in report.disagreements] == [
        ("TALVIA", "types", (("condemnation",), ("demand",))),
        ("TALVIA", "opposes", ((sides[0],), ())),
        ("TALVIA", "status", (("done",), ("planned",))),
    ]
    assert report.types["condemnation"].n_positive == 1
    assert report.side.n_units == 2 * len(sides)
    assert report.target.alpha == 1.0


def test_what_one_coder_alone_judged_counts_nowhere(tmp_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    first = [_row("r1", _label("TALVIA", "condemnation"), _label("RED")), _row("r2", _label("RED"))]
    second = [_row("r1", _label("TALVIA", "condemnation"), {"actor": "RED"})]
    report = _compare(tmp_path, codebook, conflict, first, second)
    assert (report.n_pairs, report.n_single) == (2, 1)
    assert report.types["condemnation"].n_units == 1
    assert report.side.n_units == len(conflict.side_ids)


def test_sentences_of_articles_are_matched_by_overlap(tmp_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    def article(*spans: tuple[int, int]) -> dict[str, Any]:
        sentences = [{"start": a, "end": b, "actors": MARKS[:1], "labels": [_label("TALVIA")]} for a, b in spans]
        return {"id": "art", "conflict": "veldmark", "text": TEXT * 3, "sentences": sentences}

    n = len(TEXT)
    report = _compare(tmp_path, codebook, conflict, [article((0, n), (n, 2 * n))], [article((n + 2, 2 * n))])
    assert (report.n_pairs, report.n_single) == (1, 1)


def test_three_coders_with_gaps_are_compared(tmp_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    def coding(name: str, *answers: str | None) -> Path:
        rows = [_row(f"r{n}", _label("TALVIA", *filter(None, [a]))) for n, a in enumerate(answers) if a is not None]
        return _write(tmp_path / f"{name}.jsonl", *rows)

    first = coding("a", "demand", "", "demand", "")
    second = coding("b", "demand", "", "", None)  # type: ignore[arg-type]
    third = coding("c", "demand", None, "", "")  # type: ignore[arg-type]
    report = compare_codings([first, second, third], codebook=codebook, conflicts=[conflict])
    # units (1,1,1) (0,0) (1,0,0) (0,0): n = 10, n1 = 4, n0 = 6; observed 2 * 2 / 2 = 2, expected 2 * 4 * 6 = 48
    assert report.types["demand"].alpha == pytest.approx(1 - 9 * 2 / 48)
    assert report.types["demand"].n_units == 4
    low, high = report.types["demand"].interval or (9, 9)
    assert low <= 1 - 9 * 2 / 48 <= high <= 1


def test_the_interval_is_narrower_with_more_documents(tmp_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    def widths(n: int) -> float:
        first = [_row(f"r{k}", _label("TALVIA", *(["demand"] if k % 2 else []))) for k in range(n)]
        second = [_row(f"r{k}", _label("TALVIA", *(["demand"] if k % 2 and k % 5 else []))) for k in range(n)]
        interval = _compare(tmp_path, codebook, conflict, first, second).types["demand"].interval
        assert interval is not None
        return interval[1] - interval[0]

    assert widths(400) < widths(40) / 2


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ([_row("r1", _label("RED"), text=TEXT + " Again.")], "same text under the same id"),
        ([_row("r1", _label("RED"), conflict=None)], "expected the same, as sides are compared"),
        ([_row("other", _label("RED"))], "no pair that both judged"),
        ([_row("r1", _label("RED")), _row("r1", _label("RED"))], "stands twice"),
    ],
)
def test_codings_that_do_not_match_are_errors(
    tmp_path: Path, codebook: Codebook, conflict: Conflict, second: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        _compare(tmp_path, codebook, conflict, [_row("r1", _label("RED"))], second)


def test_one_coding_is_not_enough(labels_path: Path, codebook: Codebook, conflict: Conflict) -> None:
    with pytest.raises(DataError, match="two coders or more"):
        compare_codings([labels_path], codebook=codebook, conflicts=[conflict])


def test_the_command_prints_writes_and_gates(
    tmp_path: Path, labels_path: Path, conflict_path: Path, run_cli: RunCli
) -> None:
    rows = [json.loads(line) for line in labels_path.read_text(encoding="utf-8").splitlines()]
    rows[0]["labels"][0]["types"] = ["protest"]
    other = _write(tmp_path / "other.jsonl", *rows)
    out = tmp_path / "different.jsonl"
    common = ("agreement", labels_path, other, "--conflict", conflict_path)
    result = run_cli(*common, "--disagreements", out, "--min", "side=0.9")
    assert result.code == 0
    assert "mean alpha over types" in result.out
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [item["key"] for item in written] == ["types"]
    assert written[0]["values"][1] == ["protest"]

    result = run_cli(*common, "--min", "types=0.999")
    assert result.code == 1
    assert "alpha of types is" in result.err
    assert run_cli(*common, "--min", "nonsense=0.5").code == 2
