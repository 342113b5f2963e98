"""What can be known of the actors that a document names: who is a person, of which office, and who is many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Protocol

from stancelib.attribution_words import load_attribution_words
from stancelib.conflict import Conflict, ConflictPerson
from stancelib.folding import fold
from stancelib.lexicon import load_lexicon
from stancelib.types import Actor, Document, Mention
from stancelib.world import World, WorldPerson

_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*")
_OF = re.compile(r"\s(?:of|for|to|in|at|on)\s")
_OFFICE_SYNONYMS = {"premier": "prime minister", "pm": "prime minister", "fm": "foreign minister"}


PRONOUNS = frozenset(
    {"he", "she", "him", "her", "his", "hers", "himself", "herself", "they", "them", "their", "theirs", "themselves"}
    | {"it", "its", "itself", "we", "us", "our", "ours", "ourselves", "i", "me", "my", "mine", "myself"}
)
"""The pronouns that may stand for an actor, in lower case."""

_PERSONAL = frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself", "i", "my", "me"})


class Index(Protocol):
    """What is asked of an index of actors."""

    @property
    def world(self) -> World:
        """The world's actors and persons."""

    @property
    def conflict(self) -> Conflict | None:
        """The conflict whose actors it knows, if any."""

    def __hash__(self) -> int:
        """Let what was read from it be kept."""

    def actor(self, actor_id: str) -> Actor:
        """Return the actor of an id, known or made up."""

    def find(self, document: Document) -> list[Mention]:
        """Return the mentions of a document, sorted."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What the words of a mention say of whom they name.

    Attributes:
        person: It names one person.
        plural: "They" may stand for it.
        neuter: "It" may stand for it.
        owned: It names something of a known person's: "his" may stand for that person.
        gender: "f", "m", or "" where nothing says so.
        offices: The words of the person's offices, as far as known.
        words: The mention's words in lower case.
    """

    person: bool = False
    plural: bool = False
    neuter: bool = False
    owned: bool = False
    gender: str = ""
    offices: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


@dataclass(slots=True)
class Person:
    """What is known of the bearers of a surname who belong to one actor."""

    offices: set[str] = field(default_factory=set)
    gender: str = ""


class Cast:
    """The actors of one document: the world's and conflict's persons, and those whom the document itself introduces."""

    def __init__(self, document: Document, mentions: Sequence[Mention], *, index: Index) -> None:
        self._text = document.text
        self._index = index
        self._known = _known_people(index)
        self._met: dict[tuple[str, str], Person] = {}
        self._kinds: dict[str, str] = {}
        self._traits: dict[tuple[str, str], Traits] = {}
        for mention in mentions:
            self._meet(mention)

    def traits(self, mention: Mention) -> Traits:
        """Return what the mention's words say; for a pronoun ask with the name that it stands for."""
        surface = self._text[mention.start : mention.end]
        key = (mention.actor, surface)
        found = self._traits.get(key)
        if found is None:
            found = self._traits[key] = self._judge(mention.actor, surface)
        return found

    def kind(self, actor: str) -> str:
        """Return the kind of an actor ("state", "armed_group" ...)."""
        found = self._kinds.get(actor)
        if found is None:
            found = self._kinds[actor] = self._index.actor(actor).kind
        return found

    def name(self, actor: str) -> str:
        """Return the name of an actor in lower case."""
        return self._index.actor(actor).name.lower()

    def _meet(self, mention: Mention) -> None:
        """Learn the surname and office of somebody introduced as "Defence Minister Ivo Marek"."""
        surface = self._text[mention.start : mention.end]
        words = _words(surface) if " " in surface else []
        if len(words) < 2 or not _has_office(words) or not words[-1][0].isupper() or words[-1].lower() in _roles():
            return
        person = self._met.setdefault((mention.actor, _plain(words[-1])), Person())
        person.offices.update(_offices(words), {"counterpart"}.intersection(words))
        person.gender = person.gender or _gender(words)

    def _judge(self, actor: str, surface: str) -> Traits:
        words = _words(surface)
        lowered = [word.lower() for word in words]
        if surface.lower() in PRONOUNS:
            person = surface.lower() in _PERSONAL
            many = surface.lower()[0] in "tw"
            return Traits(person=person, plural=many, neuter=not person and not many, words=frozenset(lowered))
        if surface.removeprefix("the ").removeprefix("The ") == self._index.actor(actor).name:
            # The name of a whole actor is one thing, whatever its words: "St. Lucia", "House of Representatives".
            return Traits(neuter=True, plural=_is_many(lowered), words=frozenset(lowered))
        name = self._person(actor, words)
        lexicon = load_lexicon()
        last = lowered[-1] if lowered else ""
        many = last in _many_words()
        body = (
            last in lexicon.institutions or last in lexicon.forces or last in lexicon.fighters or last in lexicon.acts
        )
        if name is not None and not many and not body:
            offices = frozenset(name.offices).union(_offices(words))
            return Traits(person=True, gender=name.gender or _gender(words), offices=offices, words=frozenset(lowered))
        person = _has_office(words) and not many and not _ends_in_body(surface)
        return Traits(
            person=person,
            plural=many or (not person and last.endswith("s") and last != "us" and not body),
            neuter=not person and not (many and last in lexicon.officials),
            owned=name is not None,
            gender=_gender(words) if person else "",
            offices=frozenset(_offices(words)) if person else frozenset(),
            words=frozenset(lowered),
        )

    def _person(self, actor: str, words: Sequence[str]) -> Person | None:
        for word in reversed(words):
            key = (actor, _plain(word))
            person = self._met.get(key) or self._known.get(key)
            if person is not None and word[0].isupper():
                return person
        return None


