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
from stancelib.measures import Judged, measure, measure_types
from stancelib.model import StanceModel
from stancelib.reading import make_document
from stancelib.records import LabelRow, read_labels
from stancelib.tagfiles import whole_file, write_json_lines
from stancelib.tagger import StanceTagger, load
from stancelib.training import hash_files
from stancelib.types import ArticleSentence, Document, LabelledArticle, StanceTag

METRICS_FILE = "metrics.json"
PREDICTIONS_FILE = "predictions.jsonl"
"""What a report folder holds."""


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


def write_predictions(judged: Sequence[Judged], path: Path) -> None:
    """Write one JSON line for each label; the file appears whole or not at all."""
    write_json_lines((item.to_dict() for item in judged), path)


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """Write ``metrics.json`` and ``predictions.jsonl`` into a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}; expected a folder to write to") from error
    content = {"signature": evaluation.signature, **evaluation.metrics, "by_type": evaluation.by_type}
    with whole_file(folder / METRICS_FILE) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    write_predictions(evaluation.judged, folder / PREDICTIONS_FILE)


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
    best, best_overlap = -1 - tag.sentence, metrics.SAME_SENTENCE
    for number, sentence in enumerate(sentences):
        shared = metrics.overlap((tag.start, tag.end), (sentence.start, sentence.end))
        if shared >= best_overlap:
            best, best_overlap = number, shared
    return best


def _signature(tagger: StanceTagger, path: Path, *, split: str | None, n_rows: int, end_to_end: bool) -> str:
    model = tagger.model
    return (
        f"model:{model.name}@{model.version}|codebook:{model.codebook.label}|data:{path.name}#{hash_files([path])[:12]}"
        f"|split:{split or 'all'}|rows:{n_rows}|{'end-to-end' if end_to_end else 'gold actors'}"
    )
