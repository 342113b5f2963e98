"""Every name that the world and a conflict give an actor, and one search of a text for all of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from ahocorasick_rs import AhoCorasick, MatchKind

from stancelib.conflict import Conflict, ConflictActor
from stancelib.folding import fold_alias
from stancelib.lexicon import load_common_words, load_lexicon
from stancelib.tomlsource import Term
from stancelib.world import World, WorldActor, WorldPerson

Kind = Literal[
    "name", "state", "capital", "seat", "adjective", "people", "person", "short", "surname", "former", "other"
]
"""How an alias names its actor: by itself (name, person, short), by itself unless a place is meant (state, capital,
seat), only with a head (adjective), only after "the" (people), only after the full name (surname), or not at all: a
former leader (of the actor), or another thing."""

_ORDER: tuple[Kind, ...] = (
    "name",
    "state",
    "person",
    "seat",
    "capital",
    "short",
    "adjective",
    "people",
    "other",
    "surname",
    "former",
)
_SEPARATOR = re.compile(r"[\W_]")
_CACHED_DAYS = 256

Period = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Sense:
    """What an alias means, and when.

    Attributes:
        text: The alias, folded, with its case.
        actor: The actor's id; empty: nobody.
        kind: How it names the actor.
        local: The conflict file says so.
        periods: When it holds; empty: always.
        person: The full name of the person that it names, if it names one.
        titles: The words of the person's offices.
    """

    text: str
    actor: str
    kind: Kind
    local: bool = False
    periods: tuple[Period, ...] = ()
    person: str = ""
    titles: frozenset[str] = frozenset()

    def holds(self, on: date | None) -> bool:
        """Say whether it holds on a day; without a day it does."""
        if on is None or not self.periods:
            return True
        return any((start is None or start <= on) and (end is None or on < end) for start, end in self.periods)


@dataclass(frozen=True, slots=True)
class Hit:
    """An alias in folded text, and what it means there: first the meaning that counts."""

    start: int
    end: int
    senses: tuple[Sense, ...]

    @property
    def sense(self) -> Sense:
        """The meaning that counts."""
        return self.senses[0]


class AliasTable:
    """The aliases of a world and a conflict, ready to be searched for."""

    def __init__(self, world: World, conflict: Conflict | None) -> None:
        """Collect the aliases and build the automaton."""
        by_text: dict[str, list[Sense]] = defaultdict(list)
        for sense in _all_senses(world, conflict):
            if sense.text:
                by_text[sense.text.lower()].append(sense)
        self._texts = list(by_text)
        self._numbers = {text: number for number, text in enumerate(self._texts)}
        self._senses = [tuple(dict.fromkeys(senses)) for senses in by_text.values()]
        patterns = [f" {_SEPARATOR.sub(' ', text)} " for text in self._texts]
        self._automaton = AhoCorasick(patterns, matchkind=MatchKind.Standard) if patterns else None
        self._stands = [
            (actor.id, term) for actor in (conflict.actors if conflict else ()) for term in actor.stands_for
        ]
        self._involved = frozenset(actor.id for actor in conflict.actors) if conflict else frozenset()
        self._live: dict[date | None, dict[int, tuple[Sense, ...]]] = {}
        self._common = load_common_words()

    def __contains__(self, text: str) -> bool:
        """Say whether a folded name in lower case is an alias."""
        return text in self._numbers

    def owner(self, actor: str, on: date | None) -> str:
        """Return who stands for an actor on a day: itself, an actor of the conflict, or "" where nobody can say."""
        stands = [(local, term) for local, term in self._stands if term.value == actor]
        if not stands:
            return actor
        live = {local for local, term in stands if on is None or term.holds(on)}
        if on is None and actor in self._involved and any(term.start or term.end for _, term in stands):
            live.add(actor)  # the state stood for itself at other times
        if len(live) > 1:
            return ""
        return next(iter(live), actor)

    def hits(self, text: str, on: date | None) -> list[Hit]:
        """Return the aliases in folded text, in order and free of overlap, the longest first.

        Args:
            text: The folded text.
            on: The document's day; None: undated.
        """
        if self._automaton is None:
            return []
        lower = text.lower()
        found = self._automaton.find_matches_as_indexes(f" {_SEPARATOR.sub(' ', lower)}  ", overlapping=True)
        live = self._live_on(on)
        hits: list[Hit] = []
        for index, start, after in found:
            alias = self._texts[index]
            if not lower.startswith(alias, start):
                continue
            senses = live.get(index)
            if senses is None:
                senses = live[index] = self._resolved(index, on)
            end = after - 2
            if len(senses) == 1:
                matching = senses[: self._case_fits(senses[0].text, text, start)]
            else:
                matching = tuple([sense for sense in senses if self._case_fits(sense.text, text, start)])
            if matching:
                hits.append(Hit(start, end, matching))
        return _without_overlap(hits)

    def _live_on(self, on: date | None) -> dict[int, tuple[Sense, ...]]:
        if len(self._live) > _CACHED_DAYS:
            self._live.clear()
        return self._live.setdefault(on, {})

    def _resolved(self, index: int, on: date | None) -> tuple[Sense, ...]:
        """Return what an alias means on a day: the conflict's meanings before the world's, and no rivals."""
        every = self._senses[index]
        live = [self._owned(sense, on) for sense in every if sense.holds(on)]
        if not live:
            people = [sense for sense in every if sense.kind in ("person", "short")]
            # A former leader is nobody, but the name still keeps shorter aliases from matching inside it.
            return (replace(people[0], kind="former"),) if people else ()
        local = [_as_place(sense, every) for sense in live if sense.local]
        primary = [sense for sense in local or live if sense.kind != "surname"]
        surnames = [sense for sense in live if sense.kind == "surname"]
        primary.sort(key=lambda sense: _ORDER.index(sense.kind))
        return (*self._undisputed(primary), *surnames)

    def _owned(self, sense: Sense, on: date | None) -> Sense:
        if sense.local or not self._stands:
            return sense
        owner = self.owner(sense.actor, on)
        return sense if owner == sense.actor else replace(sense, actor=owner)

    def _undisputed(self, senses: Sequence[Sense]) -> tuple[Sense, ...]:
        actors = {sense.actor for sense in senses}
        if len(actors) < 2:
            return tuple(senses)
        involved = actors & self._involved
        if len(involved) == 1 and not any(sense.kind == "other" for sense in senses):
            return tuple(sense for sense in senses if sense.actor in involved)
        return (Sense(senses[0].text, "", "other"),)

    def _case_fits(self, alias: str, text: str, start: int) -> bool:
        found = text[start : start + len(alias)]
        if found == alias:
            return not (alias.isupper() and len(alias) < 5 and alias.lower() in self._common and _shouted(text, start))
        if found.isupper() and not alias.isupper() and sum(map(str.isalpha, alias)) < 4:
            return False
        return all(new.isupper() or not old.isupper() for old, new in zip(alias, found, strict=True))


def _as_place(sense: Sense, every: Sequence[Sense]) -> Sense:
    """Return a conflict's meaning of an alias, which stays a place where the world knows it as one."""
    places: list[Kind] = [other.kind for other in every if other.kind in ("state", "capital", "seat")]
    return replace(sense, kind=places[0]) if places and sense.kind == "name" else sense


