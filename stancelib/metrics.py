"""Measures of agreement between labels and tags, in numpy: a bootstrap calls them thousands of times.

Every function takes arrays of equal length, one entry a judged candidate (or pair, where it says so), and
returns a number, or None where the measure is not defined on the data (no positive, nothing judged).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolMatrix = npt.NDArray[np.bool_]
"""Shape ``(n_candidates, n_types)``."""

Proba = npt.NDArray[np.float64]
"""Shape ``(n_candidates, n_classes)``."""

SAME_SENTENCE = 0.5
"""Sentences are the same from this character overlap (intersection over union) on."""


def macro_f1(gold: BoolMatrix, predicted: BoolMatrix) -> float | None:
    """Return the mean of the F1 of the types that the labels have at least once."""
    supported = gold.any(axis=0)
    if not supported.any():
        return None
    return float(np.mean(_f1(gold, predicted)[supported]))


def micro_f1(gold: BoolMatrix, predicted: BoolMatrix) -> float | None:
    """Return the F1 over all (candidate, type) decisions together."""
    return set_f1(int(gold.sum()), int(predicted.sum()), int((gold & predicted).sum()))


def class_macro_f1(gold: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> float | None:
    """Return the mean of the F1 of the classes that the labels have at least once; classes are exclusive."""
    if not len(gold):
        return None
    classes = np.unique(gold)
    return macro_f1(gold[:, None] == classes, predicted[:, None] == classes)


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


def overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Return the characters that two half-open spans share over those that either has; below 0 where they are apart."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))


def _f1(gold: BoolMatrix, predicted: BoolMatrix) -> npt.NDArray[np.float64]:
    """Return the F1 of each column; 0 where there is nothing."""
    total = gold.sum(axis=0) + predicted.sum(axis=0)
    return np.asarray(2 * (gold & predicted).sum(axis=0) / np.maximum(total, 1))


def _ece(gold: npt.NDArray[np.bool_], proba: npt.NDArray[np.float64], n_bins: int) -> float:
    order = np.argsort(proba, kind="stable")
    parts = np.array_split(order, min(n_bins, len(order)))
    gaps = [len(part) * abs(float(gold[part].mean()) - float(proba[part].mean())) for part in parts]
    return float(sum(gaps) / len(order))
