from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score

from stancelib import metrics
from stancelib.metrics import Values, Weights, once

GOLD = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.bool_)
SAID = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 0]], dtype=np.bool_)


@dataclass(frozen=True)
class Rows:
    """Labels and answers; few different scores, so that there are ties."""

    gold: npt.NDArray[np.bool_]
    said: npt.NDArray[np.bool_]
    proba: npt.NDArray[np.float64]

    def take(self, rows: npt.NDArray[np.int64]) -> Rows:
        return Rows(self.gold[rows], self.said[rows], self.proba[rows])


MEASURES: dict[str, Callable[[Rows, Weights], Values]] = {
    "sums": lambda rows, w: metrics.sums(rows.proba, w),
    "class_counts": lambda rows, w: np.stack(metrics.class_counts(rows.gold, rows.said, w)),
    "macro_f1": lambda rows, w: metrics.macro_f1(rows.gold, rows.said, w),
    "micro_f1": lambda rows, w: metrics.micro_f1(rows.gold, rows.said, w),
    "samples_f1": lambda rows, w: metrics.samples_f1(rows.gold, rows.said, w),
    "class_macro_f1": lambda rows, w: metrics.class_macro_f1(rows.gold.argmax(axis=1), rows.said.argmax(axis=1), w),
    "mean": lambda rows, w: metrics.mean(rows.proba[:, 0], w),
    "brier_skill": lambda rows, w: metrics.brier_skill(rows.gold, rows.proba, w),
    "class_brier": lambda rows, w: np.stack(metrics.class_brier(rows.gold, rows.proba, w)),
    "class_brier_skill": lambda rows, w: metrics.class_brier_skill(rows.gold, rows.proba, w),
    "class_ece of one bin": lambda rows, w: metrics.class_ece(rows.gold, rows.proba, w, n_bins=1),
    "classwise_ece of one bin": lambda rows, w: metrics.classwise_ece(rows.gold, rows.proba, w, n_bins=1),
    "average_precision": lambda rows, w: metrics.average_precision(rows.gold[:, 0], rows.proba[:, 0], w),
    "area_under_risk_coverage": lambda rows, w: metrics.area_under_risk_coverage(
        (rows.gold != rows.said).any(axis=1), rows.proba[:, 0], w
    ),
}

BINNED: dict[str, Callable[[Rows, Weights], Values]] = {
    "class_ece": lambda rows, w: metrics.class_ece(rows.gold, rows.proba, w, n_bins=3),
    "classwise_ece": lambda rows, w: metrics.classwise_ece(rows.gold, rows.proba, w, n_bins=3),
}
"""Their bins are those of the rows as they are, so that repeating rows changes them."""


@st.composite
def weighted_rows(draw: st.DrawFn) -> tuple[Rows, Weights]:
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 4)))
    levels = st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75, 1.0])
    rows = Rows(
        draw(hnp.arrays(np.bool_, shape)),
        draw(hnp.arrays(np.bool_, shape)),
        draw(hnp.arrays(np.float64, shape, elements=levels)),
    )
    weights = draw(hnp.arrays(np.int64, (shape[0], 3), elements=st.integers(0, 3)))
    return rows, weights.astype(np.float64)


def _repeated(rows: Rows, weights: npt.NDArray[np.float64]) -> Rows:
    return rows.take(np.repeat(np.arange(len(weights)), weights.astype(np.int64)))


@pytest.mark.parametrize("name", MEASURES)
def test_a_weight_is_as_many_rows(name: str) -> None:
    """Weights [2, 0, 1] are the first row twice and the last one once."""
    rows = Rows(
        np.array([[1, 0], [0, 1], [0, 1]], dtype=np.bool_),
        np.array([[1, 0], [1, 0], [1, 1]], dtype=np.bool_),
        np.array([[0.75, 0.5], [0.25, 0.5], [0.25, 0.125]]),
    )
    repeated = rows.take(np.array([0, 0, 2]))
    np.testing.assert_allclose(
        MEASURES[name](rows, np.array([[2.0], [0.0], [1.0]])), MEASURES[name](repeated, once(3)), atol=1e-12
    )


@pytest.mark.parametrize("name", MEASURES)
@settings(max_examples=8, deadline=None)
@given(case=weighted_rows())
def test_any_weights_are_as_many_rows(name: str, case: tuple[Rows, Weights]) -> None:
    rows, weights = case
    found = MEASURES[name](rows, weights)
    for column in range(weights.shape[1]):
        repeated = _repeated(rows, weights[:, column])
        expected = MEASURES[name](repeated, once(len(repeated.gold)))
        np.testing.assert_allclose(found[..., column], expected[..., 0], atol=1e-12)


