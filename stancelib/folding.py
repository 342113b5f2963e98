"""Folded text for matching: no diacritics, plain quotes, dashes and blanks, and the way back to the text as given."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

_UNUSUAL = re.compile(r"[^!-~ ]+| {2,}")
"""Everything that folding may change: all but single blanks and printable ASCII."""

_SPACES = re.compile(r"\s+")

_SPECIAL = {
    **dict.fromkeys("‘’‚‛′ʼʻʹ`´ˈ＇", "'"),
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‐‑‒–−﹣－", "-"),
    **dict.fromkeys("—―⸺⸻", "--"),
    **dict.fromkeys(
        "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ""
    ),
    "…": "...",
    "ı": "i",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ħ": "h",
    "Ħ": "H",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
    "ß": "ss",
    "ẞ": "SS",
    "ə": "e",
    "Ə": "E",
    "ŋ": "n",
    "Ŋ": "N",
    "ŧ": "t",
    "Ŧ": "T",
}


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text, case kept.

    Attributes:
        text: The folded characters; a blank line is one line feed, any other white space one blank.
        offsets: Where each folded character begins in the text as given; empty: nothing was changed.
        ends: Where each ends there; combining marks belong to the character before them.
    """

    text: str
    offsets: list[int] = field(default_factory=list, repr=False)
    ends: list[int] = field(default_factory=list, repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the text as given that a stretch of the folded text stands for.

        Args:
            start: First character.
            end: After the last character; greater than ``start``.
        """
        return (self.offsets[start], self.ends[end - 1]) if self.offsets else (start, end)

    def offset(self, position: int) -> int:
        """Return where a folded character begins in the text as given."""
        return self.offsets[position] if self.offsets else position


def fold(text: str) -> Folded:
    """Fold a text; plain ASCII without runs of white space comes back as it is."""
    if text.isascii() and _UNUSUAL.search(text) is None:
        return Folded(text)
    pieces: list[str] = []
    offsets: list[int] = []
    ends: list[int] = []
    position = 0
    for match in _UNUSUAL.finditer(text):
        start, end = max(match.start(), position), match.end()
        if start >= end:
            continue
        _keep(text, (position, start), (pieces, offsets, ends))
        position = _fold_stretch(text, (start, end), (pieces, offsets, ends))
    _keep(text, (position, len(text)), (pieces, offsets, ends))
    return Folded("".join(pieces), offsets, ends)


def fold_alias(text: str) -> str:
    """Return the folded form of a name, without white space around it."""
    return fold(text).text.strip()


_Output = tuple[list[str], list[int], list[int]]


def _keep(text: str, span: tuple[int, int], output: _Output) -> None:
    start, end = span
    pieces, offsets, ends = output
    if start < end:
        pieces.append(text[start:end])
        offsets.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))


def _fold_stretch(text: str, span: tuple[int, int], output: _Output) -> int:
    """Fold a stretch character by character; return where it ends, white space after it included."""
    position, end = span
    while position < end:
        if text[position].isspace():
            position = _fold_space(text, position, output)
            continue
        _fold_character(text[position], position, output)
        position += 1
    pieces, _, ends = output
    while pieces and pieces[-1][-1:] in (" ", "\n") and text.startswith(" ", position):
        position += 1
        ends[-1] = position
    return position


def _fold_space(text: str, position: int, output: _Output) -> int:
    pieces, offsets, ends = output
    start = position
    if pieces and pieces[-1][-1:] == " ":
        # The single blank before the stretch belongs to the same run.
        pieces[-1] = pieces[-1][:-1]
        start = offsets.pop()
        ends.pop()
    found = _SPACES.match(text, position)
    end = found.end() if found else position + 1
    if pieces and pieces[-1][-1:] == "\n":
        ends[-1] = end
        return end
    pieces.append("\n" if text.count("\n", start, end) > 1 or "\u2029" in text[start:end] else " ")
    offsets.append(start)
    ends.append(end)
    return end


def _fold_character(character: str, position: int, output: _Output) -> None:
    pieces, offsets, ends = output
    folded = _fold_one(character)
    if not folded:
        if ends and ends[-1] == position and unicodedata.category(character) == "Mn":
            ends[-1] = position + 1
        return
    pieces.append(folded)
    offsets.extend([position] * len(folded))
    ends.extend([position + 1] * len(folded))


@lru_cache(maxsize=4096)
def _fold_one(character: str) -> str:
    special = _SPECIAL.get(character)
    if special is not None:
        return special
    if unicodedata.category(character) == "Mn":
        return ""
    base, *marks = list(unicodedata.normalize("NFD", character))
    if marks and all(unicodedata.category(mark) == "Mn" for mark in marks):
        return _SPECIAL.get(base, base)
    return character
