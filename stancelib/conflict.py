"""Conflict files: the sides of an armed conflict, its local actors, and who stands for a state when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from stancelib.errors import UnknownNameError
from stancelib.tomlsource import (
    AliasEntry,
    DatedEntry,
    Entry,
    IdEntry,
    Place,
    Problem,
    Term,
    TomlSource,
    read_source,
    terms,
)

_FOLDER = Path(__file__).parent / "data" / "conflicts"


@dataclass(frozen=True, slots=True)
class Side:
    """One of those who fight; ``principals`` are the actors that "both sides" stands for (empty: all of the side)."""

    id: str
    name: str
    principals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConflictPerson:
    """A leader, commander or spokesperson of an actor, and when; ``short`` names stand alone."""

    name: str
    spellings: tuple[Term, ...] = ()
    short: tuple[Term, ...] = ()
    start: date | None = None
    end: date | None = None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ConflictActor:
    """An actor of a conflict file: a local one, or a world actor that gets aliases, people or a side here.

    Attributes:
        sides: The ids of its sides, dated.
        stands_for: The ids of the world states whose name, capital and offices mean this actor, dated.
        line: Where it stands in its file.
    """

    id: str
    name: str = ""
    kind: str = "unknown"
    sides: tuple[Term, ...] = ()
    stands_for: tuple[Term, ...] = ()
    aliases: tuple[Term, ...] = ()
    adjectives: tuple[Term, ...] = ()
    people: tuple[ConflictPerson, ...] = ()
    line: int = field(default=0, compare=False)

    def sides_on(self, on: date | None) -> tuple[str, ...]:
        """Return its sides on a day; without a day those of one that never changed side."""
        if on is not None:
            return tuple(term.value for term in self.sides if term.holds(on))
        ids = tuple(dict.fromkeys(term.value for term in self.sides))
        return ids if len(ids) < 2 or _all_undated(self.sides) else ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Who fights whom, from when to when (``end`` None: it goes on)."""

    id: str
    name: str
    version: int
    start: date | None
    end: date | None
    sides: tuple[Side, ...]
    actors: tuple[ConflictActor, ...]

    @property
    def label(self) -> str:
        """The name and version that tags carry: ``id@version``."""
        return f"{self.id}@{self.version}"

    @property
    def side_ids(self) -> tuple[str, ...]:
        """The ids of the sides, in the order of the file."""
        return tuple(side.id for side in self.sides)

    def actor(self, actor_id: str) -> ConflictActor | None:
        """Return the actor of an id, or None if the file has none."""
        return next((actor for actor in self.actors if actor.id == actor_id), None)

    def sides_of(self, actor_id: str, on: date | None) -> tuple[str, ...]:
        """Return the sides of an actor on a day, empty for a third party.

        Args:
            actor_id: Any actor's id.
            on: The day; None: undated text, in which an actor that changed its side over time has none.
        """
        actor = self.actor(actor_id)
        return () if actor is None else actor.sides_on(on)

    def members(self, side: str, on: date | None) -> tuple[str, ...]:
        """Return the actors of a side on a day, in the order of the file.

        Raises:
            UnknownNameError: The conflict has no such side.
        """
        if side not in self.side_ids:
            raise UnknownNameError("side", side, self.side_ids, where=self.label)
        return tuple(actor.id for actor in self.actors if side in actor.sides_on(on))

    def principals(self, on: date | None) -> tuple[str, ...]:
        """Return the actors that "both sides" stands for on a day, side by side."""
        found: dict[str, None] = {}
        for side in self.sides:
            members = self.members(side.id, on)
            chosen = [actor for actor in side.principals if actor in members]
            found.update(dict.fromkeys(chosen or members))
        return tuple(found)

    def with_aliases(self, aliases: Mapping[str, Sequence[str]]) -> Conflict:
        """Return the conflict with further names.

        Args:
            aliases: New aliases by actor id; an id that the file lacks is added, as a world actor would be.
        """
        known = {actor.id for actor in self.actors}
        extended = [
            replace(actor, aliases=(*actor.aliases, *(Term(text) for text in aliases.get(actor.id, ()))))
            for actor in self.actors
        ]
        added = [
            ConflictActor(id=actor_id, aliases=tuple(Term(text) for text in texts))
            for actor_id, texts in aliases.items()
            if actor_id not in known
        ]
        return replace(self, actors=(*extended, *added))


