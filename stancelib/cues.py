"""Which words speak of what sort of act: the word classes of ``data/cues.toml``, found in stemmed tokens."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from stancelib.stems import stem

_LONGEST = 4


def find_cues(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Return for each token the classes that it begins a word or phrase of.

    Args:
        words: Stemmed tokens of a sentence; an empty string stands for a mention.
    """
    single, phrases = _load_cues()
    found: list[tuple[str, ...]] = []
    for place, word in enumerate(words):
        classes = single.get(word, ())
        for phrase, names in phrases.get(word, ()):
            if tuple(words[place : place + len(phrase)]) == phrase:
                classes = tuple(dict.fromkeys((*classes, *names)))
        found.append(classes)
    return found


Phrases = Mapping[str, Sequence[tuple[tuple[str, ...], tuple[str, ...]]]]
"""From the first stem of a phrase to the phrases that begin with it, and their classes."""


@cache
def _load_cues() -> tuple[Mapping[str, tuple[str, ...]], Phrases]:
    raw = tomllib.loads(resources.files("stancelib").joinpath("data/cues.toml").read_text(encoding="utf-8"))
    single: dict[str, tuple[str, ...]] = {}
    phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, words in raw.items():
        for entry in words.split(", "):
            stems = tuple(stem(word) for word in entry.split())[:_LONGEST]
            if len(stems) == 1:
                single[stems[0]] = tuple(dict.fromkeys((*single.get(stems[0], ()), name)))
            else:
                phrases[stems] = tuple(dict.fromkeys((*phrases.get(stems, ()), name)))
    by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = defaultdict(list)
    for stems, names in phrases.items():
        by_first[stems[0]].append((stems, names))
    return single, by_first
