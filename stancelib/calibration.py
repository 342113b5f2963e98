"""Temperatures and thresholds, fitted on held-out predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import expit, logsumexp, softmax

Logits = npt.NDArray[np.float64]
"""Shape ``(n_candidates, n_classes)``."""

_PRIOR_THRESHOLD = 0.3

ACCEPTED_RISK = 0.1
"""The share of wrong answers that the abstention threshold accepts among those it lets pass."""

Gold = npt.NDArray[np.bool_]
"""Shape ``(n_candidates, n_classes)``; True where the class holds."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on an answer is given; all lie between 0 and 1.

    Attributes:
        types: One for each type; of an exclusive codebook's types the most likely one is the answer.
        side: For saying that a side is supported or opposed.
        target: For naming a target.
        planned: For calling a stance planned.
        sure: For being sure of all types of a candidate together; below it a careful reader abstains.
    """

    types: Mapping[str, float]
    side: float = 0.5
    target: float = 0.5
    planned: float = 0.5
    sure: float = 0.0


def fit_sigmoid_temperature(logits: Logits, gold: Gold) -> float:
    """Return the temperature that makes ``sigmoid(logits / temperature)`` most likely.

    Source: Guo et al. 2017, "On calibration of modern neural networks", for independent classes.
    """

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float(np.mean(np.logaddexp(0.0, scaled) - gold * scaled))

    return _minimise(loss)


def fit_softmax_temperature(logits: Logits, gold: npt.NDArray[np.int64]) -> float:
    """Return the temperature that makes ``softmax(logits / temperature)`` most likely.

    Args:
        logits: One row a candidate.
        gold: The column of the right class, one a candidate.
    """

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        right = scaled[np.arange(len(gold)), gold]
        return float(np.mean(logsumexp(scaled, axis=1) - right))

    return _minimise(loss)


def fit_threshold(proba: npt.NDArray[np.float64], gold: npt.NDArray[np.bool_], *, prior: float = 100.0) -> float:
    """Return the threshold with the best F1, drawn towards 0.3 where there are few positives.

    The best threshold for F1 is half the best F1 that can be had (Lipton et al. 2014, "Optimal thresholding of
    classifiers to maximize F1 measure"), so 0.3 is what a classifier of F1 0.6 wants.

    Args:
        proba: Probability of the class, one a candidate.
        gold: Whether the class holds.
        prior: The number of positives at which the data weighs as much as 0.3 does.
    """
    n_positive = int(gold.sum())
    if n_positive == 0:
        return 0.5
    grid = np.linspace(0.04, 0.9, 87)
    f1 = np.array([_f1(proba >= threshold, gold) for threshold in grid])
    best = float(np.mean(grid[f1 >= f1.max() - 1e-9]))
    weight = n_positive / (n_positive + prior)
    return round(weight * best + (1 - weight) * _PRIOR_THRESHOLD, 3)


def fit_abstention(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], *, risk: float = ACCEPTED_RISK
) -> float:
    """Return the least confidence above which at most so large a share of the answers is wrong.

    Source: Geifman & El-Yaniv 2017, "Selective classification for deep neural networks" (without their bound).

    Args:
        confidence: How sure each answer is, between 0 and 1.
        right: Whether it is right.
        risk: The share of wrong answers that is accepted.

    Returns:
        The threshold; 0 where all answers together are good enough, 1 where not even the surest are.
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    # Equal confidences are taken together: a threshold cannot divide them.
    last = np.append(np.diff(confidence[order]) != 0, np.True_)[: len(order)]
    good = np.flatnonzero((wrong <= risk) & last)
    if len(good) == 0:
        return 1.0 if len(order) else 0.0
    return 0.0 if good[-1] == len(order) - 1 else float(confidence[order][good[-1]])


def sigmoid(logits: Logits, temperature: float) -> Logits:
    """Return independent probabilities; same shape."""
    return np.asarray(expit(logits / temperature), dtype=np.float64)


def normalise(logits: Logits, temperature: float) -> Logits:
    """Return probabilities of exclusive classes; each row sums to 1."""
    return np.asarray(softmax(logits / temperature, axis=1), dtype=np.float64)


def _f1(predicted: npt.NDArray[np.bool_], gold: npt.NDArray[np.bool_]) -> float:
    hits = int((predicted & gold).sum())
    total = int(predicted.sum()) + int(gold.sum())
    return 2 * hits / total if total else 0.0


def _minimise(loss: Callable[[float], float]) -> float:
    result = minimize_scalar(loss, bounds=(np.log(0.2), np.log(10.0)), method="bounded")
    return float(np.exp(result.x))
