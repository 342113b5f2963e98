"""Pronouns and descriptions: whom they stand for where the text settles it, and nobody where it does not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from stancelib.antecedents import (
    FITS,
    SYNONYMS,
    Names,
    closing_source,
    first_of_each,
    holds_office,
    is_acting,
    is_governed,
    is_object,
    is_plural_noun,
    issues_statement,
    last_of,
    may_own,
    name_after,
    only_one,
    opens_clause,
)
from stancelib.attribution_words import load_attribution_words
from stancelib.cast import Cast
from stancelib.clauses import Subject, find_subject
from stancelib.homes import Homes
from stancelib.items import Item
from stancelib.joint import Company
from stancelib.lexicon import load_lexicon
from stancelib.types import Mention, Via


@dataclass(frozen=True, slots=True)
class Scene:
    """What a sentence leaves in the reader's mind.

    Attributes:
        names: The naming mentions of its actors, in order.
        subject: Those of its subject.
        stranger: Whether its subject is somebody unknown.
        issuer: Who issued the statement that it speaks of.
    """

    names: Names
    subject: Names
    stranger: bool
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
    {
        "leader",
        "official",
        "chief",
        "commander",
        "general",
        "strongman",
        "warlord",
        "marshal",
        "diplomat",
        "officer",
        "politician",
    }
)


class Discourse:
    """Reads sentences in order and remembers the last ones."""

    def __init__(self, cast: Cast, company: Company | None = None, *, homes: Homes | None = None) -> None:
        """Begin to read.

        Args:
            cast: The actors of the document.
            company: Whom the sentences before joined; None: nobody yet.
            homes: Knows the state that bare institutions belong to; None: nobody does.
        """
        self._cast = cast
        self.company = company or Company(cast)
        self._homes = homes
        self._learned: dict[str, Names] = {}
        self._scenes: list[Scene] = []
        self._names: dict[tuple[str, str], Mention] = {}

    def inside(self, company: Company) -> Discourse:
        """Begin to read a quotation, in which the document's names are known, and nothing else."""
        discourse = Discourse(self._cast, company, homes=self._homes)
        discourse._names = self._names
        return discourse

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
            names = self._resolve(resolved, place, subject=subject, leads=True)
            if names:
                resolved[place] = resolved[place]._replace(mentions=names)
                subject = find_subject(resolved, inverted=inverted)
        for place, item in enumerate(resolved):
            if item.reference and not item.mentions and not (subject and subject.pending == place):
                names = self._resolve(resolved, place, subject=subject, leads=False)
                resolved[place] = item._replace(mentions=names)
        self._remember(resolved, subject)
        self._learn(resolved)
        return Reading(tuple(resolved), subject, tuple(_found(resolved)))

    def _learn(self, items: Sequence[Item]) -> None:
        """Learn the surname in "an army spokesman, Nadir Osman," and "his spokesman Nadir Osman"."""
        for place, item in enumerate(items):
            if not item.mentions or item.reference not in _INTRODUCING:
                continue
            words = [other.low for other in items[place + 1 : place + 4]]
            spoken = item.reference in ("voice", "office") or any(low in _SPEAKING for low in words)
            if spoken and (name := name_after(items, place + 1)):
                self._learned[name] = item.mentions

    def _recognise(self, items: Sequence[Item], place: int) -> Item:
        item = items[place]
        names = self._learned.get(item.low) if item.capital and not item.mentions else None
        if names is None or (place and items[place - 1].capital and items[place - 1].end + 1 == item.start):
            return item
        return item._replace(mentions=names, reference="surname")

    def _remember(self, items: Sequence[Item], subject: Subject | None) -> None:
        names = tuple(mention for item in items for mention in _as_said(item))
        acting = subject.mentions if subject else ()
        for item in items:
            for name in () if item.reference else item.mentions:
                self._names.setdefault((name.actor, item.low), name)
        words = load_attribution_words()
        statements = words.nouns["statement"]
        has_statement = any(item.low in statements or item.reference == "statement" for item in items)
        scene = Scene(
            names=names,
            subject=acting,
            stranger=bool(subject and subject.human and not acting),
            issuer=acting
            if subject and has_statement and (subject.reporting or issues_statement(items))
            else closing_source(items),
        )
        self._scenes = [*self._scenes[1 - _WINDOW :], scene]
        self.company.remember(items, acting, window=_WINDOW)

    def _resolve(self, items: Sequence[Item], place: int, *, subject: Subject | None, leads: bool) -> Names:
        """Return whom an expression stands for; ``leads``: it is the subject, so that the sentences before decide."""
        reference = items[place].reference
        if reference in ("he", "she", "him", "his", "her"):
            return self._person(items, place, subject=subject, leads=leads)
        if reference in ("they", "their"):
            return self._many(items, place, subject=subject, leads=leads)
        if reference in ("it", "its"):
            return self._thing(items, place, subject=subject, leads=leads)
        if reference == "pair":
            return self.company.resolve(items, place)
        if reference == "statement":
            return next((scene.issuer for scene in reversed(self._scenes) if scene.issuer), ()) if leads else ()
        return self._described(items, place, leads=leads)

    def _person(self, items: Sequence[Item], place: int, *, subject: Subject | None, leads: bool) -> Names:
        gender = "f" if items[place].reference in ("she", "her") else "m"
        if subject and place < subject.first and (ahead := self._persons(subject.mentions, "")):
            return only_one(ahead)  # "Explaining her vote, the minister said"
        before = [name for item in items[:place] for name in item.mentions]
        persons = self._persons(before, gender)
        owned = [name for name in before if self._cast.traits(name).owned]
        if owned and not persons:
            return (
                only_one(owned)
                if items[place].reference in ("his", "her") and may_own(items, place, owned=owned, subject=subject)
                else ()
            )
        if leads:
            return self._person_before(gender, exclude={name.actor for name in persons})
        if items[place].reference == "him" or (items[place].reference == "her" and is_object(items, place)):
            return self._object_person(items, place, persons=self._persons(before, ""), gender=gender)
        if not persons:
            return () if subject and subject.human and not subject.mentions else self._person_before(gender, exclude=())
        actors = {name.actor for name in persons}
        acting = [name for name in persons if subject and name in subject.mentions]
        if len(actors) == 1:
            return () if subject and subject.human and not subject.mentions else last_of(persons)
        if len({name.actor for name in acting}) != 1 or not subject or not subject.reporting:
            return ()
        others = [name for name in persons if name.actor != acting[0].actor]
        return last_of(acting) if all(is_governed(items, name) for name in others) else ()

    def _object_person(self, items: Sequence[Item], place: int, *, persons: Sequence[Mention], gender: str) -> Names:
        """Resolve "him", which is not the subject of its own clause."""
        governing = [name for name in persons if not is_governed(items, name)]
        if not governing:
            return ()
        rest = [name for name in self._persons(persons, gender) if name.actor != governing[-1].actor]
        if rest:
            return last_of(rest) if len({name.actor for name in rest}) == 1 else ()
        return self._person_before(gender, exclude={governing[-1].actor})

    def _person_before(self, gender: str, *, exclude: Collection[str]) -> Names:
        for scene in self._scenes[:-3:-1]:
            acting = [name for name in self._persons(scene.subject, gender) if name.actor not in exclude]
            if acting:
                return only_one(acting)
            persons = [name for name in self._persons(scene.names, gender) if name.actor not in exclude]
            if scene.stranger or persons:
                return () if scene.stranger else only_one(persons)
        return ()

    def _persons(self, names: Iterable[Mention], gender: str) -> list[Mention]:
        persons = []
        for name in names:
            traits = self._cast.traits(name)
            if traits.person and (not gender or traits.gender in ("", gender)):
                persons.append(name)
        return persons

    def _holder_far(self, words: Sequence[str], *, exclude: Collection[str], start: int) -> Names:
        """Return the one holder of an office that the text has named, however far away."""
        need = {part for word in words for part in SYNONYMS.get(word, (word,))} - {"same", "top", "senior"}
        if need <= _GENERIC or any(self._office_holders(scene.names, need) for scene in self._scenes):
            return ()
        named = [name for name in self._names.values() if name.start < start]
        return only_one([name for name in self._office_holders(named, need) if name.actor not in exclude])

    def _office_holders(self, names: Iterable[Mention], need: set[str]) -> list[Mention]:
        return [name for name in names if holds_office(self._cast.traits(name), need)]

    def _many(self, items: Sequence[Item], place: int, *, subject: Subject | None, leads: bool) -> Names:
        if leads or subject is None or subject.first > place:
            last = self._scenes[-1] if self._scenes else None
            return self._as_many(last.subject) if last and leads else ()
        if any(is_plural_noun(item) for item in items[subject.first : place] if not item.mentions):
            return ()
        return self._as_many(subject.mentions)

    def _as_many(self, names: Names) -> Names:
        actors = dict.fromkeys(name.actor for name in names)
        if len(actors) > 1:
            return first_of_each(names)
        groups = load_attribution_words().kinds["group"]
        for name in names:
            traits = self._cast.traits(name)
            if traits.plural or (not traits.person and self._cast.kind(name.actor) in groups):
                return (name,)
        return ()

    def _thing(self, items: Sequence[Item], place: int, *, subject: Subject | None, leads: bool) -> Names:
        if items[place].reference == "it" and not is_acting(items, place):
            return ()
        if leads:
            last = self._scenes[-1] if self._scenes else None
            return only_one(self._things(last.subject)) if last and last.subject else ()
        things = self._things(name for item in items[:place] for name in item.mentions)
        ruling = [name for name in things if not is_governed(items, name)]
        if not ruling or (len({name.actor for name in ruling}) > 1):
            return ()
        is_subject = bool(subject and ruling[-1] in subject.mentions)
        if is_subject and subject and len({name.actor for name in subject.mentions}) > 1:
            return ()
        alone = len({name.actor for name in things}) == 1
        if items[place].reference == "its" and not alone:
            return ()
        return last_of(ruling) if is_subject or opens_clause(items, ruling[-1]) else ()

    def _things(self, names: Iterable[Mention]) -> list[Mention]:
        return [name for name in names if self._cast.traits(name).neuter]

    def _described(self, items: Sequence[Item], place: int, *, leads: bool) -> Names:
        item = items[place]
        words = [word for word in item.low.split() if word not in _DETERMINERS]
        reference = item.reference
        if reference == "office":
            return self._officer(items, place)
        if reference == "person":
            exclude = {name.actor for other in items[:place] for name in other.mentions}
            return self._office_holder(words, exclude=exclude) or self._holder_far(
                words, exclude=exclude, start=item.start
            )
        if reference == "troops" and words[0] == "government":
            return self._own_troops(items, place)
        if reference in ("troops", "fighters"):
            words, reference = _ARMED[words[0]]
        if reference == "voice":
            words = [word for word in words if word not in ("senior", "top")][:-1]
            reference = _VOICES.get(words[-1], "body")
        if reference == "state" and not self._may_be_state(items, place, noun=words[-1]):
            return ()
        return self._fitting(items, place, reference=reference, words=words, leads=leads)

    def _fitting(
        self, items: Sequence[Item], place: int, *, reference: str, words: Sequence[str], leads: bool
    ) -> Names:
        """Return the one actor that a description fits: of this sentence, of the last ones, or of the document."""
        here = tuple(name for other in items[:place] for name in other.mentions)
        fits = FITS[reference]
        found = [name for name in here if fits(self._cast, name, words)]
        if not found and leads and reference in ("group", "bloc") and self._scenes:
            found = [name for name in self._scenes[-1].subject if fits(self._cast, name, words)]
        if only_one(found):
            return only_one(found)
        for scene in reversed(self._scenes):
            found += [name for name in scene.names if fits(self._cast, name, words)]
        if reference == "state" and words[-1] in ("country", "government", "administration") and not leads:
            acting = self._scenes[-1].subject if self._scenes else ()
            if not any(name in acting or name in here for name in found):
                return ()
        if found:
            return only_one(found)
        return self._named_far(items, place, reference=reference, words=words)

    def _named_far(self, items: Sequence[Item], place: int, *, reference: str, words: Sequence[str]) -> Names:
        """Return whom a description stands for that fits none of the last sentences."""
        here = tuple(name for other in items[:place] for name in other.mentions)
        if items[place].reference in ("voice", "office"):
            return self._voice_of_state(here)
        if words[-1] == "ministry" and len(words) > 1:
            return self._home()
        if reference in ("body", "bloc", "group") or words[-1] == "kingdom":
            fits = FITS[reference]
            start = items[place].start
            return only_one(
                [name for name in self._names.values() if name.start < start and fits(self._cast, name, words)]
            )
        if reference == "force":
            return self._homes.army if self._homes else ()
        return self._government(here) if words[-1] == "government" else ()

    def _officer(self, items: Sequence[Item], place: int) -> Names:
        """Return the state of "Foreign Minister" before an unknown name: the one just spoken of, or that at home."""
        states = load_attribution_words().kinds["state"]
        before = items[place - 1] if place else None
        if before and before.end + 1 == items[place].start and (before.mentions or _is_title_too(before)):
            return ()  # a longer title, of somebody else's
        here = [name for item in items[:place] for name in item.mentions]
        acting = here or (self._scenes[-1].subject if self._scenes else ())
        if any(self._cast.traits(name).person for name in acting):
            home = self._home()
            return home if {name.actor for name in acting} == {name.actor for name in home} else ()
        if acting and all(self._cast.kind(name.actor) in states for name in acting):
            return only_one(acting)
        return self._home()

    def _own_troops(self, items: Sequence[Item], place: int) -> Names:
        """Return whose "government troops" are: the state's at war at home, or of the government just spoken of."""
        if self._homes and self._homes.war:
            return self._homes.war
        named = [name for scene in self._scenes for name in scene.names]
        named += [name for item in items[:place] for name in item.mentions]
        return only_one([name for name in named if "government" in self._cast.traits(name).words])

    def _government(self, here: Names) -> Names:
        """Return the government at home, where no other state acts that "the government" could be of."""
        if self._homes is None:
            return ()
        states = load_attribution_words().kinds["state"]
        acting = (*here, *(self._scenes[-1].subject if self._scenes else ()))
        home = self._homes.war
        others = {name.actor for name in acting if self._cast.kind(name.actor) in states}
        return home if not others - {name.actor for name in home} else ()

    def _home(self) -> Names:
        return self._homes.dateline or self._homes.war if self._homes else ()

    def _voice_of_state(self, here: Names) -> Names:
        """Return the state that "a ministry spokesman" speaks for: the subject before, unless the dateline objects."""
        states = load_attribution_words().kinds["state"]
        acting = here or (self._scenes[-1].subject if self._scenes else ())
        named = acting if all(self._cast.kind(name.actor) in states for name in acting) else ()
        return only_one([*named, *self._home()])

    def _may_be_state(self, items: Sequence[Item], place: int, *, noun: str) -> bool:
        words = load_attribution_words()
        before = items[place - 1].low if place else ""
        return before not in words["prepositions"] or noun == "government"

    def _office_holder(self, words: Sequence[str], *, exclude: Collection[str]) -> Names:
        need = {part for word in words for part in SYNONYMS.get(word, (word,))} - {"same", "top", "senior"}
        fitting: list[Mention] = []
        for n_back, scene in enumerate(reversed(self._scenes)):
            fits = [
                name
                for name in scene.names
                if name.actor not in exclude and holds_office(self._cast.traits(name), need)
            ]
            if n_back == 0 and fits and only_one(fits) and any(name in scene.subject for name in fits):
                return only_one(fits)
            fitting += fits
        if fitting:
            return only_one(fitting)
        if not need <= _GENERIC or not self._scenes or self._scenes[-1].stranger:
            return ()
        persons = [name for name in self._scenes[-1].names if self._cast.traits(name).person]
        return only_one([name for name in persons if name.actor not in exclude])