def _is_many(lowered: Sequence[str]) -> bool:
    return bool(lowered) and (lowered[-1] in _many_words() or lowered[-1].endswith("s"))


def _words(surface: str) -> list[str]:
    words = _WORD.findall(surface)
    return [word[:-2] if word.endswith(("'s", "’s")) else word for word in words if word not in ("'s", "’s", "s")]


def _offices(words: Iterable[str]) -> Iterator[str]:
    lexicon = load_lexicon()
    for word in words:
        lowered = word.lower()
        yield from _OFFICE_SYNONYMS.get(lowered, "").split()
        if lowered in lexicon.offices or lowered in lexicon.modifiers or lowered in lexicon.ranks:
            yield "defence" if lowered == "defense" else lowered


def _has_office(words: Iterable[str]) -> bool:
    return any(word.lower() in _roles() for word in words)


@cache
def _roles() -> frozenset[str]:
    lexicon = load_lexicon()
    return lexicon.offices | lexicon.ranks | lexicon.honorifics | {"counterpart", "colleague"}


@cache
def _many_words() -> frozenset[str]:
    lexicon = load_lexicon()
    plural = {word for word in lexicon.forces | lexicon.fighters | lexicon.officials if word.endswith(("s", "men"))}
    return frozenset(
        plural - {"corps", "headquarters"}
        | {"authorities", "police", "troops", "governments", "houthis", "sides", "parties"}
    )


def _ends_in_body(surface: str) -> bool:
    lexicon = load_lexicon()
    words = _words(_OF.split(surface, maxsplit=1)[0])
    last = words[-1].lower() if words else ""
    return last in lexicon.institutions or last in lexicon.forces or last in lexicon.acts or last in lexicon.fighters


def _gender(words: Sequence[str]) -> str:
    lists = load_attribution_words()
    lowered = {word.lower() for word in words}
    if lowered & lists["feminine_titles"] or lowered & lists["feminine"]:
        return "f"
    return "m" if lowered & lists["masculine_titles"] else ""


def _plain(word: str) -> str:
    return fold(word).text.lower() if not word.isascii() else word.lower()


@lru_cache(maxsize=32)
def _known_people(index: Index) -> dict[tuple[str, str], Person]:
    """Return the persons of the files by actor and the last word of their names."""
    people: dict[tuple[str, str], Person] = {}
    for person in index.world.persons:
        titles = [word for office in person.offices for word in office.value.replace("-", " - ").split()]
        _add(people, person.actor, names=_names(person), titles=titles)
    for actor in index.conflict.actors if index.conflict else ():
        for member in actor.people:
            _add(people, actor.id, names=_names(member), titles=())
    return people


def _names(person: WorldPerson | ConflictPerson) -> list[str]:
    return [person.name, *(term.value for term in (*person.spellings, *person.short))]


def _add(people: dict[tuple[str, str], Person], actor: str, *, names: Iterable[str], titles: Sequence[str]) -> None:
    person = Person()
    for name in names:
        words = _words(name)
        if not words or words[-2:-1] == ["of"]:  # "Philippe of Belgium" leaves Belgium a state
            continue
        person.offices.update(_offices(titles))
        person.gender = person.gender or _gender(words)
        people.setdefault((actor, _plain(words[-1])), person)
