"""How often actors take which stance and sides are supported and opposed, over one document or many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from stancelib.conflict import Conflict
from stancelib.pages import N_SIDE_LOOKS
from stancelib.runs import short_name
from stancelib.types import StanceTag

N_ACTOR_LOOKS = 32
"""As many actors have a colour of their own; more of them no eye could tell apart."""


@dataclass(slots=True)
class ActorCounts:
    """How often an actor takes which stance, for and against which side; ``look`` is the number of its colour."""

    id: str
    name: str
    look: int
    n: int = 0
    types: Counter[str] = field(default_factory=Counter)
    supports: Counter[str] = field(default_factory=Counter)
    opposes: Counter[str] = field(default_factory=Counter)

    @property
    def short(self) -> str:
        """What the labels in the text call it."""
        return short_name(self.id, self.name)

    def add(self, tag: StanceTag) -> None:
        """Count a tag."""
        self.n += bool(tag.types)
        self.types.update(tag.types.keys())
        self.supports.update([tag.supports.side] if tag.supports else [])
        self.opposes.update([tag.opposes.side] if tag.opposes else [])


@dataclass(slots=True)
class SideCounts:
    """How often a side is supported and opposed; ``look`` is the number of its colour."""

    id: str
    name: str
    conflict: str
    look: int
    supports: int = 0
    opposes: int = 0

    def add(self, tag: StanceTag) -> None:
        """Count a tag."""
        self.supports += tag.supports is not None and tag.supports.side == self.id
        self.opposes += tag.opposes is not None and tag.opposes.side == self.id


class Tally:
    """Counts over documents, which is all that stays of those already shown."""

    def __init__(self) -> None:
        self.n_documents = 0
        self.conflicts: dict[str, str] = {}
        self._actors: dict[str, ActorCounts] = {}
        self._sides: dict[tuple[str, str], SideCounts] = {}

    @property
    def actors(self) -> list[ActorCounts]:
        """Those with most stances first."""
        return sorted(self._actors.values(), key=lambda row: -row.n)

    @property
    def sides(self) -> list[SideCounts]:
        """In the order of the conflict files."""
        return list(self._sides.values())

    def add(self, tags: Sequence[StanceTag], conflict: Conflict | None) -> tuple[list[ActorCounts], list[SideCounts]]:
        """Count a document, and return its own counts: actors with most stances first, sides in the file's order."""
        self.n_documents += 1
        if conflict is not None:
            self.conflicts[conflict.label] = conflict.name
        sides = _make_sides(conflict)
        totals = [self._sides.setdefault((side.conflict, side.id), side) for side in _make_sides(conflict)]
        actors: dict[str, ActorCounts] = {}
        for tag in tags:
            total = self._actors.setdefault(tag.actor.id, self._new_actor(tag))
            own = actors.setdefault(tag.actor.id, ActorCounts(tag.actor.id, tag.actor.name, total.look))
            for actor in (total, own):
                actor.add(tag)
            for side in (*sides, *totals):
                side.add(tag)
        return sorted(actors.values(), key=lambda row: -row.n), sides

    def _new_actor(self, tag: StanceTag) -> ActorCounts:
        return ActorCounts(tag.actor.id, tag.actor.name, len(self._actors) % N_ACTOR_LOOKS)


def _make_sides(conflict: Conflict | None) -> list[SideCounts]:
    return [
        SideCounts(side.id, side.name, conflict.label, place % N_SIDE_LOOKS)
        for place, side in enumerate(conflict.sides if conflict else ())
        if conflict
    ]
