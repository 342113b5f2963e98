"""Active learning: which unlabelled sentences are most worth a coder's time.

A sentence is informative if the model is unsure of one of its actors. Of the most informative ones those are taken that
differ: they are clustered, weighted by what they tell, and each cluster gives its best.

Source: Zhdanov 2019, "Diverse mini-batch active learning", with the entropy of independent labels as informativeness.
"""

from __future__ import annotations

import heapq
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from stancelib.candidates import find_candidates
from stancelib.sentences import split_sentences
from stancelib.tagger import StanceTagger
from stancelib.types import Candidate, Document, Judgement, Mention, Sentence

_POOL = 20
"""How many times more sentences are clustered than are taken."""

_CONTEXT_SENTENCES = 2
_CONTEXT_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence to label.

    Attributes:
        document: Where it stands.
        sentence: The sentence.
        context_start: Where the text before it begins that a coder sees: two sentences, or more where the speaker or
            what a pronoun stands for is named further back.
        mentions: The mentions of actors in the sentence, and of the speaker before it.
        informativeness: The entropy, in bits, of the model's answers for the actor that it is least sure of.
    """

    document: Document
    sentence: Sentence
    context_start: int
    mentions: tuple[Mention, ...]
    informativeness: float
    conflict: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return a row of the label format with the mentions marked and nothing judged."""
        start = self.sentence.start
        context = self.document.text[self.context_start : start].rstrip()
        end_of_context = self.context_start + len(context)
        actors = []
        for mention in self.mentions:
            inside = start <= mention.start and mention.end <= self.sentence.end
            if not inside and not (self.context_start <= mention.start and mention.end <= end_of_context):
                continue
            shift = start if inside else self.context_start
            mark: dict[str, Any] = {"id": mention.actor, "start": mention.start - shift, "end": mention.end - shift}
            if not inside:
                mark["in"] = "context"
            if mention.via != "quote":
                mark["via"] = mention.via
            actors.append(mark)
        return {
            "id": f"{self.document.id or 'text'}#{self.sentence.index}",
            "conflict": self.conflict,
            **({"date": self.document.date.isoformat()} if self.document.date else {}),
            **({"context": context} if context else {}),
            "text": self.sentence.text,
            "actors": actors,
            "labels": [],
            "informativeness": round(self.informativeness, 4),
        }


def suggest(
    documents: Iterable[Document], tagger: StanceTagger, n: int, *, known: Iterable[str] = (), seed: int = 0
) -> list[Suggestion]:
    """Return the sentences that are most worth labelling, the most informative first.

    Only the best are kept while the documents go by, so that a large corpus needs little memory. The same sentence is
    taken once, however many wires carry it.

    Args:
        documents: What to choose from; texts that are not English are passed over.
        tagger: Whose model is unsure.
        n: How many sentences; fewer are returned where there are not so many.
        known: Texts that are labelled already, and so not suggested.
        seed: The seed of the clustering.

    Raises:
        ValueError: ``n`` is less than 1.
        DataError: A document names a conflict that is neither shipped nor given.
    """
    if n < 1:
        raise ValueError(f"n is {n}; expected 1 or more")
    seen = {_fold(text) for text in known}
    pool: list[tuple[float, int, Suggestion]] = []
    for number, found in enumerate(_informative(documents, tagger)):
        key = _fold(found.sentence.text)
        if key in seen:
            continue
        seen.add(key)
        heapq.heappush(pool, (found.informativeness, -number, found))
        if len(pool) > n * _POOL:
            heapq.heappop(pool)
    best = [found for _, _, found in sorted(pool, reverse=True)]
    return best if len(best) <= n else _diverse(best, n, seed)


def _informative(documents: Iterable[Document], tagger: StanceTagger) -> Iterator[Suggestion]:
    names: Counter[str] = Counter()
    for given in documents:
        names[given.id] += 1
        # the same id again gets a number, so that every row has its own
        document = given if names[given.id] == 1 else replace(given, id=f"{given.id}~{names[given.id]}")
        if document.language not in (None, "en"):
            continue
        index = tagger.index(document.conflict)
        sentences = split_sentences(document)
        candidates = find_candidates(document, index, sentences=sentences)
        answers = zip(candidates, tagger.model.predict(candidates), strict=True)
        for sentence, group in groupby(answers, key=lambda answer: answer[0].sentence):
            judged = list(group)
            mentions = judged[0][0].mentions
            yield Suggestion(
                document=document,
                sentence=sentence,
                context_start=_context_start(sentence, sentences, mentions),
                mentions=mentions,
                informativeness=max(_bits(candidate, judgement) for candidate, judgement in judged),
                conflict=index.conflict.id if index.conflict else None,
            )


def _bits(candidate: Candidate, judgement: Judgement) -> float:
    """Return the entropy of the types, and of the direction towards the other actor that is least clear."""
    types = _entropy(list(judgement.types.values())).sum()
    directions = [_entropy(list(judgement.directions[other])).sum() for other in candidate.others]
    return float(types + max(directions, default=0.0))


def _entropy(p: Sequence[float]) -> np.ndarray:
    clipped = np.clip(np.asarray(p, dtype=np.float64), 1e-12, 1 - 1e-12)
    return -(clipped * np.log2(clipped) + (1 - clipped) * np.log2(1 - clipped))


def _context_start(sentence: Sentence, sentences: Sequence[Sentence], mentions: Sequence[Mention]) -> int:
    before = [other.start for other in sentences if other.index < sentence.index]
    start = before[-_CONTEXT_SENTENCES:][0] if before else sentence.start
    earliest = min((mention.start for mention in mentions), default=start)
    holding = max((place for place in before if place <= earliest), default=start)
    return min(start, holding) if sentence.start - holding <= _CONTEXT_CHARACTERS else start


def _diverse(best: Sequence[Suggestion], n: int, seed: int) -> list[Suggestion]:
    """Return the most informative suggestion of each of ``n`` clusters of words, names left out."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - slow to import
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - slow to import

    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform([_without_names(found) for found in best])
    weights = np.array([found.informativeness for found in best]) + 1e-9
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different sentences than clusters
        clusters = KMeans(n_clusters=n, n_init=1, random_state=seed).fit_predict(words, sample_weight=weights)
    chosen = list(dict.fromkeys(clusters))  # ``best`` is sorted: the first of a cluster is its best
    firsts = [int(np.flatnonzero(clusters == cluster)[0]) for cluster in chosen]
    missing = n - len(firsts)  # clusters that stayed empty give their places to the most informative of the rest
    rest = [number for number in range(len(best)) if number not in set(firsts)][:missing]
    return [best[number] for number in sorted([*firsts, *rest])]


def _without_names(found: Suggestion) -> str:
    text = list(found.sentence.text)
    for mention in found.mentions:
        for place in range(max(mention.start, found.sentence.start), min(mention.end, found.sentence.end)):
            text[place - found.sentence.start] = " "
    return "".join(text) + " actor"  # never empty


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
