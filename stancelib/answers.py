"""From a model's probabilities to an answer: the sides, the target and the status of a candidate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.model import StanceModel
from stancelib.types import (
    Actor,
    Candidate,
    Direction,
    Document,
    Judgement,
    SideScore,
    StanceTag,
    Status,
    Target,
)


def make_tag(
    candidate: Candidate,
    judgement: Judgement,
    *,
    actor: Actor,
    document: Document,
    conflict: Conflict | None,
    model: StanceModel,
) -> StanceTag:
    """Return the answer to a candidate: what is over its threshold, and all probabilities.

    A candidate without a type takes no stance, and so has no side, target or status either. Types that the codebook
    calls neither for nor against a side (a ceasefire call, a meeting) give none.
    """
    thresholds = model.thresholds
    types = pick_types(judgement.types, codebook=model.codebook, thresholds=thresholds)
    sides = score_sides(candidate, judgement, conflict=conflict, on=document.date)
    ranked = _in_text_order(sides, judgement, conflict=conflict, on=document.date)
    sided = any(model.codebook[type_id].side != "neither" for type_id in types)
    supports, opposes = pick_sides(ranked, threshold=thresholds.side) if sided else (None, None)
    sentence, mention = candidate.sentence, candidate.mention
    confidence = joint_confidence(judgement.types, types, exclusive=model.codebook.exclusive)
    return StanceTag(
        doc_id=document.id,
        date=document.date,
        sentence=sentence.index,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        actor=actor,
        mention=mention,
        mention_text=document.text[mention.start : mention.end],
        types=types,
        type_proba=judgement.types,
        supports=supports,
        opposes=opposes,
        sides=sides,
        target=pick_target(candidate, judgement, threshold=thresholds.target) if types else None,
        status=_pick_status(judgement, thresholds) if types else None,
        conflict=conflict.label if conflict else None,
        model=f"{model.name}@{model.version}",
        codebook=model.codebook.label,
        confidence=confidence,
        sure=confidence >= thresholds.sure,
        candidate=candidate,
    )


def pick_types(proba: Mapping[str, float], *, codebook: Codebook, thresholds: Thresholds) -> dict[str, float]:
    """Return the types over their thresholds, the most likely first; of an exclusive codebook the most likely one."""
    if codebook.exclusive:
        best = max(codebook.type_ids, key=lambda type_id: proba[type_id])
        return {best: proba[best]}
    over = [type_id for type_id in codebook.type_ids if proba[type_id] >= thresholds.types.get(type_id, 0.5)]
    return {type_id: proba[type_id] for type_id in sorted(over, key=lambda type_id: -proba[type_id])}


def joint_confidence(proba: Mapping[str, float], types: Mapping[str, float], *, exclusive: bool) -> float:
    """Return the probability that every type is right, said or not, as if the types were independent."""
    if exclusive:
        return math.prod(proba[type_id] for type_id in types)
    return math.prod(p if type_id in types else 1 - p for type_id, p in proba.items())


def score_sides(
    candidate: Candidate, judgement: Judgement, *, conflict: Conflict | None, on: date | None
) -> dict[str, dict[Direction, float]]:
    """Return for every side how likely the actor supports and opposes it.

    An actor's score for a side is the strongest over the members of the side that the sentence mentions. A principal
    does not "support" its own side.
    """
    if conflict is None:
        return {}
    own = conflict.sides_of(candidate.actor, on)
    scores: dict[str, dict[Direction, float]] = {side: {"supports": 0.0, "opposes": 0.0} for side in conflict.side_ids}
    for other, (p_for, p_against) in judgement.directions.items():
        for side in conflict.sides_of(other, on):
            score = scores[side]
            score["supports"] = max(score["supports"], 0.0 if side in own else p_for)
            score["opposes"] = max(score["opposes"], p_against)
    return scores


def pick_sides(
    sides: Mapping[str, Mapping[Direction, float]], *, threshold: float
) -> tuple[SideScore | None, SideScore | None]:
    """Return the side that is supported and the one that is opposed, where over the threshold.

    Of one side only the stronger is said; of two sides that are equally likely the first of ``sides``.
    """
    supports = _top(sides, "supports", threshold)
    opposes = _top(sides, "opposes", threshold)
    if supports and opposes and supports.side == opposes.side:
        return (supports, None) if supports.p >= opposes.p else (None, opposes)
    return supports, opposes


def pick_target(candidate: Candidate, judgement: Judgement, *, threshold: float) -> Target | None:
    """Return the other actor that the stance is most likely directed at, with its mention; None below the threshold."""
    if not judgement.targets:
        return None
    best = max(judgement.targets, key=lambda other: judgement.targets[other])
    if judgement.targets[best] < threshold:
        return None
    mention = candidate.mention_of(best)
    return Target(best, mention.start, mention.end)


def _in_text_order(
    sides: Mapping[str, dict[Direction, float]], judgement: Judgement, *, conflict: Conflict | None, on: date | None
) -> dict[str, dict[Direction, float]]:
    """Return the sides in the order in which the sentence mentions members of them, then the others.

    A tie ("condemned both sides") is thus broken by the text; the order of the sides in their file decides nothing.
    """
    if conflict is None:
        return {}
    mentioned = [side for other in judgement.directions for side in conflict.sides_of(other, on)]
    return {side: sides[side] for side in dict.fromkeys([*mentioned, *sides])}


def _top(sides: Mapping[str, Mapping[Direction, float]], direction: Direction, threshold: float) -> SideScore | None:
    if not sides:
        return None
    side = max(sides, key=lambda side: sides[side][direction])
    p = sides[side][direction]
    return SideScore(side, p) if p >= threshold else None


def _pick_status(judgement: Judgement, thresholds: Thresholds) -> Status:
    return "planned" if judgement.planned >= thresholds.planned else "done"
