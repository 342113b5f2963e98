"""Persons called by their nation who speak for somebody else: "the Swedish diplomat" who is the UN's envoy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from stancelib.attribution_words import load_attribution_words
from stancelib.cast import Cast
from stancelib.types import Document, Mention

_CALLED = re.compile(
    r"[Tt]he (?:[A-Z][\w-]+ )+"
    r"(?:diplomat|mediator|envoy|negotiator|general|admiral|official|lawyer|economist|judge|politician)"
)
_REACH = 400
"""How far back the person may have been named, in characters."""


def reread_nationals(document: Document, mentions: Sequence[Mention], *, cast: Cast) -> list[Mention]:
    """Return the mentions, with "the Swedish diplomat" as the organisation's whose person was just spoken of.

    It is the state's own diplomat where the state was named before, or where no such person was.
    """
    seen: set[str] = set()
    read: list[Mention] = []
    for mention in mentions:
        if mention.actor not in seen and _CALLED.fullmatch(document.text, mention.start, mention.end):
            owner = _person_before(read, mention, cast=cast)
            read.append(replace(mention, actor=owner.actor, via="pronoun") if owner else mention)
        else:
            read.append(mention)
        seen.add(mention.actor)
    return read


def _person_before(mentions: Sequence[Mention], called: Mention, *, cast: Cast) -> Mention | None:
    """Return the person of an organisation who was named last, if no other person was named since."""
    for mention in reversed(mentions):
        if mention.start < called.start - _REACH:
            return None
        if cast.traits(mention).person:
            return mention if cast.kind(mention.actor) in load_attribution_words().kinds["bloc"] else None
    return None
