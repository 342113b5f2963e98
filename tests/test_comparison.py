"""Whether a model is worse than an earlier one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from stancelib.codebook import load_codebook
from stancelib.errors import DataError
from stancelib.evaluation.baseline import load_baseline
from stancelib.evaluation.comparison import Decisions, compare
from stancelib.evaluation.judged import collect_answers
from stancelib.evaluation.report import Comparison
from stancelib.evaluation.resampling import correct_holm, number_documents
from stancelib.evaluation.run import Evaluation, EvaluationSettings, evaluate
from stancelib.evaluation.writing import write_report
from stancelib.tagger import StanceTagger
from stancelib.types import StanceTag

Edit = Callable[[list[dict[str, Any]]], None]


@pytest.fixture(scope="module")
def found(labels_path: Path, tagger: StanceTagger) -> Evaluation:
    return evaluate(labels_path, tagger=tagger, settings=EvaluationSettings(resamples=0))


@pytest.fixture
def report(found: Evaluation, tmp_path: Path) -> Path:
    write_report(found, tmp_path / "report")
    return tmp_path / "report"


def _edit(folder: Path, edit: Edit) -> None:
    path = folder / "predictions.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    edit(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _compare(found: Evaluation, folder: Path, *, seed: int = 0, tolerance: float = 0.0) -> Comparison:
    documents = number_documents([item.gold.document_id for item in found.judged], resamples=200, seed=seed)
    return compare(
        found.judged,
        collect_answers(found.judged, load_codebook()),
        load_baseline(folder),
        documents=documents,
        tolerance=tolerance,
    )


def _verdicts(comparison: Comparison, verdict: str) -> set[str]:
    return {row.metric for row in comparison.differences if row.verdict == verdict}


def _spoil(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        line["types"] = {"protest": 0.9} if line["types"] else {}


def test_a_model_is_not_different_from_itself(found: Evaluation, report: Path) -> None:
    comparison = _compare(found, report)
    assert {row.verdict for row in comparison.differences} == {"no difference shown"}
    assert {row.p_holm for row in comparison.differences} == {1.0}
    assert {row.difference.value for row in comparison.differences} == {0.0}
    assert (comparison.n_gains, comparison.n_losses, comparison.n_other) == (0, 0, 0)


def test_a_spoilt_model_is_worse_and_what_was_spoilt_is_named(found: Evaluation, report: Path) -> None:
    comparison = _compare(_with_answers(found, _spoil_tag), report)
    assert {"types_macro_f1", "types_micro_f1", "exact_match"} <= _verdicts(comparison, "worse")
    # Sides, targets and probabilities are as they were, and whether there is a stance at all.
    same = {"side_macro_f1", "target_f1", "types_ece", "side_ece", "any_stance_f1", "types_average_precision"}
    assert same <= _verdicts(comparison, "no difference shown")
    assert comparison.n_losses > 10
    assert comparison.differences[0].verdict == "worse"


def test_a_spoilt_baseline_makes_the_model_better(found: Evaluation, report: Path) -> None:
    _edit(report, _spoil)
    comparison = _compare(found, report)
    assert "types_micro_f1" in _verdicts(comparison, "better")
    assert _verdicts(comparison, "worse") == set()
    assert comparison.n_gains > 10


def test_a_lower_calibration_error_is_better_and_a_higher_one_worse(found: Evaluation, report: Path) -> None:
    def flatten(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            line["type_proba"] = dict.fromkeys(line["type_proba"], 0.5)

    _edit(report, flatten)
    assert "types_ece" in _verdicts(_compare(found, report), "better")
    flat = _with_answers(found, lambda tag: replace(tag, type_proba=dict.fromkeys(tag.type_proba, 0.5)))
    write_report(found, report)
    assert "types_ece" in _verdicts(_compare(flat, report), "worse")


def test_a_loss_within_the_tolerance_is_none(found: Evaluation, report: Path) -> None:
    spoilt = _with_answers(found, _spoil_tag)
    assert "types_micro_f1" in _verdicts(_compare(spoilt, report, tolerance=0.1), "worse")
    assert _verdicts(_compare(spoilt, report, tolerance=1.0), "worse") == set()


def test_a_conflict_whose_sides_are_exchanged_is_named(found: Evaluation, report: Path) -> None:
    def exchange(tag: StanceTag) -> StanceTag:
        return replace(tag, supports=tag.opposes, opposes=tag.supports)

    worse = _verdicts(_compare(_with_answers(found, exchange), report), "worse")
    assert "side_macro_f1" in worse
    assert not {name for name in worse if name.startswith(("types", "f1", "target"))}


def test_changed_answers_are_listed_with_what_was_said(found: Evaluation, report: Path) -> None:
    comparison = _compare(_with_answers(found, _spoil_tag), report)
    first = comparison.losses[0]
    assert (first.id, first.actor) == ("tiny-001", "TALVIA")
    assert first.gold == first.baseline == "condemnation; opposes reds; target RED"
    assert first.said == "protest; opposes reds; target RED"


def test_two_runs_of_one_seed_are_equal_and_of_another_are_not(found: Evaluation, report: Path) -> None:
    spoilt = _with_answers(found, _spoil_tag)
    first, second, other = (_compare(spoilt, report, seed=seed) for seed in (3, 3, 4))
    assert first == second
    assert first != other


def test_mcnemar_by_hand() -> None:
    """Nine decisions changed, one to the better: P(X <= 1) + P(X >= 8) for X ~ B(9, 1/2) = 2 (1 + 9) / 512."""
    before = np.array([True] * 8 + [False] + [True] * 20)
    now = np.array([False] * 8 + [True] + [True] * 20)
    assert Decisions(now, before).test() == pytest.approx(20 / 512)
    assert Decisions(now, before).test() == pytest.approx(2 * binom.cdf(1, 9, 0.5))
    assert Decisions(before, now).test() == pytest.approx(20 / 512)
    assert Decisions(now, now).test() == 1.0


def test_a_baseline_without_scores_of_sides_is_compared_in_the_rest(found: Evaluation, report: Path) -> None:
    def strip(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            del line["sides"], line["status"]

    _edit(report, strip)
    compared = {row.metric for row in _compare(found, report).differences}
    assert {"side_macro_f1", "types_ece"} <= compared
    assert not {"side_ece", "side_brier_skill", "status_macro_f1"} & compared


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
        _compare(found, report)


def test_a_report_on_other_labels_is_refused(
    found: Evaluation, report: Path, labels_path: Path, tagger: StanceTagger, tmp_path: Path
) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(labels_path.read_text(encoding="utf-8").splitlines(keepends=True)[:1]), encoding="utf-8")
    with pytest.raises(DataError, match=r"a report on labels .*, not on labels .*expected one of the same labels"):
        evaluate(few, tagger=tagger, baseline=report)
    write_report(evaluate(few, tagger=tagger), tmp_path / "one")
    with pytest.raises(DataError, match="expected labels of two documents or more"):
        evaluate(few, tagger=tagger, baseline=tmp_path / "one")


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


def test_a_model_that_falls_silent_is_worse_where_its_metric_is_not_defined(found: Evaluation, report: Path) -> None:
    """Without a stance there is no status to compare, and no F1 of what is never said is null."""
    silent = _with_answers(
        found, lambda tag: replace(tag, types={}, supports=None, opposes=None, target=None, status=None)
    )
    comparison = _compare(silent, report)
    values = {row.metric: row for row in comparison.differences}
    assert values["types_micro_f1"].verdict == values["any_stance_f1"].verdict == "worse"
    assert values["types_micro_f1"].value == 0.0


def test_a_status_is_compared_where_both_say_one(found: Evaluation, report: Path) -> None:
    """The baseline says a status only where it is right; where both say one, they are equal."""
    gold = {(item.gold.document_id, item.gold.label.actor): item.gold.label.status for item in found.judged}

    def blank(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            line["status"] = line["status"] if line["status"] == gold[line["id"], line["actor"]] else None

    planned = _with_answers(found, lambda tag: replace(tag, status="planned" if tag.status else None))
    write_report(planned, report)
    _edit(report, blank)
    rows = {row.metric: row for row in _compare(planned, report).differences}
    assert "status_macro_f1" not in rows or rows["status_macro_f1"].difference.value == 0.0


def test_p_values_of_single_decisions_are_corrected_too(found: Evaluation, report: Path) -> None:
    rows = [row for row in _compare(_with_answers(found, _spoil_tag), report).differences if row.p_mcnemar is not None]
    corrected = correct_holm([row.p_mcnemar or 0.0 for row in rows])
    assert [row.p_mcnemar_holm for row in rows] == corrected
    assert any((row.p_mcnemar_holm or 0.0) > (row.p_mcnemar or 0.0) for row in rows)


def test_wrong_answers_that_changed_are_counted_apart(found: Evaluation, report: Path) -> None:
    """The baseline calls every stance a protest, the model every one a threat: both are wrong, in different ways."""
    _edit(report, _spoil)
    other = _with_answers(found, lambda tag: replace(tag, types={"threat": 0.9} if tag.types else {}))
    comparison = _compare(other, report)
    now, before = (_compare(other, report), _compare(_with_answers(found, _spoil_tag), report))
    n_changed = sum(bool(item.tag.types) for item in found.judged)
    assert now.n_gains + now.n_losses + now.n_other == n_changed
    assert before.n_other == 0
    assert comparison.n_other > 0


@pytest.mark.parametrize(("n_rows", "kept"), [(10, True), (9, False)])
def test_a_type_is_compared_by_itself_from_ten_documents_on(
    n_rows: int, kept: bool, labels_path: Path, tagger: StanceTagger, tmp_path: Path
) -> None:
    first = json.loads(labels_path.read_text(encoding="utf-8").splitlines()[0])
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({**first, "id": f"r{k}", "context": f"Day {k}."}) + "\n" for k in range(n_rows)))
    write_report(evaluate(path, tagger=tagger, settings=EvaluationSettings(resamples=0)), tmp_path / "r")
    compared = evaluate(path, tagger=tagger, baseline=tmp_path / "r").report.comparison
    assert compared is not None
    assert ("f1[condemnation]" in {row.metric for row in compared.differences}) is kept


def test_too_few_draws_are_refused(labels_path: Path, report: Path, tagger: StanceTagger) -> None:
    with pytest.raises(DataError, match=r"199 draws; expected .* 200 draws or more"):
        evaluate(labels_path, tagger=tagger, baseline=report, settings=EvaluationSettings(resamples=199))


def test_a_baseline_of_another_format_is_refused(report: Path) -> None:
    path = report / "metrics.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format_version": 1', '"format_version": 2'), "utf-8")
    with pytest.raises(DataError, match="format version 2, but this stancelib reads 1"):
        load_baseline(report)


@pytest.mark.parametrize("value", [float("nan"), 7.5, -0.1])
def test_probabilities_that_are_none_are_refused(value: float, found: Evaluation, report: Path) -> None:
    _edit(report, lambda lines: lines[3]["type_proba"].update(protest=value))
    with pytest.raises(DataError, match=r"predictions\.jsonl:4: type_proba\.protest: "):
        _compare(found, report)


def test_a_type_that_nobody_defines_is_refused_in_a_baseline(found: Evaluation, report: Path) -> None:
    _edit(report, lambda lines: lines[3].update(types={"nosuch": 0.5}))
    with pytest.raises(DataError, match="expected the same codebook"):
        _compare(found, report)
