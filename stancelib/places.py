"""Whether a state, a capital or a seat is meant as a place: "in Libya", "the road to Kyiv", "Syria's war"."""

from __future__ import annotations

import re

from stancelib.aliases import Hit, Sense
from stancelib.lexicon import Lexicon
from stancelib.phrases import next_word, previous_word

_PLACES = ("state", "capital", "seat")
_COORDINATION = re.compile(r"(?:, (?:and |or )?| and | or |/)(?:the )?(?:\w+ern )?")
_LISTED_ON = re.compile(r"(?:, (?:and |or )?| and | or )[A-Z]")
_SCENE = re.compile(
    r" (?:has|have) (?:long )?been"
    r" (?:at war|in (?:turmoil|chaos|crisis)|(?:racked|wracked|gripped|torn|ravaged|plagued|split) )"
    r"| (?:(?:has )?(?:plunged|descended|slid|slipped|sank|sunk|fell|fallen|spiralled|spiraled) (?:back )?into )"
    r"| (?:is|was) (?:at war|in turmoil|home to|a country|one of the)\b"
)
"""What happens to a country; nobody acts."""

_OWN_WAR = re.compile(
    r"'s? (?:[\w-]+ ){0,2}?(?:(?P<civil>civil )?(?:war|conflict|crisis|fighting|uprising|revolution))"
    r"(?(civil)\b| (?:(?:has|had|have|killed|broke|began|erupted|started|entered|enters|is (?:now )?in|since) ))"
)
_BACK = frozenset({"back", "home", "again", "on", "up", "overnight", "straight", "directly"})
_AFTER_NOUNS = {
    "with": frozenset({"border", "borders", "frontier"}),
    "between": frozenset({"area", "border", "borders", "frontier", "line", "strip", "region"}),
    "on": frozenset({"talks", "conference", "summit", "meeting", "negotiations", "discussions", "debate", "briefing"}),
}
"""After these nouns the preposition makes a name a place or a topic: "the border with Chad", "talks on Syria"."""
_LEAVING = frozenset({"leave", "leaves", "left", "leaving", "flee", "flees", "fled", "fleeing"})
_MESSAGES = frozenset(
    {"statement", "message", "address", "call", "broadcast", "interview", "briefing", "communique", "link", "tweet"}
)
_ATTACK_REACH = 4
_AIR_REACH = 3


def is_place(text: str, hit: Hit, lexicon: Lexicon) -> bool:
    """Say whether a state, a capital or a seat is meant as a place."""
    kind = hit.sense.kind
    plain_local = hit.sense.local and kind == "name" and hit.sense.text.istitle() and " " not in hit.sense.text
    if kind not in _PLACES and not plain_local:
        return False
    before = _before(text, hit.start, lexicon)
    if before and _is_locative(text, before, kind=kind, lexicon=lexicon):
        return True
    if plain_local:
        return False
    return (
        _is_alone(text, hit)
        or _is_topic(text, hit, lexicon)
        or (kind == "capital" and _is_city(text, hit, lexicon))
        or (kind == "state" and (_is_scene(text, hit) or (before is not None and before[0] in _LEAVING)))
    )


def _is_alone(text: str, hit: Hit) -> bool:
    """Say whether a line is nothing but the name, as where the story comes from: "ANKARA"."""
    return text[hit.start - 1 : hit.start] in ("", "\n") and text[hit.end : hit.end + 1] in ("", "\n")


def _before(text: str, start: int, lexicon: Lexicon) -> tuple[str, int] | None:
    """Return the word before a name and its "neighboring", in lower case."""
    found = previous_word(text, start)
    for _ in range(3):
        if found is None or found[0].lower() not in lexicon.place_modifiers or found[0].lower() in lexicon.locatives:
            break
        found = previous_word(text, found[1])
    return (found[0].lower(), found[1]) if found else None


