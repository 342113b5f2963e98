"""Measures of agreement between labels and tags; scikit-learn underneath.

Every function takes arrays or sequences of equal length, one entry a judged candidate (or pair, where it says so), and
returns a number, or None where the measure is not defined on the data (no positive, nothing judged).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

BoolMatrix = npt.NDArray[np.bool_]
"""Shape ``(n_candidates, n_types)``."""

Proba = npt.NDArray[np.float64]
"""Shape ``(n_candidates, n_classes)``."""


def macro_f1(gold: BoolMatrix, predicted: BoolMatrix) -> float | None:
    """Return the mean of the F1 of the types that the labels have at least once."""
    supported = gold.any(axis=0)
    if not supported.any():
        return None
    # Column by column: a matrix of one column is two classes to scikit-learn.
    scores = [f1_score(gold[:, k], predicted[:, k], zero_division=0) for k in np.flatnonzero(supported)]
    return float(np.mean(scores))


def micro_f1(gold: BoolMatrix, predicted: BoolMatrix) -> float | None:
    """Return the F1 over all (candidate, type) decisions together."""
    if not (gold.any() or predicted.any()):
        return None
    return float(f1_score(gold.ravel(), predicted.ravel(), zero_division=0))


def class_macro_f1(gold: Sequence[str], predicted: Sequence[str]) -> float | None:
    """Return the mean of the F1 of the classes that the labels have at least once; classes are exclusive."""
    if not gold:
        return None
    labels = sorted(set(gold))
    return float(f1_score(list(gold), list(predicted), labels=labels, average="macro", zero_division=0))


def choice_f1(gold: Sequence[frozenset[Hashable]], predicted: Sequence[Hashable | None]) -> float | None:
    """Return the micro F1 of one choice each, "none" being a choice like any other.

    Args:
        gold: The right answers; empty: none is right.
        predicted: The answer given; None: none.

    An answer is right if it is among the right ones. As each candidate gets exactly one answer, precision, recall and
    F1 are the share of right answers.
    """
    if not gold:
        return None
    right = [answer in answers if answers else answer is None for answers, answer in zip(gold, predicted, strict=True)]
    return float(np.mean(right))


def classwise_ece(gold: npt.NDArray[np.bool_], proba: Proba, *, n_bins: int = 10) -> float | None:
    """Return the class-wise expected calibration error with equal-mass bins, averaged over the classes.

    Source: Kull et al. 2019, "Beyond temperature scaling", with the bins of Nguyen & O'Connor 2015. Bins hold equal
    numbers of candidates.
    """
    if not len(gold):
        return None
    return float(np.mean([_ece(gold[:, k], proba[:, k], n_bins) for k in range(gold.shape[1])]))


def brier_skill(gold: npt.NDArray[np.bool_], proba: Proba) -> float | None:
    """Return one minus the ratio of the Brier score to that of always saying the base rate."""
    if not len(gold):
        return None
    reference = float(np.mean((gold - gold.mean(axis=0)) ** 2))
    return 1.0 - float(np.mean((gold - proba) ** 2)) / reference if reference else None


def set_f1(n_gold: int, n_predicted: int, n_hits: int) -> float | None:
    """Return the F1 of a set of found tuples against a set of right ones; None where both are empty."""
    total = n_gold + n_predicted
    return 2 * n_hits / total if total else None


def _ece(gold: npt.NDArray[np.bool_], proba: npt.NDArray[np.float64], n_bins: int) -> float:
    order = np.argsort(proba, kind="stable")
    parts = np.array_split(order, min(n_bins, len(order)))
    gaps = [len(part) * abs(float(gold[part].mean()) - float(proba[part].mean())) for part in parts]
    return float(sum(gaps) / len(order))
