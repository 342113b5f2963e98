from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import brier_score_loss, f1_score

from stancelib import metrics

GOLD = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=np.bool_)
PREDICTED = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 0]], dtype=np.bool_)


def test_macro_f1_by_hand() -> None:
    """Type 0: 1 hit, 2 gold, 1 predicted: F1 2/3. Type 1: 1 hit, 1 gold, 2 predicted: 2/3. Type 2: no gold."""
    assert metrics.macro_f1(GOLD, PREDICTED) == pytest.approx(2 / 3)


def test_micro_f1_by_hand() -> None:
    """2 hits, 3 gold, 4 predicted: 2 * 2 / (3 + 4)."""
    assert metrics.micro_f1(GOLD, PREDICTED) == pytest.approx(4 / 7)


@pytest.mark.parametrize(
    ("gold", "predicted", "f1"),
    [
        ([1, 0, 0, 0], [0, 0, 0, 0], 0.0),
        ([1, 0, 0, 0], [1, 0, 0, 0], 1.0),
        ([1, 1, 0, 0], [1, 0, 1, 0], 0.5),
        ([1, 1, 1, 1], [1, 1, 1, 1], 1.0),
    ],
)
def test_a_single_column_is_one_type_and_not_two_classes(gold: list[int], predicted: list[int], f1: float) -> None:
    """Right negatives count nowhere: [1, 0, 0, 0] against nothing is 0, not the 0.75 of an accuracy."""
    columns = np.array(gold, dtype=np.bool_)[:, None], np.array(predicted, dtype=np.bool_)[:, None]
    assert metrics.micro_f1(*columns) == pytest.approx(f1)
    assert metrics.macro_f1(*columns) == pytest.approx(f1)


def test_macro_f1_of_one_supported_type_among_many() -> None:
    gold = np.zeros((4, 5), dtype=np.bool_)
    gold[:2, 3] = True
    predicted = np.zeros_like(gold)
    predicted[0, 3] = True
    assert metrics.macro_f1(gold, predicted) == pytest.approx(2 / 3)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_f1_agrees_with_scikit_learn(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(2, 12), st.integers(2, 5)))
    gold = data.draw(hnp.arrays(np.bool_, shape))
    predicted = data.draw(hnp.arrays(np.bool_, shape))
    gold[0] = True
    assert metrics.macro_f1(gold, predicted) == pytest.approx(
        f1_score(gold, predicted, average="macro", zero_division=0)
    )
    assert metrics.micro_f1(gold, predicted) == pytest.approx(
        f1_score(gold, predicted, average="micro", zero_division=0)
    )


def test_class_macro_f1_by_hand() -> None:
    """0: 1 hit, 2 gold, 1 predicted: 2/3. 1: 1 hit, 2 gold, 2 predicted: 1/2. 2 has no gold: left out."""
    gold, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])
    assert metrics.class_macro_f1(gold, predicted) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert metrics.class_macro_f1(np.array([0]), np.array([0])) == 1.0


def test_classwise_ece_by_hand() -> None:
    """Two bins of two: probabilities .1, .3 with no positive (gap .2), and .7, .9 with one of two (gap .3)."""
    gold = np.array([[0], [0], [1], [0]], dtype=np.bool_)
    proba = np.array([[0.1], [0.3], [0.7], [0.9]])
    assert metrics.classwise_ece(gold, proba, n_bins=2) == pytest.approx((0.2 + 0.3) / 2)


def test_classwise_ece_is_the_mean_over_classes() -> None:
    gold = np.array([[1, 0], [1, 0]], dtype=np.bool_)
    proba = np.array([[1.0, 0.5], [1.0, 0.5]])
    assert metrics.classwise_ece(gold, proba, n_bins=1) == pytest.approx(0.25)


def test_brier_skill_against_scikit_learn() -> None:
    gold = np.array([[1], [0], [0], [1], [0]], dtype=np.bool_)
    proba = np.array([[0.9], [0.2], [0.4], [0.6], [0.1]])
    reference = brier_score_loss(gold[:, 0], np.full(5, 0.4))
    expected = 1 - brier_score_loss(gold[:, 0], proba[:, 0]) / reference
    assert metrics.brier_skill(gold, proba) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("n_gold", "n_predicted", "n_hits", "expected"),
    [(2, 2, 1, 0.5), (4, 2, 2, 2 / 3), (0, 3, 0, 0.0), (3, 0, 0, 0.0), (0, 0, 0, None)],
)
def test_set_f1(n_gold: int, n_predicted: int, n_hits: int, expected: float | None) -> None:
    assert metrics.set_f1(n_gold, n_predicted, n_hits) == (pytest.approx(expected) if expected else expected)


def test_measures_are_none_where_the_data_do_not_define_them() -> None:
    nothing, empty = np.zeros((3, 2), dtype=np.bool_), np.zeros((0, 2), dtype=np.bool_)
    assert metrics.macro_f1(nothing, ~nothing) is None
    assert metrics.micro_f1(nothing, nothing) is None
    assert metrics.class_macro_f1(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)) is None
    assert metrics.classwise_ece(empty, np.zeros((0, 2))) is None
    assert metrics.brier_skill(empty, np.zeros((0, 2))) is None
    assert metrics.brier_skill(nothing, np.zeros((3, 2))) is None