def _shouted(text: str, start: int) -> bool:
    """Say whether a place lies in words that are all capitals."""
    around = [word for word in re.findall(r"[^\W\d_]{3,}", text[max(0, start - 60) : start + 60])]
    return len(around) > 2 and sum(word.isupper() for word in around) > 0.7 * len(around)


def _without_overlap(hits: list[Hit]) -> list[Hit]:
    """Keep the longest of overlapping hits, of equal ones the first."""
    hits.sort(key=lambda hit: (hit.start, -hit.end))
    kept: list[Hit] = []
    cluster: list[Hit] = []
    cluster_end = -1
    for hit in hits:
        if hit.start >= cluster_end:
            kept.extend(_longest(cluster))
            cluster = []
        cluster.append(hit)
        cluster_end = max(cluster_end, hit.end)
    kept.extend(_longest(cluster))
    return kept


def _longest(cluster: list[Hit]) -> list[Hit]:
    if len(cluster) < 2:
        return cluster
    kept: list[Hit] = []
    for hit in sorted(cluster, key=lambda hit: (hit.start - hit.end, hit.start)):
        rivals = [other for other in kept if other.start < hit.end and hit.start < other.end]
        if not rivals:
            kept.append(hit)
        elif len(rivals) == 1 and rivals[0].sense.actor == hit.sense.actor and hit.sense.actor:
            # "recognized Government" and "Government of Accord" are one name where they overlap.
            kept[kept.index(rivals[0])] = _united(rivals[0], hit)
    return sorted(kept, key=lambda hit: hit.start)


