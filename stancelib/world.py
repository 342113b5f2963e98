"""The world file: states, territories and organisations, their names, and who held which office when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from stancelib.errors import UnknownNameError
from stancelib.tomlsource import AliasEntry, DatedEntry, Entry, Problem, Term, TomlSource, read_source, terms
from stancelib.types import Actor

WorldKind = Literal["state", "territory", "organisation", "bloc", "group"]

_FOLDER = Path(__file__).parent / "data" / "world"


@dataclass(frozen=True, slots=True)
class WorldActor:
    """A state, territory or organisation, with all that names it."""

    id: str
    name: str
    kind: WorldKind
    iso2: str = ""
    aliases: tuple[Term, ...] = ()
    adjectives: tuple[Term, ...] = ()
    demonyms: tuple[Term, ...] = ()
    capitals: tuple[Term, ...] = ()
    metonyms: tuple[Term, ...] = ()

    @property
    def is_place(self) -> bool:
        """Say whether its name is also a place one can be in."""
        return self.kind in ("state", "territory")


@dataclass(frozen=True, slots=True)
class WorldPerson:
    """Somebody who speaks for an actor while in office; ``short`` names stand alone, plain surnames do not."""

    actor: str
    name: str
    spellings: tuple[Term, ...] = ()
    short: tuple[Term, ...] = ()
    offices: tuple[Term, ...] = ()


@dataclass(frozen=True)
class World:
    """All actors of the world files by id, the persons, and names that look like an actor's and are not."""

    actors: Mapping[str, WorldActor]
    persons: tuple[WorldPerson, ...] = field(default=(), repr=False)
    not_actors: tuple[str, ...] = field(default=(), repr=False)

    def actor(self, actor_id: str) -> Actor | None:
        """Return the actor of an id, or None if the world files have none."""
        found = self.actors.get(actor_id)
        return None if found is None else Actor(found.id, found.name, found.kind)


@cache
def load_world() -> World:
    """Return the shipped world; it is read once.

    Raises:
        DataError: A world file is broken; the message names file and line.
    """
    return parse_world(read_source(path, expected="a world file in TOML") for path in sorted(_FOLDER.glob("*.toml")))


def parse_world(sources: Iterable[TomlSource]) -> World:
    """Read a world from the texts of its files.

    Raises:
        DataError: A text is not TOML, misspells a key, has an id twice or a person of an unknown actor.
    """
    actors: dict[str, WorldActor] = {}
    persons: list[tuple[WorldPerson, TomlSource, int]] = []
    not_actors: list[str] = []
    for source in sources:
        checked = _checked(source)
        _add_actors(actors, checked, source)
        persons += [(_person(entry), source, number) for number, entry in enumerate(checked.person)]
        not_actors += [entry.text for entry in (*checked.not_actors, *checked.not_actor)]
    for person, source, number in persons:
        if person.actor not in actors:
            place = f"{source.where}:{source.line(('person', number, 'actor'))}"
            raise UnknownNameError("actor", person.actor, actors, where=place)
    return World(MappingProxyType(actors), tuple(person for person, _, _ in persons), tuple(not_actors))


def _checked(source: TomlSource) -> _WorldFile:
    checked, problems = source.check(source.parse(), _WorldFile)
    if checked is None:
        raise source.error(problems[0])
    return checked


def _add_actors(actors: dict[str, WorldActor], checked: _WorldFile, source: TomlSource) -> None:
    for number, entry in enumerate(checked.actor):
        if entry.id in actors:
            message = f"actor {entry.id!r} is defined twice; expected each id once in the world files"
            raise source.error(Problem(source.line(("actor", number, "id")), message))
        actors[entry.id] = WorldActor(
            id=entry.id,
            name=entry.name,
            kind=entry.kind,
            iso2=entry.iso2,
            aliases=terms(entry.aliases),
            adjectives=terms(entry.adjectives),
            demonyms=terms(entry.demonyms),
            capitals=terms(entry.capitals),
            metonyms=terms(entry.metonyms),
        )


def _person(entry: _PersonEntry) -> WorldPerson:
    return WorldPerson(
        actor=entry.actor,
        name=entry.name,
        spellings=terms(entry.spellings),
        short=terms(entry.short),
        offices=tuple(Term(office.title, office.start, office.end) for office in entry.offices),
    )


class _ActorEntry(Entry):
    id: str = Field(pattern=r"^[A-Z0-9_]+$")
    name: str = Field(min_length=1)
    kind: WorldKind
    iso2: str = ""
    aliases: tuple[AliasEntry, ...] = ()
    adjectives: tuple[AliasEntry, ...] = ()
    demonyms: tuple[AliasEntry, ...] = ()
    capitals: tuple[AliasEntry, ...] = ()
    metonyms: tuple[AliasEntry, ...] = ()


class _OfficeEntry(DatedEntry):
    title: str = Field(min_length=1)


class _PersonEntry(Entry):
    actor: str
    name: str = Field(min_length=1)
    spellings: tuple[AliasEntry, ...] = ()
    short: tuple[AliasEntry, ...] = ()
    offices: tuple[_OfficeEntry, ...] = ()


class _WorldFile(Entry):
    actor: tuple[_ActorEntry, ...] = ()
    person: tuple[_PersonEntry, ...] = ()
    not_actors: tuple[AliasEntry, ...] = ()
    not_actor: tuple[AliasEntry, ...] = ()
