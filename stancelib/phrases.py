"""Words around a place in folded text: offices and heads after it, titles before it, and the names of persons."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from stancelib.lexicon import Lexicon

_NEXT = re.compile(r" ([^\W\d_]+(?:[-'](?!s\b)[^\W\d_]+)*)")
_PREVIOUS = re.compile(r"([^\W_]+(?:[-'.][^\W_]+)*\.?(?:'s)?|s')$")
_OF_PORTFOLIO = re.compile(r" (?:of|for) (?:the )?")
_NAME = re.compile(
    r" ((?:(?:al|el|as|ash|ad|an|ar|at|az|bin|ibn|ben|abu|van|von|der|den|de|del|della|di|da|dos|du|la|le|ould)[ -])*"
    r"(?:[A-Z]'|Mc|Mac)?[A-Z][^\W\d_A-Z](?:[^\W\d_]|['-](?!s\b)[^\W\d_])*|[A-Z]\.(?:[A-Z]\.)*)"
)
_MOST_WORDS = 8

_OF_BORDER = re.compile(r" of the (?:\w+ )?(?:border|frontier|river|line|straits?|crossing)\b")
_NO_FORCES = frozenset({"political forces", "security guards", "security guard"})
"""These belong to no state."""

_SCENE = 48
"""The longest word, in characters."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words after a name that end in a head: "foreign ministry spokesman".

    Attributes:
        end: After the last head; 0 if there is none.
        head: The last head in lower case.
        reach: After the last word that belongs to the run, head or modifier.
        distanced: A word of it says that this is not the actor: "former", "opposition".
    """

    end: int
    head: str
    reach: int
    distanced: bool = False


def next_word(text: str, position: int) -> tuple[str, int] | None:
    """Return the word after exactly one blank, without its possessive, and where it ends."""
    match = _NEXT.match(text, position)
    return (match[1], match.end()) if match else None


def previous_word(text: str, position: int) -> tuple[str, int] | None:
    """Return the word before exactly one blank, with full stop or possessive, and where it starts."""
    if position < 2 or text[position - 1] != " ":
        return None
    end = position - 1
    start = max(text.rfind(" ", max(0, end - _SCENE), end), text.rfind("\n", max(0, end - _SCENE), end)) + 1
    word = text[start:end]
    if not word.isalpha():
        match = _PREVIOUS.search(word)
        if match is None:
            return None
        start, word = start + match.start(), match[1]
    return (word, start) if word else None


def head_run(text: str, position: int, *, limit: int, heads: Set[str], lexicon: Lexicon) -> Run:
    """Follow modifiers and heads from the end of a name.

    Args:
        text: Folded text.
        position: Where the name ends.
        limit: Where the next known name starts; the run stops there.
        heads: The words that may complete the name.
        lexicon: The word lists.
    """
    end, head, reach = 0, "", position
    for _ in range(_MOST_WORDS):
        found = next_word(text, reach)
        if found is None or found[1] > limit:
            break
        word = found[0].lower()
        if word in lexicon.distancing and (word not in ("then", "late") or _is_title(text, found[1], lexicon)):
            return Run(end, head, reach, distanced=not end)
        pair = f"{text[position:reach].rsplit(' ', 1)[-1].lower()} {word}"
        if pair in _NO_FORCES or (word == "side" and _OF_BORDER.match(text, found[1])):
            break
        dotted = word in lexicon.abbreviations and text.startswith(". ", found[1])
        if word in heads or dotted or pair in lexicon.paired_heads or (word in lexicon.ranks and found[0][0].isupper()):
            reach = found[1] + dotted
            end, head = reach, word
            reach = end = _after_portfolio(text, reach, limit=limit, lexicon=lexicon)
        elif word in lexicon.modifiers or (word == "and" and reach > position):
            reach = found[1]
        else:
            break
    if reach > end and text.endswith(" and", position, reach):
        reach -= 4  # "and" joins with what comes next
    return Run(end, head, reach)


def _is_title(text: str, position: int, lexicon: Lexicon) -> bool:
    found = next_word(text, position)
    return found is not None and found[0].lower() in lexicon.titles


def _after_portfolio(text: str, position: int, *, limit: int, lexicon: Lexicon) -> int:
    """Return where "of Foreign Affairs" after an office ends, or the place itself."""
    match = _OF_PORTFOLIO.match(text, position)
    if match is None:
        return position
    end, reach = position, match.end() - 1
    for _ in range(_MOST_WORDS):
        found = next_word(text, reach)
        if found is None or found[1] > limit:
            break
        word = found[0].lower()
        if word in lexicon.portfolios:
            end = found[1]
        elif word != "and":
            break
        reach = found[1]
    return end


def name_run(text: str, position: int, *, limit: int, lexicon: Lexicon) -> int:
    """Return where a person's name after a title ends; the place itself if none follows."""
    end = position
    for _ in range(4):
        match = _NAME.match(text, end)
        if match is None or match.end() > limit or not _may_be_name(match[1], lexicon):
            break
        end = match.end()
    return end if not text[position:end].endswith(".") else position