@pytest.mark.parametrize("name", [*MEASURES, *BINNED])
@settings(max_examples=5, deadline=None)
@given(case=weighted_rows())
def test_several_draws_at_once_are_each_draw_alone(name: str, case: tuple[Rows, Weights]) -> None:
    rows, weights = case
    measure = {**MEASURES, **BINNED}[name]
    alone = [measure(rows, weights[:, [column]]) for column in range(weights.shape[1])]
    np.testing.assert_allclose(measure(rows, weights), np.concatenate(alone, axis=-1), atol=1e-12)


@pytest.mark.parametrize("name", [*MEASURES, *BINNED])
@settings(max_examples=8, deadline=None)
@given(case=weighted_rows(), data=st.data())
def test_the_order_of_the_rows_decides_nothing(name: str, case: tuple[Rows, Weights], data: st.DataObject) -> None:
    rows, weights = case
    order = np.array(data.draw(st.permutations(range(len(weights)))), dtype=np.int64)
    measure = {**MEASURES, **BINNED}[name]
    np.testing.assert_allclose(measure(rows.take(order), weights[order]), measure(rows, weights), atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(case=weighted_rows())
def test_f1_agrees_with_scikit_learn(case: tuple[Rows, Weights]) -> None:
    rows, weights = case
    n_gold, n_said, _ = metrics.class_counts(rows.gold, rows.said, weights)
    macro, micro = (measure(rows.gold, rows.said, weights) for measure in (metrics.macro_f1, metrics.micro_f1))
    for column in range(weights.shape[1]):
        supported = np.flatnonzero(n_gold[:, column])
        if len(supported):
            assert macro[column] == pytest.approx(_f1(rows, weights[:, column], "macro", labels=supported))
        if (n_gold + n_said)[:, column].any():
            assert micro[column] == pytest.approx(_f1(rows, weights[:, column], "micro"))


@settings(max_examples=20, deadline=None)
@given(case=weighted_rows())
def test_samples_f1_agrees_with_scikit_learn(case: tuple[Rows, Weights]) -> None:
    rows, weights = case
    found = metrics.samples_f1(rows.gold, rows.said, weights)
    for column in np.flatnonzero(weights.any(axis=0)):
        ours = weights[:, column]
        assert found[column] == pytest.approx(_f1(rows, ours, "samples", zero_division=1.0))


@settings(max_examples=20, deadline=None)
@given(case=weighted_rows())
def test_class_macro_f1_agrees_with_scikit_learn(case: tuple[Rows, Weights]) -> None:
    rows, weights = case
    gold, said = rows.gold.argmax(axis=1), rows.said.argmax(axis=1)
    found = metrics.class_macro_f1(gold, said, weights)
    for column in np.flatnonzero(weights.any(axis=0)):
        ours = weights[:, column]
        labels = np.unique(gold[ours > 0])
        expected = f1_score(gold, said, labels=labels, average="macro", sample_weight=ours, zero_division=0)
        assert found[column] == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(case=weighted_rows())
def test_average_precision_with_ties_agrees_with_scikit_learn(case: tuple[Rows, Weights]) -> None:
    rows, weights = case
    gold, scores = rows.gold[:, 0], rows.proba[:, 0]
    found = metrics.average_precision(gold, scores, weights)
    for column in range(weights.shape[1]):
        if not weights[gold, column].any():
            assert np.isnan(found[column])
        else:
            expected = average_precision_score(gold, scores, sample_weight=weights[:, column])
            assert found[column] == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(case=weighted_rows())
def test_brier_skill_agrees_with_scikit_learn(case: tuple[Rows, Weights]) -> None:
    rows, weights = case
    pooled = metrics.brier_skill(rows.gold, rows.proba, weights)
    single = metrics.class_brier_skill(rows.gold, rows.proba, weights)
    for column in np.flatnonzero(weights.any(axis=0)):
        ours = weights[:, column]
        rates = (rows.gold * ours[:, None]).sum(axis=0) / ours.sum()
        scores, references = (_briers(rows.gold, proba, ours) for proba in (rows.proba, rows.proba * 0 + rates))
        for k, reference in enumerate(references):
            if 0 < rates[k] < 1:
                assert single[k, column] == pytest.approx(1 - scores[k] / reference)
            else:
                assert np.isnan(single[k, column])
        if sum(references) > 1e-9:
            assert pooled[column] == pytest.approx(1 - sum(scores) / sum(references))


@settings(max_examples=20, deadline=None)
@given(case=weighted_rows())
def test_risk_coverage_agrees_with_its_definition(case: tuple[Rows, Weights]) -> None:
    """Geifman, Uziel & El-Yaniv 2019: for each row the share of wrong ones among those at least as sure; the mean."""
    rows, weights = case
    found = metrics.area_under_risk_coverage(rows.gold[:, 0], rows.proba[:, 0], weights)
    for column in np.flatnonzero(weights.any(axis=0)):
        repeated = _repeated(rows, weights[:, column])
        wrong, sure = repeated.gold[:, 0], repeated.proba[:, 0]
        assert found[column] == pytest.approx(np.mean([wrong[sure >= own].mean() for own in sure]))


def test_macro_f1_by_hand() -> None:
    """Type 0: 1 hit, 2 gold, 1 said: F1 2/3. Type 1: 1 hit, 1 gold, 2 said: 2/3. Type 2: no gold, left out.

    Without the first row: type 0 has no hit: 0. Without the last two: type 1 has no gold, type 0 has 2/3.
    """
    weights = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [1, 1, 0, 0]], dtype=np.float64).T
    assert metrics.macro_f1(GOLD, SAID, weights) == pytest.approx([2 / 3, 1 / 3, 2 / 3])


