"""The subject of a clause, and whether its verb gives words to it: just enough grammar to say who speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from stancelib.attribution_words import load_attribution_words
from stancelib.items import Item
from stancelib.lexicon import load_lexicon
from stancelib.types import Mention


class Phrase(NamedTuple):
    """A noun phrase: whom it names (nobody: an unknown or no actor), where it ends, and whether it names people.

    ``pending`` is the place of the expression that must be resolved to know; -1: none.
    """

    mentions: tuple[Mention, ...]
    end: int
    human: bool = False
    pending: int = -1


class Subject(NamedTuple):
    """The subject of a clause.

    Attributes:
        mentions: Whom it names; empty: no known actor.
        human: Whether it is people (a known person, or somebody unknown).
        reporting: Whether its verb gives words to it.
        first: The place of its first item.
        pending: The place of an expression in it that is not resolved yet; -1: none.
    """

    mentions: tuple[Mention, ...]
    human: bool
    reporting: bool
    first: int
    pending: int = -1


_POSSESSIVES = frozenset({"'s", "’s", "'", "’"})
_MARKS = frozenset(
    {"/", "#", "@", "•", "*", ",", ";", ":", "-", "–", "—", "(", ")", "[", "]", ".", "...", "…", "!", "?"}
)
_OWNERS = frozenset({"his", "her", "their", "its", "our", "my"})
_HUMAN = frozenset({"he", "she", "his", "her", "they", "their", "person", "voice", "office", "pair"})
_REACH = 24


def find_subject(items: Sequence[Item], *, inverted: bool = False) -> Subject | None:
    """Return the subject of the clause that the items begin with; None where there is none to be seen.

    Args:
        items: The items of the clause, its lead-in included.
        inverted: Whether the clause follows a quotation, so that "said the minister" may begin it.
    """
    words = load_attribution_words()
    place, reporting = _skip_lead_in(items)
    if place >= len(items):
        return None
    if inverted and not items[place].mentions and items[place].low in words.say_finite:
        place, reporting = _skip_adverbs(items, place + 1), True
    if place >= len(items):
        return None
    phrase = read_phrase(items, place)
    if not phrase.mentions and phrase.pending < 0 and phrase.end == place:
        return None
    return Subject(phrase.mentions, phrase.human, reporting or reports(items, phrase.end), place, phrase.pending)


def read_phrase(items: Sequence[Item], place: int) -> Phrase:
    """Read the noun phrase that begins at a place."""
    words = load_attribution_words()
    first = place
    while (
        place < len(items)
        and not items[place].mentions
        and not items[place].reference
        and items[place].low in words["determiners"]
    ):
        place += 1
    if place >= len(items):
        return Phrase((), first)
    item = items[place]
    if item.mentions and item.low not in _OWNERS:
        return _read_named(items, place)
    if item.reference:
        if item.low in _OWNERS and place + 1 < len(items) and items[place + 1].mentions:
            return _read_named(items, place + 1)
        owned = item.low in _OWNERS or _is_possessive(items, place + 1)
        end = _owned_end(items, place + 1 + (item.low not in _OWNERS)) if owned else place + 1
        if item.mentions:
            return Phrase(item.mentions if end > 0 else (), max(end, place + 1), human=True)
        return Phrase((), max(end, place + 1), human=item.reference in _HUMAN, pending=place if end > 0 else -1)
    return _read_unknown(items, place)


def reports(items: Sequence[Item], place: int) -> bool:
    """Say whether the verb after a subject that ends at a place gives words to it: "said", "was quoted as saying"."""
    words = load_attribution_words()
    last = min(len(items), place + _REACH)
    place = _skip_asides(items, place)
    for n_passed in range(last - place):
        item = items[place + n_passed]
        if item.low in words.finite and not item.mentions:
            return True
        if item.low in ("was", "were", "is", "been") and _is_quoted(items, place + n_passed):
            return True
        if item.low not in words["adverbs"] and item.low not in words["temporal"] and not _is_date(item):
            return False
    return False


def _is_quoted(items: Sequence[Item], place: int) -> bool:
    return any(item.low in ("quoted", "cited", "reported", "heard") for item in items[place + 1 : place + 4])


def _skip_asides(items: Sequence[Item], place: int) -> int:
    """Skip brackets, appositions between commas and phrases like "of Italy" or "for the ministry" before a verb."""
    words = load_attribution_words()
    for _ in range(4):
        if place >= len(items):
            return place
        low = items[place].low
        if low == "(":
            place = _after(items, place, mark=")")
        elif low == ",":
            closing = _after(items, place, mark=",", verbs=words.finite)
            if closing == place + 1:
                return place + 1
            place = closing
        elif low in words["prepositions"] and not items[place].mentions:
            place = _to_verb(items, place)
        else:
            return place
    return place


def _after(items: Sequence[Item], place: int, *, mark: str, verbs: frozenset[str] = frozenset()) -> int:
    """Return the place after the next such mark; the place itself plus one if it does not come soon."""
    for i in range(place + 1, min(len(items), place + _REACH)):
        if items[i].low == mark and (not verbs or i + 1 >= len(items) or not items[i + 1].mentions or mark != ","):
            return i + 1
    return place + 1


def _to_verb(items: Sequence[Item], place: int) -> int:
    words = load_attribution_words()
    for i in range(place + 1, min(len(items), place + 9)):
        if items[i].low in words.finite or items[i].low in ("was", "were") or items[i].low in (",", "("):
            return i
    return len(items)


def _skip_lead_in(items: Sequence[Item]) -> tuple[int, bool]:
    """Return where the subject may begin, and whether "according to" stands before it."""
    words = load_attribution_words()
    place = 0
    for _ in range(6):
        place = _skip_adverbs(items, place)
        if place >= len(items) or items[place].mentions or items[place].reference:
            return place, False
        low = items[place].low
        if low == "according" and place + 1 < len(items) and items[place + 1].low == "to":
            return place + 2, True
        if low == "citing" or not (low in words["lead_ins"] or _is_participle(low)):
            return place, False
        place = _skip_lead_phrase(items, place)
    return len(items), False


def _skip_lead_phrase(items: Sequence[Item], place: int) -> int:
    after_time = place + 1
    while after_time < len(items) and _is_time(items[after_time]):
        after_time += 1
    if (
        after_time > place + 1
        and after_time < len(items)
        and (items[after_time].mentions or items[after_time].reference)
    ):
        return after_time
    for i in range(place + 1, len(items)):
        if items[i].low == ",":
            return i + 1
    return len(items)


def _skip_adverbs(items: Sequence[Item], place: int) -> int:
    words = load_attribution_words()
    while place < len(items):
        item = items[place]
        if item.mentions or item.reference:
            return place
        if not (item.low in words["adverbs"] or item.low in _MARKS or _is_date(item) or _is_lone_time(items, place)):
            return place
        place += 1
    return place


def _is_lone_time(items: Sequence[Item], place: int) -> bool:
    """Recognise "last week" and "late Sunday" at a clause's start."""
    if items[place].low not in (
        "last",
        "late",
        "early",
        "this",
        "next",
        "week",
        "month",
        "year",
        "morning",
        "evening",
        "night",
    ):
        return False
    following = items[place + 1] if place + 1 < len(items) else None
    return items[place].low not in ("last", "late", "early", "this", "next") or (
        following is not None and _is_time(following)
    )


