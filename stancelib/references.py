"""Find the pronouns and descriptions that may stand for an actor: "he", "its", "the ministry", "the two presidents"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from stancelib.attribution_words import load_attribution_words
from stancelib.lexicon import load_lexicon
from stancelib.types import Mention

_PAIR_NOUNS = (
    "sides|countries|states|nations|leaders|presidents|ministers|prime ministers|premiers|governments|men|parties|"
    "women|powers|capitals|allies|neighbou?rs|officials|diplomats|delegations|counterparts|chiefs|armies|organi[sz]ations|"
    "groups|movements|rivals|militaries|ministries|camps|envoys|enemies|heads of (?:state|government)"
)
_MODIFIERS = (
    r"(?:(?:foreign|defen[cs]e|interior|prime|finance|oil|energy|rival|neighbou?ring|allied|warring|top|vice)\s+)?"
)


def find_references(text: str, start: int, *, end: int, mentions: Sequence[Mention]) -> dict[int, tuple[int, str]]:
    """Return the expressions of a stretch by their start, each with its end and class.

    Args:
        text: The document's text.
        start: Where the stretch begins.
        end: Where it ends.
        mentions: The stretch's mentions; what overlaps one is no reference.
    """
    found: dict[int, tuple[int, str]] = {}
    bare = _BARE.search(text, start, end) is not None
    for match in _pattern(bare=bare).finditer(text, start, end):
        first, last = match.span()
        kind = match.lastgroup or ""
        if any(mention.start < last and first < mention.end for mention in mentions):
            continue
        is_told = text.startswith(" that ", last) and _TOLD.search(text, max(start, first - 10), first) is not None
        is_whole = kind in _PRONOUNS or kind in _WHOLE or is_told
        if not is_whole and _goes_on(text[last : last + 40], noun=match[0]):
            continue
        found[first] = (last, kind)
    return found


_BARE = re.compile(
    r"[ \n“\"‘'](?:[Ss]pokes|(?:[Gg]overnment|[Aa]rmy|[Mm]ilitary|[Rr]ebel|[Ii]nsurgent) [a-z]"
    r"|(?:Minister|Secretary) [A-Z])"
)
"""Where a description may stand without an article."""
_WHOLE = frozenset({"voice", "office", "troops", "fighters"})
"""These end with their noun, whatever follows."""
_TOLD = re.compile(r"\b(?:told|tells|tell|informed|assured|reminded|warned|notified)\s$")
_PRONOUNS = frozenset({"he", "she", "him", "his", "her", "they", "their", "it", "its"})
_FOLLOWING = re.compile(r"\s+(?:(of|for|led|headed|that|who|whose|which|between)\b|([^\W\d_][\w-]*))")


def _goes_on(after: str, *, noun: str) -> bool:
    """Say whether a description is only the beginning of a longer one: "the group of", "the army chief"."""
    match = _FOLLOWING.match(after)
    if match is None:
        return after[:1] == "-"
    if match[1]:
        return match[1] != "for" or not noun.endswith("s")  # "blamed the rebels for" it
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
def _pattern(*, bare: bool) -> re.Pattern[str]:
    """Return what finds the expressions; ``bare``: also "army spokesman" without an article."""
    nouns = load_attribution_words().nouns
    kinds = "|".join(
        rf"(?P<{kind}>{_any(nouns[kind])})"
        for kind in ("person", "statement", "body", "force", "state", "group", "bloc")
    )
    describing = rf"{_either_case(_DESCRIBING)}|\d+-(?:nation|member|country|state|strong)"
    described = rf"(?:[Tt]he|[Tt]his|[Tt]hat)\s+(?:(?:{describing})\s+){{0,2}}(?:{kinds})"
    article = r"(?:(?:[Aa]n?|[Tt]he)\s+)?" if bare else r"(?:[Aa]n?|[Tt]he)\s+"
    # The first letters spare the engine most positions.
    first = r"\b(?=[A-Zhstibamngfdrp])" if bare else r"\b(?=[HhSsTtIiBbAa])"
    return re.compile(
        rf"{first}(?:{_PRONOUN}|{_PAIR}|{_PLURAL}|(?P<voice>{article}{_VOICE})|{_armed(bare=bare)}{described})\b(?![-’'](?!s\b))"
    )


def _armed(*, bare: bool) -> str:
    """Return what finds "government troops", "rebel fighters" and "Foreign Minister" before a name."""
    article = r"(?:[Tt]he\s+)?" if bare else r"[Tt]he\s+"
    office = rf"(?P<office>(?:(?:Acting|Deputy|Vice)\s+)?(?:(?:{_PORTFOLIO})\s+)+(?:Minister|Secretary))(?=\s+[A-Z])|"
    return (
        rf"(?P<troops>{article}(?:[Gg]overnment|[Aa]rmy|[Mm]ilitary)\s+(?:{_ARMED}))|"
        rf"(?P<fighters>{article}(?:[Rr]ebel|[Ii]nsurgent)\s+(?:{_ARMED}))|{office if bare else ''}"
    )


_ARMED = (
    "troops|forces|soldiers|jets|warplanes|planes|helicopters|aircraft|artillery|positions|checkpoints?|posts?|barracks|"
    "units|tanks|shelling|airstrikes|air strikes|convoys?|fighters|gunners|snipers|patrols?"
)
_PORTFOLIO = (
    "Foreign|Defen[cs]e|Interior|Prime|Information|Justice|Finance|Trade|Health|Energy|Oil|Home|Economy|Agriculture|"
    "Transport|State|Social Affairs|Education|Culture"
)
_DESCRIBING = (
    "foreign|defence|defense|interior|prime|finance|oil|energy|vice|deputy|armed|military|joint|security|rebel|militant|insurgent|"
    "islamist|shiite|shia|sunni|paramilitary|jihadist|separatist|final|world|global|regional|western|national|top|senior|same|"
    "closing|african|european|medical"
)
_VOICE = (
    r"(?:[Ss]enior\s+|[Tt]op\s+)?(?:[Aa]rmy|[Mm]ilitary|[Nn]avy|[Gg]overnment"
    r"|(?:(?:[Ff]oreign|[Dd]efen[cs]e|[Ii]nterior)\s+)?[Mm]inistry|[Gg]roup|[Mm]ovement|[Rr]ebel|[Pp]residency|[Pp]arliament)"
    r"\s+(?:[Ss]pokes(?:man|woman|person)|officials?|source|commander)"
)
_NUMBER = "(?:two|three|four|five)"
_PAIR = (
    rf"(?P<pair>(?:[Bb]oth(?:\s+the)?|(?:[Tt]he|[Aa]ll|[Tt]heir)\s+{_NUMBER})\s+{_MODIFIERS}(?:{_PAIR_NOUNS})"
    rf"|[Tt]he\s+(?:pair|trio|sides|parties)|(?:[Tt]he|[Aa]ll|[Bb]oth)\s+(?:{_NUMBER}\s+)?of\s+(?:us|them)"
    r"|[Bb]oth(?=\s+(?:said|have|had|are|were|agreed|called|will|also|want|denied|reject|rejected|deny)\b)"
    r"|[Tt]he\s+two(?=\s+(?:said|have|had|are|were|agreed|called|will|also|met|spoke|discussed|held|signed|would)\b))"
)
_PLURAL = (
    r"(?P<they>[Tt]hey|[Tt]he\s+(?:(?:foreign|defen[cs]e|prime)\s+)?"
    r"(?:ministers|presidents|leaders|diplomats|envoys))"
)
_PRONOUN = (
    r"(?P<he>[Hh]e)|(?P<she>[Ss]he)|(?P<him>him)|(?P<his>[Hh]is)|(?P<her>[Hh]er)|(?P<their>[Tt]heir)"
    r"|(?P<it>[Ii]t)|(?P<its>[Ii]ts)"
)


def _any(words: Iterable[str]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return _either_case("|".join(re.escape(word) for word in longest_first))


def _either_case(alternatives: str) -> str:
    """Add each word with a capital; cheaper than a pattern that ignores case."""
    return f"{alternatives}|{'|'.join(word[0].upper() + word[1:] for word in alternatives.split('|'))}"
