"""Evaluation: a tagger's answers beside the labels, and the metrics of both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stancelib import metrics
from stancelib.answers import make_tag
from stancelib.conflict import Conflict
from stancelib.errors import DataError, OutputError, UnknownNameError
from stancelib.labelled import IndexLookup, LabelledCandidate, label_candidates
from stancelib.model import StanceModel
from stancelib.reading import make_document
from stancelib.records import LabelRow, read_labels, whole_file
from stancelib.tagger import StanceTagger, load
from stancelib.training import hash_files
from stancelib.types import ArticleSentence, Document, LabelledArticle, StanceTag

_NONE = "neither"

SAME_SENTENCE = 0.5
"""Sentences are the same from this character overlap (intersection over union) on."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A label and the tag that answers it."""

    gold: LabelledCandidate
    tag: StanceTag

    def to_dict(self) -> dict[str, Any]:
        """Return the line of a predictions file."""
        return {
            "id": self.gold.document_id,
            **({"sentence": self.gold.sentence_id} if self.gold.sentence_id != self.gold.document_id else {}),
            "actor": self.gold.label.actor,
            "types": dict(self.tag.types),
            "type_proba": dict(self.tag.type_proba),
            "supports": self.tag.supports.side if self.tag.supports else None,
            "opposes": self.tag.opposes.side if self.tag.opposes else None,
            "target": self.tag.target.actor if self.tag.target else None,
        }


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        metrics: Point values by name; None where the data do not define one.
        by_type: Precision, recall, F1 and support of each type.
        judged: Every label with its tag; empty with ``end_to_end``.
        signature: What was evaluated on what, with versions and the hash of the labels.
    """

    metrics: Mapping[str, float | None]
    by_type: Mapping[str, Mapping[str, float]]
    judged: Sequence[Judged]
    signature: str

    def failed_gates(self, gates: Mapping[str, float]) -> list[str]:
        """Return a line for each metric that lies below its minimum.

        Raises:
            UnknownNameError: There is no metric of that name.
            DataError: The data do not define the metric.
        """
        lines = []
        for name, minimum in gates.items():
            if name not in self.metrics:
                raise UnknownNameError("metric", name, self.metrics)
            value = self.metrics[name]
            if value is None:
                raise DataError(f"metric {name!r} is not defined on these labels; expected labels that it can judge")
            if value < minimum:
                lines.append(f"{name} is {value:.4f}, {minimum - value:.4f} below the gate of {minimum}")
        return lines


def evaluate(
    labels: Path | str,
    *,
    model: str | Path | None = None,
    tagger: StanceTagger | None = None,
    conflicts: Sequence[Conflict] = (),
    split: str | None = None,
    end_to_end: bool = False,
) -> Evaluation:
    """Judge a model on a label file.

    Args:
        labels: Labelled sentences or articles.
        model: A shipped model's name or a folder; None: the shipped default.
        tagger: A loaded tagger instead of ``model`` and ``conflicts``.
        conflicts: Conflicts that rows may name, beside the shipped ones.
        split: Only rows of this split; None: all.
        end_to_end: Whether to tag the raw text of labelled articles, instead of judging the labelled actors.

    Raises:
        DataError: The file is not of the label format, or holds nothing to judge.
    """
    path = Path(labels)
    judge = tagger or load(model, conflicts=conflicts)
    lookup = judge.conflict_lookup
    rows = [
        row
        for row in read_labels(path, codebook=judge.model.codebook, conflicts=lookup)
        if split is None or row.split == split
    ]
    signature = _signature(judge, path, split=split, n_rows=len(rows), end_to_end=end_to_end)
    if end_to_end:
        return Evaluation(metrics=_end_to_end(rows, judge, path), by_type={}, judged=(), signature=signature)
    judged = judge_rows(rows, judge)
    if not judged:
        raise DataError(
            f"{path}: no labels to judge{f' in split {split!r}' if split else ''}; expected rows with labels"
        )
    return Evaluation(
        metrics=measure(judged, judge.model.codebook.type_ids),
        by_type=measure_types(judged, judge.model.codebook.type_ids),
        judged=judged,
        signature=signature,
    )


def judge_rows(rows: Iterable[LabelRow], tagger: StanceTagger) -> list[Judged]:
    """Answer every label of the rows, with the marked actors given."""
    return judge_gold(label_candidates(rows, tagger.index), tagger.model, tagger.index)


def judge_gold(gold: Sequence[LabelledCandidate], model: StanceModel, indices: IndexLookup) -> list[Judged]:
    """Answer labelled candidates.

    Args:
        gold: The candidates with their labels.
        model: What judges them.
        indices: Gives the actors of a conflict.
    """
    judgements = model.predict([item.candidate for item in gold])
    judged = []
    for item, judgement in zip(gold, judgements, strict=True):
        index = indices(item.conflict.id if item.conflict else None)
        document = Document(item.document_id, item.text, item.date)
        tag = make_tag(
            item.candidate,
            judgement,
            actor=index.actor(item.candidate.actor),
            document=document,
            conflict=item.conflict,
            model=model,
        )
        judged.append(Judged(item, tag))
    return judged


def measure(judged: Sequence[Judged], type_ids: Sequence[str]) -> dict[str, float | None]:
    """Return the metrics of judged labels by name; a key that was not judged counts nowhere."""
    typed = [item for item in judged if item.gold.label.types is not None]
    gold, predicted, proba = _type_arrays(typed, type_ids)
    sides = [answer for item in judged for answer in _side_answers(item)]
    targeted = [item for item in judged if item.gold.label.target is not None]
    crowded = [item for item in targeted if len(item.gold.candidate.others) >= 2]
    timed = [item for item in judged if item.gold.label.status and item.tag.status]
    return {
        "types_macro_f1": metrics.macro_f1(gold, predicted),
        "types_micro_f1": metrics.micro_f1(gold, predicted),
        "types_ece": metrics.classwise_ece(gold, proba),
        "types_brier_skill": metrics.brier_skill(gold, proba),
        "any_stance_f1": metrics.micro_f1(gold.any(axis=1, keepdims=True), predicted.any(axis=1, keepdims=True)),
        "side_macro_f1": metrics.class_macro_f1([a.gold for a in sides], [a.predicted for a in sides]),
        "side_ece": _side_ece(sides),
        "target_f1": _target_f1(targeted),
        "target_f1_three_actors": _target_f1(crowded),
        "status_macro_f1": metrics.class_macro_f1(
            [str(item.gold.label.status) for item in timed], [str(item.tag.status) for item in timed]
        ),
        "exact_match": _exact_match(typed),
    }


def measure_types(judged: Sequence[Judged], type_ids: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and support of each type."""
    gold, predicted, _ = _type_arrays([item for item in judged if item.gold.label.types is not None], type_ids)
    table = {}
    for k, type_id in enumerate(type_ids):
        hits, n_gold, n_predicted = (int(a.sum()) for a in (gold[:, k] & predicted[:, k], gold[:, k], predicted[:, k]))
        table[type_id] = {
            "precision": hits / n_predicted if n_predicted else 0.0,
            "recall": hits / n_gold if n_gold else 0.0,
            "f1": metrics.set_f1(n_gold, n_predicted, hits) or 0.0,
            "support": n_gold,
        }
    return table