_REBELS = frozenset(
    {"rebels", "insurgents", "militants", "guerrillas", "separatists", "jihadists", "extremists", "militia"}
    | {"militiamen", "paramilitaries", "insurgency"}
)
"""Who fights a state: in most stories only one group does, which is named once and far away."""

_INTRODUCING = frozenset({"voice", "office", "his", "her", "their", "its", "person", "state"})
_ARMED = {
    "army": (["army"], "force"),
    "military": (["military"], "force"),
    "rebel": (["rebels"], "group"),
    "insurgent": (["insurgents"], "group"),
}
"""In "army positions" and "rebel fighters", how to look for whose they are."""
_SPEAKING = frozenset({"spokesman", "spokeswoman", "spokesperson", "minister", "envoy", "ambassador", "chief"})


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


_DESCRIBED = frozenset({"pair", "body", "force", "group", "bloc", "voice", "office", "troops", "person"})


def _as_said(item: Item) -> Iterator[Mention]:
    """Yield the names of an item; for one that describes somebody, in the words of the description."""
    for name in item.mentions:
        yield Mention(name.actor, item.start, item.end, "pronoun") if item.reference in _DESCRIBED else name


def _is_title_too(item: Item) -> bool:
    return item.capital and item.low not in load_lexicon().starters


def _found(items: Iterable[Item]) -> Iterator[Mention]:
    for item in items:
        if item.reference:
            via: Via = _VIAS.get(item.reference, "pronoun")
            for actor in dict.fromkeys(name.actor for name in item.mentions):
                yield Mention(actor, item.start, item.end, via)
