"""Measures of agreement between labels and answers, over many weightings of the same rows at once.

A bootstrap draws documents with replacement: a weight for every row. Every measure here is a ratio of weighted sums, so
that a thousand draws cost one product of a sparse matrix with the matrix of weights; scikit-learn, which the tests
compare with, would count each draw anew.

Every function takes arrays with one entry a row (a judged candidate, or what it says) and ``weights``, and returns one
value a weighting; NaN where the measure is not defined (no positive, nothing judged).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

BoolMatrix = npt.NDArray[np.bool_]
"""Shape ``(n_rows, n_classes)``; classes need not exclude each other."""

Numbers = npt.NDArray[np.int64]
"""Shape ``(n_rows,)``: the number of a class that excludes the others."""

Proba = npt.NDArray[np.float64]
"""Shape ``(n_rows, n_classes)``."""

Weights = npt.NDArray[np.float64]
"""Shape ``(n_rows, n_draws)``: how often a row counts in a draw; ``once`` counts every row once."""

Values = npt.NDArray[np.float64]
"""Shape ``(..., n_draws)``; NaN where not defined."""

SAME_SENTENCE = 0.5
"""Sentences are the same from this character overlap (intersection over union) on."""


def once(n_rows: int) -> Weights:
    """Return the weights of the rows as they are: one draw in which each counts once."""
    return np.ones((n_rows, 1))


def sums(columns: npt.NDArray[np.bool_] | Proba, weights: Weights) -> Values:
    """Return the weighted sum of each column, shape ``(n_columns, n_draws)``."""
    return np.asarray(sparse.csr_matrix(columns.T.astype(np.float64)) @ weights)


def ratio(part: Values, whole: Values) -> Values:
    """Return a quotient; NaN where the whole is nothing."""
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))


def f1_of(n_gold: Values, n_said: Values, n_hits: Values) -> Values:
    """Return the F1 of counts: ``2 hits / (gold + said)``; NaN where there is neither gold nor said."""
    return ratio(2 * n_hits, n_gold + n_said)


def class_counts(gold: BoolMatrix, said: BoolMatrix, weights: Weights) -> tuple[Values, Values, Values]:
    """Return how often each class is right, is said, and is both; each of shape ``(n_classes, n_draws)``."""
    return sums(gold, weights), sums(said, weights), sums(gold & said, weights)


def macro_f1(gold: BoolMatrix, said: BoolMatrix, weights: Weights) -> Values:
    """Return the mean of the F1 of the classes that the labels of a draw have at least once."""
    n_gold, n_said, n_hits = class_counts(gold, said, weights)
    return mean_where(f1_of(n_gold, n_said, n_hits), n_gold > 0)


def micro_f1(gold: BoolMatrix, said: BoolMatrix, weights: Weights) -> Values:
    """Return the F1 over all (row, class) decisions together."""
    return f1_of(*(counts.sum(axis=0) for counts in class_counts(gold, said, weights)))


def samples_f1(gold: BoolMatrix, said: BoolMatrix, weights: Weights) -> Values:
    """Return the mean over rows of the F1 of their classes; 1 where a row rightly has none."""
    total = gold.sum(axis=1) + said.sum(axis=1)
    f1 = np.where(total > 0, 2 * (gold & said).sum(axis=1) / np.maximum(total, 1), 1.0)
    return mean(f1, weights)


def class_macro_f1(gold: Numbers, said: Numbers, weights: Weights) -> Values:
    """Return the mean of the F1 of the classes that the labels of a draw have; a row has exactly one class."""
    classes = np.unique(gold)
    return macro_f1(gold[:, None] == classes, said[:, None] == classes, weights)


def mean(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_], weights: Weights) -> Values:
    """Return the weighted mean of one value a row."""
    return ratio(sums(values[:, None], weights)[0], weights.sum(axis=0))


def mean_where(values: Values, chosen: npt.NDArray[np.bool_]) -> Values:
    """Return the mean over the first axis of the chosen values; NaN where none is chosen."""
    return ratio(np.where(chosen, values, 0.0).sum(axis=0), chosen.sum(axis=0).astype(np.float64))


def brier_skill(gold: BoolMatrix, proba: Proba, weights: Weights) -> Values:
    """Return one minus the ratio of the Brier score to that of always saying the base rate of each class.

    Source: Brier 1950, "Verification of forecasts expressed in terms of probability"; skill as in Murphy 1973.
    """
    score, reference = class_brier(gold, proba, weights)
    return 1.0 - ratio(score.sum(axis=0), reference.sum(axis=0))


def class_brier_skill(gold: BoolMatrix, proba: Proba, weights: Weights) -> Values:
    """Return the Brier skill of each class, shape ``(n_classes, n_draws)``."""
    return 1.0 - ratio(*class_brier(gold, proba, weights))


def class_brier(gold: BoolMatrix, proba: Proba, weights: Weights) -> tuple[Values, Values]:
    """Return the Brier score of each class and that of its base rate, shape ``(n_classes, n_draws)``, as sums."""
    rates = ratio(sums(gold, weights), weights.sum(axis=0) * np.ones((gold.shape[1], 1)))
    reference = rates * (1 - rates) * weights.sum(axis=0)
    return sums((gold - proba) ** 2, weights), reference


def classwise_ece(gold: BoolMatrix, proba: Proba, weights: Weights, *, n_bins: int = 10) -> Values:
    """Return the class-wise expected calibration error, averaged over the classes; see ``class_ece``."""
    if not gold.shape[1]:
        return np.full(weights.shape[1], np.nan)
    return np.asarray(class_ece(gold, proba, weights, n_bins=n_bins).mean(axis=0))


def class_ece(gold: BoolMatrix, proba: Proba, weights: Weights, *, n_bins: int = 10) -> Values:
    """Return the expected calibration error of each class with equal-mass bins, shape ``(n_classes, n_draws)``.

    Source: Kull et al. 2019, "Beyond temperature scaling", with the bins of Nguyen & O'Connor 2015. The bins hold
    equal numbers of the rows as they are; draws keep them.
    """
    errors = []
    for k in range(gold.shape[1]):
        bins = equal_mass_bins(proba[:, k], n_bins)
        gaps = np.abs(bin_sums(bins, gold[:, k] - proba[:, k], weights))
        errors.append(ratio(gaps.sum(axis=0), weights.sum(axis=0)))
    return np.array(errors).reshape(gold.shape[1], weights.shape[1])


def equal_mass_bins(scores: npt.NDArray[np.float64], n_bins: int) -> Numbers:
    """Return the bin of each row: bins hold equal numbers of rows, the lowest scores in bin 0.

    Rows of equal score share the lowest of their bins: the order of the rows decides nothing. Bins may be empty.
    """
    parts = np.array_split(np.arange(len(scores)), min(n_bins, max(len(scores), 1)))
    numbers = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.asarray(numbers[np.searchsorted(np.sort(scores), scores)])


def bin_sums(bins: Numbers, values: npt.NDArray[np.float64], weights: Weights) -> Values:
    """Return the weighted sum of the values of each bin, shape ``(n_bins, n_draws)``."""
    n_bins = int(bins.max()) + 1 if len(bins) else 0
    table = sparse.csr_matrix((values.astype(np.float64), (bins, np.arange(len(bins)))), shape=(n_bins, len(bins)))
    return np.asarray(table @ weights)


def average_precision(gold: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64], weights: Weights) -> Values:
    """Return the area under the precision-recall curve of one class, as steps; rows of equal score go together.

    Source: scikit-learn's ``average_precision_score``.
    """
    if not gold.any():
        return np.full(weights.shape[1], np.nan)
    # Only steps that hold a positive count: the rows between two of them are one bin.
    _, levels = np.unique(-scores, return_inverse=True)
    with_positives = np.unique(levels[gold])
    steps = np.searchsorted(with_positives, levels)
    reached = steps < len(with_positives)
    n_rows = bin_sums(steps[reached], np.ones(int(reached.sum())), weights[reached])
    n_positive = bin_sums(steps[reached], gold[reached].astype(np.float64), weights[reached])
    precision = np.nan_to_num(ratio(n_positive.cumsum(axis=0), n_rows.cumsum(axis=0)))
    return ratio((n_positive * precision).sum(axis=0), n_positive.sum(axis=0))


def area_under_risk_coverage(
    wrong: npt.NDArray[np.bool_], confidence: npt.NDArray[np.float64], weights: Weights
) -> Values:
    """Return the mean, over all rows, of the share of wrong ones among those at least as sure.

    Source: Geifman, Uziel & El-Yaniv 2019, "Bias-reduced uncertainty estimation for deep neural classifiers" (AURC).
    """
    if not len(wrong):
        return np.full(weights.shape[1], np.nan)
    # Rows that are equally sure go together, so that the order of the rows decides nothing.
    _, levels = np.unique(-confidence, return_inverse=True)
    n_rows = bin_sums(levels, np.ones(len(levels)), weights)
    n_wrong = bin_sums(levels, wrong.astype(np.float64), weights)
    risk = np.nan_to_num(ratio(n_wrong.cumsum(axis=0), n_rows.cumsum(axis=0)))
    return ratio((risk * n_rows).sum(axis=0), n_rows.sum(axis=0))


def overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Return the characters that two half-open spans share over those that either has; below 0 where they are apart."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / (max(one[1], other[1]) - min(one[0], other[0]))
