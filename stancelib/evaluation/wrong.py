"""Judged pairs that are wrong, decision by decision, the surest first: what a page of errors lists."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stancelib.evaluation.judged import Judged
from stancelib.types import StanceTag

_COIN = math.log(2)
"""The loss of a wrong target or status, of which a tag holds no probability: that of a coin."""

_SUREST = 0.001
"""Probabilities are held this far from 0 and 1, so that no single decision has an endless loss."""

Kind = Literal["missed", "invented", "side", "target", "status"]
Outcome = Literal["hit", "missed", "invented"]


class TypeAnswer(NamedTuple):
    """A type that the labels or the model name, and its probability."""

    type: str
    outcome: Outcome
    p: float

    @property
    def loss(self) -> float:
        """The log loss of a wrong decision."""
        return {"hit": 0.0, "missed": _loss(self.p), "invented": _loss(1 - self.p)}[self.outcome]


class SideAnswer(NamedTuple):
    """What the labels and the model say of a side, and the probability of both answers."""

    side: str
    gold: str
    said: str
    p_gold: float
    p_said: float

    @property
    def loss(self) -> float:
        """The log loss of a wrong decision."""
        return 0.0 if self.gold == self.said else _loss(self.p_gold)


class Answer(NamedTuple):
    """What the labels and the model say, without a probability."""

    gold: str
    said: str
    right: bool


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """A label beside its answer, decision by decision; None where the key was not judged."""

    judged: Judged
    types: tuple[TypeAnswer, ...] | None
    sides: tuple[SideAnswer, ...] | None
    target: Answer | None
    status: Answer | None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is wrong; empty: nothing."""
        outcomes = {answer.outcome for answer in self.types or ()}
        wrong: dict[Kind, bool] = {
            "missed": "missed" in outcomes,
            "invented": "invented" in outcomes,
            "side": any(answer.gold != answer.said for answer in self.sides or ()),
            "target": self.target is not None and not self.target.right,
            "status": self.status is not None and not self.status.right,
        }
        return tuple(kind for kind, holds in wrong.items() if holds)

    @property
    def loss(self) -> float:
        """The sum of the losses of what is wrong."""
        coins = sum(answer is not None and not answer.right for answer in (self.target, self.status))
        losses = [*(answer.loss for answer in self.types or ()), *(answer.loss for answer in self.sides or ())]
        return sum(losses) + coins * _COIN

    def types_that_are(self, outcome: Outcome) -> list[str]:
        """Return the types of an outcome."""
        return [answer.type for answer in self.types or () if answer.outcome == outcome]

    @property
    def wrong_types(self) -> list[str]:
        """The types that were missed, then those that were invented."""
        return [*self.types_that_are("missed"), *self.types_that_are("invented")]

    @property
    def conflict_id(self) -> str:
        """The id of the conflict; empty: none."""
        return self.judged.gold.conflict.id if self.judged.gold.conflict else ""

    @property
    def conflict_name(self) -> str:
        """The name of the conflict."""
        return self.judged.gold.conflict.name if self.judged.gold.conflict else "no conflict"


def find_wrong(judged: Sequence[Judged]) -> list[ComparedPair]:
    """Return the pairs of which any key that was judged is answered otherwise, the surest first.

    The loss of a pair is the sum, over its wrong decisions, of the log loss ``-ln p`` of the probability that the right
    answer was given: for each type that was missed or invented, for each side whose class (supports, opposes, neither)
    is wrong; a wrong target or status counts as much as a coin, ln 2. The sum, and not the mean: several errors in one
    pair are worse than one.
    """
    return sorted((pair for pair in map(_compare, judged) if pair.kinds), key=lambda pair: -pair.loss)


def _compare(item: Judged) -> ComparedPair:
    label, tag = item.gold.label, item.tag
    return ComparedPair(
        item,
        types=None if label.types is None else tuple(_type_answers(label.types, tag)),
        sides=tuple(_side_answers(item)) or None,
        target=None if label.target is None else _target_answer(label.target, tag),
        status=Answer(label.status, tag.status, label.status == tag.status) if label.status and tag.status else None,
    )


def _type_answers(gold: Sequence[str], tag: StanceTag) -> Iterator[TypeAnswer]:
    for type_id in dict.fromkeys((*gold, *tag.types)):
        outcome: Outcome = "missed" if type_id not in tag.types else "hit" if type_id in gold else "invented"
        yield TypeAnswer(type_id, outcome, tag.type_proba[type_id])


def _side_answers(item: Judged) -> Iterator[SideAnswer]:
    label, tag, conflict = item.gold.label, item.tag, item.gold.conflict
    if conflict is None or label.supports is None or label.opposes is None:
        return
    supported, opposed = (score.side if score else None for score in (tag.supports, tag.opposes))
    for side in conflict.sides:
        scores = tag.sides[side.id]
        p_for, p_against = scores["supports"], scores["opposes"]
        p = {"supports": p_for, "opposes": p_against, "neither": max(0.0, 1.0 - p_for - p_against)}
        gold = "supports" if side.id in label.supports else "opposes" if side.id in label.opposes else "neither"
        said = "supports" if side.id == supported else "opposes" if side.id == opposed else "neither"
        yield SideAnswer(side.id, gold, said, p[gold], p[said])


def _target_answer(gold: Sequence[str], tag: StanceTag) -> Answer:
    said = tag.target.actor if tag.target else ""
    return Answer(", ".join(gold), said, said in gold if gold else not said)


def _loss(p: float) -> float:
    return -math.log(min(max(p, _SUREST), 1.0))
