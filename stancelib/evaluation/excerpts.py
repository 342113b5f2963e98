"""What a page shows of a text: a sentence, the words around its further mentions, and who is named where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from stancelib.types import Mention

_MARGIN = 120
"""Characters that are shown around a mention outside the sentence; pieces nearer to each other are joined."""

_SPACE = re.compile(r"\s+")


class Look(NamedTuple):
    """How the words look that name some actors, and what is said of these; both empty: nobody is named."""

    look: str
    names: str


class Piece(NamedTuple):
    """A stretch of the text: where it stands, who is named by it, and whose mentions end with it."""

    text: str
    role: Literal["context", "sentence", "gap"]
    look: str = ""
    names: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A sentence of a text, and what is to be marked in and around it.

    Attributes:
        text: The whole text.
        sentence: Where the sentence stands in it.
        mentions: Of the sentence's actors, inside and outside the sentence.
        looks: Gives the look of the words that name some actors.
        subjects: The actors that are told by the look of their words, and not by the id beside them.
    """

    text: str
    sentence: tuple[int, int]
    mentions: Sequence[Mention]
    looks: Callable[[Sequence[str]], Look]
    subjects: frozenset[str] = frozenset()


def cut_excerpt(excerpt: Excerpt) -> Iterator[Piece]:
    """Yield the sentence and the text around its further mentions, with a gap wherever text is left out there."""
    text, (start, end) = excerpt.text, excerpt.sentence
    windows = _windows(text, (start, end), mentions=excerpt.mentions)
    for number, (first, last) in enumerate(windows):
        if number or 0 < first < start:
            yield Piece("", "gap")
        yield from _cut(excerpt, (first, last))
    if end < windows[-1][1] < len(text):
        yield Piece("", "gap")


def _cut(excerpt: Excerpt, window: tuple[int, int]) -> Iterator[Piece]:
    """Yield a stretch of the text in pieces, cut where a mention or the sentence begins or ends."""
    mentions, (first, last) = excerpt.mentions, excerpt.sentence
    edges = {edge for mention in mentions for edge in (mention.start, mention.end)} | {first, last}
    inner = {edge for edge in edges if window[0] < edge < window[1]}
    for start, end in pairwise(sorted({*window, *inner})):
        named = [mention for mention in mentions if mention.start <= start and end <= mention.end]
        look = excerpt.looks([mention.actor for mention in named])
        closed = dict.fromkeys(m.actor for m in named if m.end == end and m.actor not in excerpt.subjects)
        role: Literal["sentence", "context"] = "sentence" if first <= start < last else "context"
        yield Piece(excerpt.text[start:end], role, look.look, look.names, " ".join(closed))


def _windows(text: str, sentence: tuple[int, int], *, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Return what is shown of a text, in order: the sentence, and a margin around each mention outside it."""
    start, end = sentence
    spans = [sentence]
    for mention in mentions:
        if mention.start < start:
            spans.append((_word_start(text, mention.start), min(mention.end + _MARGIN, start)))
        elif mention.end > end:
            spans.append((max(mention.start - _MARGIN, end), _word_end(text, mention.end)))
    windows: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if windows and first - windows[-1][1] <= _MARGIN:
            first, last = windows[-1][0], max(last, windows.pop()[1])
        windows.append((first, last))
    return windows


def _word_start(text: str, place: int) -> int:
    """Return where the words begin that stand in the margin before a place."""
    margin = max(0, place - _MARGIN)
    space = _SPACE.search(text, margin - 1, place) if margin else None
    return space.end() if space else margin


def _word_end(text: str, place: int) -> int:
    """Return where the words end that stand in the margin after a place."""
    margin = min(len(text), place + _MARGIN)
    space = max(text.rfind(" ", place, margin), text.rfind("\n", place, margin)) if margin < len(text) else -1
    return space if space >= 0 else margin
