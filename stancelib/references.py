"""Find the pronouns and descriptions that may stand for an actor: "he", "its", "the ministry", "the two presidents"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from stancelib.attribution_words import load_attribution_words
from stancelib.lexicon import load_lexicon
from stancelib.types import Mention

_PAIR_NOUNS = (
    "sides|countries|states|nations|leaders|presidents|ministers|prime ministers|premiers|governments|men|women|parties|powers|"
    "capitals|allies|neighbou?rs|officials|diplomats|delegations|counterparts|chiefs|presidencies|armies|statesmen|organi[sz]ations|"
    "groups|movements|rivals|militaries|ministries"
)
_MODIFIERS = (
    r"(?:(?:foreign|defen[cs]e|interior|prime|finance|oil|energy|rival|neighbou?ring|allied|warring|top|vice)\s+)?"
)


def find_references(text: str, start: int, end: int, *, mentions: Sequence[Mention]) -> dict[int, tuple[int, str]]:
    """Return the expressions of a stretch by their start, each with its end and class.

    Args:
        text: The document's text.
        start: Where the stretch begins.
        end: Where it ends.
        mentions: The stretch's mentions; what overlaps one is no reference.
    """
    found: dict[int, tuple[int, str]] = {}
    for match in _pattern().finditer(text, start, end):
        first, last = match.span()
        kind = match.lastgroup or ""
        if any(mention.start < last and first < mention.end for mention in mentions):
            continue
        if kind not in _PRONOUNS and _goes_on(text[last : last + 40]):
            continue
        found[first] = (last, kind)
    return found


_PRONOUNS = frozenset({"he", "she", "him", "his", "her", "they", "their", "it", "its"})
_FOLLOWING = re.compile(r"\s+(?:(of|for|led|headed|that|who|whose|which|between)\b|([^\W\d_][\w-]*))")


def _goes_on(after: str) -> bool:
    """Say whether a description is only the beginning of a longer one: "the group of", "the army chief"."""
    match = _FOLLOWING.match(after)
    if match is None:
        return after[:1] == "-"
    if match[1]:
        return True
    lexicon = load_lexicon()
    word = match[2]
    if word[0].isupper():
        return word.lower() not in lexicon.calendar
    return word not in _VERBS_TOO and (word in lexicon.group_heads or word in _more_nouns())


_VERBS_TOO = frozenset(
    {
        "strikes",
        "attacks",
        "attack",
        "strike",
        "plans",
        "demands",
        "fire",
        "plan",
        "raid",
        "raids",
        "assaults",
        "chairs",
    }
)


@cache
def _more_nouns() -> frozenset[str]:
    nouns = load_attribution_words().nouns
    return load_attribution_words()["bystanders"].union(*nouns.values())


@cache
def _pattern() -> re.Pattern[str]:
    nouns = load_attribution_words().nouns
    modifiers = (
        "foreign|defen[cs]e|interior|prime|finance|oil|energy|vice|deputy|armed|military|joint|security|rebel|militant|"
        "insurgent|armed|islamist|shiite|shia|sunni|paramilitary|jihadist|separatist|final|world|global|regional|western|"
        "russian-backed|national|top|senior|same|closing|african|european"
    )
    described = "|".join(
        rf"(?P<{kind}>(?:[Tt]he|[Tt]his|[Tt]hat)\s+(?:(?:{modifiers})\s+){{0,2}}(?:{_any(nouns[kind])}))"
        for kind in ("person", "statement", "body", "force", "state", "group", "bloc")
    )
    pair = (
        rf"(?P<pair>(?:[Bb]oth(?:\s+the)?|[Tt]he\s+two|[Tt]heir\s+two)\s+{_MODIFIERS}(?:{_PAIR_NOUNS})"
        r"|[Tt]he\s+pair|[Bb]oth(?=\s+(?:said|have|had|are|were|agreed|called|will|also|want|denied|reject|rejected|deny)\b)"
        r"|[Tt]he\s+two(?=\s+(?:said|have|had|are|were|agreed|called|will|also|met|spoke|discussed|held|signed|would)\b))"
    )
    voice = (
        r"(?P<voice>(?:[Aa]n?|[Tt]he)\s+(?:senior\s+|top\s+)?(?:army|military|navy|government|(?:(?:foreign|defen[cs]e|interior)\s+)?"
        r"ministry|group|movement|rebel|presidency|parliament)\s+(?:spokes(?:man|woman|person)|officials?|source|commander))"
    )
    plural = r"(?P<they>[Tt]hey|[Tt]he\s+(?:(?:foreign|defen[cs]e|prime)\s+)?(?:ministers|presidents|leaders|diplomats|envoys))"
    pronouns = (
        r"(?P<he>[Hh]e)|(?P<she>[Ss]he)|(?P<him>him)|(?P<his>[Hh]is)|(?P<her>[Hh]er)|(?P<their>[Tt]heir)"
        r"|(?P<it>[Ii]t)|(?P<its>[Ii]ts)"
    )
    return re.compile(rf"\b(?:{pronouns}|{pair}|{plural}|{voice}|{described})\b(?![-’'](?!s\b))")


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
