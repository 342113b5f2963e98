"""The word lists of English newswire that the rules use: offices, ranks, heads, places, starters."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache, cached_property
from importlib import resources


@dataclass(frozen=True, slots=True)
class Homonym:
    """A name that is also something else, and the words that say so: right after it, or anywhere in the document."""

    name: str
    followed: tuple[str, ...]
    nearby: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """Sets of lower-case words without full stops; what each is for stands in ``data/lexicon.toml``."""

    offices: frozenset[str]
    officials: frozenset[str]
    institutions: frozenset[str]
    forces: frozenset[str]
    acts: frozenset[str]
    fighters: frozenset[str]
    relations: frozenset[str]
    paired_heads: frozenset[str]
    modifiers: frozenset[str]
    portfolios: frozenset[str]
    seated: frozenset[str]
    ranks: frozenset[str]
    honorifics: frozenset[str]
    abbreviations: frozenset[str]
    distancing: frozenset[str]
    locatives: frozenset[str]
    place_modifiers: frozenset[str]
    trusting: frozenset[str]
    place_nouns: frozenset[str]
    place_verbs: frozenset[str]
    topics: frozenset[str]
    going_to: frozenset[str]
    coming_from: frozenset[str]
    leaving_for: frozenset[str]
    in_the_air: frozenset[str]
    verbal_attacks: frozenset[str]
    rival_words: frozenset[str]
    rival_nouns: frozenset[str]
    rival_subjects: frozenset[str]
    posted: frozenset[str]
    unowned: frozenset[str]
    verb_like: frozenset[str]
    weekdays: frozenset[str]
    months: frozenset[str]
    starters: frozenset[str]
    particles: frozenset[str]
    surname_first: frozenset[str]
    homonym: tuple[Homonym, ...]

    @cached_property
    def heads(self) -> frozenset[str]:
        """The words that complete a state's adjective: "Turkish troops", "the Turkish minister"."""
        return self.offices | self.officials | self.institutions | self.forces | self.acts

    @cached_property
    def adjective_heads(self) -> frozenset[str]:
        """The words that complete a state's adjective and no possessive: "its Turkish ally" is Turkey."""
        return self.heads | self.relations

    @cached_property
    def group_heads(self) -> frozenset[str]:
        """The words that complete the adjective of a group or a local actor: the heads and its fighters."""
        return self.heads | self.fighters

    @cached_property
    def name_heads(self) -> frozenset[str]:
        """The words that go on with a plain name: "Turkey Foreign Minister", "Houthi fighters", and no verbs."""
        return self.group_heads - self.acts - self.verb_like

    @cached_property
    def owned_heads(self) -> frozenset[str]:
        """The words that go on with a possessive: "Turkey's parliament", "Hifter's forces"."""
        return self.group_heads - self.acts

    @cached_property
    def function_words(self) -> frozenset[str]:
        """Words that may be capitalised beside a name and are no part of it."""
        return (
            self.titles
            | self.group_heads
            | self.modifiers
            | self.calendar
            | self.starters
            | self.locatives
            | self.place_modifiers
            | self.distancing
        )

    @cached_property
    def titles(self) -> frozenset[str]:
        """The words that may stand directly before a person's name."""
        return self.offices | self.ranks | self.honorifics | self.abbreviations

    @cached_property
    def calendar(self) -> frozenset[str]:
        """Weekdays and months: capitalised, and part of no name."""
        return self.weekdays | self.months


@cache
def load_lexicon() -> Lexicon:
    """Return the shipped word lists; they are read once."""
    raw = tomllib.loads(resources.files("stancelib").joinpath("data/lexicon.toml").read_text(encoding="utf-8"))
    homonyms = tuple(
        Homonym(name=entry["name"], followed=tuple(entry["followed"]), nearby=tuple(entry["nearby"]))
        for entry in raw.pop("homonym")
    )
    names = {field.name for field in fields(Lexicon)} - {"homonym"}
    return Lexicon(**{name: frozenset(raw[name]) for name in names}, homonym=homonyms)


@cache
def load_common_words() -> frozenset[str]:
    """Return some 2,500 common English words in lower case; an alias must be none of them."""
    text = resources.files("stancelib").joinpath("data/common_words.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
