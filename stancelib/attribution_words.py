"""The word lists of reported speech and of pronouns and descriptions."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

_WORD_LISTS = (
    "statements bystanders lead_ins adverbs temporal determiners prepositions conjunctions auxiliaries pleonastic "
    "happenings meetings feminine feminine_titles masculine_titles monarchies operative operative_adverbs"
)


@dataclass(frozen=True)
class AttributionWords:
    """Sets of lower-case words by the names they have in ``data/attribution.toml``.

    Attributes:
        words: The plain lists.
        say_finite: Forms of the verbs that give words to a speaker: "said", "adds".
        say_participles: Their participles: "adding".
        act_finite: Forms of the acts done in words: "called", "urges".
        act_participles: Their participles: "calling".
        nouns: The nouns of descriptions by their class: person, body, group, force, bloc, state, statement.
        kinds: The kinds of actor by class: group, bloc, state.
    """

    words: dict[str, frozenset[str]]
    say_finite: frozenset[str]
    say_participles: frozenset[str]
    act_finite: frozenset[str]
    act_participles: frozenset[str]
    nouns: dict[str, frozenset[str]]
    kinds: dict[str, frozenset[str]]

    def __getitem__(self, name: str) -> frozenset[str]:
        return self.words[name]

    @cached_property
    def speech(self) -> frozenset[str]:
        """Every form that may introduce a quotation."""
        return self.say_finite | self.say_participles | self.act_finite | self.act_participles

    @cached_property
    def finite(self) -> frozenset[str]:
        """The finite forms, which have a subject of their own."""
        return self.say_finite | self.act_finite


@cache
def load_attribution_words() -> AttributionWords:
    """Return the shipped word lists; they are read once."""
    text = resources.files("stancelib").joinpath("data/attribution.toml").read_text(encoding="utf-8")
    raw: dict[str, Any] = tomllib.loads(text)
    say = [tuple(_forms(verb)) for verb in raw["say_verbs"]]
    act = [tuple(_forms(verb)) for verb in raw["act_verbs"]]
    return AttributionWords(
        words={name: frozenset(raw[name]) for name in _WORD_LISTS.split()},
        say_finite=frozenset(raw["irregular_finite"]).union(*(forms[:3] for forms in say)),
        say_participles=frozenset(raw["irregular_participles"]).union(*(forms[3:] for forms in say)),
        act_finite=frozenset().union(*(forms[:3] for forms in act)),
        act_participles=frozenset().union(*(forms[3:] for forms in act)),
        nouns={key.removesuffix("_nouns"): frozenset(raw[key]) for key in raw if key.endswith("_nouns")},
        kinds={key.removesuffix("_kinds"): frozenset(raw[key]) for key in raw if key.endswith("_kinds")},
    )


def _forms(verb: str) -> Iterator[str]:
    """Yield a regular verb's base, -s, -ed and -ing forms, in this order."""
    yield verb
    if verb.endswith("e"):
        yield from (verb + "s", verb + "d", verb[:-1] + "ing")
    elif verb.endswith("y") and verb[-2] not in "aeou":
        yield from (verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing")
    else:
        yield from (verb + ("es" if verb.endswith(("s", "sh", "ch")) else "s"), verb + "ed", verb + "ing")
