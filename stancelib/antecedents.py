"""What an expression may stand for: who fits a description, whom a sentence joins, what rules a clause."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stancelib.attribution_words import load_attribution_words
from stancelib.cast import Cast, Traits
from stancelib.clauses import Subject
from stancelib.items import Item
from stancelib.lexicon import load_lexicon
from stancelib.types import Mention

Names = tuple[Mention, ...]
"""The naming mentions that an expression stands for; empty: nobody."""

SYNONYMS = {
    "premier": ("prime", "minister"),
    "defense": ("defence",),
    "spokeswoman": ("spokesman",),
    "spokesperson": ("spokesman",),
}


def holds_office(traits: Traits, need: set[str]) -> bool:
    """Say whether somebody holds an office, given as its words ("foreign", "minister")."""
    known = traits.offices | {part for word in traits.words for part in SYNONYMS.get(word, ())}
    return traits.person and (need <= known or ("counterpart" in known and "minister" in need))


def _fits_body(cast: Cast, name: Mention, words: Sequence[str]) -> bool:
    surface = cast.traits(name).words
    need = {"defence" if word == "defense" else word for word in words}
    have = {"defence" if word == "defense" else word for word in surface} | set(cast.name(name.actor).split())
    traits = cast.traits(name)
    if traits.person:
        if cast.kind(name.actor) in load_attribution_words().kinds["bloc"]:
            return need <= set(cast.name(name.actor).split())
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
    if noun == "charity":
        return named or kind == "organisation"
    if noun == "body":  # "the world body", "the 15-nation body"
        return named or (len(words) > 1 and kind in load_attribution_words().kinds["bloc"])
    if noun in ("coalition", "union", "league", "agency"):
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


FITS: dict[str, Callable[[Cast, Mention, Sequence[str]], bool]] = {
    "body": _fits_body,
    "group": _fits_group,
    "force": _fits_force,
    "bloc": _fits_bloc,
    "state": _fits_state,
}


def name_after(items: Sequence[Item], place: int) -> str:
    """Return the surname of the first two or three capitalised words that follow soon; empty if there are none."""
    for first in range(place, min(len(items) - 1, place + 4)):
        if items[first].mentions or items[first].low in (".", ";", ":"):
            return ""
        if items[first].capital and items[first + 1].capital and not items[first + 1].mentions:
            is_third = first + 2 < len(items) and items[first + 2].capital and not items[first + 2].mentions
            return items[first + 1 + is_third].low
    return ""


def may_own(items: Sequence[Item], place: int, *, owned: Sequence[Mention], subject: Subject | None) -> bool:
    """Say whether "his" may be the owner's; not in "Varga's office rejected his remarks", where the office acts."""
    if subject is None or all(name not in subject.mentions for name in owned):
        return True
    return place > 0 and items[place - 1].low in load_attribution_words()["conjunctions"]


def issues_statement(items: Sequence[Item]) -> bool:
    """Say whether a sentence has a verb that puts a statement into the world."""
    return any(item.low in ("issued", "released", "signed", "published", "adopted", "issue", "made") for item in items)


def closing_source(items: Sequence[Item]) -> Names:
    """Return who is named as the source at a sentence's end: "..., the Defense Ministry reported on Thursday."."""
    verbs = load_attribution_words().say_finite
    for place in range(len(items) - 2, max(1, len(items) - 9), -1):
        if items[place].mentions and items[place + 1].low in verbs:
            before = items[place - 1].low if items[place - 1].low not in ("the", "a") else items[place - 2].low
            return items[place].mentions if before == "," else ()
    return ()


def is_governed(items: Sequence[Item], name: Mention) -> bool:
    """Say whether a name follows a preposition (articles and titles between), so that it is no subject."""
    prepositions = load_attribution_words()["prepositions"]
    for i, item in enumerate(items):
        if name in item.mentions:
            while i > 0 and items[i - 1].low in ("the", "a", "an", "both"):
                i -= 1
            return i > 0 and items[i - 1].low in prepositions
    return False


def opens_clause(items: Sequence[Item], name: Mention) -> bool:
    """Say whether a name begins a clause, so that it is likely its subject."""
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


def is_acting(items: Sequence[Item], place: int) -> bool:
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


def is_object(items: Sequence[Item], place: int) -> bool:
    """Say whether "her" is no possessive: nothing follows that could be had."""
    words = load_attribution_words()
    following = items[place + 1].low if place + 1 < len(items) else "."
    if place + 1 < len(items) and items[place + 1].mentions and " " in following:
        return False  # "her Turkish counterpart"
    return not following.isalpha() or following in words["prepositions"] or following in words["conjunctions"]


def is_plural_noun(item: Item) -> bool:
    """Say whether a word looks like the plural of a common noun, for which "they" may stand."""
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


def first_of_each(names: Iterable[Mention]) -> Names:
    """Return the first name of each actor."""
    first: dict[str, Mention] = {}
    for name in names:
        first.setdefault(name.actor, name)
    return tuple(first.values())


def only_one(names: Sequence[Mention]) -> Names:
    """Return the one actor's first name; nothing where there are several actors."""
    return (names[0],) if len({name.actor for name in names}) == 1 else ()


def last_of(names: Sequence[Mention]) -> Names:
    """Return the last name alone."""
    return (names[-1],)
