from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import binom, kstest, t

from stancelib import metrics
from stancelib.evaluation import resampling
from stancelib.evaluation.report import Estimate
from stancelib.evaluation.resampling import (
    Documents,
    Estimates,
    correct_holm,
    interval_of,
    number_documents,
    p_value,
    resample,
)
from stancelib.metrics import Values, Weights

NUMBERS = np.array([0, 0, 1, 2, 2, 2, 3])


def _weights(documents: Documents) -> Weights:
    return np.concatenate(list(documents.draw()), axis=1)


def _mean_of(values: npt.NDArray[np.float64], documents: Documents) -> Estimates:
    return resample(lambda weights: {"mean": metrics.mean(values, weights)}, documents)["mean"]


def test_documents_are_numbered_in_order_of_appearance() -> None:
    documents = number_documents(["b", "a", "b", "c"], resamples=7, seed=3)
    assert documents.numbers.tolist() == [0, 1, 0, 2]
    assert (documents.count, documents.resamples, documents.seed) == (3, 7, 3)


def test_there_are_as_many_draws_as_asked_for() -> None:
    assert _weights(Documents(NUMBERS, resamples=123)).shape == (7, 123)


def test_a_draw_has_as_many_documents_as_there_are() -> None:
    """Rows 0, 2, 3 and 6 are the first of the four documents."""
    weights = _weights(Documents(NUMBERS, resamples=200))
    assert (weights[[0, 2, 3, 6]].sum(axis=0) == 4).all()


def test_the_rows_of_a_document_are_drawn_together() -> None:
    weights = _weights(Documents(NUMBERS, resamples=200))
    assert (weights[0] == weights[1]).all()
    assert (weights[3] == weights[4]).all()
    assert (weights[3] == weights[5]).all()


def test_every_document_is_as_likely_as_the_others() -> None:
    """A document is drawn binomially, 4 times at 1/4: mean 1, variance 3/4; of 5000 draws, five standard errors."""
    weights = _weights(Documents(NUMBERS, resamples=5000))[[0, 2, 3, 6]]
    assert weights.mean(axis=1) == pytest.approx(np.ones(4), abs=5 * np.sqrt(0.75 / 5000))
    for times in range(4):
        share = binom.pmf(times, 4, 0.25)
        assert (weights == times).mean() == pytest.approx(share, abs=5 * np.sqrt(share / 5000))


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(Documents(NUMBERS, resamples=50, seed=1).draw())
    monkeypatch.setattr(resampling, "_BLOCK", 7 * 8)
    blocks = list(Documents(NUMBERS, resamples=50, seed=1).draw())
    assert [block.shape[1] for block in whole] == [50]
    assert [block.shape[1] for block in blocks] == [8] * 6 + [2]
    assert (np.concatenate(blocks, axis=1) == whole[0]).all()


def test_a_block_smaller_than_the_rows_holds_one_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "_BLOCK", 3)
    assert [block.shape for block in Documents(NUMBERS, resamples=4).draw()] == [(7, 1)] * 4


def test_a_seed_gives_the_same_draws_and_another_one_others() -> None:
    first, again, other = (_weights(Documents(NUMBERS, resamples=30, seed=seed)) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    ("numbers", "resamples"), [(NUMBERS, 0), (np.zeros(5, dtype=np.int64), 100), (np.zeros(0, dtype=np.int64), 100)]
)
def test_nothing_is_drawn_of_fewer_than_two_documents(numbers: npt.NDArray[np.int64], resamples: int) -> None:
    assert list(Documents(numbers, resamples).draw()) == []


def test_without_draws_there_is_a_value_and_no_interval() -> None:
    found = _mean_of(np.array([1.0, 0.0, 1.0, 1.0]), Documents(np.arange(4), resamples=0))
    assert found.at() == Estimate(value=0.75, interval=None)


def test_a_statistic_is_that_of_the_rows_and_that_of_every_draw() -> None:
    documents = Documents(NUMBERS, resamples=40)
    values = np.arange(7.0)

    def statistic(weights: Weights) -> dict[str, Values]:
        return {"both": np.stack([weights.sum(axis=0), values @ weights])}

    found = resample(statistic, documents)["both"]
    assert found.point.tolist() == [7.0, 21.0]
    assert (found.draws == statistic(_weights(documents))["both"]).all()


