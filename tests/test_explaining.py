"""Explanations: a word's score is what leaving it out does to an answer's log-odds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import ClassVar

import numpy as np
import pytest

from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError
from stancelib.features import actor_features
from stancelib.linear import LinearModel
from stancelib.model import StanceModel
from stancelib.rendering import render_sentence
from stancelib.tagger import StanceTagger, load
from stancelib.types import Candidate, Example, Explanation, Judgement, Mark, StanceTag, WordScore

TYPE = "condemnation"
TEXT = "Rain fell.\n\n“Naïve” 🙂 Talvia sharply condemned the Red League’s raid over Morvia."


@dataclass
class WordModel:
    """A model whose log-odds are the sums of the weights of a sentence's words: scores are known in advance."""

    types: Mapping[str, float] = field(default_factory=dict)
    against: Mapping[str, float] = field(default_factory=dict)
    target: Mapping[str, float] = field(default_factory=dict)
    bias: float = 0.5
    asked: list[int] = field(default_factory=list)
    seen: list[Candidate] = field(default_factory=list)

    name: ClassVar[str] = "words"
    version: ClassVar[int] = 1
    codebook: ClassVar[Codebook] = load_codebook()
    thresholds: ClassVar[Thresholds] = Thresholds({}, side=0.3, target=0.3)

    def predict(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        self.asked.append(len(candidates))
        self.seen += candidates
        return [self._judge(candidate) for candidate in candidates]

    def _judge(self, candidate: Candidate) -> Judgement:
        words = re.findall(r"\w+", candidate.sentence.text)
        condemns, against, target = (self._p(words, weights) for weights in (self.types, self.against, self.target))
        return Judgement(
            types={type_id: condemns if type_id == TYPE else 0.01 for type_id in self.codebook.type_ids},
            directions={other: (0.0, against) for other in candidate.others},
            targets={other: target for other in candidate.others},
            planned=0.0,
        )

    def _p(self, words: Sequence[str], weights: Mapping[str, float]) -> float:
        return 1 / (1 + math.exp(-self.bias - sum(weights.get(word, 0.0) for word in words)))


@pytest.fixture
def word_model() -> WordModel:
    return WordModel(
        types={"condemned": 2.0, "sharply": -0.5},
        against={"condemned": 1.5, "raid": 0.25},
        target={"over": 0.75},
    )


@pytest.fixture
def word_tagger(word_model: WordModel, conflict: Conflict) -> StanceTagger:
    return load(word_model, conflict=conflict)


def _first(tagger: StanceTagger, text: str = TEXT) -> StanceTag:
    return next(tag for tag in tagger.tag(text, keep_all=True) if tag.actor.id == "TALVIA")


def _scores(words: Sequence[WordScore] | None) -> dict[str, float]:
    """Return the scores that are not zero, by word."""
    return {word.text: pytest.approx(word.score) for word in words or () if abs(word.score) > 1e-6}


def test_a_word_scores_what_leaving_it_out_changes(word_tagger: StanceTagger) -> None:
    explanation = word_tagger.explain(_first(word_tagger))
    assert _scores(explanation.types[TYPE]) == {"condemned": 2.0, "sharply": -0.5}
    assert _scores(explanation.opposes) == {"condemned": 1.5, "raid": 0.25}
    assert _scores(explanation.target) == {"over": 0.75}
    assert explanation.supports is None


def test_spans_point_into_the_document_and_leave_mentions_out(word_tagger: StanceTagger) -> None:
    words = word_tagger.explain(_first(word_tagger)).types[TYPE]
    assert [TEXT[word.start : word.end] for word in words] == [word.text for word in words]
    assert [word.text for word in words] == ["Naïve", "sharply", "condemned", "the", "’s", "raid", "over"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Talvia condemned it.", ["condemned", "it"]),
        ("Talvia's cease-fire can't hold, 3.5 years on.", ["'s", "cease-fire", "can't", "hold", "3.5", "years", "on"]),
        ("A pro-Talvia “cafe\u0301”...so they said.", ["A", "pro", "cafe\u0301", "so", "they", "said"]),
        ("Anti-Talvia-style raids", ["Anti", "style", "raids"]),
        ("Talvia...", []),
    ],
)
def test_words_are_told_from_marks_and_mentions(text: str, words: list[str], word_tagger: StanceTagger) -> None:
    start = text.index("Talvia")
    (tag,) = word_tagger.predict([Example(text, (Mark("TALVIA", start, start + 6),), "TALVIA")])
    found = word_tagger.explain(tag).types[TYPE]
    assert [word.text for word in found] == words
    assert all(text[word.start : word.end] == word.text for word in found)


