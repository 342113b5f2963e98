"""What is wrong or doubtful in a conflict file, all at once, and the skeleton of a new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Literal

from stancelib.conflict import Conflict, ConflictActor, check_conflict
from stancelib.errors import DataError, UnknownNameError
from stancelib.folding import fold_alias
from stancelib.lexicon import load_common_words
from stancelib.tomlsource import Term, TomlSource, read_source
from stancelib.world import World, load_world

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something wrong ("error": the file is refused, or means what nobody wants) or doubtful ("warning") in a line."""

    line: int
    severity: Severity
    message: str


def lint_conflict(path: Path) -> list[Finding]:
    """Return everything that is wrong or doubtful in a conflict file, by line; empty: all is well.

    Raises:
        DataError: The file cannot be read or is not UTF-8.
    """
    source = read_source(path, expected="a conflict file in TOML")
    return lint_source(source, load_world())


def lint_source(source: TomlSource, world: World) -> list[Finding]:
    """Return everything that is wrong or doubtful in the text of a conflict file, by line."""
    try:
        conflict, problems = check_conflict(source)
    except DataError as error:
        place, _, message = str(error).removeprefix(f"{source.where}:").partition(": ")
        return [Finding(int(place), "error", message)]
    if conflict is None:
        return sorted(Finding(problem.line, "error", problem.message) for problem in problems)
    return sorted(set(_findings(conflict, source, world)))


def skeleton(conflict_id: str) -> str:
    """Return the commented text of a new conflict file.

    Args:
        conflict_id: The id of the conflict, in letters, digits, "-" and "_".

    Raises:
        DataError: The id has other characters.
    """
    if not conflict_id or not conflict_id.replace("-", "").replace("_", "").isalnum() or not conflict_id.isascii():
        raise DataError(f"conflict id {conflict_id!r}; expected letters, digits, '-' and '_' only")
    return _SKELETON.replace("%ID%", conflict_id)


def _findings(conflict: Conflict, source: TomlSource, world: World) -> Iterator[Finding]:
    if conflict.start and conflict.end and conflict.end <= conflict.start:
        yield Finding(source.line(("end",)), "error", "the conflict ends before it starts; expected end after start")
    yield from _empty_sides(conflict, source)
    for actor in conflict.actors:
        yield from _actor_findings(actor, conflict, world)
    yield from _shared_aliases(conflict)


def _empty_sides(conflict: Conflict, source: TomlSource) -> Iterator[Finding]:
    if not conflict.sides:
        yield Finding(1, "warning", "no [[side]]; without sides only types and targets are tagged")
    used = {term.value for actor in conflict.actors for term in actor.sides}
    for number, side in enumerate(conflict.sides):
        if side.id not in used:
            line = source.line(("side", number, "id"))
            yield Finding(
                line, "warning", f"side {side.id!r} has no actor; expected an [[actor]] with side = {side.id!r}"
            )


def _actor_findings(actor: ConflictActor, conflict: Conflict, world: World) -> Iterator[Finding]:
    dated = (*actor.sides, *actor.stands_for, *actor.aliases, *actor.adjectives, *_people_terms(actor))
    yield from _inverted(dated)
    yield from _overlapping("side", actor.sides)
    yield from _overlapping("stands_for", actor.stands_for)
    for alias in (*actor.aliases, *_short_terms(actor)):
        yield from _common(alias)
    for text in _repeated(actor.aliases):
        yield Finding(
            text.line, "warning", f"alias {text.value!r} of {actor.id} stands here twice at overlapping dates"
        )
    yield from _against_world(actor, world)
    if actor.id not in world.actors and not (actor.aliases or actor.people or actor.name):
        yield Finding(actor.line, "warning", f"actor {actor.id} has no name, aliases or people and will never be found")
    elif actor.id not in world.actors and not (actor.aliases or actor.people):
        yield Finding(
            actor.line, "warning", f"actor {actor.id} has no aliases; only its name {actor.name!r} will be found"
        )
    if conflict.start and conflict.end:
        yield from _outside(dated, conflict.start, conflict.end)


def _people_terms(actor: ConflictActor) -> list[Term]:
    return [Term(person.name, person.start, person.end, person.line) for person in actor.people]


def _short_terms(actor: ConflictActor) -> list[Term]:
    return [
        Term(term.value, term.start or person.start, term.end or person.end, term.line)
        for person in actor.people
        for term in (*person.spellings, *person.short)
    ]


def _inverted(terms: Sequence[Term]) -> Iterator[Finding]:
    for term in terms:
        if term.start and term.end and term.end <= term.start:
            message = f"{term.value!r} ends on {term.end}, not after its start {term.start}; expected 'to' after 'from'"
            yield Finding(term.line, "error", message)