def test_a_place_of_a_statistic_has_its_own_interval() -> None:
    """Both rows of draws are 0, 1, ..., 100 and twice that: the 2.5 % points are 2.5 and 5."""
    draws = np.arange(101.0) * np.array([[1.0], [2.0]])
    found = Estimates(np.array([50.0, 100.0]), draws)
    assert (found.at(0).value, found.at(1).value) == (50.0, 100.0)
    assert found.at(0).interval == pytest.approx((2.5, 97.5))
    assert found.at(1).interval == pytest.approx((5.0, 195.0))


def test_a_value_that_is_not_defined_has_no_interval() -> None:
    assert Estimates(np.array(np.nan), np.arange(5.0)).at() == Estimate(value=None, interval=None)


def test_the_interval_of_a_proportion_is_about_the_binomial_one() -> None:
    """Of 100 documents 30 are right: the number right in a draw is binomial, 100 times at .3."""
    found = _mean_of(np.repeat([1.0, 0.0], [30, 70]), Documents(np.arange(100), resamples=4000))
    low, high = found.at().interval or (np.nan, np.nan)
    assert low == pytest.approx(binom.ppf(0.025, 100, 0.3) / 100, abs=0.011)
    assert high == pytest.approx(binom.ppf(0.975, 100, 0.3) / 100, abs=0.011)


def test_rows_of_one_document_add_no_certainty() -> None:
    """Ten equal rows a document instead of one: the same draws, the same interval."""
    values = np.repeat([1.0, 0.0], [8, 12])
    one = _mean_of(values, Documents(np.arange(20), resamples=300))
    ten = _mean_of(np.repeat(values, 10), Documents(np.repeat(np.arange(20), 10), resamples=300))
    assert one.at().interval == pytest.approx(ten.at().interval)


def test_the_interval_of_a_proportion_holds_the_truth_about_as_often_as_it_says() -> None:
    """Each of 200 data sets has 60 documents of 3 rows; each document has its own rate, of mean .6."""
    rng = np.random.default_rng(11)
    held = 0
    for seed in range(200):
        rates = rng.beta(3, 2, 60)
        values = (rng.random((60, 3)) < rates[:, None]).astype(np.float64).ravel()
        found = _mean_of(values, Documents(np.repeat(np.arange(60), 3), resamples=300, seed=seed))
        low, high = found.at().interval or (np.nan, np.nan)
        held += low <= 0.6 <= high
    assert 0.90 <= held / 200 <= 0.98


@pytest.mark.parametrize(
    ("draws", "expected"),
    [
        (list(np.arange(41.0)), (1.0, 39.0)),
        ([2.0] * 5, (2.0, 2.0)),
        ([1.0, 1.0, np.nan, np.nan], (1.0, 1.0)),
        ([1.0, np.nan, np.nan], None),
        ([np.nan, np.nan], None),
        ([], None),
    ],
)
def test_an_interval_needs_half_of_the_draws(draws: list[float], expected: tuple[float, float] | None) -> None:
    """The 2.5 % point of 0, 1, ..., 40 is 1."""
    found = interval_of(np.array(draws))
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("centre", "expected"), [(20.0, (1.0, 39.0)), (25.0, (6.0, 44.0)), (10.0, (0.0, 29.0)), (0.0, (0.0, 19.0))]
)
def test_the_interval_of_a_biased_value_is_moved_to_it_and_cut_at_0(
    centre: float, expected: tuple[float, float]
) -> None:
    """The draws 0, 1, ..., 40 have the median 20 and the interval 1 to 39."""
    assert interval_of(np.arange(41.0), centre) == pytest.approx(expected)


def test_the_interval_of_a_calibration_error_holds_the_error() -> None:
    """Drawing raises the error of well calibrated answers, so that the median draw lies well above it."""
    rng = np.random.default_rng(2)
    proba = rng.random((400, 1))
    gold = rng.random((400, 1)) < proba
    found = resample(lambda w: {"ece": metrics.classwise_ece(gold, proba, w)}, Documents(np.arange(400), 300))["ece"]
    assert found.point < np.quantile(found.draws, 0.2)
    low, high = found.at(biased=True).interval or (np.nan, np.nan)
    assert found.point - low == pytest.approx(np.median(found.draws) - np.quantile(found.draws, 0.025))
    assert high - found.point == pytest.approx(np.quantile(found.draws, 0.975) - np.median(found.draws))


