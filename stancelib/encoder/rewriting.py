"""Sentences rewritten for training: with other names, and with other words for a teacher to judge.

A teacher that has learnt the labelled sentences says of them little more than their labels; what it says of sentences
nearby shows where it draws its lines. Source: Jiao et al. 2020, "TinyBERT: Distilling BERT for natural language
understanding" (its data augmentation).
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from sklearn.neighbors import NearestNeighbors
from tokenizers import Tokenizer

from stancelib.labelled import LabelledCandidate
from stancelib.types import Candidate, Label, Mention, Sentence

N_SIMILAR = 12
"""Words that may stand in for a word."""

N_GRAMMATICAL = 50
"""The commonest words of the texts: they carry the grammar, and stay."""

_WORD = re.compile(r"[^\W\d_]+")

Similar = Mapping[str, Sequence[str]]
"""Of each word, in small letters, those that may stand in for it."""


def rewrite(candidate: Candidate, edits: Sequence[tuple[int, int, str]]) -> Candidate:
    """Return a candidate in whose sentence stretches are replaced; its mentions move along.

    Args:
        candidate: What is rewritten.
        edits: Start and end in the sentence and the new text, in order and apart from each other. One that touches a
            mention covers it whole.
    """
    sentence = candidate.sentence
    text, position = "", 0
    for start, end, new in edits:
        text += sentence.text[position:start] + new
        position = end
    text += sentence.text[position:]
    # After which place of the document what follows moves, and by how much.
    moves = [(sentence.start + end, len(new) - (end - start)) for start, end, new in edits]
    shift = len(text) - len(sentence.text)
    inside = {*candidate.inside}

    def passed(place: int) -> int:
        return sum(by for after, by in moves if after <= place)

    def moved(mention: Mention) -> Mention:
        if mention in inside:
            first, last = passed(mention.start), passed(mention.end)
        else:
            first = last = shift if mention.end > sentence.end else 0
        return replace(mention, start=mention.start + first, end=mention.end + last)

    renewed = replace(sentence, text=text, end=sentence.start + len(text))
    return replace(candidate, sentence=renewed, mentions=tuple(moved(mention) for mention in candidate.mentions))


def rename_actors(candidate: Candidate, names: Sequence[str], rng: random.Random) -> Candidate:
    """Return a candidate whose named mentions have other names: one name for one actor, drawn without replacement.

    A sentence in which mentions overlap is too entangled to rename, and is returned as it is.
    """
    inside = sorted(candidate.inside, key=lambda m: (m.start, m.end))
    if any(one.end > two.start for one, two in pairwise(inside)):
        return candidate
    actors = list(dict.fromkeys(m.actor for m in inside if m.via == "name"))
    new = dict(zip(actors, rng.sample(names, min(len(actors), len(names))), strict=False))
    offset = candidate.sentence.start
    return rewrite(
        candidate,
        [(m.start - offset, m.end - offset, new[m.actor]) for m in inside if m.via == "name" and m.actor in new],
    )


def collect_names(examples: Sequence[LabelledCandidate]) -> list[str]:
    """Return the names of actors that the texts hold, sorted."""
    found = {
        example.text[mention.start : mention.end]
        for example in examples
        for mention in example.candidate.mentions
        if mention.via == "name"
    }
    return sorted(found)


def similar_words(
    texts: Sequence[str], tokenizer: Tokenizer, embeddings: np.ndarray, *, n_grammatical: int = N_GRAMMATICAL
) -> Similar:
    """Find for each word of the texts the words of the texts that an encoder reads most alike.

    Args:
        texts: Where the words are from. Left out are those that stand there once, and those of several tokens.
        tokenizer: The encoder's.
        embeddings: Its token embeddings, shape ``(n_tokens, width)``.
        n_grammatical: How many of the commonest words are left out.
    """
    counts = Counter(word.lower() for text in texts for word in _WORD.findall(text))
    common = {word for word, _ in counts.most_common(n_grammatical)}
    tokens: dict[str, int] = {}
    for word in sorted(word for word, n in counts.items() if n > 1 and word not in common):
        ids = tokenizer.encode(word, add_special_tokens=False).ids
        if len(ids) == 1:
            tokens[word] = ids[0]
    words = list(tokens)
    if len(words) < 2:
        return {}
    rows = embeddings[[tokens[word] for word in words]]
    search = NearestNeighbors(n_neighbors=min(N_SIMILAR + 1, len(words)), metric="cosine").fit(rows)
    nearest = search.kneighbors(rows, return_distance=False)
    return {
        word: [words[k] for k in found if words[k] != word][:N_SIMILAR]
        for word, found in zip(words, nearest, strict=True)
    }


def vary(candidate: Candidate, similar: Similar, *, share: float, rng: random.Random) -> Candidate:
    """Return a candidate some of whose words, none of them of a mention, are exchanged for similar ones.

    Args:
        candidate: What is varied.
        similar: See ``similar_words``.
        share: How often a word is exchanged.
        rng: Draws words.
    """
    sentence = candidate.sentence
    named = [(m.start - sentence.start, m.end - sentence.start) for m in candidate.inside]
    edits = []
    for match in _WORD.finditer(sentence.text):
        old = match.group()
        found = similar.get(old.lower())
        if not found or any(match.start() < end and start < match.end() for start, end in named):
            continue
        if rng.random() < share:
            new = rng.choice(found)
            edits.append((match.start(), match.end(), new.capitalize() if old[0].isupper() else new))
    return rewrite(candidate, edits)


def vary_examples(
    examples: Sequence[LabelledCandidate], similar: Similar, *, copies: int, share: float, seed: int
) -> tuple[list[LabelledCandidate], list[int]]:
    """Return copies of the examples with words exchanged and nothing judged, and which example each was made of.

    The examples of one sentence are varied alike, and stay one sentence.
    """
    made: list[LabelledCandidate] = []
    origins: list[int] = []
    for copy in range(copies):
        varied: dict[tuple[str, Sentence, tuple[Mention, ...]], Candidate] = {}
        for row, example in enumerate(examples):
            own = example.candidate
            key = example.sentence_id, own.sentence, own.mentions
            if key not in varied:
                rng = random.Random(f"{seed} {copy} {example.sentence_id} {own.sentence.start}")
                varied[key] = vary(own, similar, share=share, rng=rng)
            made.append(_copy(example, varied[key], number=copy + 1))
            origins.append(row)
    return made, origins


def _copy(example: LabelledCandidate, varied: Candidate, *, number: int) -> LabelledCandidate:
    """Return an example of a varied sentence, whose values it shares, so that models encode it once for all actors."""
    old = example.candidate.sentence
    return replace(
        example,
        candidate=replace(example.candidate, sentence=varied.sentence, mentions=varied.mentions),
        label=Label(example.label.actor),
        text=example.text[: old.start] + varied.sentence.text + example.text[old.end :],
        sentence_id=f"{example.sentence_id}~{number}",
    )
