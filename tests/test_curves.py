from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from stancelib.codebook import Codebook, StanceType
from stancelib.evaluation.curves import (
    risk_coverage,
    side_confusion,
    side_reliability,
    type_confusions,
    types_reliability,
)
from stancelib.evaluation.judged import SIDE_CLASSES, UNJUDGED, Answers
from stancelib.evaluation.report import CoveragePoint
from stancelib.evaluation.resampling import Documents

CODEBOOK = Codebook("tiny", 1, exclusive=False, types=tuple(StanceType(name, "", 1) for name in "abc"))
EXCLUSIVE = replace(CODEBOOK, exclusive=True)
SUPPORTS, OPPOSES, NEITHER = range(3)


def _types(*rows: str) -> npt.NDArray[np.bool_]:
    """Return the columns of rows such as "ac" and ""."""
    return np.array([[name in row for name in "abc"] for row in rows], dtype=np.bool_)


def _answers(
    gold: npt.NDArray[np.bool_],
    said: npt.NDArray[np.bool_],
    *,
    proba: npt.NDArray[np.float64] | None = None,
    typed: list[bool] | None = None,
    codebook: Codebook = CODEBOOK,
) -> Answers:
    n = len(gold)
    nothing = np.full(n, UNJUDGED)
    return Answers(
        typed=np.ones(n, dtype=np.bool_) if typed is None else np.array(typed),
        types_gold=gold,
        types_said=said,
        types_proba=np.where(said, 0.9, 0.1) if proba is None else proba,
        sides_gold=np.full((n, 2), UNJUDGED),
        sides_said=np.full((n, 2), UNJUDGED),
        sides_proba=np.zeros((n, 2, 2)),
        target_right=nothing,
        crowded=np.zeros(n, dtype=np.bool_),
        status_gold=nothing,
        status_said=nothing,
        codebook=codebook,
    )


def _random(seed: int, *, n: int = 100) -> Answers:
    """Answers whose types are said from .5 on, and come true as often as their probabilities say."""
    rng = np.random.default_rng(seed)
    proba = rng.random((n, 3))
    return _answers(rng.random((n, 3)) < proba, proba >= 0.5, proba=proba, typed=[k % 5 > 0 for k in range(n)])


def _alone(n: int, *, resamples: int = 0) -> Documents:
    return Documents(np.arange(n), resamples)


def _points(answers: Answers) -> tuple[CoveragePoint, ...]:
    return risk_coverage(answers, _alone(len(answers)))


def test_the_confusion_of_sides_counts_gold_in_rows() -> None:
    """Opposed and said so; opposed and said to be supported, twice; neither and said to be opposed; one not judged."""
    answers = replace(
        _answers(_types("", "", ""), _types("", "", "")),
        sides_gold=np.array([[OPPOSES, OPPOSES], [OPPOSES, NEITHER], [UNJUDGED, UNJUDGED]]),
        sides_said=np.array([[OPPOSES, SUPPORTS], [SUPPORTS, OPPOSES], [SUPPORTS, SUPPORTS]]),
    )
    found = side_confusion(answers)
    assert found is not None
    assert found.classes == SIDE_CLASSES == ("supports", "opposes", "neither")
    assert found.matrix == ((0, 0, 0), (2, 1, 0), (0, 1, 0))


def test_without_judged_sides_there_is_no_confusion() -> None:
    assert side_confusion(_answers(_types("a"), _types("b"))) is None


def test_confusions_of_types_by_hand() -> None:
    """A for B three times; A missed twice; C invented; A and B missed where C is said; rightly said: nothing."""
    gold = _types("a", "ac", "a", "a", "a", "", "ab", "abc", "")
    said = _types("b", "bc", "b", "", "", "c", "c", "abc", "")
    found = [(row.gold, row.said, row.n) for row in type_confusions(_answers(gold, said))]
    assert found == [("a", "b", 3), ("a", "", 2), ("", "c", 1), ("a", "c", 1), ("b", "c", 1)]


def test_types_that_were_not_judged_are_not_confused() -> None:
    answers = _answers(_types("", "a"), _types("b", "c"), typed=[False, True])
    assert [(row.gold, row.said) for row in type_confusions(answers)] == [("a", "c")]


def test_only_the_commonest_confusions_are_told() -> None:
    names = tuple(f"t{number:02}" for number in range(40))
    codebook = Codebook("wide", 1, exclusive=False, types=tuple(StanceType(name, "", 1) for name in names))
    gold = np.eye(40, dtype=np.bool_)
    rows = np.concatenate([np.arange(40), [39]])
    found = type_confusions(_answers(gold[rows], np.zeros((41, 40), dtype=np.bool_), codebook=codebook))
    assert [row.gold for row in found] == ["t39", *names[:29]]


def test_reliability_by_hand() -> None:
    """Of the probabilities below .1 none of two comes true, of those from .3 one of three, of 1 the one."""
    proba = np.array([[0.0, 0.05, 0.3], [0.35, 0.39, 1.0], [0.5, 0.5, 0.5]])
    answers = _answers(_types("c", "c", "abc"), _types("", "", ""), proba=proba, typed=[True, True, False])
    found = types_reliability(answers, _alone(3))
    assert [part.proba for part in found] == pytest.approx([0.025, 1.04 / 3, 1.0])
    assert [part.rate for part in found] == pytest.approx([0, 1 / 3, 1])
    assert [part.n for part in found] == [2, 3, 1]
    assert {part.rate_interval for part in found} == {None}