def test_micro_f1_by_hand() -> None:
    """2 hits, 3 gold, 4 said: 2 * 2 / (3 + 4). The third row twice: 3 hits, 4 gold, 6 said."""
    weights = np.array([[1, 1, 1, 1], [1, 1, 2, 1]], dtype=np.float64).T
    assert metrics.micro_f1(GOLD, SAID, weights) == pytest.approx([4 / 7, 6 / 10])


def test_samples_f1_by_hand() -> None:
    """Rows: right 1; wrong 0; one hit of one gold and two said 2/3; rightly none 1."""
    assert metrics.samples_f1(GOLD, SAID, once(4)) == pytest.approx([(1 + 0 + 2 / 3 + 1) / 4])


@pytest.mark.parametrize(
    ("gold", "said", "f1"),
    [
        ([1, 0, 0, 0], [0, 0, 0, 0], 0.0),
        ([1, 0, 0, 0], [1, 0, 0, 0], 1.0),
        ([1, 1, 0, 0], [1, 0, 1, 0], 0.5),
        ([1, 1, 1, 1], [1, 1, 1, 1], 1.0),
    ],
)
def test_a_single_column_is_one_type_and_not_two_classes(gold: list[int], said: list[int], f1: float) -> None:
    """Right negatives count nowhere: [1, 0, 0, 0] against nothing is 0, not the 0.75 of an accuracy."""
    columns = np.array(gold, dtype=np.bool_)[:, None], np.array(said, dtype=np.bool_)[:, None]
    assert metrics.micro_f1(*columns, once(4)) == pytest.approx([f1])
    assert metrics.macro_f1(*columns, once(4)) == pytest.approx([f1])


def test_class_macro_f1_by_hand() -> None:
    """0: 1 hit, 2 gold, 1 said: 2/3. 1: 1 hit, 2 gold, 2 said: 1/2. 2 is said and has no gold: left out."""
    gold, said = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])
    assert metrics.class_macro_f1(gold, said, once(4)) == pytest.approx([(2 / 3 + 1 / 2) / 2])


@pytest.mark.parametrize(
    ("n_gold", "n_said", "n_hits", "expected"),
    [(2, 2, 1, 0.5), (4, 2, 2, 2 / 3), (0, 3, 0, 0.0), (3, 0, 0, 0.0), (0, 0, 0, np.nan)],
)
def test_f1_of_counts(n_gold: int, n_said: int, n_hits: int, expected: float) -> None:
    found = metrics.f1_of(*(np.array([float(n)]) for n in (n_gold, n_said, n_hits)))
    assert found == pytest.approx([expected], nan_ok=True)


def test_a_mean_over_chosen_values_leaves_the_others_out() -> None:
    """First draw: 1 and 3, not 5; second draw: none."""
    values, chosen = np.array([[1.0, 9.0], [3.0, np.nan], [5.0, 9.0]]), np.zeros((3, 2), dtype=np.bool_)
    chosen[:2, 0] = True
    assert metrics.mean_where(values, chosen) == pytest.approx([2.0, np.nan], nan_ok=True)