def test_a_p_value_by_hand() -> None:
    """The draws -1 and 1 have a standard deviation of 1, of 11 documents sqrt(11 / 10). t of 10 degrees: 2.2281."""
    difference = 2.228139 * np.sqrt(11 / 10)
    assert p_value(difference, np.array([-1.0, 1.0, np.nan]), n_documents=11) == pytest.approx(0.05, abs=1e-6)
    assert p_value(-difference, np.array([4.0, 6.0]), n_documents=11) == pytest.approx(0.05, abs=1e-6)
    assert p_value(0.0, np.array([-1.0, 1.0]), n_documents=11) == 1.0
    assert p_value(1.0, np.array([-1.0, 1.0]), n_documents=1) == 1.0


def test_no_p_value_is_below_that_of_documents_that_all_agree() -> None:
    """Five documents that all agree: a sign test gives 2 / 32."""
    assert p_value(-1.0, np.full(1000, -1.0), n_documents=5) == 2 / 32
    assert p_value(1.0, np.array([1.0 - 1e-9, 1.0 + 1e-9]), n_documents=5) == 2 / 32


def test_p_values_are_about_uniform_where_there_is_no_difference() -> None:
    """200 differences, each the mean over 50 documents of noise around 0."""
    rng = np.random.default_rng(4)
    weights = _weights(Documents(np.arange(50), resamples=300))
    noise = rng.normal(size=(200, 50))
    found = [p_value(values.mean(), values @ weights / 50, n_documents=50) for values in noise]
    assert kstest(found, "uniform").pvalue > 0.05
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.04)


def test_the_p_value_of_a_big_difference_is_tiny() -> None:
    """100 documents better by 1 with a standard deviation of 1: ten standard errors."""
    values = 1.0 + np.repeat([-1.0, 1.0], 50)
    draws = values @ _weights(Documents(np.arange(100), resamples=2000)) / 100
    found = p_value(1.0, draws, n_documents=100)
    assert 2 * t.sf(10.6, 99) < found < 2 * t.sf(9.4, 99)


def test_no_difference_in_any_draw_is_no_evidence() -> None:
    assert p_value(0.0, np.zeros(9), n_documents=9) == 1.0
    assert p_value(1e-16, np.full(9, 1e-16), n_documents=9) == 1.0
    assert p_value(0.5, np.full(9, np.nan), n_documents=9) == 1.0
    assert p_value(0.5, np.zeros(0), n_documents=9) == 1.0


@pytest.mark.parametrize(("n_documents", "least", "most"), [(1, 0.3, 0.45), (2, 0.1, 0.17), (30, 0.0, 1e-9)])
def test_the_same_difference_in_all_draws_is_evidence_of_as_many_documents(
    n_documents: int, least: float, most: float
) -> None:
    """None of k among 100 documents is drawn at (1 - k / 100)^100: .37, .13, 3e-16. That draw has no difference."""
    numbers = np.arange(100)
    inside = numbers < n_documents
    found = resample(
        lambda weights: {"gap": metrics.mean(np.zeros(n_documents), weights[inside]) - 1.0}, Documents(numbers)
    )["gap"]
    assert least <= p_value(-1.0, found.draws, n_documents=100) <= most


def test_holm_by_hand() -> None:
    """Sorted .005, .01, .03, .04 times 4, 3, 2, 1: .02, .03, .06, .04; the last is raised to the one before."""
    assert correct_holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [([], []), ([0.2], [0.2]), ([0.6, 0.5], [1.0, 1.0]), ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06])],
)
def test_holm_at_its_ends(p_values: list[float], expected: list[float]) -> None:
    assert correct_holm(p_values) == pytest.approx(expected)


def test_holm_keeps_the_share_of_families_with_a_false_alarm() -> None:
    """Of 2000 families of ten true null hypotheses, 5 % have a corrected p below .05: two to three standard errors."""
    families = np.random.default_rng(8).random((2000, 10))
    alarms = [min(correct_holm(list(family))) < 0.05 for family in families]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.015)
