"""Other spellings of the same words: of names, of quotation marks, and with slips of letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from stancelib.evaluation.templates import Respelling

_PROTECTED = re.compile(r"\[[^\]]*\]\(\w+\)|\{[^}]*\}")
_LONG_WORD = re.compile(r"\b[a-z]{5,}\b")
_OPENING = re.compile(r'(?<!\S)"')


def respell_name(spellings: Sequence[str], how: Respelling, *, form: str) -> Sequence[str]:
    """Return the spellings of a name with another one in front; the same one where ``how`` does not touch the name.

    Args:
        spellings: The spellings that are listed, the usual one first.
        how: The sort of change.
        form: The form of ``FORMS`` that the name is in; only names of persons get accents.
    """
    name = spellings[0]
    if how == "alias":
        return (*spellings[1:], name)
    if how == "wraps":
        return ("\n".join(name.rsplit(" ", 1)),)
    if how == "hyphens":
        return (name.replace("-", " "),)
    return (_accent(name),) if form == "person" else spellings


def curl_quotes(text: str) -> str:
    """Return a text with curly quotation marks and apostrophes; every character stays one, so that marks hold."""
    return _OPENING.sub("“", text).replace('"', "”").replace("'", "’")


def slip_letters(template: str, n: int, *, rng: np.random.Generator) -> str:
    """Let letters slip in long words of a template, never in a mention: two change places, one is lost or doubled.

    Args:
        template: The text with its blanks.
        n: In how many words, as far as there are as many.
        rng: Chooses the words and the slips.
    """
    guarded = [match.span() for match in _PROTECTED.finditer(template)]
    words = [
        match.span()
        for match in _LONG_WORD.finditer(template)
        if not any(start < match.end() and match.start() < end for start, end in guarded)
    ]
    chosen = sorted(rng.permutation(len(words))[:n], reverse=True)
    for start, end in (words[number] for number in chosen):
        template = template[:start] + _misspell(template[start:end], rng) + template[end:]
    return template


def _accent(name: str) -> str:
    """Put an acute accent on the last vowel of a name that has small letters."""
    found = list(re.finditer(r"[aeiou](?=[a-z])", name))
    if not found:
        return name
    at = found[-1].start()
    return name[:at] + unicodedata.normalize("NFC", name[at] + "\u0301") + name[at + 1 :]


def _misspell(word: str, rng: np.random.Generator) -> str:
    """Let one letter slip; the first stays, as in most slips of a typist."""
    at = int(rng.integers(1, len(word) - 1))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    slips = [swapped, word[:at] + word[at + 1 :], word[: at + 1] + word[at:]]
    different = [slip for slip in slips if slip != word]
    return different[int(rng.integers(len(different)))]