def test_class_ece_by_hand() -> None:
    """Two bins of two: probabilities .1, .3 with no positive (sum of gaps .4), and .7, .9 with one of two (.6).

    As they are: (.4 + .6) / 4. The third row three times: .4 and |(3 - 2.1) + (0 - .9)| = 0, over 6. Without the first
    and the last: .3 and .3, over 2.
    """
    gold, proba = np.array([[0], [0], [1], [0]], dtype=np.bool_), np.array([[0.1], [0.3], [0.7], [0.9]])
    weights = np.array([[1, 1, 1, 1], [1, 1, 3, 1], [0, 1, 1, 0]], dtype=np.float64).T
    found = metrics.class_ece(gold, proba, weights, n_bins=2)
    assert found == pytest.approx(np.array([[1.0 / 4, 0.4 / 6, 0.6 / 2]]))


def test_the_bins_of_a_draw_are_those_of_the_rows_as_they_are() -> None:
    """The bins are {.2, .4} and {.6, .8}, whose gaps are |1 - .6| and |1 - 1.4|, over 4 rows.

    With weights 3, 1, 0, 0 all is in the first bin: |1 - (3 * .2 + .4)| = 0. The bins of the repeated rows would be
    {.2, .2, .2} and {.4}, with gaps of .6 each.
    """
    gold, proba = np.array([[0], [1], [1], [0]], dtype=np.bool_), np.array([[0.2], [0.4], [0.6], [0.8]])
    weights = np.array([[1, 1, 1, 1], [3, 1, 0, 0]], dtype=np.float64).T
    found = metrics.class_ece(gold, proba, weights, n_bins=2)
    assert found == pytest.approx(np.array([[(0.4 + 0.4) / 4, 0.0]]))


def test_classwise_ece_is_the_mean_over_classes() -> None:
    """Class 0 is always right, class 1 is said at .5 and never comes: (0 + .5) / 2."""
    gold, proba = np.array([[1, 0], [1, 0]], dtype=np.bool_), np.array([[1.0, 0.5], [1.0, 0.5]])
    assert metrics.classwise_ece(gold, proba, once(2), n_bins=1) == pytest.approx([0.25])


def test_equal_scores_are_calibrated_together() -> None:
    """Half of the rows at .5 come true: no error, however the positives are ordered and whatever the bins."""
    gold, proba = np.array([[0], [0], [1], [1]], dtype=np.bool_), np.full((4, 1), 0.5)
    assert metrics.class_ece(gold, proba, once(4), n_bins=2) == pytest.approx(np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("scores", "n_bins", "bins"),
    [
        ([0.4, 0.1, 0.3, 0.2], 2, [1, 0, 1, 0]),
        ([0.1, 0.2, 0.3, 0.4, 0.5], 2, [0, 0, 0, 1, 1]),
        ([0.2, 0.1], 10, [1, 0]),
        ([0.1, 0.5, 0.5, 0.9], 2, [0, 0, 0, 1]),
        ([], 3, []),
    ],
)
def test_bins_of_equal_mass(scores: list[float], n_bins: int, bins: list[int]) -> None:
    assert metrics.equal_mass_bins(np.array(scores), n_bins).tolist() == bins


def test_bin_sums_by_hand() -> None:
    """Bin 0: rows 0 and 2; bin 1: none; bin 2: row 1."""
    bins, values = np.array([0, 2, 0]), np.array([1.0, 2.0, 4.0])
    weights = np.array([[1.0, 3.0], [1.0, 0.0], [1.0, 1.0]])
    assert metrics.bin_sums(bins, values, weights).tolist() == [[5.0, 7.0], [0.0, 0.0], [2.0, 0.0]]


def test_brier_skill_by_hand() -> None:
    """Score: .1² + .2² + .4² + .4² + .1² = .38 over 5; the base rate .4 scores .24: 1 - .076 / .24."""
    gold = np.array([[1], [0], [0], [1], [0]], dtype=np.bool_)
    proba = np.array([[0.9], [0.2], [0.4], [0.6], [0.1]])
    assert metrics.brier_skill(gold, proba, once(5)) == pytest.approx([1 - 0.076 / 0.24])


def test_the_brier_skill_of_the_base_rate_is_nothing() -> None:
    gold = np.array([[1, 1], [0, 1], [0, 0], [0, 1]], dtype=np.bool_)
    assert metrics.class_brier_skill(gold, np.tile([0.25, 0.75], (4, 1)), once(4)) == pytest.approx(np.zeros((2, 1)))


