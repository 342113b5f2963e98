"""Whether a model is kinder to one side, or to one actor, than to the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stancelib import metrics
from stancelib.evaluation.judged import Answers, Judged
from stancelib.evaluation.report import ActorParity, SideParity
from stancelib.evaluation.resampling import Documents, resample
from stancelib.evaluation.slices import MIN_PAIRS
from stancelib.metrics import Values, Weights

_KINDNESS = np.array([1, -1, 0])
"""What supports, opposes and neither say of a side."""


def measure_sides(judged: Sequence[Judged], answers: Answers, documents: Documents) -> tuple[SideParity, ...]:
    """Return how each side of each conflict is treated, the most unkindly or too kindly treated first.

    Sides of conflicts with fewer than ``MIN_PAIRS`` judged labels are left out.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, item in enumerate(judged):
        if item.gold.conflict is not None and answers.sided[row].any():
            rows[item.gold.conflict.id].append(row)
    parities: list[SideParity] = []
    for conflict_id, members in rows.items():
        conflict = judged[members[0]].gold.conflict
        if conflict is not None and len(members) >= MIN_PAIRS:
            parities += _of_conflict(conflict_id, conflict.side_ids, np.array(members), answers, documents)
    return tuple(sorted(parities, key=lambda parity: -abs(parity.gap.value or 0.0)))


def measure_actors(judged: Sequence[Judged], answers: Answers, documents: Documents) -> tuple[ActorParity, ...]:
    """Return how often the answer for an actor is right, the worst first; actors of few labels are left out."""
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, item in enumerate(judged):
        if answers.typed[row]:
            rows[item.gold.conflict.id if item.gold.conflict else "", item.tag.actor.id].append(row)
    kept = {key: np.array(members) for key, members in rows.items() if len(members) >= MIN_PAIRS}
    if not kept:
        return ()
    groups = np.zeros((len(kept), len(judged)))
    for number, members in enumerate(kept.values()):
        groups[number, members] = 1
    found = resample(lambda weights: _actor_values(answers, groups, weights), documents)
    parities = [
        ActorParity(
            conflict=conflict,
            actor=actor,
            name=judged[members[0]].tag.actor.name,
            pairs=len(members),
            exact_match=found["exact"].at(number),
            gap=found["gap"].at(number),
            stance_excess=found["excess"].at(number),
        )
        for number, ((conflict, actor), members) in enumerate(kept.items())
    ]
    return tuple(sorted(parities, key=lambda parity: parity.gap.value or 0.0))


def _of_conflict(
    conflict: str, sides: Sequence[str], members: npt.NDArray[np.int64], answers: Answers, documents: Documents
) -> list[SideParity]:
    gold, said = answers.sides_gold[members, : len(sides)], answers.sides_said[members, : len(sides)]
    found = resample(lambda weights: _side_values(gold, said, weights[members]), documents)
    return [
        SideParity(
            conflict=conflict,
            side=side,
            pairs=len(members),
            kindness=found["kindness"].at(number),
            gap=found["gap"].at(number),
            missed_support=found["missed_support"].at(number),
            missed_opposition=found["missed_opposition"].at(number),
            false_support=found["false_support"].at(number),
            false_opposition=found["false_opposition"].at(number),
        )
        for number, side in enumerate(sides)
    ]


def _side_values(gold: npt.NDArray[np.int64], said: npt.NDArray[np.int64], weights: Weights) -> dict[str, Values]:
    """Return the values of the sides of a conflict, each of shape ``(n_sides, n_draws)``."""
    excess = metrics.sums((_KINDNESS[said] - _KINDNESS[gold]).astype(np.float64), weights)
    n_pairs = weights.sum(axis=0)
    n_others = max(gold.shape[1] - 1, 1)
    kindness = metrics.ratio(excess, n_pairs + np.zeros_like(excess))
    values = {"kindness": kindness, "gap": kindness - (kindness.sum(axis=0) - kindness) / n_others}
    for number, name in enumerate(("support", "opposition")):
        right, found = gold == number, said == number
        n_right = metrics.sums(right, weights)
        values[f"missed_{name}"] = metrics.ratio(metrics.sums(right & ~found, weights), n_right)
        values[f"false_{name}"] = metrics.ratio(metrics.sums(found & ~right, weights), n_pairs - n_right)
    return values


def _actor_values(answers: Answers, groups: npt.NDArray[np.float64], weights: Weights) -> Mapping[str, Values]:
    typed = answers.typed
    right, excess = typed & answers.exact, answers.types_said.any(axis=1) * 1.0 - answers.types_gold.any(axis=1)
    whole, hits = (groups * typed) @ weights, (groups * right) @ weights
    exact = metrics.ratio(hits, whole)
    rest = metrics.ratio(right @ weights - hits, typed @ weights - whole)
    return {"exact": exact, "gap": exact - rest, "excess": metrics.ratio((groups * excess) @ weights, whole)}
