"""The metrics of judged labels, with given actors, by name; each for many weightings of the labels at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stancelib import metrics
from stancelib.codebook import Codebook
from stancelib.evaluation.judged import SIDE_CLASSES, STATUSES, UNJUDGED, Answers, Judged, collect_answers
from stancelib.evaluation.report import ClassRow, Estimate
from stancelib.evaluation.resampling import Documents, Estimates, resample
from stancelib.metrics import BoolMatrix, Values, Weights, once

CALIBRATION_ERRORS = ("types_ece", "side_ece")
"""Metrics that drawing biases upwards: see ``resampling.interval_of``."""

LOWER_IS_BETTER = (*CALIBRATION_ERRORS, "types_aurc")

QUAD_NAMES = ("verbal cooperation", "material cooperation", "verbal conflict", "material conflict")

ClassPart = tuple[BoolMatrix, BoolMatrix, npt.NDArray[np.int64]]
"""Gold and said, shape ``(n_rows, n_classes)``, and the number of the label that each row belongs to."""


def measure(answers: Answers, weights: Weights | None = None) -> dict[str, Values]:
    """Return the metrics by name, one value a weighting; NaN where the labels do not define one.

    Args:
        answers: Labels and what was said; a key that was not judged counts nowhere.
        weights: Shape ``(n_labels, n_draws)``; None: each label once.
    """
    w = once(len(answers)) if weights is None else weights
    typed = answers.typed
    gold, said, proba, on = answers.types_gold[typed], answers.types_said[typed], answers.types_proba[typed], w[typed]
    parts = class_parts(answers)
    return {
        "types_macro_f1": metrics.macro_f1(gold, said, on),
        "types_micro_f1": metrics.micro_f1(gold, said, on),
        "types_samples_f1": metrics.samples_f1(gold, said, on),
        "types_average_precision": _macro_average_precision(gold, proba, on),
        "types_ece": metrics.classwise_ece(gold, proba, on),
        "types_brier_skill": metrics.brier_skill(gold, proba, on),
        "types_aurc": metrics.area_under_risk_coverage(~answers.types_right[typed], answers.confidence[typed], on),
        "any_stance_f1": metrics.micro_f1(_any(gold), _any(said), on),
        **_measure_sides(answers, w),
        "target_f1": _mean_right(answers.target_right, w),
        "target_f1_three_actors": _mean_right(np.where(answers.crowded, answers.target_right, UNJUDGED), w),
        **{f"{name}_macro_f1": _macro(parts.get(name), w) for name in _CROSSED},
        "exact_match": metrics.mean(answers.exact[typed], on),
    }


def measure_judged(judged: Sequence[Judged], codebook: Codebook) -> dict[str, float | None]:
    """Return the metrics of judged labels by name, as numbers; None where the labels do not define one."""
    return {name: to_number(values[0]) for name, values in measure(collect_answers(judged, codebook)).items()}


def estimate_metrics(answers: Answers, documents: Documents) -> dict[str, Estimate]:
    """Return the metrics by name, with their intervals."""
    found = resample(lambda weights: measure(answers, weights), documents)
    return {name: values.at(biased=name in CALIBRATION_ERRORS) for name, values in found.items()}


def to_number(value: float) -> float | None:
    """Return a plain number, or None for "not a number"."""
    return None if np.isnan(value) else float(value)


def class_parts(answers: Answers) -> dict[str, ClassPart]:
    """Return the questions that have classes: types, side, quad, plover, status; those without any row are left out."""
    rows = np.flatnonzero(answers.typed)
    gold, said = answers.types_gold[rows], answers.types_said[rows]
    place, side = np.nonzero(answers.sided)
    timed = np.flatnonzero(answers.status_gold != UNJUDGED)
    quads, plover = quad_columns(answers), plover_columns(answers)
    parts: dict[str, ClassPart] = {
        "types": (gold, said, rows),
        "side": (
            _one_hot(answers.sides_gold[place, side], len(SIDE_CLASSES)),
            _one_hot(answers.sides_said[place, side], len(SIDE_CLASSES)),
            place,
        ),
        "quad": (_cross(gold, quads), _cross(said, quads), rows),
        "plover": (_cross(gold, plover), _cross(said, plover), rows),
        "status": (
            _one_hot(answers.status_gold[timed], len(STATUSES)),
            _one_hot(answers.status_said[timed], len(STATUSES)),
            timed,
        ),
    }
    return {name: part for name, part in parts.items() if part[0].size}


def class_names(answers: Answers) -> dict[str, tuple[str, ...]]:
    """Return what the columns of ``class_parts`` are called."""
    return {
        "types": answers.codebook.type_ids,
        "side": SIDE_CLASSES,
        "quad": tuple(QUAD_NAMES[number - 1] for number in quad_columns(answers)),
        "plover": tuple(plover_columns(answers)),
        "status": STATUSES,
    }


def measure_classes(answers: Answers, documents: Documents) -> dict[str, dict[str, ClassRow]]:
    """Return precision, recall, F1 and support of every class of every question, with intervals of the F1."""
    names = class_names(answers)
    return {
        question: _class_rows(
            names[question], part, documents, proba=answers.types_proba[part[2]] if question == "types" else None
        )
        for question, part in class_parts(answers).items()
    }


def quad_columns(answers: Answers) -> dict[int, list[int]]:
    """Return the columns of the types of each quad class that the codebook has; class 0 is none."""
    quads: dict[int, list[int]] = {}
    for column, stance_type in enumerate(answers.codebook.types):
        if stance_type.quad:
            quads.setdefault(stance_type.quad, []).append(column)
    return dict(sorted(quads.items()))


def plover_columns(answers: Answers) -> dict[str, list[int]]:
    """Return the columns of the types of each PLOVER event type that the codebook has."""
    codes: dict[str, list[int]] = {}
    for column, stance_type in enumerate(answers.codebook.types):
        if stance_type.plover:
            codes.setdefault(stance_type.plover, []).append(column)
    return codes


_CROSSED = ("quad", "plover", "status")


def _measure_sides(answers: Answers, weights: Weights) -> dict[str, Values]:
    place, side = np.nonzero(answers.sided)
    gold, said = answers.sides_gold[place, side], answers.sides_said[place, side]
    proba, on = answers.sides_proba[place, side], weights[place]
    classes = np.arange(2)
    ours, theirs = gold[:, None] == classes, said[:, None] == classes
    nothing = np.full(weights.shape[1], np.nan)
    if not len(place):
        return dict.fromkeys(("side_macro_f1", "side_micro_f1", "side_ece", "side_brier_skill"), nothing)
    return {
        "side_macro_f1": metrics.class_macro_f1(gold, said, on),
        "side_micro_f1": metrics.micro_f1(ours, theirs, on),
        "side_ece": metrics.classwise_ece(ours, proba, on),
        "side_brier_skill": metrics.brier_skill(ours, proba, on),
    }


def _macro_average_precision(gold: BoolMatrix, proba: npt.NDArray[np.float64], weights: Weights) -> Values:
    each = _average_precisions(gold, proba, weights)
    return metrics.mean_where(each, ~np.isnan(each))


def _average_precisions(gold: BoolMatrix, proba: npt.NDArray[np.float64], weights: Weights) -> Values:
    columns = [metrics.average_precision(gold[:, k], proba[:, k], weights) for k in range(gold.shape[1])]
    return np.array(columns).reshape(gold.shape[1], weights.shape[1])


def _class_rows(
    names: Sequence[str], part: ClassPart, documents: Documents, *, proba: npt.NDArray[np.float64] | None
) -> dict[str, ClassRow]:
    """Return a row for each class; ``proba`` is given where the classes have probabilities."""
    gold, said, rows = part

    def statistic(weights: Weights) -> Mapping[str, Values]:
        on = weights[rows]
        values = {"f1": metrics.f1_of(*metrics.class_counts(gold, said, on))}
        return values if proba is None else {**values, "ap": _average_precisions(gold, proba, on)}

    found = resample(statistic, documents)
    counts = [values[:, 0] for values in metrics.class_counts(gold, said, once(len(gold)))]
    table = {}
    for k, name in enumerate(names):
        n_gold, n_said, n_hits = (int(values[k]) for values in counts)
        f1 = found["f1"].at(k)
        row = ClassRow(
            precision=n_hits / n_said if n_said else None,
            recall=n_hits / n_gold if n_gold else None,
            f1=f1.value,
            support=n_gold,
            f1_interval=f1.interval,
        )
        table[name] = row if proba is None else row.model_copy(update=_calibration(gold, proba, k, found["ap"]))
    return table


def _calibration(gold: BoolMatrix, proba: npt.NDArray[np.float64], k: int, precisions: Estimates) -> dict[str, object]:
    single = once(len(gold))
    column, scores = gold[:, [k]], proba[:, [k]]
    precision = precisions.at(k)
    return {
        "average_precision": precision.value,
        "average_precision_interval": precision.interval,
        "ece": to_number(metrics.class_ece(column, scores, single)[0, 0]),
        "brier_skill": to_number(metrics.class_brier_skill(column, scores, single)[0, 0]),
    }


def _macro(part: ClassPart | None, weights: Weights) -> Values:
    if part is None:
        return np.full(weights.shape[1], np.nan)
    gold, said, rows = part
    return metrics.macro_f1(gold, said, weights[rows])


def _mean_right(right: npt.NDArray[np.int64], weights: Weights) -> Values:
    known = right != UNJUDGED
    return metrics.mean(right[known].astype(np.float64), weights[known])


def _any(columns: BoolMatrix) -> BoolMatrix:
    return np.asarray(columns.any(axis=1, keepdims=True))


def _one_hot(numbers: npt.NDArray[np.int64], n_classes: int) -> BoolMatrix:
    return np.asarray(numbers[:, None] == np.arange(n_classes))


def _cross(types: BoolMatrix, columns: Mapping[Any, Sequence[int]]) -> BoolMatrix:
    """Return which groups of types hold, shape ``(n_rows, n_groups)``."""
    groups = [types[:, list(members)].any(axis=1) for members in columns.values()]
    return np.array(groups, dtype=np.bool_).reshape(len(columns), len(types)).T
