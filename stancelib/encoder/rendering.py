"""What an encoder reads of a sentence: its tokens, with a numbered role at every mention of an actor.

The names themselves stay (``marked``), are left out (``masked``), or give way to the kind of actor that they name
(``typed``: "armed group"); where they are left out, exchanging two names in the text exchanges the answers exactly.
Which role an actor has means nothing: training deals them anew for every sentence. A sentence is rendered, and encoded,
once for all its actors.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from tokenizers import Tokenizer

from stancelib.types import Candidate

Style = Literal["marked", "masked", "typed"]
"""Names kept between a role and its end; the role alone in the name's stead; the role and the actor's kind."""

STYLES: tuple[Style, ...] = get_args(Style)

N_ROLES = 30
"""Roles that a sentence may have; further actors share them."""

ROLE_TOKENS = tuple(f"[R{number}]" for number in range(N_ROLES))
END_TOKEN = "[/R]"

_SPEAKING = " said: "
"""Stands between a speaker that is named elsewhere and the words."""

_ARTICLE = re.compile(r"\b([Aa])n(\s+)$")


@dataclass(frozen=True, slots=True)
class RenderedSentence:
    """A sentence as an encoder reads it.

    Attributes:
        ids: Token ids, with those that open and close a sequence.
        places: For each actor the places of its role among the ids; the first place of all (the sequence's own token)
            where the sentence is too long to hold the actor.
    """

    ids: tuple[int, ...]
    places: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class RoleRenderer:
    """Renders sentences for one tokenizer.

    Attributes:
        tokenizer: Knows ``ROLE_TOKENS`` and ``END_TOKEN`` as tokens of their own; neither truncates nor pads.
        max_length: Tokens that a sentence may have; what is longer is cut.
    """

    tokenizer: Tokenizer
    max_length: int = 256
    _roles: tuple[int, ...] = field(init=False, repr=False)
    _end: int = field(init=False, repr=False)
    _frame: tuple[tuple[int, ...], tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look up the roles.

        Raises:
            ValueError: The tokenizer has no role tokens.
        """
        found = [self.tokenizer.token_to_id(token) for token in (*ROLE_TOKENS, END_TOKEN)]
        if any(number is None for number in found):
            raise ValueError(f"the tokenizer lacks role tokens; expected {ROLE_TOKENS[0]!r} to {END_TOKEN!r}")
        object.__setattr__(self, "_roles", tuple(found[:-1]))
        object.__setattr__(self, "_end", found[-1])
        framed, bare = (self.tokenizer.encode("x", add_special_tokens=special).ids for special in (True, False))
        start = framed.index(bare[0])
        object.__setattr__(self, "_frame", (tuple(framed[:start]), tuple(framed[start + len(bare) :])))

    def render(self, candidate: Candidate, *, style: Style, order: Sequence[int] | None = None) -> RenderedSentence:
        """Render the sentence of a candidate.

        Args:
            candidate: Any of the sentence's candidates; all are rendered alike.
            style: Whether names are kept.
            order: Which role each actor gets, by order of first mention; None: the first one the first role.
        """
        inside, outside = _spans(candidate), candidate.speakers
        actors = list(dict.fromkeys(mention.actor for mention in candidate.mentions))
        numbers = range(N_ROLES) if order is None else order
        role_of = {actor: self._roles[numbers[k % N_ROLES]] for k, actor in enumerate(actors)}
        opening, closing = self._frame
        ids, places = list(opening), defaultdict[str, list[int]](list)

        def put(names: Sequence[str]) -> None:
            for name in names:
                places[name].append(len(ids))
                ids.append(role_of[name])

        if outside:
            put(outside)
            ids += self._encode(_SPEAKING)
        text, position = candidate.sentence.text, 0
        for start, end, names in inside:
            before = text[position:start]
            if style != "marked":
                before = _ARTICLE.sub(r"\1\2", before)  # "an Egyptian" and "a Turkish": the article betrays the name
            ids += self._encode(before)
            put(names)
            if style == "marked":
                ids += [*self._encode(text[start:end]), self._end]
            elif style == "typed":
                ids += self._encode(" and ".join(dict.fromkeys(_kind(candidate, name) for name in names)))
            position = end
        ids += self._encode(text[position:])
        kept = [*ids[: self.max_length - len(closing)], *closing]
        last = len(kept) - len(closing)
        return RenderedSentence(
            tuple(kept),
            {actor: tuple(place for place in places[actor] if place < last) or (0,) for actor in actors},
        )

    def _encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids if text.strip() else []


def _kind(candidate: Candidate, actor: str) -> str:
    """Return the kind of an actor in words."""
    return candidate.kinds.get(actor, "unknown").replace("_", " ").replace("unknown", "party")


def add_roles(tokenizer: Tokenizer) -> None:
    """Give a tokenizer the role tokens, and let it neither truncate nor pad."""
    tokenizer.add_special_tokens([*ROLE_TOKENS, END_TOKEN])
    tokenizer.no_truncation()
    tokenizer.no_padding()


def _spans(candidate: Candidate) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return the spans of mentions in the sentence with their actors, merged where they overlap."""
    sentence = candidate.sentence
    spans: list[tuple[int, int, tuple[str, ...]]] = []
    for mention in sorted(candidate.inside, key=lambda m: (m.start, m.end)):
        start, end = mention.start - sentence.start, mention.end - sentence.start
        if spans and start < spans[-1][1]:
            first, last, names = spans.pop()
            spans.append((first, max(last, end), tuple(dict.fromkeys((*names, mention.actor)))))
        else:
            spans.append((start, end, (mention.actor,)))
    return spans
