from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from stancelib.evaluation.figures import figure, interval, percent, place, reach, signed


@pytest.mark.parametrize(
    ("value", "words", "with_sign"),
    [
        (0.256, "0.26", "+0.26"),
        (-0.1, "−0.10", "−0.10"),
        (None, "–", "–"),
        (math.nan, "–", "–"),
        (0.0, "0.00", "+0.00"),
    ],
)
def test_numbers_are_written_with_two_digits(value: float | None, words: str, with_sign: str) -> None:
    assert (figure(value), signed(value)) == (words, with_sign)


def test_numbers_are_written_with_as_many_digits_as_wanted() -> None:
    assert (figure(0.25, digits=3), signed(0.25, digits=1), interval((-0.1, 0.25), digits=1)) == (
        *("0.250", "+0.2", "−0.1 to 0.2"),
    )


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0 %"), (0.004, "0.4 %"), (0.099, "9.9 %"), (0.1, "10 %"), (1.0, "100 %")]
)
def test_small_shares_have_a_digit_more(share: float, words: str) -> None:
    assert percent(share) == words


def test_no_interval_is_empty() -> None:
    assert interval(None) == ""


@pytest.mark.parametrize(
    ("value", "low", "high", "where"), [(0.25, 0, 1, 25.0), (0, -0.5, 0.5, 50.0), (-1, 0, 1, 0.0), (3, 0, 2, 100.0)]
)
def test_a_value_lies_between_the_ends_of_its_axis(value: float, low: float, high: float, where: float) -> None:
    assert place(value, low=low, high=high) == where


@pytest.mark.parametrize(
    ("values", "end"), [([], 0.05), ([None, 0.3], 0.3), ([0.31], 0.4), ([(-0.7, 0.2), 0.1], 0.8), ([5.0], 2.0)]
)
def test_an_axis_ends_where_all_values_are_on_it(values: Sequence[float | None], end: float) -> None:
    assert reach(values) == end