def _is_time(item: Item) -> bool:
    words = load_attribution_words()
    return not item.mentions and not item.reference and (item.low in words["temporal"] or _is_date(item))


def _is_date(item: Item) -> bool:
    return item.low[:1].isdigit() or item.low.rstrip(".") in load_lexicon().calendar


def _is_participle(low: str) -> bool:
    return len(low) > 5 and low.endswith("ing")


def _read_named(items: Sequence[Item], place: int) -> Phrase:
    mentions = list(items[place].mentions)
    end = place + 1
    while True:
        following = _coordinated(items, end)
        if following < 0:
            break
        mentions += items[following].mentions
        end = following + 1
    if _is_possessive(items, end):
        end = _owned_end(items, end + 1)
        if end < 0:
            return Phrase((), place + 1, human=True)
        mentions = mentions if end else []
    elif _is_bystander(items, end):
        return Phrase((), end + 1, human=True)
    return Phrase(tuple(mentions), _skip_name(items, end), human=True)


def _coordinated(items: Sequence[Item], place: int) -> int:
    """Return the place of the mention that is joined on here ("A and B", "A, B and C"); -1 if none is."""
    i = place
    if i < len(items) and items[i].low == "," and _and_follows(items, i):
        i += 1
    if i < len(items) and items[i].low in ("and", "&"):
        i += 1
    elif i < len(items) - 2 and [item.low for item in items[i : i + 3]] == ["as", "well", "as"]:
        i += 3
    elif i == place:
        return -1
    while i < len(items) and items[i].low in ("the", "his", "her", "their", "its", "also", "both"):
        i += 1
    return i if i < len(items) and items[i].mentions else -1


