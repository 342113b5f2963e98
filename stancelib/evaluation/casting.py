"""Who can fill the slots of a template: the members of the sides of a conflict, and third parties of the world."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from stancelib.conflict import Conflict, ConflictActor, Side
from stancelib.evaluation.templates import Invented
from stancelib.tomlsource import Term
from stancelib.world import World, WorldActor

ORGANISATIONS = ("UN", "EU", "NATO", "AU", "ARAB_LEAGUE", "GCC", "ECOWAS", "IGAD", "ASEAN", "OSCE", "OIC")
"""The organisations that stand in for a third party: those that take every sort of stance."""

_UNARMED = frozenset({"VAT"})
"""States that cannot send a soldier."""

_COLLECTIVE = re.compile(
    r"(?i)\b(?:"
    r"accord|administration|agency|alliance|army|assembly|authorities|authority|battalions|bloc|brigade|brigades"
    r"|brotherhood|coalition|committee|community|compact|congress|cooperation|cooperative|coordination|corps"
    r"|council|court|department|emirates|fighters|force|forces|framework|front|government|group|groups|guard|house"
    r"|houthis|hunters|institute|kingdom|league|legion|loyalists|military|militia|militias|movement|nations"
    r"|netherlands|network|organisation|organisations|organization|party|philippines|platform|rebels|republic"
    r"|resistance|senate|separatists|states|taliban|treasury|union|units|volunteers"
    r")\b"
)
"""In names that are said with an article: "the Rapid Support Forces", but "Hamas"."""

_SAID_AS_WORDS = frozenset({"NATO", "OPEC", "IGAD", "ASEAN", "ECOWAS", "UNICEF", "SADC"})
_ACRONYM = re.compile(r"(?:[A-Z]\.?){2,4}")


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who can fill a slot.

    Attributes:
        id: The actor's id.
        kind: The actor's kind ("state", "armed_group" ...).
        names: For each form of ``FORMS`` that it has, the names; for each name its spellings, the usual one first.
        official: Whether it is an official principal of its side; True for third parties.
    """

    id: str
    kind: str
    names: Mapping[str, Sequence[Sequence[str]]]
    official: bool = True


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can fill the slots.

    Attributes:
        conflict: Whose sides count; None: third parties alone.
        day: The day on which names, offices and sides hold; None: no day.
        sides: The members of each side that has one.
        thirds: The states and organisations without a side.
    """

    conflict: Conflict | None
    day: date | None
    sides: Mapping[str, Sequence[Party]]
    thirds: Sequence[Party]


def make_casts(conflicts: Sequence[Conflict], world: World) -> Sequence[Cast]:
    """Return a cast for each conflict with two sides that have a member; if there is none, third parties alone.

    Args:
        conflicts: The conflicts; one with fewer sides that have a member is left out.
        world: Its states with leaders and some of its organisations are the third parties.
    """
    casts = [_conflict_cast(conflict, world) for conflict in conflicts]
    return [cast for cast in casts if len(cast.sides) > 1] or [
        Cast(None, None, {}, _thirds(world, conflict=None, day=None))
    ]


def invent_cast(names: Sequence[Invented], *, number: int) -> Cast:
    """Return the cast of a conflict between invented actors.

    Args:
        names: The actors; those without a side are third parties, which are known from their marks alone.
        number: Tells the conflicts between invented actors apart.
    """
    sides = list(dict.fromkeys(name.side for name in names if name.side))
    conflict = Conflict(
        id=f"invented-{number}",
        name="Invented conflict",
        version=1,
        start=None,
        end=None,
        sides=tuple(Side(side, side) for side in sides),
        actors=tuple(
            ConflictActor(
                id=name.id, name=name.name, kind=name.kind, sides=(Term(name.side),), aliases=(Term(name.name),)
            )
            for name in names
            if name.side
        ),
    )
    members = {side: [_invented_party(name) for name in names if name.side == side] for side in sides}
    return Cast(conflict, None, members, [_invented_party(name) for name in names if not name.side])


def _conflict_cast(conflict: Conflict, world: World) -> Cast:
    day = _last_day(conflict)
    sides = {}
    for side in conflict.sides:
        members = [conflict.actor(actor_id) for actor_id in conflict.members(side.id, day)]
        parties = [_member(actor, world, day=day, side=side) for actor in members if actor is not None]
        sides[side.id] = [party for party in parties if party.names.get("")]
    return Cast(
        conflict,
        day,
        {side: found for side, found in sides.items() if found},
        _thirds(world, conflict=conflict, day=day),
    )


def _last_day(conflict: Conflict) -> date | None:
    """Return the last day of a war on which its file has something change."""
    terms = [term for actor in conflict.actors for term in actor.sides]
    people = [person for actor in conflict.actors for person in actor.people]
    changes = [day for term in terms for day in (term.start, term.end)]
    changes += [day for person in people for day in (person.start, person.end)]
    days = [day for day in (conflict.start, *changes) if day is not None]
    last = max(days, default=None)
    if last is None or conflict.end is None:
        return last
    return min(last, conflict.end - timedelta(days=1))


def _member(actor: ConflictActor, world: World, *, day: date | None, side: Side) -> Party:
    known = world.actors.get(actor.id)
    people = [
        (person.name, *_now(person.spellings, day))
        for person in actor.people
        if Term(person.name, person.start, person.end).holds(day or date.max)
    ]
    names = _names(
        actor.name or (known.name if known else ""),
        aliases=[*_now(actor.aliases, day), *(_now(known.aliases, day) if known else [])],
    )
    adjectives = [*_now(actor.adjectives, day), *(_now(known.adjectives, day) if known else [])]
    capitals = _now(known.capitals, day) if known else []
    persons = people or (_persons(known, world, day=day) if known else [])
    kind = known.kind if known else actor.kind
    return Party(
        actor.id,
        kind,
        {**names, **_forms(adjectives=adjectives, capitals=capitals, persons=persons)},
        actor.id in side.principals,
    )


def _thirds(world: World, *, conflict: Conflict | None, day: date | None) -> list[Party]:
    """Return the states that have leaders in the world file, and some organisations, less those with a side."""
    led = {person.actor for person in world.persons}
    actors = [actor for actor in world.actors.values() if actor.kind == "state" and actor.id in led - _UNARMED]
    actors += [world.actors[actor_id] for actor_id in ORGANISATIONS if actor_id in world.actors]
    local = conflict.actors if conflict else ()
    parties = {actor.id for actor in local if actor.sides} | {
        term.value for actor in local for term in actor.stands_for
    }
    return [_third(actor, world, day=day) for actor in actors if actor.id not in parties]


def _third(actor: WorldActor, world: World, *, day: date | None) -> Party:
    forms = _forms(
        adjectives=_now(actor.adjectives, day),
        capitals=_now(actor.capitals, day),
        persons=_persons(actor, world, day=day),
    )
    kind = "state" if actor.kind == "state" else "organisation"
    return Party(actor.id, kind, {**_names(actor.name, aliases=_now(actor.aliases, day)), **forms})


def _persons(actor: WorldActor, world: World, *, day: date | None) -> list[Sequence[str]]:
    """Return those who speak for an actor on a day, with their spellings; nobody without a day."""
    return [
        (person.name, *_now(person.spellings, day))
        for person in world.persons
        if person.actor == actor.id and day is not None and any(office.holds(day) for office in person.offices)
    ]


_Names = Sequence[Sequence[str]]


def _forms(*, adjectives: Sequence[str], capitals: Sequence[str], persons: _Names) -> dict[str, _Names]:
    return {
        "adjective": [adjectives[:1]] * bool(adjectives),
        "capital": [capitals[:1]] * bool(capitals),
        "person": persons,
    }


def _names(name: str, *, aliases: Sequence[str]) -> dict[str, _Names]:
    """Return the plain names: the usual one, with those aliases that have the same letters as its spellings."""
    if not name or "(" in name:
        return {}
    same = [alias for alias in aliases if _letters(alias) == _letters(name) and alias != name]
    groups: dict[str, list[str]] = defaultdict(list)
    for alias in aliases:
        if alias[:1].isupper() and _letters(alias) != _letters(name):
            groups[_letters(alias)].append(alias)
    spelled = [(name, *same), *(tuple(dict.fromkeys(group)) for group in groups.values() if len(set(group)) > 1)]
    return {"": [tuple(map(_with_article, spellings)) for spellings in spelled], "name": spelled}


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in plain if sign.isalnum())


def _with_article(name: str) -> str:
    bare = name.replace(".", "")
    said = (_ACRONYM.fullmatch(name) and bare not in _SAID_AS_WORDS) or bool(_COLLECTIVE.search(name))
    return f"the {name}" if said and not name.startswith(("the ", "The ")) else name


def _now(terms: Iterable[Term], day: date | None) -> list[str]:
    """Return what holds on a day; without one, what always holds."""
    return [term.value for term in terms if (term.holds(day) if day else term.start is None and term.end is None)]


def _invented_party(name: Invented) -> Party:
    persons = [(name.person,)] if name.person else []
    forms = _forms(
        adjectives=[name.adjective] * bool(name.adjective),
        capitals=[name.capital] * bool(name.capital),
        persons=persons,
    )
    return Party(name.id, name.kind, {**_names(name.name, aliases=()), **forms})
