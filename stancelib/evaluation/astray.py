"""Stances and sides that a tagger lost or invented in raw text, sentence by sentence: what a page of errors lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from stancelib.evaluation.stages import JudgedArticle, Question, Stage, Tuple
from stancelib.types import LabelledArticle, Mention

Fate = Literal["lost", "invented", "right"]

_QUESTIONS: tuple[Question, ...] = ("stance", "side")
"""Those whose tuples have a stage; an actor is told with its stances, and a target has none."""


class Stray(NamedTuple):
    """A tuple of a sentence: who, what, what became of it and where; ``stage`` is None where it is right.

    ``p`` is the probability that the tagger gave it; None: the actor was not found there.
    """

    question: Question
    fate: Fate
    stage: Stage | None
    actor: str
    said: str
    p: float | None

    @property
    def type(self) -> str:
        """The stance type; empty: the tuple is about a side."""
        return self.said if self.question == "stance" else ""


@dataclass(frozen=True, slots=True)
class StraySentence:
    """A sentence of an article in which anything was lost or invented.

    Attributes:
        article: With its labels.
        number: Of the sentence among those of the labels; None: the labels do not have it.
        span: Where it stands in the article; None: that was not kept.
        strays: What was lost or invented, then what is right.
        mentions: Of the labels, and of what was found.
        names: Of the actors that were found.
    """

    article: LabelledArticle
    number: int | None
    span: tuple[int, int] | None
    strays: tuple[Stray, ...]
    mentions: tuple[Mention, ...]
    names: Mapping[str, str]

    @property
    def wrong(self) -> list[Stray]:
        """What was lost or invented."""
        return [stray for stray in self.strays if stray.fate != "right"]

    @property
    def right(self) -> list[Stray]:
        """What was found and is right."""
        return [stray for stray in self.strays if stray.fate == "right"]


def find_astray(articles: Sequence[JudgedArticle]) -> list[StraySentence]:
    """Return the sentences in which a stance or a side was lost or invented.

    Those with most wrong tuples come first; among equals, in the order of the articles and of their text.
    """
    return sorted(chain.from_iterable(map(_sentences, articles)), key=lambda sentence: -len(sentence.wrong))


def _sentences(item: JudgedArticle) -> Iterator[StraySentence]:
    rows: dict[int, list[Stray]] = {}
    for number, stray in _tuples(item):
        rows.setdefault(number, []).append(stray)
    astray = {number: strays for number, strays in rows.items() if any(stray.stage for stray in strays)}
    sentences = [_sentence(item, number, strays=strays) for number, strays in astray.items()]
    yield from sorted(sentences, key=lambda sentence: sentence.span or (len(item.article.text), 0))


def _tuples(item: JudgedArticle) -> Iterator[tuple[int, Stray]]:
    wrong: tuple[tuple[Fate, Mapping[tuple[Question, Tuple], Stage]], ...]
    wrong = (("lost", item.lost), ("invented", item.invented))
    for fate, stages in wrong:
        for (question, entry), stage in sorted(stages.items(), key=_place):
            yield entry[0], _stray(item, entry, question=question, fate=fate, stage=stage)
    for question in _QUESTIONS:
        for entry in sorted(item.answers[question].gold & item.answers[question].found):
            yield entry[0], _stray(item, entry, question=question, fate="right", stage=None)


def _place(row: tuple[tuple[Question, Tuple], Stage]) -> tuple[int, Tuple]:
    question, entry = row[0]
    return _QUESTIONS.index(question), entry


def _stray(item: JudgedArticle, entry: Tuple, *, question: Question, fate: Fate, stage: Stage | None) -> Stray:
    number, actor, *said = entry
    tag = item.tags.get((number, actor))
    p = None
    if tag is not None:
        p = tag.type_proba.get(said[0]) if question == "stance" else tag.sides.get(said[1], {}).get(said[0])
    return Stray(question, fate, stage, actor, " ".join(said), p)


def _sentence(item: JudgedArticle, number: int, *, strays: Sequence[Stray]) -> StraySentence:
    tags = [tag for (sentence, _), tag in item.tags.items() if sentence == number]
    gold = item.article.sentences[number] if number >= 0 else None
    marked = [Mention(mark.actor, mark.start, mark.end) for mark in gold.actors] if gold else []
    found = [Mention(tag.mention.actor, tag.mention.start, tag.mention.end) for tag in tags]
    span = (gold.start, gold.end) if gold else (tags[0].start, tags[0].end) if tags else None
    return StraySentence(
        item.article,
        number if gold else None,
        span,
        strays=tuple(sorted(strays, key=lambda stray: stray.fate == "right")),
        mentions=tuple(dict.fromkeys([*marked, *found])),
        names={tag.actor.id: tag.actor.name for tag in tags},
    )