def test_spans_of_an_example_count_in_its_text(word_tagger: StanceTagger) -> None:
    text = "It condemned the Red League."
    marks = (Mark("TALVIA", 0, 6, in_context=True), Mark("TALVIA", 0, 2), Mark("RED", 17, 27))
    example = Example(text, marks, "TALVIA", context="Talvia woke up. Rain fell.")
    (tag,) = word_tagger.predict([example])
    words = word_tagger.explain(tag).types[TYPE]
    assert tag.start == 0
    assert [(word.start, word.text) for word in words] == [(3, "condemned"), (13, "the")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"Nobody condemned the raid. Nobody slept," Talvia told reporters.', 0),
        ('Talvia told reporters: "Nobody slept. Nobody condemned the raid."', 1),
    ],
)
def test_words_of_a_speaker_who_is_named_elsewhere_are_all_explained(
    text: str, sentence: int, word_tagger: StanceTagger
) -> None:
    tag = word_tagger.tag(text, keep_all=True)[sentence]
    assert (tag.sentence, tag.mention.via) == (sentence, "quote")
    found = word_tagger.explain(tag).types[TYPE]
    assert [word.text for word in found] == ["Nobody", "condemned", "the", "raid"]
    assert all(text[word.start : word.end] == word.text for word in found)


def test_a_side_is_explained_by_its_strongest_member(duel: Conflict) -> None:
    class Members(WordModel):
        def _judge(self, candidate: Candidate) -> Judgement:
            p = 0.8 if "condemned" in candidate.sentence.text else 0.3
            return replace(super()._judge(candidate), directions={"RED": (0.0, p), "RED_GUARD": (0.0, 0.5)})

    tagger = load(Members(), conflict=duel)
    tag = next(tag for tag in tagger.tag("Blue Front condemned Red League and Red Guard.") if tag.actor.id == "BLUE")
    assert _scores(tagger.explain(tag).opposes) == {"condemned": math.log(4)}  # from 4 : 1 to 1 : 1


def test_a_tag_without_a_type_is_explained_by_its_likeliest(conflict: Conflict) -> None:
    tagger = load(WordModel({"condemned": 1.0}, bias=-3.0), conflict=conflict)
    tag = _first(tagger)
    explanation = tagger.explain(tag)
    assert tag.types == {}
    assert {name: _scores(words) for name, words in explanation.types.items()} == {TYPE: {"condemned": 1.0}}
    assert (explanation.supports, explanation.opposes, explanation.target) == (None, None, None)


def test_certainty_has_finite_scores(conflict: Conflict) -> None:
    tagger = load(WordModel({"condemned": 700.0}), conflict=conflict)
    scores = [word.score for word in tagger.explain(_first(tagger)).types[TYPE]]
    assert max(scores) > 10
    assert all(map(math.isfinite, scores))


def test_without_a_conflict_types_and_target_are_explained(word_model: WordModel, word_tagger: StanceTagger) -> None:
    tagger = load(word_model)
    (tag, _) = tagger.tag("France condemned Germany over the raid.")
    explanation = tagger.explain(tag)
    assert _scores(explanation.types[TYPE]) == {"condemned": 2.0}
    assert _scores(explanation.target) == {"over": 0.75}
    assert (explanation.supports, explanation.opposes) == (None, None)
    assert word_tagger.explain(tag) == explanation  # the tag's conflict counts, not the tagger's


def test_a_document_may_name_the_conflict(word_model: WordModel, conflict: Conflict, word_tagger: StanceTagger) -> None:
    tag = _first(word_tagger)
    named = load(word_model, conflicts=[conflict]).explain(tag)
    assert named == word_tagger.explain(tag)
    assert named.opposes


def test_the_linear_model_s_score_is_the_difference_of_its_logits(tagger: StanceTagger, model: LinearModel) -> None:
    text = "Talvia sharply condemned the Red League."
    column = model.codebook.type_ids.index(TYPE)
    head = model.heads["types"]

    def logit(sentence: str) -> float:
        candidate = _first(tagger, sentence).candidate
        assert candidate is not None
        bag = actor_features(render_sentence(candidate), "TALVIA")
        return float(head.logits(model.actor_vocabulary.vectorise([bag]))[0, column]) / head.temperature

    words = tagger.explain(_first(tagger, text)).types[TYPE]
    wanted = [logit(text) - logit(text.replace(f" {word.text}", "")) for word in words]
    assert [word.text for word in words] == ["sharply", "condemned", "the"]
    assert [word.score for word in words] == pytest.approx(wanted)
    assert max(words, key=lambda word: word.score).text == "condemned"
    assert np.ptp(wanted) > 1


