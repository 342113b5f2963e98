"""From raw text: which tuples of labelled articles a tagger finds, and at which stage it loses or invents others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from stancelib import metrics
from stancelib.cast import PRONOUNS
from stancelib.evaluation.report import ClassRow, StageRow
from stancelib.evaluation.resampling import Documents, resample
from stancelib.metrics import Values, Weights
from stancelib.reading import make_document
from stancelib.sentences import split_sentences
from stancelib.tagger import StanceTagger
from stancelib.types import ArticleSentence, LabelledArticle, Mark, Sentence, StanceTag

Question = Literal["actor", "stance", "side", "target"]
Stage = Literal["sentence", "actor", "attribution", "type", "side"]

QUESTIONS: tuple[Question, ...] = ("actor", "stance", "side", "target")
STAGES: tuple[Stage, ...] = ("sentence", "actor", "attribution", "type", "side")

Tuple = tuple[Any, ...]
"""``(sentence, actor)``, then a type, a direction and a side, or a target. A sentence that the labels do not have is a
negative number."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The right tuples of a question, and those found; what was not judged is in neither."""

    gold: frozenset[Tuple]
    found: frozenset[Tuple]


@dataclass(frozen=True, slots=True)
class JudgedArticle:
    """An article beside what a tagger made of its text.

    Attributes:
        article: With its labels.
        answers: The tuples of each question.
        lost: Because of which stage a right stance or side was not found.
        invented: Because of which stage a wrong one was said.
        tags: What was found, by the number of the sentence and the actor; empty: it was not kept.
    """

    article: LabelledArticle
    answers: Mapping[Question, Answered]
    lost: Mapping[tuple[Question, Tuple], Stage]
    invented: Mapping[tuple[Question, Tuple], Stage]
    tags: Mapping[tuple[int, str], StanceTag] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the line of a predictions file: what was found."""
        found = {name: sorted(map(list, answered.found)) for name, answered in self.answers.items()}
        return {"id": self.article.id, "found": found}


def judge_articles(articles: Iterable[LabelledArticle], tagger: StanceTagger) -> list[JudgedArticle]:
    """Tag the raw text of labelled articles, and compare."""
    judged = []
    for article in articles:
        document = make_document(article.text, id=article.id, date=article.date, conflict=article.conflict)
        tags = next(tagger.pipe([document], keep_all=True))
        judged.append(_judge(article, split_sentences(document), tags))
    return judged


def measure_articles(judged: Sequence[JudgedArticle], weights: Weights) -> dict[str, Values]:
    """Return precision, recall and F1 of each question, one value a weighting.

    Args:
        judged: The articles.
        weights: Shape ``(n_articles, n_draws)``.
    """
    values: dict[str, Values] = {}
    for question in QUESTIONS:
        n_gold, n_found, n_hits = (count_tuples(judged, question)) @ weights
        values[f"end_to_end_{question}_precision"] = metrics.ratio(n_hits, n_found)
        values[f"end_to_end_{question}_recall"] = metrics.ratio(n_hits, n_gold)
        values[f"end_to_end_{question}_f1"] = metrics.f1_of(n_gold, n_found, n_hits)
    return values


def count_tuples(judged: Sequence[JudgedArticle], question: Question) -> npt.NDArray[np.float64]:
    """Return how many tuples of each article are right, found, and both; shape ``(3, n_articles)``."""
    answered = [item.answers[question] for item in judged]
    counts = [(len(a.gold), len(a.found), len(a.gold & a.found)) for a in answered]
    return np.array(counts, dtype=np.float64).reshape(-1, 3).T


def measure_stages(judged: Sequence[JudgedArticle]) -> tuple[StageRow, ...]:
    """Return for stances and sides how many tuples each stage lost and invented."""
    rows = []
    all_lost = _count_stages(item.lost for item in judged)
    all_invented = _count_stages(item.invented for item in judged)
    for question in ("stance", "side"):
        n_gold, n_found, n_hits = count_tuples(judged, question).sum(axis=1)
        for stage in STAGES if question == "side" else STAGES[:-1]:
            lost, invented = all_lost[question, stage], all_invented[question, stage]
            total = n_gold + n_found - invented + lost
            f1 = 2 * (n_hits + lost) / total if total else None
            rows.append(StageRow(question=question, stage=stage, lost=lost, invented=invented, f1_without=f1))
    return tuple(rows)


def measure_article_types(
    judged: Sequence[JudgedArticle], type_ids: Sequence[str], documents: Documents
) -> dict[str, ClassRow]:
    """Return precision, recall and F1 of the (sentence, actor, type) tuples of each type."""
    counts = np.zeros((3, len(type_ids), len(judged)))
    places = {type_id: k for k, type_id in enumerate(type_ids)}
    for column, item in enumerate(judged):
        stances = item.answers["stance"]
        for row, tuples in enumerate((stances.gold, stances.found, stances.gold & stances.found)):
            for entry in tuples:
                counts[row, places[entry[2]], column] += 1
    found = resample(lambda weights: {"f1": metrics.f1_of(*(part @ weights for part in counts))}, documents)["f1"]
    table = {}
    for type_id, k in places.items():
        n_gold, n_found, n_hits = (int(part[k].sum()) for part in counts)
        f1 = found.at(k)
        table[type_id] = ClassRow(
            precision=n_hits / n_found if n_found else None,
            recall=n_hits / n_gold if n_gold else None,
            f1=f1.value,
            support=n_gold,
            f1_interval=f1.interval,
        )
    return table


def _count_stages(stages: Iterable[Mapping[tuple[Question, Tuple], Stage]]) -> Counter[tuple[Question, Stage]]:
    return Counter((question, stage) for item in stages for (question, _), stage in item.items())


def _judge(article: LabelledArticle, sentences: Sequence[Sentence], tags: Sequence[StanceTag]) -> JudgedArticle:
    by_key = {(_match(tag, article.sentences), tag.actor.id): tag for tag in tags}
    matched = {_match(sentence, article.sentences) for sentence in sentences}
    answers = _answers(article, by_key)
    lost: dict[tuple[Question, Tuple], Stage] = {}
    invented: dict[tuple[Question, Tuple], Stage] = {}
    for question in ("stance", "side"):
        answered = answers[question]
        for entry in answered.gold - answered.found:
            lost[question, entry] = _where_lost(entry, question, article, by_key=by_key, matched=matched)
        for entry in answered.found - answered.gold:
            invented[question, entry] = _where_invented(entry, question, article, answers=answers, by_key=by_key)
    return JudgedArticle(article, answers, lost, invented, by_key)


def _answers(article: LabelledArticle, by_key: Mapping[tuple[int, str], StanceTag]) -> dict[Question, Answered]:
    """Return the right and the found tuples; a found sentence that matches none counts with what it says."""
    gold: dict[Question, set[Tuple]] = {question: set() for question in QUESTIONS}
    judged: dict[Question, set[Tuple]] = {question: set() for question in QUESTIONS}
    for number, sentence in enumerate(article.sentences):
        gold["actor"] |= {(number, mark.actor) for mark in sentence.actors}
        gold["actor"] |= {(number, label.actor) for label in sentence.labels}
        for label in sentence.labels:
            key = (number, label.actor)
            judged["stance"] |= {key} if label.types is not None else set()
            gold["stance"] |= {(*key, type_id) for type_id in label.types or ()}
            judged["target"] |= {key} if label.target is not None else set()
            gold["target"] |= {(*key, target) for target in label.target or ()}
            if label.supports is not None and label.opposes is not None:
                judged["side"].add(key)
                gold["side"] |= {(*key, "supports", side) for side in label.supports}
                gold["side"] |= {(*key, "opposes", side) for side in label.opposes}
    found: dict[Question, set[Tuple]] = {question: set() for question in QUESTIONS}
    for key, tag in by_key.items():
        found["actor"].add(key)
        for question, entries in _said(tag).items():
            # A question that nobody judged in the article has no wrong answers either.
            if key in judged[question] or (judged[question] and key not in gold["actor"]):
                found[question] |= {(*key, *entry) for entry in entries}
    return {question: Answered(frozenset(gold[question]), frozenset(found[question])) for question in QUESTIONS}


def _said(tag: StanceTag) -> dict[Question, list[Tuple]]:
    named = (("supports", tag.supports), ("opposes", tag.opposes))
    return {
        "stance": [(type_id,) for type_id in tag.types],
        "side": [(name, score.side) for name, score in named if score],
        "target": [(tag.target.actor,)] if tag.target else [],
    }


def _where_lost(
    entry: Tuple,
    question: Question,
    article: LabelledArticle,
    *,
    by_key: Mapping[tuple[int, str], StanceTag],
    matched: set[int],
) -> Stage:
    number, actor = entry[:2]
    if number not in matched:
        return "sentence"
    tag = by_key.get((number, actor))
    if tag is None:
        sentence = article.sentences[number]
        if _is_split_off(actor, sentence, by_key):
            return "sentence"
        own = [mark for mark in sentence.actors if mark.actor == actor]
        return "actor" if any(_is_name(mark, sentence, article.text) for mark in own) else "attribution"
    return "side" if question == "side" and tag.types else "type"


def _where_invented(
    entry: Tuple,
    question: Question,
    article: LabelledArticle,
    *,
    answers: Mapping[Question, Answered],
    by_key: Mapping[tuple[int, str], StanceTag],
) -> Stage:
    key = entry[:2]
    if key[0] < 0:
        return "sentence"
    if key not in answers["actor"].gold:
        mention, sentence = by_key[key].mention, article.sentences[key[0]]
        if mention.via not in ("name", "list"):
            return "attribution"
        # A found sentence may be longer than the labelled one that it matches.
        return "actor" if sentence.start <= mention.start < sentence.end else "sentence"
    takes_stance = any(right[:2] == key for right in answers["stance"].gold)
    return "side" if question == "side" and takes_stance else "type"


def _is_split_off(actor: str, sentence: ArticleSentence, by_key: Mapping[tuple[int, str], StanceTag]) -> bool:
    """Say whether an actor was found in a part of a sentence that was taken for another one."""
    span = sentence.start, sentence.end
    return any(key[1] == actor and metrics.overlap((tag.start, tag.end), span) > 0 for key, tag in by_key.items())


def _is_name(mark: Mark, sentence: ArticleSentence, text: str) -> bool:
    inside = sentence.start <= mark.start < sentence.end
    bare_pronoun = mark.via is None and text[mark.start : mark.end].lower() in PRONOUNS
    return inside and mark.via in (None, "name", "list") and not bare_pronoun


def _match(found: StanceTag | Sentence, sentences: Sequence[ArticleSentence]) -> int:
    """Return the number of the labelled sentence that a found one is; a negative number if it is none of them."""
    own = found.sentence if isinstance(found, StanceTag) else found.index
    best, best_overlap = -1 - own, metrics.SAME_SENTENCE
    for number, sentence in enumerate(sentences):
        shared = metrics.overlap((found.start, found.end), (sentence.start, sentence.end))
        if shared >= best_overlap:
            best, best_overlap = number, shared
    return best
