"""Labels beside the tags that answer them, as arrays, and the metrics of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from stancelib import metrics
from stancelib.labelled import LabelledCandidate
from stancelib.types import StanceTag

_SIDE_CLASSES = ("supports", "opposes", "neither")
_STATUSES = ("done", "planned")
_UNJUDGED = -1

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

    def take(self, rows: Numbers) -> Answers:
        """Return the answers of some rows; a row may be taken several times."""
        return Answers(*(getattr(self, field.name)[rows] for field in fields(self)))


def collect_answers(judged: Sequence[Judged], type_ids: Sequence[str]) -> Answers:
    """Return judged labels as arrays, a row each, in order."""
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
    )


def measure(judged: Sequence[Judged], type_ids: Sequence[str]) -> dict[str, float | None]:
    """Return the metrics of judged labels by name; a key that was not judged counts nowhere."""
    return measure_answers(collect_answers(judged, type_ids))


def measure_answers(answers: Answers) -> dict[str, float | None]:
    """Return the metrics by name; None where the answers do not define one."""
    typed = answers.typed
    gold, said, proba = answers.types_gold[typed], answers.types_said[typed], answers.types_proba[typed]
    sided = answers.sides_gold != _UNJUDGED
    sides_gold = answers.sides_gold[sided]
    timed = answers.status_gold != _UNJUDGED
    return {
        "types_macro_f1": metrics.macro_f1(gold, said),
        "types_micro_f1": metrics.micro_f1(gold, said),
        "types_ece": metrics.classwise_ece(gold, proba),
        "types_brier_skill": metrics.brier_skill(gold, proba),
        "any_stance_f1": metrics.micro_f1(_any(gold), _any(said)),
        "side_macro_f1": metrics.class_macro_f1(sides_gold, answers.sides_said[sided]),
        "side_ece": metrics.classwise_ece(sides_gold[:, None] == np.arange(2), answers.sides_proba[sided]),
        "target_f1": _mean(answers.target_right, answers.target_right != _UNJUDGED),
        "target_f1_three_actors": _mean(answers.target_right, (answers.target_right != _UNJUDGED) & answers.crowded),
        "status_macro_f1": metrics.class_macro_f1(answers.status_gold[timed], answers.status_said[timed]),
        "exact_match": _mean(_exact(answers), typed),
    }


def measure_types(judged: Sequence[Judged], type_ids: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and support of each type."""
    answers = collect_answers(judged, type_ids)
    gold, said = answers.types_gold[answers.typed], answers.types_said[answers.typed]
    table = {}
    for k, type_id in enumerate(type_ids):
        hits, n_gold, n_said = (int(a.sum()) for a in (gold[:, k] & said[:, k], gold[:, k], said[:, k]))
        table[type_id] = {
            "precision": hits / n_said if n_said else 0.0,
            "recall": hits / n_gold if n_gold else 0.0,
            "f1": metrics.set_f1(n_gold, n_said, hits) or 0.0,
            "support": n_gold,
        }
    return table


def _side_arrays(judged: Sequence[Judged]) -> tuple[Numbers, Numbers, npt.NDArray[np.float64]]:
    """Return gold and said classes and the probabilities of every side, padded to the most sides of a row."""
    sides = [_judged_sides(item) for item in judged]
    shape = (len(judged), max(map(len, sides), default=0))
    gold, said = np.full(shape, _UNJUDGED, dtype=np.int64), np.full(shape, _UNJUDGED, dtype=np.int64)
    proba = np.zeros((*shape, 2))
    for row, (item, names) in enumerate(zip(judged, sides, strict=True)):
        label, tag = item.gold.label, item.tag
        for column, side in enumerate(names):
            gold[row, column] = _side_class(side in (label.supports or ()), side in (label.opposes or ()))
            said[row, column] = _side_class(
                tag.supports is not None and tag.supports.side == side,
                tag.opposes is not None and tag.opposes.side == side,
            )
            scores: Mapping[Any, float] = tag.sides[side]
            proba[row, column] = scores["supports"], scores["opposes"]
    return gold, said, proba


def _judged_sides(item: Judged) -> tuple[str, ...]:
    label, conflict = item.gold.label, item.gold.conflict
    return () if conflict is None or label.supports is None or label.opposes is None else conflict.side_ids


def _side_class(supports: bool, opposes: bool, /) -> int:  # noqa: FBT001 - two plain values
    return _SIDE_CLASSES.index("supports" if supports else "opposes" if opposes else "neither")


def _target_right(item: Judged) -> int:
    gold = item.gold.label.target
    if gold is None:
        return _UNJUDGED
    said = item.tag.target.actor if item.tag.target else None
    return int(said in gold if gold else said is None)


def _status_column(values: Sequence[str | None], timed: Sequence[bool]) -> Numbers:
    numbers = [_STATUSES.index(v) if v and known else _UNJUDGED for v, known in zip(values, timed, strict=True)]
    return np.array(numbers, dtype=np.int64)


def _exact(answers: Answers) -> Bools:
    """Say of which labels types and, where judged, sides are all right."""
    types = (answers.types_gold == answers.types_said).all(axis=1)
    sides = (answers.sides_gold == answers.sides_said) | (answers.sides_gold == _UNJUDGED)
    return np.asarray(types & sides.all(axis=1))


def _any(columns: Bools) -> Bools:
    return np.asarray(columns.any(axis=1, keepdims=True))


def _mean(values: Numbers | Bools, chosen: Bools) -> float | None:
    return float(values[chosen].mean()) if chosen.any() else None