def _united(longer: Hit, shorter: Hit) -> Hit:
    start, end = min(longer.start, shorter.start), max(longer.end, shorter.end)
    return longer if (start, end) == (longer.start, longer.end) else Hit(start, end, longer.senses)


def _all_senses(world: World, conflict: Conflict | None) -> Iterator[Sense]:
    for local in conflict.actors if conflict else ():
        yield from _local_senses(local, world)
    for actor in world.actors.values():
        yield from _world_senses(actor)
    for person in world.persons:
        yield from _person_senses(person)
    for text in world.not_actors:
        yield Sense(fold_alias(text), "", "other")


def _local_senses(actor: ConflictActor, world: World) -> Iterator[Sense]:
    names = [Term(actor.name)] if actor.name and actor.id not in world.actors else []
    yield from _senses((*names, *actor.aliases), actor.id, "name", local=True)
    yield from _senses(actor.adjectives, actor.id, "adjective", local=True)
    for person in actor.people:
        periods = ((person.start, person.end),) if person.start or person.end else ()
        yield from _named(
            (Term(person.name), *person.spellings),
            person.short,
            Sense("", actor.id, "person", local=True, periods=periods),
        )


def _world_senses(actor: WorldActor) -> Iterator[Sense]:
    kind: Kind = "state" if actor.is_place else "name"
    yield from _senses([Term(actor.name)], actor.id, kind)
    for term in actor.aliases:
        # A body of the state is no place to be in.
        body = bool(load_lexicon().heads.intersection(term.value.lower().split()))
        yield from _senses([term], actor.id, "name" if body else kind)
    yield from _senses(actor.adjectives, actor.id, "adjective")
    yield from _senses(actor.demonyms, actor.id, "people")
    yield from _senses(actor.capitals, actor.id, "capital")
    yield from _senses(actor.metonyms, actor.id, "seat")


def _person_senses(person: WorldPerson) -> Iterator[Sense]:
    periods = tuple((office.start, office.end) for office in person.offices)
    titles = frozenset(word for office in person.offices for word in office.value.lower().split())
    base = Sense("", person.actor, "person", periods=periods, titles=titles)
    yield from _named((Term(person.name), *person.spellings), person.short, base)


def _senses(terms: Iterable[Term], actor: str, kind: Kind, *, local: bool = False) -> Iterator[Sense]:
    for term in terms:
        periods = ((term.start, term.end),) if term.start or term.end else ()
        yield Sense(fold_alias(term.value), actor, kind, local, periods)


def _named(full: Sequence[Term], short: Sequence[Term], base: Sense) -> Iterator[Sense]:
    """Yield the senses of a person's full names, of those that stand alone, and of the plain surnames."""
    base = replace(base, person=fold_alias(full[0].value))
    texts = [fold_alias(term.value) for term in full]
    for text, term in zip(texts, full, strict=True):
        # A single word as full name ("Carlos") stands alone.
        yield replace(base, text=text, kind="person" if " " in text else "short", periods=_narrowed(base, term))
    alone = {fold_alias(term.value): term for term in short}
    for text, term in alone.items():
        yield replace(base, text=text, kind="short", periods=_narrowed(base, term))
    surnames = (
        {surname for text in texts for surname in surnames_of(text, actor=base.actor)} - alone.keys() - set(texts)
    )
    for text in sorted(surnames):
        yield replace(base, text=text, kind="surname")


def _narrowed(base: Sense, term: Term) -> tuple[Period, ...]:
    """Return when a name holds: while its person is in office, and within its own dates."""
    if term.start is None and term.end is None:
        return base.periods
    found = [
        (max(start or date.min, term.start or date.min), min(end or date.max, term.end or date.max))
        for start, end in base.periods or ((None, None),)
    ]
    return tuple(period for period in found if period[0] < period[1]) or ((date.min, date.min),)


def surnames_of(full_name: str, *, actor: str) -> list[str]:
    """Return the surname of a full name, with and without its particle: "al-Thani" and "Thani".

    Args:
        full_name: The name.
        actor: Whose person it is; some write the surname first.
    """
    words = full_name.split()
    if len(words) < 2:
        return []
    lexicon = load_lexicon()
    if actor.lower() in lexicon.surname_first:
        return [words[0]]
    last = words[-1]
    found = [last] if len(last) > 2 else []
    particle, dash, rest = last.partition("-")
    if dash and particle.lower() in lexicon.particles and len(rest) > 2:
        found.append(rest)
    if words[-2].lower() in lexicon.particles:
        found.append(f"{words[-2]} {last}")
    return found
