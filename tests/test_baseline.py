"""Whether a model is worse than an earlier one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stancelib.baseline import find_worse, load_baseline
from stancelib.errors import DataError
from stancelib.evaluation import Evaluation, evaluate, write_report
from stancelib.tagger import StanceTagger
from stancelib.types import StanceTag

Edit = Callable[[list[dict[str, Any]]], None]


@pytest.fixture(scope="module")
def found(labels_path: Path, tagger: StanceTagger) -> Evaluation:
    return evaluate(labels_path, tagger=tagger)


@pytest.fixture
def report(found: Evaluation, tmp_path: Path) -> Path:
    write_report(found, tmp_path / "report")
    return tmp_path / "report"


def _edit(folder: Path, edit: Edit) -> None:
    path = folder / "predictions.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    edit(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _spoil(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        line["types"] = {"protest": 0.9} if line["types"] else {}


def test_a_model_is_not_worse_than_itself(found: Evaluation, report: Path) -> None:
    assert find_worse(found, load_baseline(report), resamples=50) == []


def test_a_better_baseline_fails_each_metric_that_is_surely_worse(
    found: Evaluation, report: Path, labels_path: Path, tagger: StanceTagger
) -> None:
    def improve(lines: list[dict[str, Any]]) -> None:
        gold = {
            (row["id"], label["actor"]): label["types"]
            for row in map(json.loads, labels_path.read_text(encoding="utf-8").splitlines())
            for label in row["labels"]
        }
        for line in lines:
            line["types"] = dict.fromkeys(gold[line["id"], line["actor"]], 0.9)

    _edit(report, improve)
    spoilt = _with_answers(found, _spoil_tag)
    lines = find_worse(spoilt, load_baseline(report), resamples=100)
    assert [line.split()[0] for line in lines] == ["types_macro_f1", "types_micro_f1", "exact_match"]
    assert lines[0].startswith(f"types_macro_f1 is 0.0000, worse than the 1.0000 of {report} (by ")
    assert lines[0].endswith(" or more with 95% certainty)")


def test_a_worse_baseline_fails_nothing(found: Evaluation, report: Path) -> None:
    _edit(report, _spoil)
    assert find_worse(found, load_baseline(report), resamples=50) == []


def test_two_runs_of_one_seed_are_equal(found: Evaluation, report: Path) -> None:
    spoilt = _with_answers(found, _spoil_tag)
    first, second = (find_worse(spoilt, load_baseline(report), resamples=20, seed=3) for _ in range(2))
    assert first == second != []


def test_a_lower_calibration_error_is_no_loss(found: Evaluation, report: Path) -> None:
    def flatten(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            line["type_proba"] = dict.fromkeys(line["type_proba"], 0.5)

    _edit(report, flatten)
    assert find_worse(found, load_baseline(report), resamples=20) == []


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: lines.pop(), "49 predictions that are not of the 50 labels judged here"),
        (lambda lines: lines.reverse(), "predictions that are not of the 50 labels"),
        (lambda lines: lines[3]["type_proba"].pop("protest"), "expected the same codebook"),
        (lambda lines: lines[3].pop("target"), r"predictions\.jsonl:4: target: .*expected a predictions file"),
    ],
)
def test_predictions_of_other_labels_are_refused(edit: Edit, message: str, found: Evaluation, report: Path) -> None:
    _edit(report, edit)
    with pytest.raises(DataError, match=message):
        find_worse(found, load_baseline(report), resamples=2)


def test_a_report_on_other_labels_is_refused(
    found: Evaluation, report: Path, labels_path: Path, tagger: StanceTagger, tmp_path: Path
) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(labels_path.read_text(encoding="utf-8").splitlines(keepends=True)[:1]), encoding="utf-8")
    other = evaluate(few, tagger=tagger)
    with pytest.raises(DataError, match=r"a report on labels .*, not on labels .*expected one of the same labels"):
        find_worse(other, load_baseline(report))
    write_report(other, tmp_path / "one")
    with pytest.raises(DataError, match="expected labels of two documents or more"):
        find_worse(other, load_baseline(tmp_path / "one"))


def test_a_folder_that_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"metrics\.json: cannot be read: .*expected a folder that --report wrote"):
        load_baseline(tmp_path)
    (tmp_path / "metrics.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"metrics\.json: no metrics with a signature"):
        load_baseline(tmp_path)


def _spoil_tag(tag: StanceTag) -> StanceTag:
    return replace(tag, types={"protest": 0.9} if tag.types else {})


def _with_answers(found: Evaluation, change: Callable[[StanceTag], StanceTag]) -> Evaluation:
    return replace(found, judged=[replace(item, tag=change(item.tag)) for item in found.judged])