def _overlapping(what: str, terms: Sequence[Term]) -> Iterator[Finding]:
    for first, second in combinations(terms, 2):
        if _meet(first, second):
            message = (
                f"{what} {second.value!r} overlaps {what} {first.value!r} (line {first.line}); expected one at a time"
            )
            yield Finding(second.line, "error", message)


def _common(alias: Term) -> Iterator[Finding]:
    acronym = alias.value.isupper() and len(alias.value) > 1  # matched in capitals only, and so no common word
    if not acronym and fold_alias(alias.value).lower() in load_common_words():
        severity: Severity = "warning" if alias.value[:1].isupper() else "error"
        yield Finding(
            alias.line, severity, f"alias {alias.value!r} is a common word; expected a name or a longer phrase"
        )


def _repeated(aliases: Sequence[Term]) -> list[Term]:
    return [
        second
        for first, second in combinations(aliases, 2)
        if fold_alias(first.value) == fold_alias(second.value) and _meet(first, second)
    ]


def _against_world(actor: ConflictActor, world: World) -> Iterator[Finding]:
    for term in actor.stands_for:
        if term.value not in world.actors:
            yield Finding(
                term.line, "error", f"stands_for: {UnknownNameError('world actor', term.value, world.actors)}"
            )
    known = world.actors.get(actor.id)
    if known is None or not actor.name:
        return
    names = {fold_alias(name).lower() for name in (known.name, *(term.value for term in known.aliases))}
    if fold_alias(actor.name).lower() not in names:
        message = (
            f"id {actor.id!r} is the world's {known.name}, not {actor.name!r}; expected another id for a local actor"
        )
        yield Finding(actor.line, "error", message)


def _outside(terms: Sequence[Term], start: date, end: date) -> Iterator[Finding]:
    for term in terms:
        if (term.end and term.end <= start) or (term.start and term.start > end):
            yield Finding(term.line, "warning", f"{term.value!r} holds only outside the conflict ({start} to {end})")


def _shared_aliases(conflict: Conflict) -> Iterator[Finding]:
    holders: dict[str, list[tuple[str, Term]]] = defaultdict(list)
    for actor in conflict.actors:
        names = [Term(actor.name, line=actor.line)] if actor.name else []
        for term in (*names, *actor.aliases, *_people_terms(actor), *_short_terms(actor)):
            holders[fold_alias(term.value).lower()].append((actor.id, term))
    for uses in holders.values():
        for (first_id, first), (second_id, second) in combinations(uses, 2):
            if first_id != second_id and _meet(first, second):
                message = (
                    f"alias {second.value!r} of {second_id} belongs to {first_id} too (line {first.line}) "
                    "at the same time; expected one actor, or dates that do not overlap"
                )
                yield Finding(max(first.line, second.line), "error", message)


def _meet(first: Term, second: Term) -> bool:
    starts_before_end = first.start is None or second.end is None or first.start < second.end
    return starts_before_end and (second.start is None or first.end is None or second.start < first.end)


_SKELETON = """\
# A conflict file for stancelib: who fights whom, and who else the articles name.
# Check it with: stancelib conflicts validate %ID%.toml
id = "%ID%"
name = "Name of the conflict"
version = 1                          # raise it with every change; tags carry "%ID%@1"
# start = 2024-01-31                 # the first day, if there is one
# end = 2025-01-31                   # leave it out while the conflict goes on

# The sides, two or more. Their ids are what "supports" and "opposes" say in a tag.
[[side]]
id = "government"
name = "Government and its forces"
# principals = ["GOVERNMENT"]        # whom "both sides" stands for; default: every actor of the side

[[side]]
id = "rebels"
name = "Rebels"

# The actors. Ids are upper-case. The world's states and organisations (TUR, FRA, UN, EU ...) come with the library;
# give them an [[actor]] here only for further aliases, people or a side.
[[actor]]
id = "GOVERNMENT"
name = "Government of Examplia"      # found in text as it stands here
kind = "government"                  # government, armed_group, party, organisation ...
side = "government"                  # or dated: side = [{ id = "government", from = 2024-01-31, to = 2025-01-31 }]
# stands_for = [{ actor = "LBY", from = 2024-01-31 }]    # a state's name, capital and offices mean this actor then
aliases = [
  "Examplian army",
  { text = "Examplian transitional council", from = 2024-06-30 },      # from: first day, to: the day after the last
]
people = [
  { name = "Anna Examplova", short = ["Examplova"] },    # short: names that stand alone without the full name before
]

[[actor]]
id = "REBELS"
name = "Examplian Liberation Front"
kind = "armed_group"
side = "rebels"
aliases = ["ELF", "Liberation Front fighters"]
# adjectives = ["Frontist"]          # names the actor only before a word such as "forces" or "spokesman"
"""