def _may_be_name(word: str, lexicon: Lexicon) -> bool:
    lower = word.lower()
    return lower not in lexicon.calendar and lower not in lexicon.heads and lower not in lexicon.starters


def title_start(text: str, position: int, *, floor: int, lexicon: Lexicon) -> tuple[int, str]:
    """Walk left over a person's titles.

    Args:
        text: Folded text.
        position: Where the name starts.
        floor: Where the mention before ends; titles before it belong to that one.
        lexicon: The word lists.

    Returns:
        Where the titles start (the position itself if there are none), and the titles in lower case.
    """
    start, reach = position, position
    words: list[str] = []
    for _ in range(_MOST_WORDS):
        found = previous_word(text, reach)
        if found is None or found[1] < floor:
            break
        word = found[0].lower().removesuffix(".")
        if found[0].endswith(".") and word not in lexicon.abbreviations:
            break  # a full stop that ends the sentence before
        is_title = word in lexicon.titles or (bool(words) and word in lexicon.heads - lexicon.acts)
        if not is_title and not (
            word in lexicon.modifiers or word in lexicon.portfolios or (words and word in ("of", "and", "for"))
        ):
            break
        if not words and not (is_title or word in lexicon.portfolios):
            break
        words.append(word)
        reach = found[1]
        if is_title or (start < position and word in lexicon.modifiers):
            start = reach
    return start, " ".join(words) if start < position else ""


def with_article(text: str, start: int, *, floor: int) -> int:
    """Return where "the" before a description starts, or the description's start."""
    return (
        start - 4
        if start - 4 >= floor and text[start - 4 : start] in ("the ", "The ", "THE ") and _bounded(text, start - 4)
        else start
    )


def _bounded(text: str, start: int) -> bool:
    return start == 0 or not text[start - 1].isalnum()


def begins_sentence(text: str, start: int) -> bool:
    """Say whether a place is the start of a sentence, a quotation or a paragraph."""
    before = text[max(0, start - 4) : start].rstrip(" \"'(")
    return not before or before[-1] in ".!?:\n-"


@dataclass(frozen=True, slots=True)
class Owner:
    """A head before a name that makes both one description: "the government in" Tripoli, "forces loyal to" Hifter.

    Attributes:
        start: Where the description starts, its "the" included; -1: the head belongs to somebody else.
        head: The head in lower case.
    """

    start: int
    head: str


def owner_before(text: str, start: int, *, floor: int, lexicon: Lexicon) -> Owner | None:
    """Return the head that a preposition ties to a name, or None.

    Args:
        text: Folded text.
        start: Where the name starts.
        floor: Where the mention before ends.
        lexicon: The word lists.
    """
    words = _words_before(text, start)
    if len(words) < 2:
        return None
    link, words = words[0][0], words[1:]
    if len(words) > 1 and f"{words[0][0]} {link}" in _LONG_LINKS:
        link, words = f"{words[0][0]} {link}", words[1:]
    head, head_start = words[0]
    if head_start < floor:
        return Owner(-1, head) if head in lexicon.heads else None
    if head not in _owning(link, lexicon):
        return Owner(-1, head) if link in ("to", "for", "in", "on") and head in lexicon.posted else None
    for word, word_start in words[1:]:
        if word not in lexicon.modifiers or word_start < floor:
            break
        head_start = word_start
    return Owner(with_article(text, head_start, floor=floor), head)


def _owning(link: str, lexicon: Lexicon) -> Set[str]:
    if link in ("in", "based in"):
        return lexicon.seated
    if link == "of":
        return (
            lexicon.seated
            | (lexicon.offices | lexicon.institutions | lexicon.forces) - lexicon.unowned - lexicon.place_nouns
        )
    if link == "for":
        return _SPEAKING
    if link == "to":
        return _ADVISING
    if link in ("loyal to", "allied to", "led by", "commanded by", "under", "fighting for"):
        return (lexicon.forces | lexicon.fighters) - lexicon.offices
    return frozenset()


_ADVISING = frozenset({"adviser", "advisers", "advisor", "advisors", "aide", "aides"})
_SPEAKING = frozenset({"spokesman", "spokeswoman", "spokesperson", "spokesmen", "spokespeople"})


def _words_before(text: str, start: int) -> list[tuple[str, int]]:
    """Return up to five words before a place, the nearest first, without a leading "the"."""
    words: list[tuple[str, int]] = []
    position = start
    for _ in range(6):
        found = previous_word(text, position)
        if found is None:
            break
        position = found[1]
        if words or found[0].lower() != "the":
            words.append((found[0].lower(), position))
        if len(words) == 1 and words[0][0] not in _LINKS:
            break
    return words


_LONG_LINKS = frozenset({"loyal to", "allied to", "led by", "commanded by", "based in", "fighting for"})
_LINKS = frozenset({"in", "of", "for", "to", "on", "by", "under"})


def possessive_end(text: str, end: int) -> int:
    """Return where the possessive after a name ends, or 0 if there is none."""
    if text.startswith("'s ", end):
        return end + 2
    return end + 1 if text.startswith("' ", end) and text[end - 1] in "sxz" else 0