def shipped_conflicts() -> tuple[str, ...]:
    """Return the ids of the shipped conflicts, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_conflict(id_or_path: str | Path) -> Conflict:
    """Return a shipped conflict by its id, or read a file.

    Args:
        id_or_path: The id of a shipped conflict, or the path of a TOML file.

    Raises:
        UnknownNameError: No conflict has that id, and it names no TOML file.
        DataError: The file cannot be read or is wrong; the message names file and line.
    """
    name = str(id_or_path)
    return _load_shipped(name) if name in shipped_conflicts() else _conflict(_find_source(name))


def conflict_source(id_or_path: str | Path) -> str:
    """Return the text of a shipped conflict's file, or of a file.

    Raises:
        UnknownNameError: No conflict has that id, and it names no TOML file.
        DataError: The file cannot be read.
    """
    return _find_source(str(id_or_path)).text


def _find_source(name: str) -> TomlSource:
    if name in shipped_conflicts():
        return read_source(_FOLDER / f"{name}.toml", expected="a conflict file in TOML")
    path = Path(name)
    if path.suffix.lower() != ".toml" and not path.is_file():
        raise UnknownNameError("conflict", name, shipped_conflicts())
    return read_source(path, expected="a conflict file in TOML, or the id of a shipped conflict")


def parse_conflict(text: str, *, where: str) -> Conflict:
    """Read a conflict from the text of its file.

    Args:
        text: The TOML.
        where: What to call the text in messages.

    Raises:
        DataError: The text is not TOML, or something in it is wrong; the message names the line.
    """
    return _conflict(TomlSource(text, where))


def check_conflict(source: TomlSource) -> tuple[Conflict | None, list[Problem]]:
    """Return the conflict of a file, or everything that keeps it from being one.

    Raises:
        DataError: The text is not TOML.
    """
    checked, problems = source.check(source.parse(), _ConflictFile)
    if checked is None:
        return None, problems
    problems = sorted(_wrong_references(checked, source), key=lambda problem: problem.line)
    return (None, problems) if problems else (_built(checked, source), [])


@cache
def _load_shipped(conflict_id: str) -> Conflict:
    return _conflict(_find_source(conflict_id))


def _conflict(source: TomlSource) -> Conflict:
    conflict, problems = check_conflict(source)
    if conflict is None:
        raise source.error(problems[0])
    return conflict


def _wrong_references(checked: _ConflictFile, source: TomlSource) -> Iterator[Problem]:
    sides = [side.id for side in checked.side]
    actors = [actor.id for actor in checked.actor]
    yield from _twice("side", sides, source)
    yield from _twice("actor", actors, source)
    for number, side in enumerate(checked.side):
        yield from _unknown("actor", side.principals, actors, at=(source, ("side", number, "principals")))
    for number, actor in enumerate(checked.actor):
        names = [entry.id for entry in actor.side]
        yield from _unknown("side", names, sides, at=(source, ("actor", number, "side")))


def _twice(what: str, ids: Sequence[str], source: TomlSource) -> Iterator[Problem]:
    for number, name in enumerate(ids):
        if name in ids[:number]:
            line = source.line((what, number, "id"))
            yield Problem(line, f"{what} {name!r} is defined twice; expected each id once")


def _unknown(
    what: str, names: Sequence[str], known: Collection[str], *, at: tuple[TomlSource, Place]
) -> Iterator[Problem]:
    source, place = at
    for number, name in enumerate(names):
        if name not in known:
            yield Problem(source.line((*place, number)), str(UnknownNameError(what, name, known)))


def _built(checked: _ConflictFile, source: TomlSource) -> Conflict:
    return Conflict(
        id=checked.id,
        name=checked.name,
        version=checked.version,
        start=checked.start,
        end=checked.end,
        sides=tuple(Side(side.id, side.name or side.id, tuple(side.principals)) for side in checked.side),
        actors=tuple(_built_actor(entry, source, number) for number, entry in enumerate(checked.actor)),
    )


def _built_actor(entry: _ActorEntry, source: TomlSource, number: int) -> ConflictActor:
    place: Place = ("actor", number)
    return ConflictActor(
        id=entry.id,
        name=entry.name,
        kind=entry.kind,
        sides=terms(entry.side, source, (*place, "side")),
        stands_for=tuple(
            Term(stand.actor, stand.start, stand.end, source.line((*place, "stands_for", index)))
            for index, stand in enumerate(entry.stands_for)
        ),
        aliases=terms(entry.aliases, source, (*place, "aliases")),
        adjectives=terms(entry.adjectives, source, (*place, "adjectives")),
        people=tuple(
            ConflictPerson(
                name=person.name,
                spellings=terms(person.spellings, source, (*place, "people", index, "spellings")),
                short=terms(person.short, source, (*place, "people", index, "short")),
                start=person.start,
                end=person.end,
                line=source.line((*place, "people", index)),
            )
            for index, person in enumerate(entry.people)
        ),
        line=source.line((*place, "id")),
    )


def _all_undated(sides: Sequence[Term]) -> bool:
    return all(term.start is None and term.end is None for term in sides)


class _SideEntry(Entry):
    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str = ""
    principals: tuple[str, ...] = ()


class _StandsForEntry(DatedEntry):
    actor: str


class _PersonEntry(DatedEntry):
    name: str = Field(min_length=1)
    spellings: tuple[AliasEntry, ...] = ()
    short: tuple[AliasEntry, ...] = ()


class _ActorEntry(Entry):
    id: str = Field(pattern=r"^[A-Z0-9_]+$")
    name: str = ""
    kind: str = "unknown"
    side: tuple[IdEntry, ...] = ()
    stands_for: tuple[_StandsForEntry, ...] = ()
    aliases: tuple[AliasEntry, ...] = ()
    adjectives: tuple[AliasEntry, ...] = ()
    people: tuple[_PersonEntry, ...] = ()

    @field_validator("side", mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return [value] if isinstance(value, (str, dict)) else value


class _ConflictFile(Entry):
    id: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    name: str = Field(min_length=1)
    version: int = 1
    start: date | None = None
    end: date | None = None
    side: tuple[_SideEntry, ...] = ()
    actor: tuple[_ActorEntry, ...] = ()
