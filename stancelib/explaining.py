"""Why a tag says what it says: each word is left out in turn, and the model asked again (occlusion).

One way for every family of models, which needs nothing of a model but its answers. A word's score is the change of an
answer's log-odds (of its calibrated probability) when the word is left out. For a type of a linear model this is the
exact difference of two logits: in the main the weights of the features that the word takes part in, but also of those
that its neighbours form without it, with all features scaled anew to unit length. For a side it is the change of the
strongest direction towards a member. Scores of words do not add up to the answer: of two words that say the same,
either may be left out without much change. Mentions stay: they are who is asked about.

Sources: Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks"; Li et al. 2016,
"Understanding neural networks through representation erasure".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from stancelib.answers import score_sides
from stancelib.conflict import Conflict
from stancelib.errors import DataError
from stancelib.model import StanceModel
from stancelib.types import (
    Candidate,
    Direction,
    Explanation,
    Judgement,
    Mention,
    Sentence,
    SideScore,
    StanceTag,
    WordScore,
)

_WORD = re.compile(r"['’]s\b|\w[\w\u0300-\u036f]*(?:[.'’‐‑\u00ad-]\w[\w\u0300-\u036f]*)*")

_OPENING = "\"'“‘„«(["

_LEAST = 1e-9
"""Probabilities are taken to be at least so far from 0 and 1, where log-odds are infinite."""


def explain_tags(
    tags: Sequence[StanceTag], *, model: StanceModel, conflicts: Sequence[Conflict | None]
) -> list[Explanation]:
    """Return one explanation for each tag, in order; the model is asked once, for all of them together.

    Args:
        tags: Tags of the model; those of one sentence are best given together.
        model: What judged them.
        conflicts: The conflict of each tag; None: it has no sides.

    Raises:
        DataError: A tag holds no candidate, or another model or another conflict gave it.
    """
    for tag, conflict in zip(tags, conflicts, strict=True):
        _check(tag, model, conflict)
    pairs = [(candidate, tag) for tag in tags if (candidate := tag.candidate) is not None]
    groups = [list(own) for _, own in groupby(pairs, key=lambda pair: (pair[0].sentence, pair[0].mentions))]
    words = [_find_words(own[0][0]) for own in groups]
    asked = [
        replace(candidate, sentence=sentence, mentions=mentions)
        for own, spans in zip(groups, words, strict=True)
        for sentence, mentions in _leave_out(own[0][0], spans)
        for candidate, _ in own  # side by side: a model reads a sentence once for all of them
    ]
    judgements = iter(model.predict(asked))
    conflict_of = iter(conflicts)
    found: list[Explanation] = []
    for own, spans in zip(groups, words, strict=True):
        answers = [[next(judgements) for _ in own] for _ in range(len(spans) + 1)]
        for (candidate, tag), judged in zip(own, zip(*answers, strict=True), strict=True):
            found.append(_explain(tag, candidate, judged, spans=spans, conflict=next(conflict_of)))
    return found


def _check(tag: StanceTag, model: StanceModel, conflict: Conflict | None) -> None:
    where = f"tag of {tag.actor.id!r} in {tag.doc_id or 'text'!r}, sentence {tag.sentence}"
    label, sides = f"{model.name}@{model.version}", conflict.label if conflict else None
    if tag.candidate is None:
        raise DataError(f"{where}: holds no candidate, so that no model can be asked again; expected a tag of a tagger")
    if tag.model != label:
        raise DataError(f"{where}: was given by model {tag.model!r}; expected {label!r}, which is to explain it")
    if tag.conflict != sides:
        raise DataError(f"{where}: has the conflict {tag.conflict!r}; expected {sides!r}")


def _find_words(candidate: Candidate) -> list[tuple[int, int]]:
    """Return where the words of a sentence stand that are in no mention, in sentence coordinates."""
    sentence = candidate.sentence
    spans = sorted((mention.start - sentence.start, mention.end - sentence.start) for mention in candidate.mentions)
    words: list[tuple[int, int]] = []
    position = 0
    for start, end in [*spans, (len(sentence.text), len(sentence.text))]:  # a speaker's may lie before or after it
        words += [match.span() for match in _WORD.finditer(sentence.text, position, max(start, position))]
        position = max(position, end)
    return words


def _leave_out(
    candidate: Candidate, words: Sequence[tuple[int, int]]
) -> Iterator[tuple[Sentence, tuple[Mention, ...]]]:
    """Yield the sentence with its mentions, then the same without each of its words; what follows a word moves up."""
    sentence = candidate.sentence
    yield sentence, candidate.mentions
    for start, end in words:
        first, last = _with_blanks(sentence.text, start, end)
        text = sentence.text[:first] + sentence.text[last:]
        move = partial(_moved, first=sentence.start + first, last=sentence.start + last)
        mentions = tuple(replace(own, start=move(own.start), end=move(own.end)) for own in candidate.mentions)
        yield replace(sentence, end=sentence.start + len(text), text=text), mentions


def _with_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    """Return what goes with a word: the blanks before it, or after it where it opens a sentence or a quotation."""
    first = len(text[:start].rstrip())
    if 0 < first < start:
        return first, end
    if first == 0 or text[first - 1] in _OPENING:
        return start, len(text) - len(text[end:].lstrip())
    return start, end


def _moved(offset: int, *, first: int, last: int) -> int:
    """Return where an offset lies when what stands from ``first`` to ``last`` has gone."""
    return offset - max(0, min(offset, last) - first)


def _explain(
    tag: StanceTag,
    candidate: Candidate,
    judged: Sequence[Judgement],
    *,
    spans: Sequence[tuple[int, int]],
    conflict: Conflict | None,
) -> Explanation:
    """Explain a tag by the judgement of its sentence and those of the sentence without each of its words."""

    def score(proba: Sequence[float]) -> tuple[WordScore, ...]:
        whole, *without = map(_log_odds, proba)
        return tuple(
            WordScore(tag.start + start, tag.start + end, tag.text[start:end], whole - rest)
            for (start, end), rest in zip(spans, without, strict=True)
        )

    def side_words(top: SideScore | None, direction: Direction) -> tuple[WordScore, ...] | None:
        return None if top is None else score([scores[top.side][direction] for scores in sides])

    sides = [score_sides(candidate, judgement, conflict=conflict, on=tag.date) for judgement in judged]
    return Explanation(
        types={type_id: score([judgement.types[type_id] for judgement in judged]) for type_id in _types_of(tag)},
        supports=side_words(tag.supports, "supports"),
        opposes=side_words(tag.opposes, "opposes"),
        target=score([judgement.targets[tag.target.actor] for judgement in judged]) if tag.target else None,
    )


def _types_of(tag: StanceTag) -> list[str]:
    return list(tag.types) or [max(tag.type_proba, key=lambda type_id: tag.type_proba[type_id])]


def _log_odds(p: float) -> float:
    p = min(max(p, _LEAST), 1 - _LEAST)
    return math.log(p) - math.log1p(-p)
