"""Sentences rewritten: every mention stays on its words, and the rest of the sentence as it was."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from encoder_kit import make_candidates, make_tokenizer
from hypothesis import given
from hypothesis import strategies as st

from stancelib.encoder.rewriting import (
    collect_names,
    rename_actors,
    rewrite,
    similar_words,
    vary,
    vary_examples,
)
from stancelib.labelled import LabelledCandidate
from stancelib.types import Candidate, Label, Mention, Sentence

WORD = st.text("abcdefghijklmnop", min_size=1, max_size=9).map(str.capitalize)


@st.composite
def sentences_with_mentions(draw: st.DrawFn) -> Candidate:
    """Draw a sentence in a text with mentions in it, which may overlap, and some beyond it."""
    before, words, after = (
        draw(st.integers(0, 12)),
        draw(st.lists(WORD, min_size=1, max_size=8)),
        draw(st.integers(0, 12)),
    )
    text = " ".join(words)
    start, end = before, before + len(text)
    mentions = []
    for _ in range(draw(st.integers(1, 6))):
        first = draw(st.integers(0, end + after - 1))
        last = draw(st.integers(first + 1, end + after))
        via = draw(st.sampled_from(("name", "name", "pronoun", "quote")))
        mentions.append(Mention(draw(st.sampled_from("ABC")), first, last, via))
    return Candidate(Sentence("d", 0, start, end, text), mentions[0].actor, tuple(mentions))


def _words(candidate: Candidate, mention: Mention) -> str:
    start = candidate.sentence.start
    return candidate.sentence.text[mention.start - start : mention.end - start]


def _inside(candidate: Candidate) -> list[bool]:
    s = candidate.sentence
    return [s.start <= m.start and m.end <= s.end for m in candidate.mentions]


@given(sentences_with_mentions(), st.lists(WORD, max_size=4, unique=True), st.integers(0, 99))
def test_renaming_moves_every_mention_with_its_words(candidate: Candidate, names: list[str], seed: int) -> None:
    found = rename_actors(candidate, names, random.Random(seed))
    old, new = candidate.sentence, found.sentence
    shift = len(new.text) - len(old.text)
    assert (new.start, new.end) == (old.start, old.start + len(new.text))
    assert (found.actor, found.others) == (candidate.actor, candidate.others)
    assert [(m.actor, m.via) for m in found.mentions] == [(m.actor, m.via) for m in candidate.mentions]
    assert _inside(found) == _inside(candidate)
    given: dict[str, str] = {}
    for one, two, inside in zip(candidate.mentions, found.mentions, _inside(candidate), strict=True):
        if not inside:
            moved = shift if one.end > old.end else 0
            assert (two.start, two.end) == (one.start + moved, one.end + moved)
        elif one.via != "name" or found == candidate:
            assert _words(found, two) == _words(candidate, one)
        elif _words(found, two) != _words(candidate, one):
            assert _words(found, two) in names
            assert given.setdefault(one.actor, _words(found, two)) == _words(found, two)
    assert len(set(given.values())) == len(given)


@given(sentences_with_mentions(), st.integers(0, 99))
def test_what_no_mention_covers_stays(candidate: Candidate, seed: int) -> None:
    found = rename_actors(candidate, ["Xa", "Yyyyyyyyyyyy", "Z"], random.Random(seed))

    def rest(one: Candidate) -> str:
        covered = {
            k for m, inside in zip(one.mentions, _inside(one), strict=True) if inside for k in range(m.start, m.end)
        }
        text, start = one.sentence.text, one.sentence.start
        return "".join(letter for k, letter in enumerate(text) if k + start not in covered)

    assert rest(found) == rest(candidate)


def test_renamed_mentions_stand_on_the_new_names() -> None:
    """A name at the sentence's end, and a speaker after it: the longer name moves the speaker once."""
    text = "It condemned Morvia and the Red League"
    (candidate, *_) = make_candidates(text, [("MORVIA", "Morvia"), ("RED", "Red League")])
    speaker = Mention("TALVIA", len(text) + 2, len(text) + 8, "quote")
    found = rename_actors(
        replace(candidate, mentions=(*candidate.mentions, speaker)), ["Ul", "Great Ostland"], random.Random(0)
    )
    assert {_words(found, mention) for mention in found.mentions[:2]} == {"Ul", "Great Ostland"}
    assert found.sentence.text.startswith("It condemned ")
    assert found.mentions[2].start == len(found.sentence.text) + 2


def test_mentions_that_overlap_are_not_renamed() -> None:
    candidate = make_candidates("Talvia praised both sides.", [("RED", "both sides"), ("BLUE", "both sides")])[0]
    assert rename_actors(candidate, ["Ulmia", "Ostland"], random.Random(0)) is candidate


def test_too_few_names_leave_some() -> None:
    candidate = make_candidates("Talvia praised Morvia.", [("TALVIA", "Talvia"), ("MORVIA", "Morvia")])[0]
    assert rename_actors(candidate, [], random.Random(0)).sentence.text == "Talvia praised Morvia."
    assert rename_actors(candidate, ["Ulmia"], random.Random(0)).sentence.text == "Ulmia praised Morvia."