def _and_follows(items: Sequence[Item], place: int) -> bool:
    """Say whether the comma belongs to a list that ends in "and" with a mention after it, before any verb."""
    i = place + 1
    for _ in range(12):
        if i >= len(items):
            return False
        if items[i].low == "and":
            return i + 1 < len(items) and (bool(items[i + 1].mentions) or items[i + 1].low == "the")
        if not (items[i].mentions or items[i].low in (",", "the")):
            return False
        i += 1
    return False


def _is_possessive(items: Sequence[Item], place: int) -> bool:
    return place < len(items) and items[place].low in _POSSESSIVES


def _owned_end(items: Sequence[Item], place: int) -> int:
    """Return the place after "foreign ministry" or "joint statement" in what is owned; -1 if it speaks for nobody."""
    words = load_attribution_words()
    lexicon = load_lexicon()
    end = -1
    for i in range(place, min(len(items), place + 6)):
        low = items[i].low
        if low in lexicon.group_heads or low in words["statements"] or low in words.nouns["state"]:
            end = i + 1
        elif low not in lexicon.modifiers:
            break
    return end


def _is_bystander(items: Sequence[Item], place: int) -> bool:
    """Say whether the name before only describes somebody: "Libya analysts", "a Kremlin critic"."""
    words = load_attribution_words()
    if place >= len(items) or items[place].mentions:
        return False
    low = items[place].low
    return low in words["bystanders"] and low not in load_lexicon().heads


def _skip_name(items: Sequence[Item], place: int) -> int:
    """Skip offices and the capitalised words of a name that the mention does not hold."""
    lexicon = load_lexicon()
    while place < len(items) and not items[place].mentions and items[place].low.isalpha():
        item = items[place]
        if not (item.capital or item.low in lexicon.offices or item.low in lexicon.officials):
            break
        if _is_date(item):
            break
        place += 1
    return place


def _read_unknown(items: Sequence[Item], place: int) -> Phrase:
    """Read a phrase whose head is no mention: "a spokesman for X" is X, "residents of X" are nobody we know."""
    words = load_attribution_words()
    lexicon = load_lexicon()
    human = False
    capitals = 0
    for i in range(place, min(len(items), place + 10)):
        item = items[i]
        if item.mentions and i > place and items[i - 1].low.rsplit(" ", 1)[-1] in lexicon.titles:
            return _read_named(items, i)
        if item.mentions or item.reference:
            return Phrase((), i, human or capitals > 1)
        speaks = item.low in lexicon.heads or item.low in words["statements"] or item.low in lexicon.officials
        if speaks and item.low not in ("source", "sources"):
            owner = _owner_after(items, i + 1)
            if owner is not None:
                return owner
        human = human or item.low in words["bystanders"] or item.low in lexicon.offices or item.low in lexicon.officials
        capitals += item.capital
        if item.low == "," and i > place:
            return _read_apposed(items, i + 1, human=human or capitals > 0) if capitals else Phrase((), i, human)
        if item.low in words.finite or item.low in words["auxiliaries"] or item.low in _MARKS:
            return Phrase((), i, human or (capitals > 0 and i - place <= 3 and items[place].capital and i > place))
    return Phrase((), min(len(items), place + 10), human)


def _owner_after(items: Sequence[Item], place: int) -> Phrase | None:
    if place >= len(items) or items[place].low not in ("of", "for", "from", "at", "to", "by", "in", "with"):
        return None
    i = place + 1
    while i < len(items) and not items[i].mentions and not items[i].reference and items[i].low in ("the", "a"):
        i += 1
    if i >= len(items):
        return None
    if items[i].mentions:
        named = _read_named(items, i)
        return named if named.mentions else None
    if items[i].reference and items[i].low not in _OWNERS:
        return Phrase((), i + 1, human=True, pending=i)
    return None


def _read_apposed(items: Sequence[Item], place: int, *, human: bool) -> Phrase:
    """Read what follows "Ivo Marek," : the mention that says who he is, if it names an office."""
    i = place
    while i < len(items) and not items[i].mentions and items[i].low in ("the", "a", "an"):
        i += 1
    if i < len(items) and items[i].mentions:
        titles = load_lexicon().titles
        if any(word in titles for word in _plain_words(items[i].low)):
            return Phrase(items[i].mentions, i + 1, human=True)
    return Phrase((), _after(items, place - 1, mark=","), human)


@cache
def _plain_words(low: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", low))
