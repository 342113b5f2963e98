from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from judging import BOOK, make_judged

from stancelib.evaluation.measures import measure_judged
from stancelib.evaluation.wrong import find_wrong

NOTHING: dict[str, Any] = {"types": (), "supports": (), "opposes": (), "target": ()}


@pytest.mark.parametrize(
    ("label", "said", "kinds"),
    [
        ({"types": ("threat",)}, {"types": ("threat",)}, ""),
        ({"types": ("threat",)}, {}, "missed"),
        ({"types": ()}, {"types": ("threat",)}, "invented"),
        ({"types": ("threat",)}, {"types": ("demand",)}, "missed invented"),
        ({"supports": (), "opposes": ("reds",)}, {"opposes": "reds"}, ""),
        ({"supports": (), "opposes": ("reds",)}, {"opposes": "blues"}, "side"),
        ({"supports": ("reds",), "opposes": ()}, {"opposes": "reds"}, "side"),
        ({"supports": (), "opposes": ()}, {"supports": "reds"}, "side"),
        ({"target": ()}, {"target": "RED"}, "target"),
        ({"target": ("RED",)}, {}, "target"),
        ({"target": ("RED", "BLUE")}, {"target": "BLUE"}, ""),
        ({"status": "planned"}, {"status": "done"}, "status"),
        ({"status": "planned"}, {"status": "planned"}, ""),
        (NOTHING, {}, ""),
    ],
)
def test_a_pair_is_wrong_in_what_is_answered_otherwise(label: dict[str, Any], said: dict[str, Any], kinds: str) -> None:
    assert [" ".join(pair.kinds) for pair in find_wrong([make_judged(label, **said)])] == ([kinds] if kinds else [])


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({}, {"types": ("threat",), "opposes": "reds", "target": "RED", "status": "done"}),
        ({"supports": ()}, {"opposes": "reds"}),
        ({"opposes": ()}, {"opposes": "reds"}),
        ({"status": "planned"}, {}),
    ],
)
def test_what_was_not_judged_is_no_error(label: dict[str, Any], said: dict[str, Any]) -> None:
    assert find_wrong([make_judged(label, **said)]) == []


def test_the_pairs_that_are_wrong_in_types_and_sides_are_those_without_exact_match() -> None:
    judged = (
        make_judged({"types": ("condemnation",)}),
        make_judged({"types": ()}, types=("demand",)),
        make_judged({"types": (), "supports": (), "opposes": ("reds",)}),
        make_judged({"types": (), "target": ("RED",)}),
        make_judged({"types": ("threat",)}, types=("threat",)),
        make_judged({"types": ()}),
    )
    wrong = [pair for pair in find_wrong(judged) if {"missed", "invented", "side"} & {*pair.kinds}]
    assert 1 - len(wrong) / len(judged) == pytest.approx(measure_judged(judged, BOOK)["exact_match"])


@pytest.mark.parametrize(
    ("label", "said", "loss"),
    [
        ({"types": ("threat",)}, {"proba": {"threat": 0.2}}, -math.log(0.2)),
        ({"types": ()}, {"types": ("threat",), "proba": {"threat": 0.7}}, -math.log(0.3)),
        ({"types": ("demand",)}, {"types": ("threat",), "proba": {"threat": 0.7}}, -math.log(0.3) - math.log(0.1)),
        ({"types": ("threat",)}, {"proba": {"threat": 0.0}}, -math.log(0.001)),
        (
            {"supports": ("reds",), "opposes": ()},
            {"sides": {"reds": {"supports": 0.25, "opposes": 0.6}}, "opposes": "reds"},
            -math.log(0.25),
        ),
        (
            {"supports": (), "opposes": ()},
            {"sides": {"reds": {"supports": 0.1, "opposes": 0.6}}, "opposes": "reds"},
            -math.log(0.3),
        ),
        ({"target": ("RED",)}, {}, math.log(2)),
        ({"target": ("RED",), "status": "planned"}, {"status": "done"}, 2 * math.log(2)),
    ],
)
def test_the_loss_of_an_error(label: dict[str, Any], said: dict[str, Any], loss: float) -> None:
    """The log loss of each wrong decision, summed; of one without a probability that of a coin."""
    [pair] = find_wrong([make_judged(label, **said)])
    assert pair.loss == pytest.approx(loss)


def test_the_surest_errors_come_first() -> None:
    judged = [make_judged({"types": ("threat",)}, proba={"threat": p}) for p in (0.3, 0.01, 0.2, 0.05)]
    assert [pair.judged for pair in find_wrong(judged)] == [judged[n] for n in (1, 3, 2, 0)]


def test_the_wrong_types_are_told_apart() -> None:
    [pair] = find_wrong([make_judged({"types": ("condemnation", "demand")}, types=("condemnation", "threat"))])
    assert [pair.types_that_are(outcome) for outcome in ("hit", "missed", "invented")] == [
        ["condemnation"],
        ["demand"],
        ["threat"],
    ]
    assert pair.wrong_types == ["demand", "threat"]


def test_a_pair_without_a_conflict_says_so() -> None:
    judged = make_judged({"types": ("threat",)})
    [pair] = find_wrong([replace(judged, gold=replace(judged.gold, conflict=None))])
    assert (pair.conflict_id, pair.conflict_name, pair.sides) == ("", "no conflict", None)