@pytest.mark.parametrize(
    "text",
    [
        'At "dawn" Talvia’s army shot at the Red League’s (and Morvia’s) men, 🙂 then "slept".',
        "Anti-Talvia-style  raids \t hit\nMorvia . ",
        "It fell. Talvia said “we wept”.",
    ],
)
def test_what_is_left_is_the_sentence_without_the_word(
    text: str, word_tagger: StanceTagger, word_model: WordModel
) -> None:
    marks = tuple(
        Mark(actor, match.start(), match.end())
        for actor, name in (("TALVIA", "Talvia"), ("RED", "Red League"), ("MORVIA", "Morvia"))
        for match in re.finditer(name, text)
    )
    (tag,) = word_tagger.predict([Example(text, marks, "TALVIA", context="Morvia slept.")])
    words = word_tagger.explain(tag).types[TYPE]
    whole, *without = word_model.seen[-len(words) - 1 :]
    assert whole == tag.candidate
    for word, candidate in zip(words, without, strict=True):
        sentence = candidate.sentence
        assert sentence.end - sentence.start == len(sentence.text)
        removed = text[: word.start] + text[word.end :]
        assert "".join(sentence.text.split()) == "".join(removed.split())
        assert "  " not in sentence.text or "  " in text
        names = [sentence.text[m.start - sentence.start : m.end - sentence.start] for m in candidate.mentions]
        assert names == [text[m.start - whole.sentence.start : m.end - whole.sentence.start] for m in whole.mentions]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Talvia shot first.", ["Talvia first.", "Talvia shot."]),
        ('Talvia, "dawn fell" on', ['Talvia, "fell" on', 'Talvia, "dawn" on', 'Talvia, "dawn fell"']),
        ("Then Talvia (once) shot", ["Talvia (once) shot", "Then Talvia () shot", "Then Talvia (once)"]),
    ],
)
def test_blanks_go_with_a_word(text: str, left: list[str], word_tagger: StanceTagger, word_model: WordModel) -> None:
    start = text.index("Talvia")
    (tag,) = word_tagger.predict([Example(text, (Mark("TALVIA", start, start + 6),), "TALVIA")])
    word_model.seen.clear()
    word_tagger.explain(tag)
    assert [candidate.sentence.text for candidate in word_model.seen] == [text, *left]


def test_tags_of_a_pipe_carry_what_explain_says(tagger: StanceTagger) -> None:
    texts = [TEXT, "Rain fell.", "Morvia praised the Green Guard. Talvia and Morvia condemned the Red League."]
    plain = list(tagger.pipe(texts, keep_all=True))
    explained = list(tagger.pipe(texts, keep_all=True, explain=True))
    assert explained == plain  # neither candidate nor explanation counts
    assert sum(map(len, plain)) > 4
    for tag, other in zip(chain(*plain), chain(*explained), strict=True):
        assert tag.explanation is None
        assert other.explanation == tagger.explain(tag)
        assert list(other.to_dict()) == [*tag.to_dict(), "explanation"]


def test_the_model_is_asked_once_more_for_a_document_and_never_unasked(
    word_model: WordModel, word_tagger: StanceTagger
) -> None:
    text = "Talvia condemned Morvia. Talvia has not slept."
    word_tagger.tag(text)
    assert word_model.asked == [3]
    list(word_tagger.pipe([text], keep_all=True, explain=True))
    assert word_model.asked == [3, 3, 2 * (1 + 1) + 1 * (1 + 3)]  # candidates, each as it is and without each word


def test_a_tag_that_no_tagger_made_is_refused(word_tagger: StanceTagger) -> None:
    tag = replace(_first(word_tagger), candidate=None, doc_id="a.txt")
    with pytest.raises(DataError, match=r"tag of 'TALVIA' in 'a.txt', sentence 1: holds no candidate, .* a tagger"):
        word_tagger.explain(tag)


def test_a_tag_of_another_model_or_conflict_is_refused(word_tagger: StanceTagger, model: StanceModel) -> None:
    tag = _first(word_tagger)
    with pytest.raises(DataError, match="was given by model 'words@1'; expected 'tiny@"):
        load(model, conflict=word_tagger.conflict).explain(tag)
    with pytest.raises(DataError, match="has the conflict 'veldmark@999'; expected 'veldmark@3'"):
        word_tagger.explain(replace(tag, conflict="veldmark@999"))
    with pytest.raises(DataError, match="unknown conflict 'zorbania'"):
        word_tagger.explain(replace(tag, conflict="zorbania@1"))


def test_the_strongest_words_come_first_and_slight_ones_not_at_all() -> None:
    words = tuple(WordScore(n, n + 1, str(n), score) for n, score in enumerate((0.04, 1.0, -2.0, 0.5, 0.0)))
    explanation = Explanation({"a": words, "b": words[:1]}, opposes=words[1:2])
    assert explanation.strongest(2) == [("a", (words[2], words[1])), ("opposes", (words[1],))]
    assert [word.text for word in explanation.strongest(9)[0][1]] == ["2", "1", "3"]


def test_a_line_tells_every_word() -> None:
    word = WordScore(3, 6, "hit", 1.25)
    assert Explanation({"a": (word,)}, target=()).to_dict() == {
        "types": {"a": [{"start": 3, "end": 6, "text": "hit", "score": 1.25}]},
        "supports": None,
        "opposes": None,
        "target": [],
    }
