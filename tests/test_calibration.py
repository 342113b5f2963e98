from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stancelib.calibration import (
    fit_abstention,
    fit_sigmoid_temperature,
    fit_softmax_temperature,
    fit_threshold,
    normalise,
    sigmoid,
)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_sigmoid_temperature_is_found_again(temperature: float) -> None:
    """Labels drawn from sigmoid(z) make T the best temperature of the logits T * z."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (40_000, 1))
    gold = rng.random(logits.shape) < sigmoid(logits, 1.0)
    assert fit_sigmoid_temperature(temperature * logits, gold) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_the_softmax_temperature_is_found_again(temperature: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 3))
    gold = (rng.random((20_000, 1)) > normalise(logits, 1.0).cumsum(axis=1)).sum(axis=1).clip(max=2)
    assert fit_softmax_temperature(temperature * logits, gold) == pytest.approx(temperature, rel=0.05)


def test_a_threshold_without_positives_is_a_half() -> None:
    assert fit_threshold(np.array([0.1, 0.9]), np.array([False, False])) == 0.5


def test_a_threshold_is_the_middle_of_the_best_ones() -> None:
    """Thresholds in (.2, .4] part the classes: the middle of .21, .22 ... .40 is .305."""
    proba = np.array([0.2] * 8 + [0.4] * 8)
    assert fit_threshold(proba, proba > 0.3, prior=0.0) == pytest.approx(0.305, abs=0.006)


def test_a_threshold_from_few_positives_is_drawn_to_the_same_value() -> None:
    high, low = np.array([0.2, 0.85]), np.array([0.05, 0.1])
    far = fit_threshold(high, high > 0.8, prior=0.0) - fit_threshold(low, low > 0.08, prior=0.0)
    near = fit_threshold(high, high > 0.8, prior=99.0) - fit_threshold(low, low > 0.08, prior=99.0)
    assert far > 0.3
    assert abs(near) < 0.01


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float64, (4, 3), elements=st.floats(-50, 50)), st.floats(0.2, 10))
def test_probabilities_lie_between_0_and_1(logits: np.ndarray, temperature: float) -> None:
    assert ((sigmoid(logits, temperature) >= 0) & (sigmoid(logits, temperature) <= 1)).all()
    assert normalise(logits, temperature).sum(axis=1) == pytest.approx(1.0)


def test_abstention_lets_pass_as_many_as_the_accepted_risk_allows() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, True])

    assert fit_abstention(confidence, right, risk=0.0) == 0.8
    assert fit_abstention(confidence, right, risk=0.2) == 0.0
    assert fit_abstention(confidence, right, risk=0.19) == 0.8
    assert fit_abstention(confidence, ~right, risk=0.1) == 1.0
    assert fit_abstention(np.array([]), np.array([], dtype=bool)) == 0.0


def test_abstention_divides_no_equal_confidences() -> None:
    confidence = np.array([0.9, 0.5, 0.5, 0.1])

    assert fit_abstention(confidence, np.array([True, True, False, False]), risk=0.0) == 0.9