def _is_locative(text: str, before: tuple[str, int], *, kind: str, lexicon: Lexicon) -> bool:
    word, start = before
    noun = _word_before(text, start)
    if word == "of":
        return noun in lexicon.place_nouns or noun == "out"
    if word in _AFTER_NOUNS:
        return noun in _AFTER_NOUNS[word]
    if word == "over" and kind == "state":
        return noun in lexicon.in_the_air
    if word == "in":
        return noun not in lexicon.trusting
    if word == "at":
        return lexicon.verbal_attacks.isdisjoint(_words_before(text, start, _ATTACK_REACH))
    if word == "to":
        return _verb_before(text, start) in lexicon.going_to
    if kind == "capital" and word in ("for", "from", "over"):
        return _is_about_city(text, start, word=word, lexicon=lexicon)
    if word == "from":
        return noun in lexicon.coming_from
    return word in lexicon.locatives


def _is_about_city(text: str, start: int, *, word: str, lexicon: Lexicon) -> bool:
    """Read "left for Riyadh", "in a statement from Amman", "drones over Kyiv"."""
    noun = _verb_before(text, start)
    if word == "for":
        return noun in lexicon.leaving_for
    if word == "over":
        return not lexicon.in_the_air.isdisjoint(_words_before(text, start, _AIR_REACH))
    near = _words_before(text, start, 4)
    return noun in lexicon.coming_from or (noun in _MESSAGES and "in" in near[1:]) or "told" in near


def _word_before(text: str, start: int) -> str:
    found = previous_word(text, start)
    return found[0].lower() if found else ""


def _verb_before(text: str, start: int) -> str:
    """Return the word before a preposition, without "back" or "home" between."""
    found = previous_word(text, start)
    if found is not None and found[0].lower() in _BACK:
        found = previous_word(text, found[1])
    return found[0].lower() if found else ""


def _words_before(text: str, start: int, number: int) -> list[str]:
    """Return some words before a place in lower case, the nearest first."""
    words: list[str] = []
    for _ in range(number):
        found = previous_word(text, start)
        if found is None:
            break
        words.append(found[0].lower())
        start = found[1]
    return words


def _is_topic(text: str, hit: Hit, lexicon: Lexicon) -> bool:
    if text.startswith("'s ", hit.end):
        found = next_word(text, hit.end + 2)
        return found is not None and found[0].lower() in lexicon.place_nouns
    found = next_word(text, hit.end)
    return found is not None and found[0] in lexicon.topics and not is_acronym(hit.sense)


def _is_scene(text: str, hit: Hit) -> bool:
    return _OWN_WAR.match(text, hit.end) is not None or _SCENE.match(text, hit.end) is not None


def _is_city(text: str, hit: Hit, lexicon: Lexicon) -> bool:
    before = text[max(0, hit.start - 24) : hit.start].rstrip(" ,").rsplit(" ", 1)[-1].lower()
    if before == "of":
        return _word_before(text, hit.start - 3) in lexicon.place_verbs
    return before in lexicon.place_verbs


def is_acronym(sense: Sense) -> bool:
    """Say whether an alias is written in capitals or with full stops: "US", "U.S."."""
    return "." in sense.text or (sense.text.isupper() and len(sense.text) > 1)


def continues_places(text: str, end: int, hit: Hit) -> bool:
    """Say whether a hit goes on with the list of places that ended before it: "in Libya, Syria and Yemen".

    Args:
        text: Folded text.
        end: Where the last hit that was meant as a place ends.
        hit: The next hit.
    """
    if hit.sense.kind not in _PLACES or not 0 < hit.start - end < 24:
        return False
    between = text[end : hit.start]
    if _COORDINATION.fullmatch(between) is None:
        return False
    # "In Libya, Turkey has ..." is no list: a bare comma needs the list to go on.
    return (
        not between.startswith(", ") or " and" in between or " or" in between or bool(_LISTED_ON.match(text, hit.end))
    )