def test_names_of_the_texts_are_collected(tiny: list[LabelledCandidate]) -> None:
    names = collect_names(tiny)
    assert names == sorted({*names})
    assert {"Talvia", "Red League", "Kesh"} <= {*names}
    assert "We" not in names


# --- Words exchanged ---

TEXTS = ["They condemned the raid.", "They denounced the raid.", "The raid was long.", "A long road was named."]
SIMILAR = {"condemned": ["denounced"], "raid": ["attack"], "talvia": ["road"], "the": ["a"]}


def _embeddings(**rows: list[float]) -> tuple[np.ndarray, dict[str, int]]:
    vocabulary = make_tokenizer(TEXTS).get_vocab()
    table = np.zeros((len(vocabulary), 2))
    for word, row in rows.items():
        table[vocabulary[word]] = row
    return table, vocabulary


def test_the_nearest_words_come_first() -> None:
    table, _ = _embeddings(raid=[1, 0], long=[0.9, 0.1], they=[0, 1], was=[-1, 0.1])
    found = similar_words(TEXTS, make_tokenizer(TEXTS), table, n_grammatical=1)
    assert set(found) == {"they", "raid", "was", "long"}  # "the" is the commonest; the others stand there once
    assert found["raid"] == ["long", "they", "was"]
    assert found["was"][-1] == "raid"


@pytest.mark.parametrize("texts", [[], ["Once."], ["Often often."]])
def test_without_two_words_nothing_is_similar(texts: list[str]) -> None:
    tokenizer = make_tokenizer(["once often"])
    assert similar_words(texts, tokenizer, np.ones((tokenizer.get_vocab_size(), 2)), n_grammatical=0) == {}


def test_words_of_several_tokens_are_left_out() -> None:
    tokenizer = make_tokenizer(["long road"])
    table = np.ones((tokenizer.get_vocab_size(), 2))
    assert set(similar_words(["Long road, long tunnel, road tunnel."], tokenizer, table, n_grammatical=0)) == {
        "long",
        "road",
    }


def test_words_are_exchanged_and_names_are_not() -> None:
    text = "Condemned by Talvia, the raid on Morvia ended."
    candidate = make_candidates(text, [("TALVIA", "Talvia"), ("MORVIA", "Morvia")])[0]
    found = vary(candidate, SIMILAR, share=1.0, rng=random.Random(0))
    assert found.sentence.text == "Denounced by Talvia, a attack on Morvia ended."
    assert [_words(found, mention) for mention in found.mentions] == ["Talvia", "Morvia"]
    assert vary(candidate, SIMILAR, share=0.0, rng=random.Random(0)) == candidate


@given(sentences_with_mentions(), st.floats(0, 1), st.integers(0, 99))
def test_varying_moves_every_mention_with_its_words(candidate: Candidate, share: float, seed: int) -> None:
    words = {word.lower(): ["xx", "yyyyyyyyyyyyyyy"] for word in candidate.sentence.text.split()}
    found = vary(candidate, words, share=share, rng=random.Random(seed))
    assert _inside(found) == _inside(candidate)
    for one, two, inside in zip(candidate.mentions, found.mentions, _inside(candidate), strict=True):
        if inside:
            assert _words(found, two) == _words(candidate, one)


def test_stretches_are_replaced() -> None:
    candidate = make_candidates("Talvia praised Morvia.", [("TALVIA", "Talvia"), ("MORVIA", "Morvia")])[1]
    found = rewrite(candidate, [(0, 6, "It"), (7, 14, "lauded")])
    assert found.sentence.text == "It lauded Morvia."
    assert [_words(found, mention) for mention in found.mentions] == ["It", "Morvia"]
    assert rewrite(candidate, []) == candidate


def test_copies_have_nothing_judged_and_stay_whole_sentences(examples: list[LabelledCandidate]) -> None:
    found, origins = vary_examples(examples, SIMILAR, copies=2, share=0.5, seed=3)
    assert origins == [*range(len(examples))] * 2
    assert len({example.sentence_id for example in found}) == 2 * len({example.sentence_id for example in examples})
    sentences: dict[str, set[tuple[int, int]]] = {}
    for example, origin in zip(found, origins, strict=True):
        assert example.label == Label(examples[origin].label.actor)
        sentence = example.candidate.sentence
        shared = id(sentence), id(example.candidate.mentions)  # by which models know that it is one sentence
        sentences.setdefault(example.sentence_id, set()).add(shared)
        assert example.text[sentence.start : sentence.end] == sentence.text
    assert all(len(own) == 1 for own in sentences.values())
    assert any("denounced" in example.text for example in found)
    assert vary_examples(examples, SIMILAR, copies=2, share=0.5, seed=3) == (found, origins)
    assert vary_examples(examples, SIMILAR, copies=2, share=0.5, seed=4) != (found, origins)
