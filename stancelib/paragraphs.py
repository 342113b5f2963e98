"""Where the paragraphs of a text begin and end: blank lines, and line breaks that are not mere wrapping."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise, product

from stancelib.abbreviations import LINKING_WORDS, STARTERS, TITLES
from stancelib.world import load_world

Span = tuple[int, int]
"""Start and end of a stretch of text, half-open."""

_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+|\r\n|[\r\n\v\x85\u2028]|[\f\u2029]")
_TERMINAL = re.compile(r"[.!?…:]['\"”’»)\]]*$")
_BULLET = re.compile(r"(?:[•▪●◦‣·*]|[-–—](?=\s)|\(?\d{1,2}[.)](?=\s))\s*\S")
_LAST_WORD = re.compile(r"[\w.'’]+$")
_FIRST_WORD = re.compile(r"[\w'’.-]+")
_WORD = re.compile(r"\w+(?:[.-]\w+)*")
_MOST_WORDS = 4
"""How many words of a name are looked for on either side of a line break."""

_FULL_SHARE = 0.8
"""A wrapped line that fills less of the width than this was ended on purpose."""


def split_paragraphs(text: str) -> list[Span]:
    """Return the spans of the paragraphs, without white space at their ends, in order.

    A blank line ends a paragraph. So does a line break, unless the line goes on: the next one starts in lower case, the
    line ends in a comma or a linking word, the break cuts a name of the world files, or the text is wrapped at a fixed
    width that the line fills.
    """
    blocks = list(_blocks(text))
    width = _wrap_width(text, blocks)
    return [span for block in blocks for span in _join_lines(text, block, width=width)]


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without the white space at its ends; an empty span if there is nothing else."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, max(start, start + len(piece.strip()))


def _blocks(text: str) -> Iterator[list[Span]]:
    lines: list[Span] = []
    blank = True
    for match in _LINE.finditer(text):
        piece = match.group()
        if not piece.isspace():
            lines.append(trim(text, match.start(), match.end()))
            blank = False
        elif piece[0] in "\r\n\v\f\x85\u2028\u2029":
            if lines and (blank or piece in "\f\u2029"):
                yield lines
                lines = []
            blank = True
    if lines:
        yield lines


def _wrap_width(text: str, blocks: Iterable[Sequence[Span]]) -> int:
    """Return the longest line that is certainly wrapped; 0 if none is."""
    return max(
        (
            end - start
            for block in blocks
            for (start, end), (after, _) in pairwise(block)
            if text[after].islower() and not _TERMINAL.search(text[start:end][-8:])
        ),
        default=0,
    )


def _join_lines(text: str, lines: Sequence[Span], *, width: int) -> Iterator[Span]:
    start, end = lines[0]
    for line, following in pairwise(lines):
        if not _goes_on(text[slice(*line)], text[slice(*following)], width=width):
            yield start, end
            start = following[0]
        end = following[1]
    yield start, end


def _goes_on(line: str, following: str, *, width: int) -> bool:
    """Say whether a line break is only where the writer ran out of room."""
    if _BULLET.match(following):
        return False
    if following[0].islower() or _is_open_ended(line) or _cuts_name(line, following):
        return True
    first = _FIRST_WORD.search(following)
    word = first.group() if first else ""
    if not width or (word in STARTERS and not _TERMINAL.search(line[-8:])):
        return False
    return len(line) + 1 + len(word) > width * _FULL_SHARE and len(line) <= width * 1.25


def _is_open_ended(line: str) -> bool:
    if line[-1] in ",;-–—&/":
        return len(line) > 1
    last = _LAST_WORD.search(line)
    return last is not None and (last.group() in LINKING_WORDS or last.group().removesuffix(".") in TITLES)


def _cuts_name(line: str, following: str) -> bool:
    """Say whether a name of the world files stands across a line break: "the United" and "States agreed".

    A line that itself ends in a name cuts none: "Leaders meet at African Union" may be a headline, with "Commission
    staff left" below it.
    """
    if not (line[-1].isalnum() and following[0].isupper()):
        return False
    before = _WORD.findall(" ".join(line.rsplit(maxsplit=_MOST_WORDS)[-_MOST_WORDS:]))
    after = _WORD.findall(" ".join(following.split(maxsplit=_MOST_WORDS)[:_MOST_WORDS]))
    endings = [before[-n:] for n in range(1, len(before) + 1)]
    names = _names()
    if any(" ".join(ending) in names for ending in endings):
        return False
    beginnings = [after[:n] for n in range(1, len(after) + 1)]
    return any(" ".join(ending + beginning) in names for ending, beginning in product(endings, beginnings))


@cache
def _names() -> frozenset[str]:
    """Return the names of actors and persons as they stand in running text, without the marks between their words."""
    world = load_world()
    terms = [term for actor in world.actors.values() for term in (*actor.aliases, *actor.capitals, *actor.metonyms)]
    terms += [term for person in world.persons for term in person.spellings]
    names = [actor.name for actor in world.actors.values()] + [person.name for person in world.persons]
    return frozenset(" ".join(_WORD.findall(name)) for name in (*names, *(term.value for term in terms)))