def write_predictions(judged: Sequence[Judged], path: Path) -> None:
    """Write one JSON line for each label; the file appears whole or not at all."""
    with whole_file(path) as partial:
        lines = (json.dumps(item.to_dict(), ensure_ascii=False) + "\n" for item in judged)
        partial.write_text("".join(lines), encoding="utf-8")


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """Write ``metrics.json`` and ``predictions.jsonl`` into a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}; expected a folder to write to") from error
    content = {"signature": evaluation.signature, **evaluation.metrics, "by_type": evaluation.by_type}
    with whole_file(folder / "metrics.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    write_predictions(evaluation.judged, folder / "predictions.jsonl")


@dataclass(frozen=True, slots=True)
class _SideAnswer:
    gold: str
    predicted: str
    proba: tuple[float, float]


def _side_answers(item: Judged) -> list[_SideAnswer]:
    label, tag = item.gold.label, item.tag
    if item.gold.conflict is None or label.supports is None or label.opposes is None:
        return []
    answers = []
    for side in item.gold.conflict.side_ids:
        gold = "supports" if side in label.supports else "opposes" if side in label.opposes else _NONE
        supports = tag.supports is not None and tag.supports.side == side
        opposes = tag.opposes is not None and tag.opposes.side == side
        predicted = "supports" if supports else "opposes" if opposes else _NONE
        scores = tag.sides[side]
        answers.append(_SideAnswer(gold, predicted, (scores["supports"], scores["opposes"])))
    return answers


def _side_ece(answers: Sequence[_SideAnswer]) -> float | None:
    gold = np.array([[a.gold == "supports", a.gold == "opposes"] for a in answers], dtype=np.bool_).reshape(-1, 2)
    proba = np.array([a.proba for a in answers], dtype=np.float64).reshape(-1, 2)
    return metrics.classwise_ece(gold, proba)


def _type_arrays(judged: Sequence[Judged], type_ids: Sequence[str]) -> tuple[Any, Any, Any]:
    shape = (len(judged), len(type_ids))
    gold = [[type_id in (item.gold.label.types or ()) for type_id in type_ids] for item in judged]
    predicted = [[type_id in item.tag.types for type_id in type_ids] for item in judged]
    proba = [[item.tag.type_proba[type_id] for type_id in type_ids] for item in judged]
    return (
        np.array(gold, dtype=np.bool_).reshape(shape),
        np.array(predicted, dtype=np.bool_).reshape(shape),
        np.array(proba, dtype=np.float64).reshape(shape),
    )


def _target_f1(judged: Sequence[Judged]) -> float | None:
    return metrics.choice_f1(
        [frozenset(item.gold.label.target or ()) for item in judged],
        [item.tag.target.actor if item.tag.target else None for item in judged],
    )


def _exact_match(judged: Sequence[Judged]) -> float | None:
    """The share of labels of which types and, where judged, sides are all right."""
    if not judged:
        return None
    return float(np.mean([_is_exact(item) for item in judged]))


def _is_exact(item: Judged) -> bool:
    return set(item.gold.label.types or ()) == set(item.tag.types) and all(
        answer.gold == answer.predicted for answer in _side_answers(item)
    )


def _end_to_end(rows: Sequence[LabelRow], tagger: StanceTagger, path: Path) -> dict[str, float | None]:
    articles = [row for row in rows if isinstance(row, LabelledArticle)]
    if not articles:
        raise DataError(f"{path}: no labelled article; --end-to-end expected rows with 'sentences'")
    names = ("actor", "stance", "side", "target")
    counts = {name: np.zeros(3, dtype=np.int64) for name in names}
    for article in articles:
        document = make_document(article.text, id=article.id, date=article.date, conflict=article.conflict)
        tags = next(tagger.pipe([document], keep_all=True))
        for name, (gold, found) in zip(names, _article_tuples(article, tags), strict=True):
            counts[name] += (len(gold), len(found), len(gold & found))
    values: dict[str, float | None] = {}
    for name, (n_gold, n_found, n_hits) in counts.items():
        values[f"end_to_end_{name}_precision"] = float(n_hits / n_found) if n_found else None
        values[f"end_to_end_{name}_recall"] = float(n_hits / n_gold) if n_gold else None
        values[f"end_to_end_{name}_f1"] = metrics.set_f1(int(n_gold), int(n_found), int(n_hits))
    return values


_Tuples = tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]


def _article_tuples(article: LabelledArticle, tags: Sequence[StanceTag]) -> tuple[_Tuples, _Tuples, _Tuples, _Tuples]:
    """Return the right and the found (sentence, actor), (.., type), (.., side) and (.., target) tuples.

    Sentences are matched by their overlap; a found sentence that matches none counts with what it says. What was not
    judged is not counted against the tagger.
    """
    gold_actors, gold_types, gold_sides, gold_targets = set(), set(), set(), set()
    judged_types, judged_sides, judged_targets = set(), set(), set()
    for number, sentence in enumerate(article.sentences):
        gold_actors |= {(number, mark.actor) for mark in sentence.actors} | {(number, x.actor) for x in sentence.labels}
        for label in sentence.labels:
            key = (number, label.actor)
            judged_types |= {key} if label.types is not None else set()
            judged_sides |= {key} if label.supports is not None and label.opposes is not None else set()
            judged_targets |= {key} if label.target is not None else set()
            gold_types |= {(*key, type_id) for type_id in label.types or ()}
            gold_sides |= {(*key, "supports", side) for side in label.supports or ()}
            gold_sides |= {(*key, "opposes", side) for side in label.opposes or ()}
            gold_targets |= {(*key, target) for target in label.target or ()}
    actors, types, sides, targets = set(), set(), set(), set()
    for tag in tags:
        key = (_match_sentence(tag, article.sentences), tag.actor.id)
        stray = key not in gold_actors
        actors.add(key)
        if stray or key in judged_types:
            types |= {(*key, type_id) for type_id in tag.types}
        if stray or key in judged_sides:
            named = (("supports", tag.supports), ("opposes", tag.opposes))
            sides |= {(*key, name, score.side) for name, score in named if score}
        if tag.target and (stray or key in judged_targets):
            targets.add((*key, tag.target.actor))
    gold_sides = {side for side in gold_sides if side[:2] in judged_sides}
    return (gold_actors, actors), (gold_types, types), (gold_sides, sides), (gold_targets, targets)


def _match_sentence(tag: StanceTag, sentences: Sequence[ArticleSentence]) -> int:
    """Return the number of the labelled sentence that a tag's sentence is; a negative number if it is none of them."""
    best, best_overlap = -1 - tag.sentence, SAME_SENTENCE
    for number, sentence in enumerate(sentences):
        shared = min(tag.end, sentence.end) - max(tag.start, sentence.start)
        whole = max(tag.end, sentence.end) - min(tag.start, sentence.start)
        if shared / whole >= best_overlap:
            best, best_overlap = number, shared / whole
    return best


def _signature(tagger: StanceTagger, path: Path, *, split: str | None, n_rows: int, end_to_end: bool) -> str:
    model = tagger.model
    return (
        f"model:{model.name}@{model.version}|codebook:{model.codebook.label}|data:{path.name}#{hash_files([path])[:12]}"
        f"|split:{split or 'all'}|rows:{n_rows}|{'end-to-end' if end_to_end else 'gold actors'}"
    )
