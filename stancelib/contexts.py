"""Whether a name in its context is no actor after all: a place, a topic, or part of a longer name."""

from __future__ import annotations

import re
from functools import lru_cache

from stancelib.aliases import Hit, Sense
from stancelib.lexicon import Lexicon, load_common_words
from stancelib.phrases import begins_sentence, next_word, previous_word
from stancelib.places import is_acronym

_CAPITAL_BEFORE = re.compile(r"([A-Z][^\W\d_]+), $")
_PLACE_AFTER = re.compile(r"(?:[,;.)]|$|\n| (?:on|in|where|by|at|after|before|to|from|during|for)\b)")
_WORD = re.compile(r"[^\W\d_]+")
_HEADLINE = 160


def is_compound(text: str, hit: Hit, lexicon: Lexicon) -> bool:
    """Say whether a hyphen joins the name to another word: "U.N.-backed", "pro-Russian", "Russia-Ukraine"."""
    after = text[hit.end : hit.end + 2]
    if after[:1] == "-" and after[1:].isalnum():
        return True
    if hit.start < 2 or text[hit.start - 1] != "-" or not text[hit.start - 2].isalnum():
        return False
    prefix = _WORD.findall(text[max(0, hit.start - 12) : hit.start])
    return not prefix or prefix[-1].lower() not in lexicon.particles


def names_city_of(text: str, hit: Hit, following: Hit | None) -> bool:
    """Say whether a capital and its own state stand side by side as an address: "Kyiv, Ukraine"."""
    return (
        hit.sense.kind == "capital"
        and following is not None
        and following.sense.kind == "state"
        and following.sense.actor == hit.sense.actor
        and text[hit.end : following.start] == ", "
    )


def is_address(text: str, hit: Hit, previous_end: int, lexicon: Lexicon) -> bool:
    """Say whether an unknown town before a state makes it an address: "Springfield, Georgia"."""
    if hit.sense.kind != "state":
        return False
    match = _CAPITAL_BEFORE.search(text[max(0, hit.start - 30) : hit.start])
    if match is None or previous_end == hit.start - 2 or _PLACE_AFTER.match(text, hit.end) is None:
        return False
    word = match[1].lower()
    return word not in lexicon.calendar and word not in lexicon.starters and word not in lexicon.heads


def is_inside_name(text: str, hit: Hit, *, previous_end: int, next_start: int, lexicon: Lexicon) -> bool:
    """Say whether an unknown capitalised neighbour makes the name part of a longer one: "Michael Jordan".

    Args:
        text: Folded text.
        hit: The hit.
        previous_end: Where the hit before ends.
        next_start: Where the hit after starts.
        lexicon: The word lists.
    """
    sense = hit.sense
    if (
        (" " in sense.text and sense.kind != "state")
        or is_acronym(sense)
        or sense.kind in ("person", "other")
        or not sense.text[:1].isupper()
    ):
        return False
    if sense.kind == "name" and not sense.local and not sense.text.istitle():
        return False
    if _in_headline(text, hit):
        return False
    alone = previous_end == hit.start - 1 or " " in sense.text
    before = None if alone else previous_word(text, hit.start)
    if before is not None and _joins_before(text, before, lexicon) and not _is_first_name(before[0], sense):
        return True
    after = None if next_start == hit.end + 1 else next_word(text, hit.end)
    return after is not None and after[0][0].isupper() and after[0].lower() not in lexicon.function_words


def _is_first_name(word: str, sense: Sense) -> bool:
    return sense.kind in ("short", "surname") and any(part[:1] == word[:1] for part in sense.person.split()[:-1])


def _joins_before(text: str, before: tuple[str, int], lexicon: Lexicon) -> bool:
    word, start = before
    if (
        not word[0].isupper()
        or word.endswith("'s")
        or word == "s'"
        or word.rpartition("-")[2].islower()  # "Russia-backed"
        or word.removesuffix(".").lower() in lexicon.function_words
    ):
        return False
    if word.endswith(".") and len(word) > 2:
        return False
    return not (begins_sentence(text, start) and word.lower() in load_common_words())


def _in_headline(text: str, hit: Hit) -> bool:
    """Say whether the line is a headline: short, most words capitalised, and no full stop."""
    start = text.rfind("\n", 0, hit.start) + 1
    end = text.find("\n", hit.end, hit.end + _HEADLINE)
    if end < 0:
        end = len(text)
    if end - start > _HEADLINE or text[end - 1] in ".!?\"'":
        return False
    words = [word for word in _WORD.findall(text[start:end]) if len(word) > 3]
    return len(words) > 3 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)


def is_homonym(text: str, hit: Hit, lexicon: Lexicon) -> bool:
    """Say whether the words after, or others of the text, make a name another thing: "Georgia's governor"."""
    for homonym in lexicon.homonym:
        if hit.sense.text == homonym.name:
            end = hit.end + 2 if text.startswith("'s", hit.end) else hit.end
            after = text[end : end + 30].lower()
            return any(after.startswith(f" {words}") for words in homonym.followed) or _has_any(text, homonym.nearby)
    return False


@lru_cache(maxsize=8)
def _has_any(text: str, names: tuple[str, ...]) -> bool:
    """Say whether a text has one of the names; remembered, as each mention of a long text asks it."""
    return any(name in text for name in names)
