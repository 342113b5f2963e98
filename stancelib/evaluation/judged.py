"""Labels beside the tags that answer them, one by one and as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stancelib.codebook import Codebook
from stancelib.labelled import LabelledCandidate
from stancelib.types import StanceTag

SIDE_CLASSES = ("supports", "opposes", "neither")
STATUSES = ("done", "planned")
UNJUDGED = -1

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A label and the tag that answers it."""

    gold: LabelledCandidate
    tag: StanceTag

    def to_dict(self) -> dict[str, Any]:
        """Return the line of a predictions file."""
        return {
            "id": self.gold.document_id,
            **({"sentence": self.gold.sentence_id} if self.gold.sentence_id != self.gold.document_id else {}),
            "actor": self.gold.label.actor,
            "types": dict(self.tag.types),
            "type_proba": dict(self.tag.type_proba),
            "supports": self.tag.supports.side if self.tag.supports else None,
            "opposes": self.tag.opposes.side if self.tag.opposes else None,
            "target": self.tag.target.actor if self.tag.target else None,
            "status": self.tag.status,
            "sides": {side: dict(scores) for side, scores in self.tag.sides.items()},
        }


@dataclass(frozen=True, slots=True)
class Answers:
    """Judged labels as arrays, a row each; classes are numbers, and -1 where there is nothing to compare.

    Attributes:
        typed: Whether the types were judged.
        types_gold: Shape ``(n, n_types)``.
        types_said: Shape ``(n, n_types)``.
        types_proba: Shape ``(n, n_types)``.
        sides_gold: Shape ``(n, n_sides)``: supports, opposes, neither.
        sides_said: Shape ``(n, n_sides)``.
        sides_proba: Shape ``(n, n_sides, 2)``: supports, opposes.
        target_right: 1 right, 0 wrong.
        crowded: Whether the sentence has two other actors or more.
        status_gold: Done, planned.
        status_said: Done, planned.
        codebook: What the columns of the types are.
    """

    typed: Bools
    types_gold: Bools
    types_said: Bools
    types_proba: npt.NDArray[np.float64]
    sides_gold: Numbers
    sides_said: Numbers
    sides_proba: npt.NDArray[np.float64]
    target_right: Numbers
    crowded: Bools
    status_gold: Numbers
    status_said: Numbers
    codebook: Codebook

    def __len__(self) -> int:
        """Return how many labels there are."""
        return len(self.typed)

    @property
    def sided(self) -> Bools:
        """Which sides of which labels were judged, shape ``(n, n_sides)``."""
        return np.asarray(self.sides_gold != UNJUDGED)

    @property
    def types_right(self) -> Bools:
        """Of which labels every type is right, shape ``(n,)``."""
        return np.asarray((self.types_gold == self.types_said).all(axis=1))

    @property
    def exact(self) -> Bools:
        """Of which labels the types and, where judged, all sides are right, shape ``(n,)``."""
        sides = (self.sides_gold == self.sides_said) | ~self.sided
        return np.asarray(self.types_right & sides.all(axis=1))

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """How sure the answer's types are together: the logarithm of their joint probability, shape ``(n,)``."""
        proba = np.clip(self.types_proba, 1e-9, 1 - 1e-9)
        if self.codebook.exclusive:
            return np.asarray(np.log(np.where(self.types_said, proba, 1.0)).sum(axis=1))
        return np.asarray(np.log(np.where(self.types_said, proba, 1 - proba)).sum(axis=1))


def collect_answers(judged: Sequence[Judged], codebook: Codebook) -> Answers:
    """Return judged labels as arrays, a row each, in order."""
    type_ids = codebook.type_ids
    n, n_types = len(judged), len(type_ids)
    labels, tags = [item.gold.label for item in judged], [item.tag for item in judged]
    sides_gold, sides_said, sides_proba = _side_arrays(judged)
    timed = [label.status is not None and tag.status is not None for label, tag in zip(labels, tags, strict=True)]
    return Answers(
        typed=np.array([label.types is not None for label in labels], dtype=np.bool_),
        types_gold=np.array([[t in (x.types or ()) for t in type_ids] for x in labels], dtype=np.bool_).reshape(
            n, n_types
        ),
        types_said=np.array([[t in tag.types for t in type_ids] for tag in tags], dtype=np.bool_).reshape(n, n_types),
        types_proba=np.array([[tag.type_proba[t] for t in type_ids] for tag in tags], dtype=np.float64).reshape(
            n, n_types
        ),
        sides_gold=sides_gold,
        sides_said=sides_said,
        sides_proba=sides_proba,
        target_right=np.array([_target_right(item) for item in judged], dtype=np.int64),
        crowded=np.array([len(item.gold.candidate.others) >= 2 for item in judged], dtype=np.bool_),
        status_gold=_status_column([label.status for label in labels], timed),
        status_said=_status_column([tag.status for tag in tags], timed),
        codebook=codebook,
    )


def _side_arrays(judged: Sequence[Judged]) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
    """Return gold and said classes and the probabilities of every side, padded to the most sides of a row."""
    sides = [_judged_sides(item) for item in judged]
    shape = (len(judged), max(map(len, sides), default=0))
    gold, said = np.full(shape, UNJUDGED, dtype=np.int64), np.full(shape, UNJUDGED, dtype=np.int64)
    proba = np.zeros((*shape, 2))
    for row, (item, names) in enumerate(zip(judged, sides, strict=True)):
        label, tag = item.gold.label, item.tag
        for column, side in enumerate(names):
            gold[row, column] = _side_class(side in (label.supports or ()), side in (label.opposes or ()))
            said[row, column] = _side_class(
                tag.supports is not None and tag.supports.side == side,
                tag.opposes is not None and tag.opposes.side == side,
            )
            scores: Mapping[Any, float] = tag.sides.get(side, {})
            proba[row, column] = scores.get("supports", 0.0), scores.get("opposes", 0.0)
    return gold, said, proba


def _judged_sides(item: Judged) -> tuple[str, ...]:
    label, conflict = item.gold.label, item.gold.conflict
    return () if conflict is None or label.supports is None or label.opposes is None else conflict.side_ids


def _side_class(supports: bool, opposes: bool, /) -> int:  # noqa: FBT001 - two plain values
    return SIDE_CLASSES.index("supports" if supports else "opposes" if opposes else "neither")


def _target_right(item: Judged) -> int:
    gold = item.gold.label.target
    if gold is None:
        return UNJUDGED
    said = item.tag.target.actor if item.tag.target else None
    return int(said in gold if gold else said is None)


def _status_column(values: Sequence[str | None], timed: Sequence[bool]) -> Numbers:
    numbers = [STATUSES.index(v) if v and known else UNJUDGED for v, known in zip(values, timed, strict=True)]
    return np.array(numbers, dtype=np.int64)
