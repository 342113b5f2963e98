"""A text cut where sentences, mentions and targets begin or end: what the article page marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from stancelib.types import StanceTag, WordScore

Part = Literal["mention", "target", "word"]
"""What a stretch of the text is to a tag."""

N_WORDS = 5
"""Words that the page shows of what carried an answer, or spoke against it."""

_LONG_NAME = 16
"""Longer names of actors are told by the id in the labels that stand in the text."""


class Score(NamedTuple):
    """A side that is supported or opposed, and the number of its colour."""

    sign: str
    verb: str
    side: str
    p: float
    look: int


@dataclass(frozen=True, slots=True)
class ShownTag:
    """A tag, its number in the document, and the number of its actor's colour."""

    number: int
    tag: StanceTag
    look: int
    scores: tuple[Score, ...]

    @property
    def label(self) -> str:
        """What stands beside the sentence: the actor and its sides, or its first type."""
        said = " ".join(f"{score.sign}{score.side}" for score in self.scores) or next(iter(self.tag.types), "no stance")
        return f"{short_name(self.tag.actor.id, self.tag.actor.name)} {said}"

    @property
    def summary(self) -> str:
        """All of it in a line, for those who hear the page."""
        tag = self.tag
        parts = [f"{type_id} {p:.2f}" for type_id, p in tag.types.items()] or ["no stance"]
        parts += [f"{score.verb} {score.side} {score.p:.2f}" for score in self.scores]
        parts += [f"target {tag.target.actor}"] if tag.target else []
        parts += [tag.status] if tag.status else []
        return f"{tag.actor.name}: {', '.join(parts)}"

    @property
    def answers(self) -> list[tuple[str, tuple[WordScore, ...]]]:
        """The answers that are explained, each with its strongest words."""
        return self.tag.explanation.strongest(N_WORDS) if self.tag.explanation else []

    @property
    def parts(self) -> Iterator[tuple[Part, int, int]]:
        """What of the text is the tag's: its mention, its target and the words that carried its answers."""
        tag = self.tag
        yield "mention", tag.mention.start, tag.mention.end
        if tag.target:
            yield "target", tag.target.start, tag.target.end
        for start, end in {(word.start, word.end) for _, words in self.answers for word in words if word.score > 0}:
            yield "word", start, end


class Run(NamedTuple):
    """A stretch of the text, the tags whose mention it belongs to, those directed at it, and those it carried.

    ``opens`` says whether any of these mentions begins with it: the others are the rest of what began before.
    """

    text: str
    mentions: tuple[ShownTag, ...]
    targets: tuple[ShownTag, ...]
    words: tuple[ShownTag, ...]
    opens: bool

    @property
    def looks(self) -> list[int]:
        """The numbers of the colours of the actors that it names."""
        return list(dict.fromkeys(shown.look for shown in self.mentions))


class Block(NamedTuple):
    """A sentence with its tags, or the text between two of them, as runs."""

    runs: tuple[Run, ...]
    tags: tuple[ShownTag, ...]

    @property
    def looks(self) -> list[int]:
        """The numbers of the colours of the sides that the sentence is for or against."""
        return list(dict.fromkeys(score.look for shown in self.tags for score in shown.scores))

    @property
    def has_stance(self) -> bool:
        """Whether any actor of the sentence takes one."""
        return any(shown.tag.types for shown in self.tags)


def short_name(actor_id: str, name: str) -> str:
    """Return what the labels in the text call an actor."""
    return name if len(name) <= _LONG_NAME else actor_id


def cut_blocks(text: str, tags: Sequence[ShownTag]) -> Iterator[Block]:
    """Cut a text at its sentences with tags, so that the runs together are the text."""
    sentences: dict[tuple[int, int], list[ShownTag]] = defaultdict(list)
    for shown in tags:
        sentences[shown.tag.start, shown.tag.end].append(shown)
    runs = list(_runs(text, tags))
    place = 0
    for (start, end), own in sorted(sentences.items()):
        before, place = _take(runs, place, start)
        inside, place = _take(runs, place, end)
        yield Block(before, ())
        yield Block(inside, tuple(own))
    yield Block(_take(runs, place, len(text))[0], ())


def _take(runs: Sequence[tuple[int, Run]], place: int, end: int) -> tuple[tuple[Run, ...], int]:
    first = place
    while place < len(runs) and runs[place][0] <= end:
        place += 1
    return tuple(run for _, run in runs[first:place]), place


def _runs(text: str, tags: Sequence[ShownTag]) -> Iterator[tuple[int, Run]]:
    """Yield the runs between all the places where something begins or ends, each after its own end."""
    starts: defaultdict[int, list[tuple[Part, ShownTag]]] = defaultdict(list)
    ends: defaultdict[int, list[tuple[Part, ShownTag]]] = defaultdict(list)
    cuts = {0, len(text)}
    for shown in tags:
        cuts |= {shown.tag.start, shown.tag.end}
        for part, start, end in shown.parts:
            starts[start].append((part, shown))
            ends[end].append((part, shown))
    cuts |= starts.keys() | ends.keys()
    active: list[tuple[Part, ShownTag]] = []
    places = sorted(cuts)
    for start, end in pairwise(places):
        active = [entry for entry in active if entry not in ends[start]] + starts[start]
        mentions, targets, words = (
            tuple(shown for part, shown in active if part == kind) for kind in ("mention", "target", "word")
        )
        opens = any(part != "word" for part, _ in starts[start])
        yield end, Run(text[start:end], mentions, targets, words, opens)
