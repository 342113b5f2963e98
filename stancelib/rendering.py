"""What a model sees of a sentence: its words, and its actors as roles instead of names.

Names are masked, so that exchanging two names in the text exchanges the answers exactly. A sentence is rendered once;
a view then says who of its actors is asked about (SELF), who the other one of a pair is (TARGET), and who else is
there (OTHER).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import snowballstemmer

from stancelib.types import Candidate, Mention, Sentence

SELF, TARGET, OTHER, BOTH = "@self", "@target", "@other", "@both"
"""The role tokens; BOTH is a group mention ("both sides") that holds SELF and TARGET."""

SPEAKER = "@speaker"
"""Stands before a sentence whose speaker is named elsewhere."""

_TOKEN = re.compile(r"'s\b|\d[\d.,]*|[^\W\d_]+(?:[.'-][^\W\d_]+)*|[^\w\s]")
_ARTICLES = {"an": "a"}  # "an Egyptian" and "a Turkish": the article would betray the name that follows
_QUOTES = str.maketrans("“”„«»‘’‑", '"""' + '""' + "''-")


@dataclass(frozen=True, slots=True)
class RoledSentence:
    """The tokens of a sentence; a mention is one token that holds the actors it names.

    Attributes:
        words: Lower-case stems; the place of a mention holds an empty string.
        actors: For each token the ids of the actors that it mentions; empty for a plain word.
    """

    words: tuple[str, ...]
    actors: tuple[tuple[str, ...], ...]

    def view(self, actor: str, target: str | None = None) -> list[str]:
        """Return the tokens as they look when one actor (or one ordered pair) is asked about."""
        return [
            self._role(ids, actor, target) if ids else word for word, ids in zip(self.words, self.actors, strict=True)
        ]

    def _role(self, ids: tuple[str, ...], actor: str, target: str | None) -> str:
        if actor in ids:
            return BOTH if target in ids else SELF
        return TARGET if target in ids else OTHER


def render_sentence(candidate: Candidate) -> RoledSentence:
    """Render the sentence of a candidate, with the speaker that stands outside it put in front."""
    sentence = candidate.sentence
    inside = [m for m in candidate.mentions if sentence.start <= m.start and m.end <= sentence.end]
    covered = {m.actor for m in inside}
    outside = tuple(dict.fromkeys(m.actor for m in candidate.mentions if m not in inside and m.actor not in covered))
    words: list[str] = []
    actors: list[tuple[str, ...]] = []
    if outside:
        words += ["", SPEAKER]
        actors += [outside, ()]
    for word, ids in _tokens(sentence, inside):
        words.append(word)
        actors.append(ids)
    return RoledSentence(tuple(words), tuple(actors))


def _tokens(sentence: Sentence, mentions: Sequence[Mention]) -> Iterator[tuple[str, tuple[str, ...]]]:
    position = 0
    for start, end, ids in _spans(sentence, mentions):
        for word in _words(sentence.text[position:start]):
            yield word, ()
        yield "", ids
        position = end
    for word in _words(sentence.text[position:]):
        yield word, ()


def _spans(sentence: Sentence, mentions: Sequence[Mention]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Merge mentions that overlap into one span, in sentence coordinates."""
    spans: list[tuple[int, int, tuple[str, ...]]] = []
    for mention in sorted(mentions, key=lambda m: (m.start, m.end)):
        start, end = mention.start - sentence.start, mention.end - sentence.start
        if spans and start < spans[-1][1]:
            last = spans.pop()
            ids = last[2] if mention.actor in last[2] else (*last[2], mention.actor)
            spans.append((last[0], max(last[1], end), ids))
        else:
            spans.append((start, end, (mention.actor,)))
    return spans


def _words(text: str) -> list[str]:
    words = [stem(word) for word in _TOKEN.findall(text.translate(_QUOTES).lower())]
    return [_ARTICLES.get(word, word) for word in words]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word (Porter2); figures become one token."""
    if word[0].isdigit():
        return "#"
    return str(_stemmer().stemWord(word.replace("-", "") or word))  # "cease-fire" is "ceasefire"


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return snowballstemmer.stemmer("english")