def test_average_precision_by_hand() -> None:
    """Scores .9 (right), .5 (one right, one wrong), .1 (right): precision 1, 2/3, 3/4, each a third of the recall."""
    gold, scores = np.array([1, 0, 1, 1], dtype=np.bool_), np.array([0.9, 0.5, 0.5, 0.1])
    assert metrics.average_precision(gold, scores, once(4)) == pytest.approx([(1 + 2 / 3 + 3 / 4) / 3])


@pytest.mark.parametrize(
    ("wrong", "confidence", "area"),
    [
        ([0, 1, 0], [0.9, 0.8, 0.7], (0 + 1 / 2 + 1 / 3) / 3),
        ([1, 0, 0], [0.7, 0.8, 0.9], (0 + 0 + 1 / 3) / 3),
        ([1, 0], [0.5, 0.5], 1 / 2),
        ([0, 1], [0.5, 0.5], 1 / 2),
        ([1, 1], [0.5, 0.9], 1.0),
    ],
)
def test_the_area_under_risk_coverage_by_hand(wrong: list[int], confidence: list[float], area: float) -> None:
    """Equally sure rows count together: both see one wrong of two."""
    found = metrics.area_under_risk_coverage(np.array(wrong, dtype=np.bool_), np.array(confidence), once(len(wrong)))
    assert found == pytest.approx([area])


@pytest.mark.parametrize("name", sorted({*MEASURES, *BINNED} - {"sums", "class_counts", "class_brier"}))
def test_nothing_measured_is_not_a_number(name: str) -> None:
    """In the first draw no row is drawn, and in the second there is no row at all."""
    empty = Rows(np.zeros((0, 2), dtype=np.bool_), np.zeros((0, 2), dtype=np.bool_), np.zeros((0, 2)))
    measure = {**MEASURES, **BINNED}[name]
    assert np.isnan(measure(Rows(GOLD, SAID, np.full(GOLD.shape, 0.5)), np.zeros((4, 2)))).all()
    found = measure(empty, np.zeros((0, 2)))
    assert found.shape[-1] == 2
    assert np.isnan(found).all()


@pytest.mark.parametrize("name", ["macro_f1", "micro_f1", "average_precision", "brier_skill", "class_brier_skill"])
def test_what_needs_a_positive_is_not_a_number_without_one(name: str) -> None:
    nothing = np.zeros((3, 2), dtype=np.bool_)
    assert np.isnan(MEASURES[name](Rows(nothing, nothing, np.full((3, 2), 0.5)), once(3))).all()


def test_a_type_said_and_never_right_is_no_macro_f1_and_a_micro_f1_of_0() -> None:
    nothing = np.zeros((3, 2), dtype=np.bool_)
    assert np.isnan(metrics.macro_f1(nothing, ~nothing, once(3))).all()
    assert metrics.micro_f1(nothing, ~nothing, once(3)).tolist() == [0.0]


def test_without_classes_there_is_no_calibration_error() -> None:
    assert np.isnan(metrics.classwise_ece(np.zeros((2, 0), dtype=np.bool_), np.zeros((2, 0)), once(2))).all()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 10), (0, 10), 1.0),
        ((0, 10), (0, 5), 0.5),
        ((0, 10), (5, 15), 1 / 3),
        ((2, 4), (0, 10), 0.2),
        ((0, 5), (5, 10), 0.0),
        ((0, 4), (6, 10), -0.2),
    ],
)
def test_overlap_by_hand(one: tuple[int, int], other: tuple[int, int], expected: float) -> None:
    assert metrics.overlap(one, other) == pytest.approx(expected)
    assert metrics.overlap(other, one) == pytest.approx(expected)


def _f1(
    rows: Rows,
    weights: npt.NDArray[np.float64],
    average: str,
    *,
    labels: npt.NDArray[np.int64] | None = None,
    zero_division: float = 0.0,
) -> float:
    # A second, empty column keeps scikit-learn from reading one column as two classes.
    gold, said = (np.hstack([part, np.zeros_like(part[:, :1])]) for part in (rows.gold, rows.said))
    found = f1_score(gold, said, labels=labels, average=average, sample_weight=weights, zero_division=zero_division)
    return float(found)


def _briers(
    gold: npt.NDArray[np.bool_], proba: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> list[float]:
    return [
        float(brier_score_loss(gold[:, k], proba[:, k], sample_weight=weights, pos_label=True))
        for k in range(gold.shape[1])
    ]
