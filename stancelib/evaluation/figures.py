"""How a page writes numbers, and where they lie on an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable

from stancelib.evaluation.report import Interval

_CEILINGS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 2.0)
"""Where an axis may end."""


def figure(value: float | None, *, digits: int = 2) -> str:
    """Return a number as words; without a value, or undefined: a dash."""
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def signed(value: float | None, *, digits: int = 2) -> str:
    """Return a difference as words, with its sign."""
    return "–" if value is None or math.isnan(value) else f"{value:+.{digits}f}".replace("-", "−")


def percent(share: float) -> str:
    """Return a share in per cent, small ones with a digit after the point."""
    return f"{100 * share:.{1 if 0 < share < 0.1 else 0}f} %"


def interval(ends: Interval | None, *, digits: int = 2) -> str:
    """Return the ends of an interval as words; none: empty."""
    return f"{figure(ends[0], digits=digits)} to {figure(ends[1], digits=digits)}" if ends else ""


def place(value: float, *, low: float = 0.0, high: float = 1.0) -> float:
    """Return where a value lies between two ends, in per cent; beyond them: at the end."""
    return round(100 * min(max((value - low) / (high - low), 0.0), 1.0), 2)


def reach(values: Iterable[float | Interval | None]) -> float:
    """Return where an axis ends that holds all values and intervals, whatever their sign."""
    known = [abs(x) for value in values if value is not None for x in (value if isinstance(value, tuple) else (value,))]
    largest = max(known, default=0.0)
    return next((ceiling for ceiling in _CEILINGS if largest <= ceiling), _CEILINGS[-1])
