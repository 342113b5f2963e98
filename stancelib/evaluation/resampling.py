"""Bootstrap over documents: from weighted sums to intervals, and to p-values of differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from stancelib.evaluation.report import Estimate, Interval
from stancelib.metrics import Values, Weights, once

_BLOCK = 4_000_000
"""Weights held at a time (32 MB)."""

ALPHA = 0.05
"""Family-wise: how often chance alone may show any difference, among all that are looked at together."""

_CERTAINTY = 0.95
_CRUMB = 1e-12

Statistic = Callable[[Weights], Mapping[str, Values]]
"""From the weights of rows, shape ``(n_rows, n_draws)``, to named arrays, each of shape ``(..., n_draws)``."""


@dataclass(frozen=True)
class Documents:
    """The documents that rows belong to, and how often to draw as many of them with replacement.

    Attributes:
        numbers: The number of each row's document, from 0.
        resamples: How many draws; 0: no intervals.
        seed: Of the draws.
    """

    numbers: npt.NDArray[np.int64]
    resamples: int = 1000
    seed: int = 0

    @property
    def count(self) -> int:
        """How many documents there are."""
        return int(self.numbers.max()) + 1 if len(self.numbers) else 0

    def draw(self) -> Iterator[Weights]:
        """Yield blocks of weights, shape ``(n_rows, n_draws)``; none where there are fewer than two documents."""
        rng = np.random.default_rng(self.seed)
        left = self.resamples if self.count > 1 else 0
        size = max(1, _BLOCK // max(len(self.numbers), 1))
        while left > 0:
            n_draws = min(left, size)
            chosen = rng.integers(0, self.count, (n_draws, self.count))
            chosen += np.arange(n_draws)[:, None] * self.count
            times = np.bincount(chosen.ravel(), minlength=n_draws * self.count).reshape(n_draws, self.count)
            yield times.T[self.numbers].astype(np.float64)
            left -= n_draws


@dataclass(frozen=True)
class Estimates:
    """A statistic of the rows as they are, and of the draws.

    Attributes:
        point: Shape ``(...)``.
        draws: Shape ``(..., n_draws)``.
    """

    point: npt.NDArray[np.float64]
    draws: Values

    def at(self, *place: int, biased: bool = False) -> Estimate:
        """Return one of the values with its interval; see ``interval_of``."""
        value = float(self.point[place])
        if np.isnan(value):
            return Estimate(value=None)
        return Estimate(value=value, interval=interval_of(self.draws[place], value if biased else None))


def number_documents(ids: Sequence[str], *, resamples: int = 1000, seed: int = 0) -> Documents:
    """Return the documents of rows, by the id of each row's document."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(ids))}
    return Documents(np.array([numbers[name] for name in ids], dtype=np.int64), resamples, seed)


def resample(statistic: Statistic, documents: Documents) -> dict[str, Estimates]:
    """Return the named statistics of the rows, and of documents drawn with replacement.

    Source: Efron & Tibshirani 1993, "An introduction to the bootstrap"; documents are drawn, since the sentences of one
    are not independent.
    """
    point = statistic(once(len(documents.numbers)))
    blocks = [statistic(weights) for weights in documents.draw()]
    return {
        name: Estimates(
            values[..., 0],
            np.concatenate([block[name] for block in blocks], axis=-1) if blocks else np.zeros((*values.shape[:-1], 0)),
        )
        for name, values in point.items()
    }


def interval_of(draws: npt.NDArray[np.float64], centre: float | None = None) -> Interval | None:
    """Return the 95 % interval of the draws of one number; None where fewer than half of them define it.

    Args:
        draws: The number in each draw; NaN where it is not defined.
        centre: The value itself, for one that drawing biases upwards, as a calibration error, which noise can only
            raise: the percentiles are then moved so that the median draw lies at the value, and cut at 0.
    """
    known = draws[~np.isnan(draws)]
    if not len(known) or 2 * len(known) < len(draws):
        return None
    low, high = (float(q) for q in np.quantile(known, [(1 - _CERTAINTY) / 2, (1 + _CERTAINTY) / 2]))
    bias = 0.0 if centre is None else float(np.median(known)) - centre
    return (low, high) if centre is None else (max(0.0, low - bias), max(0.0, high - bias))


def p_value(difference: float, draws: npt.NDArray[np.float64], *, n_documents: int) -> float:
    """Return the two-sided p-value of a difference being 0, from the standard error of its draws.

    Student's t with one degree of freedom less than there are documents serves rather than the share of draws beyond
    0, since a correction over many comparisons needs p-values far below one in a thousand. No p-value is below that of
    a sign test in which all documents agree.

    Args:
        difference: What the rows as they are show.
        draws: What the draws show; NaN where they do not define it.
        n_documents: How many documents were drawn.
    """
    known = draws[~np.isnan(draws)]
    if abs(difference) < _CRUMB or len(known) < 2 or n_documents < 2:
        return 1.0
    error = float(np.std(known)) * np.sqrt(n_documents / (n_documents - 1))
    least = max(2.0 ** (1 - n_documents), 1.0 - len(known) / len(draws) if error < _CRUMB else 0.0)
    # Rounding leaves a crumb of deviation where all draws are equal.
    return float(max(least, 2 * t.sf(abs(difference) / max(error, _CRUMB), n_documents - 1)))


def correct_holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for how many there are: the smallest times n, the next times n - 1, ...

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    corrected, highest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected
