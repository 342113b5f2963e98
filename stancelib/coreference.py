"""Pronouns and descriptions: whom they stand for where the text settles it, and nobody where it does not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from stancelib.attribution_words import load_attribution_words
from stancelib.cast import Cast, Traits
from stancelib.clauses import Item, Subject, find_subject
from stancelib.lexicon import load_lexicon
from stancelib.types import Mention, Via

Names = tuple[Mention, ...]
"""The naming mentions that an expression stands for; empty: nobody."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a sentence leaves in the reader's mind.

    Attributes:
        names: The naming mentions of its actors, in order.
        subject: Those of its subject.
        stranger: Whether its subject is somebody unknown.
        pair: The two actors that it joins; empty where it joins none.
        issuer: Who issued the statement that it speaks of.
    """

    names: Names
    subject: Names
    stranger: bool
    pair: Names
    issuer: Names


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as it was understood: expressions that were resolved carry the names they stand for."""

    items: tuple[Item, ...]
    subject: Subject | None
    found: tuple[Mention, ...]


_EMPTY = Reading((), None, ())
_WINDOW = 3
_DETERMINERS = frozenset({"the", "a", "an", "this", "that"})
_GENERIC = frozenset(
    {"leader", "official", "chief", "commander", "general", "strongman", "warlord", "marshal", "diplomat"}
)
_SYNONYMS = {
    "premier": ("prime", "minister"),
    "defense": ("defence",),
    "spokeswoman": ("spokesman",),
    "spokesperson": ("spokesman",),
}


class Discourse:
    """Reads sentences in order and remembers the last ones."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._learned: dict[str, Names] = {}
        self._scenes: list[Scene] = []

    def read(self, items: Sequence[Item], *, inverted: bool = False) -> Reading:
        """Resolve the expressions of a sentence and remember whom it is about.

        Args:
            items: What the sentence consists of.
            inverted: Whether it goes on after a quotation ("said the minister").
        """
        if not items:
            return _EMPTY
        resolved = [self._recognise(items, place) for place in range(len(items))] if self._learned else list(items)
        subject = find_subject(resolved, inverted=inverted)
        if subject is not None and subject.pending >= 0:
            place = subject.pending
            names = self._resolve(resolved, place, subject, leads=True)
            if names:
                resolved[place] = resolved[place]._replace(mentions=names)
                subject = find_subject(resolved, inverted=inverted)
        for place, item in enumerate(resolved):
            if item.reference and not item.mentions and not (subject and subject.pending == place):
                names = self._resolve(resolved, place, subject, leads=False)
                resolved[place] = item._replace(mentions=names)
        self._remember(resolved, subject)
        self._learn(resolved)
        return Reading(tuple(resolved), subject, tuple(_found(resolved)))

    def _learn(self, items: Sequence[Item]) -> None:
        """Learn the surname in "an army spokesman, Nadir Osman," and "his spokesman Nadir Osman"."""
        for place, item in enumerate(items):
            if not item.mentions or item.reference not in ("voice", "his", "her", "their", "its", "person", "state"):
                continue
            words = [other.low for other in items[place + 1 : place + 4]]
            spoken = item.reference == "voice" or any(low in _SPEAKING for low in words)
            if spoken and (name := _name_after(items, place + 1)):
                self._learned[name] = item.mentions

    def _recognise(self, items: Sequence[Item], place: int) -> Item:
        item = items[place]
        names = self._learned.get(item.low) if item.capital and not item.mentions else None
        if names is None or (place and items[place - 1].capital and items[place - 1].end + 1 == item.start):
            return item
        return item._replace(mentions=names, reference="surname")

    def _remember(self, items: Sequence[Item], subject: Subject | None) -> None:
        names = tuple(mention for item in items for mention in item.mentions)
        acting = subject.mentions if subject else ()
        words = load_attribution_words()
        has_statement = any(item.low in words.nouns["statement"] or item.reference == "statement" for item in items)
        scene = Scene(
            names=names,
            subject=acting,
            stranger=bool(subject and subject.human and not acting),
            pair=_find_pair(items, acting),
            issuer=acting if subject and has_statement and (subject.reporting or _issues(items)) else (),
        )
        self._scenes = [*self._scenes[1 - _WINDOW :], scene]

    def _resolve(self, items: Sequence[Item], place: int, subject: Subject | None, *, leads: bool) -> Names:
        """Return whom an expression stands for; ``leads``: it is the subject, so that the sentences before decide."""
        reference = items[place].reference
        if reference in ("he", "she", "him", "his", "her"):
            return self._person(items, place, subject, leads=leads)
        if reference in ("they", "their"):
            return self._many(items, place, subject, leads=leads)
        if reference in ("it", "its"):
            return self._thing(items, place, subject, leads=leads)
        if reference == "pair":
            return self._pair(items, place)
        if reference == "statement":
            return next((scene.issuer for scene in reversed(self._scenes) if scene.issuer), ()) if leads else ()
        return self._described(items, place, leads=leads)

    def _person(self, items: Sequence[Item], place: int, subject: Subject | None, *, leads: bool) -> Names:
        gender = "f" if items[place].reference in ("she", "her") else "m"
        before = [name for item in items[:place] for name in item.mentions]
        persons = self._persons(before, gender)
        owned = [name for name in before if self._cast.traits(name).owned]
        if owned and not persons:
            return _only(owned) if items[place].reference in ("his", "her") else ()
        if leads:
            return self._person_before(gender, exclude={name.actor for name in persons})
        if items[place].reference == "him" or (items[place].reference == "her" and _is_object(items, place)):
            return self._object_person(items, place, self._persons(before, ""), gender)
        if not persons:
            return () if subject and subject.human and not subject.mentions else self._person_before(gender, exclude=())
        actors = {name.actor for name in persons}
        acting = [name for name in persons if subject and name in subject.mentions]
        if len(actors) == 1:
            return () if subject and subject.human and not subject.mentions else _last(persons)
        if len({name.actor for name in acting}) != 1 or not subject or not subject.reporting:
            return ()
        others = [name for name in persons if name.actor != acting[0].actor]
        return _last(acting) if all(_is_governed(items, name) for name in others) else ()

    def _object_person(self, items: Sequence[Item], place: int, persons: Sequence[Mention], gender: str) -> Names:
        """Resolve "him", which is not the subject of its own clause."""
        governing = [name for name in persons if not _is_governed(items, name)]
        if not governing:
            return ()
        rest = [name for name in self._persons(persons, gender) if name.actor != governing[-1].actor]
        if rest:
            return _last(rest) if len({name.actor for name in rest}) == 1 else ()
        return self._person_before(gender, exclude={governing[-1].actor})

    def _person_before(self, gender: str, *, exclude: Collection[str]) -> Names:
        for scene in self._scenes[:-3:-1]:
            acting = [name for name in self._persons(scene.subject, gender) if name.actor not in exclude]
            if acting:
                return _only(acting)
            persons = [name for name in self._persons(scene.names, gender) if name.actor not in exclude]
            if scene.stranger or persons:
                return () if scene.stranger else _only(persons)
        return ()

    def _persons(self, names: Iterable[Mention], gender: str) -> list[Mention]:
        persons = []
        for name in names:
            traits = self._cast.traits(name)
            if traits.person and (not gender or traits.gender in ("", gender)):
                persons.append(name)
        return persons

    def _many(self, items: Sequence[Item], place: int, subject: Subject | None, *, leads: bool) -> Names:
        if leads or subject is None or subject.first > place:
            last = self._scenes[-1] if self._scenes else None
            return self._as_many(last.subject) if last and leads else ()
        if any(_is_plural_noun(item) for item in items[subject.first : place] if not item.mentions):
            return ()
        return self._as_many(subject.mentions)

    def _as_many(self, names: Names) -> Names:
        actors = dict.fromkeys(name.actor for name in names)
        if len(actors) > 1:
            return _first_of_each(names)
        groups = load_attribution_words().kinds["group"]
        for name in names:
            traits = self._cast.traits(name)
            if traits.plural or (not traits.person and self._cast.kind(name.actor) in groups):
                return (name,)
        return ()

    def _thing(self, items: Sequence[Item], place: int, subject: Subject | None, *, leads: bool) -> Names:
        if items[place].reference == "it" and not _is_acting(items, place):
            return ()
        if leads:
            last = self._scenes[-1] if self._scenes else None
            return _only(self._things(last.subject)) if last and last.subject else ()
        things = self._things(name for item in items[:place] for name in item.mentions)
        ruling = [name for name in things if not _is_governed(items, name)]
        if not ruling or (len({name.actor for name in ruling}) > 1):
            return ()
        is_subject = bool(subject and ruling[-1] in subject.mentions)
        if is_subject and subject and len({name.actor for name in subject.mentions}) > 1:
            return ()
        alone = len({name.actor for name in things}) == 1
        if items[place].reference == "its" and not alone:
            return ()
        return _last(ruling) if is_subject or _opens_clause(items, ruling[-1]) else ()

    def _things(self, names: Iterable[Mention]) -> list[Mention]:
        return [name for name in names if self._cast.traits(name).neuter]

    def _pair(self, items: Sequence[Item], place: int) -> Names:
        pair = _find_pair(items[:place], ())
        if not pair:
            pair = next((scene.pair for scene in reversed(self._scenes) if scene.pair), ())
        low = items[place].low
        if low.endswith(("countries", "states", "nations", "governments", "capitals")):
            states = load_attribution_words().kinds["state"]
            return pair if all(self._cast.kind(name.actor) in states for name in pair) else ()
        return pair

    def _described(self, items: Sequence[Item], place: int, *, leads: bool) -> Names:
        item = items[place]
        words = [word for word in item.low.split() if word not in _DETERMINERS]
        reference = item.reference
        if reference == "voice":
            words = [word for word in words if word not in ("senior", "top")][:-1]
            reference = _VOICES.get(words[-1], "body")
        here = tuple(name for other in items[:place] for name in other.mentions)
        if reference == "person":
            return self._office_holder(words, exclude={name.actor for name in here})
        if reference == "state" and not self._may_be_state(items, place, words[-1]):
            return ()
        fits = _FITS[reference]
        found = [name for name in here if fits(self._cast, name, words)]
        if _only(found):
            return _only(found)
        for scene in reversed(self._scenes):
            found += [name for name in scene.names if fits(self._cast, name, words)]
        if reference == "state" and words[-1] in ("country", "government", "administration") and not leads:
            acting = self._scenes[-1].subject if self._scenes else ()
            if not any(name in acting or name in here for name in found):
                return ()
        return _only(found)

    def _may_be_state(self, items: Sequence[Item], place: int, noun: str) -> bool:
        words = load_attribution_words()
        before = items[place - 1].low if place else ""
        return before not in words["prepositions"] or noun == "government"

    def _office_holder(self, words: Sequence[str], *, exclude: Collection[str]) -> Names:
        need = {part for word in words for part in _SYNONYMS.get(word, (word,))} - {"same", "top", "senior"}
        fitting: list[Mention] = []
        for n_back, scene in enumerate(reversed(self._scenes)):
            fits = [name for name in scene.names if name.actor not in exclude and _holds(self._cast.traits(name), need)]
            if n_back == 0 and fits and _only(fits) and any(name in scene.subject for name in fits):
                return _only(fits)
            fitting += fits
        if fitting:
            return _only(fitting)
        if not need <= _GENERIC or not self._scenes or self._scenes[-1].stranger:
            return ()
        persons = [name for name in self._scenes[-1].names if self._cast.traits(name).person]
        return _only([name for name in persons if name.actor not in exclude])


def _holds(traits: Traits, need: set[str]) -> bool:
    known = traits.offices | {part for word in traits.words for part in _SYNONYMS.get(word, ())}
    return traits.person and need <= known


def _fits_body(cast: Cast, name: Mention, words: Sequence[str]) -> bool:
    surface = cast.traits(name).words
    need = {"defence" if word == "defense" else word for word in words}
    have = {"defence" if word == "defense" else word for word in surface} | set(cast.name(name.actor).split())
    traits = cast.traits(name)
    if traits.person:
        return words[-1] == "ministry" and "minister" in traits.offices and need - {"ministry"} <= traits.offices
    return need <= have


def _fits_group(cast: Cast, name: Mention, words: Sequence[str]) -> bool:
    lists = load_attribution_words()
    noun = words[-1]
    if noun in ("organisation", "organization") and cast.kind(name.actor) in lists.kinds["bloc"]:
        return True
    return cast.kind(name.actor) in lists.kinds["group"]


def _fits_force(cast: Cast, name: Mention, words: Sequence[str]) -> bool:
    surface = cast.traits(name).words | set(cast.name(name.actor).split())
    same = {"army", "military"} if words[-1] in ("army", "military") else {words[-1]}
    return bool(surface & same)


def _fits_bloc(cast: Cast, name: Mention, words: Sequence[str]) -> bool:
    kind = cast.kind(name.actor)
    noun = words[-1]
    named = noun in cast.name(name.actor).split() or noun in cast.traits(name).words
    if noun in ("coalition", "union", "league", "agency", "charity", "body"):
        return named
    return named or (kind == "bloc" or (kind == "organisation" and noun == "alliance" and name.actor == "NATO"))


def _fits_state(cast: Cast, name: Mention, words: Sequence[str]) -> bool:
    lists = load_attribution_words()
    noun = words[-1]
    if noun == "kingdom":
        return name.actor in lists["monarchies"]
    surface = cast.traits(name).words
    if noun in surface:
        return True
    return cast.kind(name.actor) in lists.kinds["state"]


_FITS: dict[str, Callable[[Cast, Mention, Sequence[str]], bool]] = {
    "body": _fits_body,
    "group": _fits_group,
    "force": _fits_force,
    "bloc": _fits_bloc,
    "state": _fits_state,
}


_VIAS: dict[str, Via] = {"pair": "list", "surname": "name"}
_VOICES = {
    "army": "force",
    "military": "force",
    "navy": "force",
    "government": "state",
    "group": "group",
    "movement": "group",
    "rebel": "group",
}
"""In "an army spokesman", how to look for whom he speaks."""


_SPEAKING = frozenset({"spokesman", "spokeswoman", "spokesperson", "minister", "envoy", "ambassador", "chief"})


def _name_after(items: Sequence[Item], place: int) -> str:
    """Return the surname of the first two or three capitalised words that follow soon; empty if there are none."""
    for first in range(place, min(len(items) - 1, place + 4)):
        if items[first].mentions or items[first].low in (".", ";", ":"):
            return ""
        if items[first].capital and items[first + 1].capital and not items[first + 1].mentions:
            last = first + 2 if first + 2 < len(items) and items[first + 2].capital and not items[first + 2].mentions else first + 1
            return items[last].low
    return ""


def _found(items: Iterable[Item]) -> Iterator[Mention]:
    for item in items:
        if item.reference:
            via: Via = _VIAS.get(item.reference, "pronoun")
            for actor in dict.fromkeys(name.actor for name in item.mentions):
                yield Mention(actor, item.start, item.end, via)


def _issues(items: Sequence[Item]) -> bool:
    return any(item.low in ("issued", "released", "signed", "published", "adopted", "issue", "made") for item in items)


def _find_pair(items: Sequence[Item], acting: Names) -> Names:
    """Return the two actors that a sentence joins: "X and Y", "X met with Y"; empty where it joins none or more."""
    if len({name.actor for name in acting}) == 2:
        return _first_of_each(acting)
    actors = {name.actor for item in items if not item.reference for name in item.mentions}
    if len(actors) < 2:
        return ()
    joined = [pair for pair in _joined(items) if pair[0].actor != pair[1].actor]
    if joined:
        return joined[0] if len({frozenset(name.actor for name in pair) for pair in joined}) == 1 else ()
    meetings = load_attribution_words()["meetings"]
    if len(actors) == 2 and acting and any(item.low in meetings for item in items):
        return _first_of_each([name for item in items if not item.reference for name in item.mentions])
    return ()


def _joined(items: Sequence[Item]) -> Iterator[Names]:
    """Yield each two that stand side by side, joined by "and", if no third one joins them."""
    for i in range(len(items) - 2):
        if len(items[i].mentions) != 1 or items[i + 1].low != "and":
            continue
        following = i + 2 if items[i + 2].mentions or i + 3 >= len(items) else i + 3
        if len(items[following].mentions) == 1 and not (i > 1 and items[i - 1].low == "," and items[i - 2].mentions):
            yield (items[i].mentions[0], items[following].mentions[0])


def _is_governed(items: Sequence[Item], name: Mention) -> bool:
    """Say whether a name follows a preposition (articles and titles between), so that it is no subject."""
    prepositions = load_attribution_words()["prepositions"]
    for i, item in enumerate(items):
        if name in item.mentions:
            while i > 0 and items[i - 1].low in ("the", "a", "an", "both"):
                i -= 1
            return i > 0 and items[i - 1].low in prepositions
    return False


def _opens_clause(items: Sequence[Item], name: Mention) -> bool:
    conjunctions = load_attribution_words()
    for i, item in enumerate(items):
        if name in item.mentions:
            while i > 0 and items[i - 1].low in ("the", "a", "an"):
                i -= 1
            return (
                i == 0
                or items[i - 1].low in conjunctions["conjunctions"]
                or items[i - 1].low in conjunctions.say_finite
            )
    return False


def _is_acting(items: Sequence[Item], place: int) -> bool:
    """Say whether an "it" is somebody who acts: a subject, and none of "it is clear", "it comes", "called it"."""
    words = load_attribution_words()
    before = items[place - 1] if place else None
    if before and not (
        before.low in words["conjunctions"] or before.low in words.speech or before.low in words["adverbs"]
    ):
        return False
    following = [
        item.low for item in items[place + 1 : place + 5] if item.low not in ("also", "then", "later", "further", "has")
    ]
    if not following or following[0] in words["happenings"]:
        return False
    if following[0] in ("is", "was", "'s", "would", "will", "could", "may", "might", "can", "should", "had", "must"):
        rest = [low for low in following[1:] if low not in ("be", "been", "not")]
        return bool(rest) and rest[0] not in words["pleonastic"] and rest[0] not in words["happenings"]
    return following[0] in words["auxiliaries"] or following[0].endswith(("ed", "s")) or following[0] in words.finite


def _is_object(items: Sequence[Item], place: int) -> bool:
    """Say whether "her" is no possessive: nothing follows that could be had."""
    words = load_attribution_words()
    following = items[place + 1].low if place + 1 < len(items) else "."
    return not following.isalpha() or following in words["prepositions"] or following in words["conjunctions"]


def _is_plural_noun(item: Item) -> bool:
    words = load_attribution_words()
    low = item.low
    return (
        len(low) > 3
        and low.endswith(("s", "people", "men", "women", "troops", "children"))
        and not low.endswith(("ss", "us"))
        and low not in words.finite
        and low not in words["auxiliaries"]
        and low not in words["prepositions"]
        and low not in words["adverbs"]
        and low not in load_lexicon().starters
        and not item.capital
    )


def _first_of_each(names: Iterable[Mention]) -> Names:
    first: dict[str, Mention] = {}
    for name in names:
        first.setdefault(name.actor, name)
    return tuple(first.values())


def _only(names: Sequence[Mention]) -> Names:
    """Return the one actor's first name; nothing where there are several actors."""
    return (names[0],) if len({name.actor for name in names}) == 1 else ()


def _last(names: Sequence[Mention]) -> Names:
    return (names[-1],)
