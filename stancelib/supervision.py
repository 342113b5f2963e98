"""What labels say to the heads of a model: one row a labelled candidate, one row an ordered pair of actors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stancelib.calibration import (
    Thresholds,
    fit_abstention,
    fit_sigmoid_temperature,
    fit_softmax_temperature,
    fit_threshold,
    normalise,
    sigmoid,
)
from stancelib.codebook import Codebook
from stancelib.heads import AGAINST, FOR, NEITHER
from stancelib.labelled import LabelledCandidate

Array = npt.NDArray[np.float64]

_STATUSES = {"planned": 1, "done": 0, None: -1}


@dataclass(frozen=True)
class ActorLabels:
    """Labels of candidates, a row each.

    Attributes:
        types: Shape ``(n_candidates, n_types)``.
        judged: Whether the types of the row were judged.
        planned: 1 planned, 0 done, -1 not judged.
    """

    types: npt.NDArray[np.bool_]
    judged: npt.NDArray[np.bool_]
    planned: npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairLabels:
    """Labels of ordered pairs, a row each: of every candidate with each of its others, in order.

    Attributes:
        owner: The row of the actor among the candidates.
        direction: FOR, AGAINST, NEITHER; -1 not judged.
        target: 1 target, 0 not; -1 not judged.
    """

    owner: npt.NDArray[np.int64]
    direction: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64]


@dataclass(frozen=True)
class HeldOutLogits:
    """What the heads say, before any temperature, of examples that they have not seen; rows as in the labels."""

    types: Array
    status: Array
    direction: Array
    target: Array


def actor_labels(examples: Sequence[LabelledCandidate], codebook: Codebook) -> ActorLabels:
    """Return what the labels say of each candidate's actor. An exclusive codebook's empty answer judges nothing."""
    columns = {type_id: k for k, type_id in enumerate(codebook.type_ids)}
    types = np.zeros((len(examples), len(columns)), dtype=np.bool_)
    for row, example in enumerate(examples):
        for type_id in example.label.types or ():
            types[row, columns[type_id]] = True
    judged = [
        bool(example.label.types) if codebook.exclusive else example.label.types is not None for example in examples
    ]
    return ActorLabels(
        types=types,
        judged=np.array(judged, dtype=np.bool_),
        planned=np.array([_STATUSES[example.label.status] for example in examples], dtype=np.int64),
    )


def pair_labels(examples: Sequence[LabelledCandidate], codebook: Codebook) -> PairLabels:
    """Return what the labels say of each pair."""
    rows = [
        (row, pair_direction(example, other, codebook), pair_target(example, other))
        for row, example in enumerate(examples)
        for other in example.candidate.others
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return PairLabels(owner=table[:, 0], direction=table[:, 1], target=table[:, 2])


def pair_direction(example: LabelledCandidate, other: str, codebook: Codebook) -> int:
    """Read from a label whether the stance is for or against another actor; -1 where the label leaves it open.

    Where several members of the side are there and the label names one of them as target, the side says it of that one.
    A third party is judged by the polarity of the types, where it is the target.
    """
    label = example.label
    sides = set(example.sides_of(other))
    targets = label.target or ()
    if sides and label.supports is not None and label.opposes is not None:
        told = FOR if sides & set(label.supports) else AGAINST if sides & set(label.opposes) else NEITHER
        rivals = [t for t in targets if t != other and sides & set(example.sides_of(t))]
        return -1 if told != NEITHER and rivals and other not in targets else told
    if label.types is None or (label.types and label.target is None):
        return -1
    if other not in targets:
        return NEITHER
    polarities = {codebook[type_id].side for type_id in label.types}
    if polarities <= {"neither"}:
        return NEITHER
    if "supports" in polarities and "opposes" not in polarities:
        return FOR
    return AGAINST if "opposes" in polarities and "supports" not in polarities else -1


def pair_target(example: LabelledCandidate, other: str) -> int:
    """Read from a label whether another actor is the stance's target: 1, 0, or -1 where it was not judged."""
    label = example.label
    if label.target is None:
        return 0 if label.types == () else -1
    return int(other in label.target)


def calibrate(
    logits: HeldOutLogits, actors: ActorLabels, pairs: PairLabels, *, codebook: Codebook
) -> tuple[Thresholds, dict[str, float]]:
    """Return the thresholds and the temperature of each head that suit held-out logits."""
    judged, gold = actors.judged, actors.types[actors.judged]
    if codebook.exclusive:
        types_temperature = _softmax_temperature(logits.types[judged], gold.argmax(axis=1))
        proba = normalise(logits.types[judged], types_temperature)
    else:
        types_temperature = _sigmoid_temperature(logits.types[judged], gold)
        proba = sigmoid(logits.types[judged], types_temperature)
    plan_judged, direction_judged, target_judged = actors.planned >= 0, pairs.direction >= 0, pairs.target >= 0
    planned, target = actors.planned[plan_judged] == 1, pairs.target[target_judged] == 1
    directions = pairs.direction[direction_judged]
    temperatures = {
        "types": types_temperature,
        "status": _sigmoid_temperature(logits.status[plan_judged], planned[:, None]),
        "direction": _softmax_temperature(logits.direction[direction_judged], directions),
        "target": _sigmoid_temperature(logits.target[target_judged], target[:, None]),
    }
    sided = normalise(logits.direction[direction_judged], temperatures["direction"])
    limits = np.array([fit_threshold(proba[:, k], gold[:, k]) for k in range(proba.shape[1])])
    said = np.eye(len(limits), dtype=bool)[proba.argmax(axis=1)] if codebook.exclusive else proba >= limits
    held = np.where(said, proba, 1.0 if codebook.exclusive else 1.0 - proba)
    thresholds = Thresholds(
        types=dict(zip(codebook.type_ids, limits.tolist(), strict=True)),
        sure=fit_abstention(held.prod(axis=1), (said == gold).all(axis=1)),
        side=fit_threshold(
            np.concatenate([sided[:, FOR], sided[:, AGAINST]]),
            np.concatenate([directions == k for k in (FOR, AGAINST)]),
        ),
        target=fit_threshold(sigmoid(logits.target[target_judged, 0], temperatures["target"]), target),
        planned=fit_threshold(sigmoid(logits.status[plan_judged, 0], temperatures["status"]), planned),
    )
    return thresholds, temperatures


def _sigmoid_temperature(logits: Array, gold: npt.NDArray[np.bool_]) -> float:
    return fit_sigmoid_temperature(logits, gold) if gold.any() and not gold.all() else 1.0


def _softmax_temperature(logits: Array, gold: npt.NDArray[np.int64]) -> float:
    return fit_softmax_temperature(logits, gold) if len(np.unique(gold)) > 1 else 1.0
