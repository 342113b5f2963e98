"""What curves and confusion tables show: reliability, risk-coverage, which class is taken for which."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stancelib import metrics
from stancelib.evaluation.judged import SIDE_CLASSES, Answers
from stancelib.evaluation.report import Bin, Confusion, CoveragePoint, TypeConfusion
from stancelib.evaluation.resampling import Documents, resample
from stancelib.metrics import Values, Weights

_N_BINS = 10
_N_POINTS = 20
_N_CONFUSIONS = 30


def side_confusion(answers: Answers) -> Confusion | None:
    """Return the counts of right against said side classes; None where no side was judged."""
    sided = answers.sided
    if not sided.any():
        return None
    matrix = np.zeros((len(SIDE_CLASSES), len(SIDE_CLASSES)), dtype=np.int64)
    np.add.at(matrix, (answers.sides_gold[sided], answers.sides_said[sided]), 1)
    return Confusion(classes=SIDE_CLASSES, matrix=tuple(tuple(map(int, row)) for row in matrix))


def type_confusions(answers: Answers) -> tuple[TypeConfusion, ...]:
    """Return which types were missed while which were said wrongly instead, the commonest first.

    A type missed where nothing wrong was said counts against "", as does one said where nothing was missed.
    """
    counts: Counter[tuple[str, str]] = Counter()
    names = answers.codebook.type_ids
    gold, said = answers.types_gold[answers.typed], answers.types_said[answers.typed]
    for missed, wrong in zip(gold & ~said, said & ~gold, strict=True):
        lost = [names[k] for k in np.flatnonzero(missed)] or [""]
        found = [names[k] for k in np.flatnonzero(wrong)] or [""]
        counts.update((one, other) for one in lost for other in found if one or other)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(TypeConfusion(gold=one, said=other, n=n) for (one, other), n in ranked[:_N_CONFUSIONS])


def types_reliability(answers: Answers, documents: Documents) -> tuple[Bin, ...]:
    """Return the reliability curve of all type probabilities together."""
    rows = np.repeat(np.flatnonzero(answers.typed), answers.types_gold.shape[1])
    gold, proba = answers.types_gold[answers.typed].ravel(), answers.types_proba[answers.typed].ravel()
    return _reliability(gold, proba, rows, documents=documents)


def side_reliability(answers: Answers, documents: Documents) -> tuple[Bin, ...]:
    """Return the reliability curve of the probabilities that a side is supported, and opposed."""
    place, side = np.nonzero(answers.sided)
    gold = answers.sides_gold[place, side][:, None] == np.arange(2)
    return _reliability(
        gold.ravel(), answers.sides_proba[place, side].ravel(), np.repeat(place, 2), documents=documents
    )


def risk_coverage(answers: Answers, documents: Documents) -> tuple[CoveragePoint, ...]:
    """Return what is wrong among the surest answers, from few of them to all.

    Wrong is an answer any type of which is; how sure it is, ``Answers.confidence`` says. Source: El-Yaniv & Wiener
    2010, "On the foundations of noise-free selective classification".
    """
    typed = answers.typed
    if not typed.any():
        return ()
    wrong, confidence = ~answers.types_right[typed], answers.confidence[typed]
    steps = metrics.equal_mass_bins(-confidence, _N_POINTS)

    def statistic(weights: Weights) -> dict[str, Values]:
        on = weights[typed]
        n_wrong = metrics.bin_sums(steps, wrong.astype(np.float64), on).cumsum(axis=0)
        return {"risk": metrics.ratio(n_wrong, metrics.bin_sums(steps, np.ones(len(steps)), on).cumsum(axis=0))}

    found = resample(statistic, documents)["risk"]
    points = []
    for step in map(int, np.unique(steps)):
        risk, inside = found.at(step), steps <= step
        points.append(
            CoveragePoint(
                coverage=float(inside.mean()),
                risk=risk.value or 0.0,
                confidence=float(np.exp(confidence[inside].min())),
                risk_interval=risk.interval,
            )
        )
    return tuple(points)


def _reliability(
    gold: npt.NDArray[np.bool_],
    proba: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    *,
    documents: Documents,
) -> tuple[Bin, ...]:
    """Return the bins of a curve.

    The bins are of equal width, since most probabilities of a type lie near 0: bins of equal mass would show nothing
    else. The calibration error itself has bins of equal mass.
    """
    if not len(gold):
        return ()
    bins = np.minimum((proba * _N_BINS).astype(np.int64), _N_BINS - 1)

    shape = (_N_BINS, len(documents.numbers))
    positive, every = (
        sparse.csr_matrix((values.astype(np.float64), (bins, rows)), shape=shape)
        for values in (gold, np.ones(len(gold)))
    )
    found = resample(lambda weights: {"rate": metrics.ratio(positive @ weights, every @ weights)}, documents)["rate"]
    counts = np.bincount(bins, minlength=_N_BINS)
    means = np.bincount(bins, proba, minlength=_N_BINS) / np.maximum(counts, 1)
    return tuple(
        Bin(proba=float(means[k]), rate=found.at(k).value or 0.0, n=int(counts[k]), rate_interval=found.at(k).interval)
        for k in range(_N_BINS)
        if counts[k]
    )
