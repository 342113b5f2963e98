"""Whether a model is kinder to one side, or to one actor, than to the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stancelib import metrics
from stancelib.evaluation.judged import Answers, Judged
from stancelib.evaluation.report import ActorParity, SideParity
from stancelib.evaluation.resampling import Documents, resample
from stancelib.evaluation.slices import MIN_PAIRS
from stancelib.metrics import Values, Weights

_SIDE_VALUES = ("kindness", "gap", "missed_support", "missed_opposition", "false_support", "false_opposition")

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
    kept = {name: np.array(members) for name, members in rows.items() if len(members) >= MIN_PAIRS}
    sides = {name: _side_ids(judged[members[0]]) for name, members in kept.items()}
    found = resample(lambda weights: _values_of_conflicts(answers, kept, sides, weights), documents) if kept else {}
    parities = [
        SideParity(
            conflict=conflict,
            side=side,
            pairs=len(kept[conflict]),
            **{name: found[f"{conflict} {name}"].at(number) for name in _SIDE_VALUES},
        )
        for conflict, ids in sides.items()
        for number, side in enumerate(ids)
    ]
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
    places = np.repeat(np.arange(len(kept)), [len(members) for members in kept.values()])
    shape = (len(kept), len(judged))
    groups = sparse.csr_matrix((np.ones(len(places)), (places, np.concatenate(list(kept.values())))), shape=shape)
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


def _side_ids(item: Judged) -> tuple[str, ...]:
    return item.gold.conflict.side_ids if item.gold.conflict else ()


def _values_of_conflicts(
    answers: Answers,
    rows: Mapping[str, npt.NDArray[np.int64]],
    sides: Mapping[str, Sequence[str]],
    weights: Weights,
) -> dict[str, Values]:
    """Return the values of the sides of every conflict, called ``CONFLICT NAME``."""
    values: dict[str, Values] = {}
    for conflict, members in rows.items():
        n_sides = len(sides[conflict])
        gold, said = answers.sides_gold[members, :n_sides], answers.sides_said[members, :n_sides]
        own = _side_values(gold, said, weights[members])
        values |= {f"{conflict} {name}": value for name, value in own.items()}
    return values


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


def _actor_values(answers: Answers, groups: sparse.csr_matrix, weights: Weights) -> Mapping[str, Values]:
    excess = answers.types_said.any(axis=1).astype(np.float64) - answers.types_gold.any(axis=1)
    columns = np.column_stack([answers.typed, answers.typed & answers.exact, answers.typed * excess])
    whole, hits, too_many = (groups.multiply(column) @ weights for column in columns.T)
    everything = metrics.sums(columns, weights)
    exact = metrics.ratio(hits, whole)
    rest = metrics.ratio(everything[1] - hits, everything[0] - whole)
    return {"exact": exact, "gap": exact - rest, "excess": metrics.ratio(too_many, whole)}
