"""Say which language a text is in."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from stancelib.abbreviations import words_of

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SAMPLE = 6000
"""So many characters tell the language."""

_SHORTEST = 40
"""Fewer Latin letters than this tell nothing."""

_SHORTEST_WITHOUT_NAMES = 25
"""The same for the letters of words that are no names."""

_ENGLISH_SHARE = 0.15
"""A text with such a share of the commonest English words is English: no other language has nearly as many."""

# Frequent in English and next to unknown in its neighbours.
_ENGLISH_WORDS = words_of(
    """
    the of and to that with for said from has by his which they their have been would were are this is it its as on at
    who after about but not be than more when other over into had
    """
)

# Pidgins, dialects and dead languages would only take English news with foreign names away from English.
_LANGUAGES = words_of(
    """
    af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu ha he hi hr hu hy id is it ja ka kk km kn ko
    ku ky lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so sq sr sv sw ta te th tl tr ug uk ur uz vi zh
    """
)
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")
_WORD = re.compile(r"[^\W\d_]+")


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of a text's language; "en" for a text too short to tell."""
    sample = text[:_SAMPLE]
    letters, latin = _LETTER.findall(sample), _LATIN.findall(sample)
    if 2 * len(latin) < len(letters):
        return _classify(sample)
    if len(latin) < _SHORTEST:
        return "en"
    # Names are capitalised and tell nothing of the language around them.
    words = _WORD.findall(sample.lower() if sample.isupper() else sample)
    telling = [word for word in words if word.islower()]
    if sum(map(len, telling)) < _SHORTEST_WITHOUT_NAMES:
        return "en"
    share = sum(word.lower() in _ENGLISH_WORDS for word in words) / len(telling)
    return "en" if share >= _ENGLISH_SHARE else _classify(" ".join(telling))


def _classify(text: str) -> str:
    language, _ = _identifier().classify(text)
    return str(language)


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid import langid  # noqa: PLC0415 - a third of a second that most English text never needs

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    identifier.set_languages(_LANGUAGES)
    return identifier
