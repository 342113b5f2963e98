"""Sentences as items: words, marks, mentions, and expressions that may stand for an actor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from stancelib.types import Mention

Reference = str
"""The class of an expression that stands for an actor: "he", "they", "it", "pair", "person", "body", "state" ..."""


class Item(NamedTuple):
    """A word, a mark, a mention, or an expression that may stand for an actor.

    Attributes:
        low: The text in lower case.
        mentions: The actors that it names or stands for; several for a list.
        reference: The class of an expression; empty for names and words.
        capital: Whether it begins with a capital.
    """

    start: int
    end: int
    low: str
    mentions: tuple[Mention, ...] = ()
    reference: Reference = ""
    capital: bool = False


def itemize(
    text: str,
    spans: Iterable[tuple[int, int]],
    *,
    mentions: Sequence[Mention],
    references: Mapping[int, tuple[int, Reference]],
) -> list[Item]:
    """Return the items of some stretches of text, in order.

    Args:
        text: The document's text.
        spans: The stretches.
        mentions: The mentions inside the stretches, sorted.
        references: Start -> (end, class) of the expressions that may stand for an actor.
    """
    items: list[Item] = []
    for start, end in spans:
        position = start
        for first, last, group in _groups(mentions, start, end=end):
            items += _words(text, position, end=first, references=references)
            items.append(Item(first, last, text[first:last].lower(), group, "", text[first].isupper()))
            position = last
        items += _words(text, position, end=end, references=references)
    return items


def _groups(mentions: Sequence[Mention], start: int, *, end: int) -> list[tuple[int, int, tuple[Mention, ...]]]:
    """Group the mentions inside a stretch by their spans; one that overlaps the one before joins it."""
    groups: list[tuple[int, int, tuple[Mention, ...]]] = []
    for mention in mentions:
        if mention.start < start or mention.end > end:
            continue
        if groups and mention.start < groups[-1][1]:
            first, last, group = groups.pop()
            groups.append((first, max(last, mention.end), (*group, mention)))
        else:
            groups.append((mention.start, mention.end, (mention,)))
    return groups


_TOKEN = re.compile(r"['’]s\b|[^\W\d_]+(?:[.'’-][^\W\d_]+)*|\d[\d.,:]*\d|\S")


def _words(text: str, start: int, *, end: int, references: Mapping[int, tuple[int, Reference]]) -> list[Item]:
    items: list[Item] = []
    position = start
    for match in _TOKEN.finditer(text, start, end):
        first, last = match.span()
        if first < position:
            continue
        word = match[0]
        if first in references:
            position, reference = references[first]
            word = text[first:position]
            low = word.lower()
            items.append(Item(first, position, low, (), reference, low != word and word[0].isupper()))
        elif word[-1] == "s" and len(word) > 2 and word[-2] in "'’":
            items.append(Item(first, last - 2, word[:-2].lower(), (), "", word[0].isupper()))
            items.append(Item(last - 2, last, "'s"))
        elif word.islower():
            items.append(Item(first, last, word))
        else:
            low = word.lower()
            items.append(Item(first, last, low, (), "", low != word and word[0].isupper()))
    return items