def test_reliability_of_sides_by_hand() -> None:
    """Two judged sides give four probabilities: .95 that one is opposed and .85 that one is supported come true."""
    answers = replace(
        _answers(_types("", ""), _types("", "")),
        sides_gold=np.array([[OPPOSES, UNJUDGED], [UNJUDGED, SUPPORTS]]),
        sides_proba=np.array([[[0.01, 0.95], [0.5, 0.5]], [[0.5, 0.5], [0.85, 0.03]]]),
    )
    found = side_reliability(answers, _alone(2))
    assert [(part.rate, part.n) for part in found] == [(0, 2), (1, 1), (1, 1)]
    assert [part.proba for part in found] == pytest.approx([0.02, 0.85, 0.95])


def test_the_interval_of_a_rate_of_sides_is_over_documents() -> None:
    """Support is said at .55 and comes true in the first of two documents: a draw may hold either of them alone."""
    answers = replace(
        _answers(_types("", ""), _types("", "")),
        sides_gold=np.array([[SUPPORTS], [NEITHER]]),
        sides_proba=np.array([[[0.55, 0.05]], [[0.55, 0.05]]]),
    )
    found = side_reliability(answers, _alone(2, resamples=100))
    assert [(part.rate, part.rate_interval) for part in found] == [(0, (0, 0)), (0.5, (0, 1))]


def test_the_rates_of_calibrated_probabilities_are_the_probabilities() -> None:
    """The bin holds about 240 of 2400 decisions: five standard errors are below .17."""
    for part in types_reliability(_random(3, n=1000), _alone(1000)):
        assert part.rate == pytest.approx(part.proba, abs=0.17)
        assert part.n > 180


def test_the_bins_hold_every_decision_once() -> None:
    found = types_reliability(_random(0), _alone(100))
    assert sum(part.n for part in found) == 80 * 3
    assert [int(part.proba * 10) for part in found] == list(range(10))


def test_the_interval_of_a_rate_is_over_documents() -> None:
    """Ten documents: in half of them all of ten rows come true, so that the rate spreads by .16, not by .05."""
    gold = np.repeat(np.arange(10) % 2 == 0, 10)[:, None] & np.ones(3, dtype=np.bool_)
    answers = _answers(gold, gold, proba=np.full((100, 3), 0.45))
    (found,) = types_reliability(answers, Documents(np.repeat(np.arange(10), 10), 400))
    low, high = found.rate_interval or (np.nan, np.nan)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 10), abs=0.1)


def test_risk_and_coverage_by_hand() -> None:
    """Three types, one said. Joint probabilities .9³, .8 * .9², .7 * .9²; wrong is the second: risks 0, 1/2, 1/3."""
    proba = np.array([[0.1, 0.7, 0.1], [0.9, 0.1, 0.1], [0.8, 0.1, 0.1]])
    answers = _answers(_types("b", "a", "ab"), _types("b", "a", "a"), proba=proba)
    found = _points(answers)
    assert [part.coverage for part in found] == pytest.approx([1 / 3, 2 / 3, 1])
    assert [part.risk for part in found] == pytest.approx([0, 1 / 2, 1 / 3])
    assert [part.confidence for part in found] == pytest.approx([0.729, 0.648, 0.567])


def test_a_type_said_against_its_probability_lowers_the_confidence() -> None:
    """With a threshold of .2, a type said at .3 counts .3, and one not said at .1 counts .9."""
    answers = _answers(_types("a"), _types("a"), proba=np.array([[0.3, 0.1, 0.1]]))
    assert _points(answers)[0].confidence == pytest.approx(0.3 * 0.9 * 0.9)


def test_the_confidence_of_an_exclusive_codebook_is_that_of_its_type() -> None:
    """The other types add up to the rest, and are not counted again."""
    proba = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    answers = _answers(_types("a", "c"), _types("a", "b"), proba=proba, codebook=EXCLUSIVE)
    found = _points(answers)
    assert [part.confidence for part in found] == pytest.approx([0.8, 0.5])
    assert [part.risk for part in found] == [1.0, 0.5]


@pytest.mark.parametrize("seed", range(5))
def test_all_answers_are_as_wrong_as_their_types_are(seed: int) -> None:
    answers = _random(seed)
    last = _points(answers)[-1]
    assert last.coverage == 1.0
    assert last.risk == pytest.approx(1 - answers.types_right[answers.typed].mean())


@pytest.mark.parametrize("seed", range(5))
def test_coverage_rises_and_confidence_falls(seed: int) -> None:
    found = _points(_random(seed))
    assert [part.coverage for part in found] == pytest.approx(np.arange(1, 21) / 20)
    assert all(one.confidence > other.confidence for one, other in pairwise(found))


def test_answers_that_are_equally_sure_are_one_point() -> None:
    """However the two wrong ones stand in the file."""
    for wrong in ((0, 1), (2, 3), (0, 3)):
        said = _types(*("b" if row in wrong else "a" for row in range(4)))
        answers = _answers(_types(*"aaaa"), said)
        assert [(part.coverage, part.risk) for part in _points(answers)] == [(1.0, 0.5)]


def test_the_interval_of_a_risk_is_over_documents() -> None:
    """One half of the equally sure answers is wrong, each alone in its document: .5 with a standard error of .05."""
    answers = _answers(_types(*"a" * 100), _types(*"ab" * 50))
    (found,) = risk_coverage(answers, _alone(100, resamples=1000))
    assert found.risk_interval == pytest.approx((0.4, 0.6), abs=0.03)


def test_nothing_judged_has_no_curve() -> None:
    answers = _answers(_types("a", "b"), _types("a", "b"), typed=[False, False])
    assert risk_coverage(answers, _alone(2)) == ()
    assert types_reliability(answers, _alone(2)) == ()
    assert side_reliability(answers, _alone(2)) == ()
