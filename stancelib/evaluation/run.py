"""Evaluation: a tagger's answers beside the labels, and all that can be said of both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from stancelib.answers import make_tag
from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError
from stancelib.evaluation import curves, parity, slices
from stancelib.evaluation.baseline import Baseline, check_same_data, load_baseline
from stancelib.evaluation.behaving import run_behaviour
from stancelib.evaluation.behaviour import load_behaviour
from stancelib.evaluation.comparison import compare, compare_articles
from stancelib.evaluation.gates import check_baseline, check_limits
from stancelib.evaluation.judged import Judged, collect_answers
from stancelib.evaluation.measures import estimate_metrics, measure_classes
from stancelib.evaluation.report import ClassRow, Counts, Estimate, Report
from stancelib.evaluation.resampling import Documents, number_documents, resample
from stancelib.evaluation.signature import make_signature
from stancelib.evaluation.stages import (
    JudgedArticle,
    judge_articles,
    measure_article_types,
    measure_articles,
    measure_stages,
)
from stancelib.evaluation.templates import BehaviourTest
from stancelib.labelled import IndexLookup, LabelledCandidate, label_candidates
from stancelib.model import StanceModel
from stancelib.persistence import find_model, hash_model
from stancelib.records import LabelRow, read_labels
from stancelib.tagger import StanceTagger, load
from stancelib.types import Document, LabelledArticle


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings:
    """How an evaluation is made.

    Attributes:
        split: Only rows of this split; None: all.
        end_to_end: Whether to tag the raw text of labelled articles, instead of judging the labelled actors.
        resamples: How many draws the intervals are made from; 0: no intervals, and no comparison.
        seed: Of the draws.
        tolerance: A difference from the baseline up to this is none.
        minimum: The least value of a metric, by name.
        maximum: The greatest value of a metric, by name.
        behaviour: Behavioural tests, which are filled with the actors of the rows' conflicts; none with ``end_to_end``.
    """

    split: str | None = None
    end_to_end: bool = False
    resamples: int = 1000
    seed: int = 0
    tolerance: float = 0.0
    minimum: Mapping[str, float] = field(default_factory=dict)
    maximum: Mapping[str, float] = field(default_factory=dict)
    behaviour: Sequence[BehaviourTest] = ()

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: A number lies out of its range, or behavioural tests are to be run end to end.
        """
        if self.resamples < 0 or self.seed < 0:
            raise ValueError(f"resamples {self.resamples} and seed {self.seed}; expected none below 0")
        if not 0 <= self.tolerance <= 1:
            raise ValueError(f"tolerance {self.tolerance}; expected a number from 0 to 1")
        for name, limit in (*self.minimum.items(), *self.maximum.items()):
            if not math.isfinite(limit):
                raise ValueError(f"limit {limit} of {name!r}; expected a number")
        if self.end_to_end and self.behaviour:
            raise ValueError("behavioural tests have their actors given; expected none with end_to_end")


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        report: All figures.
        judged: Every label with its tag; empty with ``end_to_end``.
        articles: Every article with what was found in it; empty without ``end_to_end``.
    """

    report: Report
    judged: Sequence[Judged] = ()
    articles: Sequence[JudgedArticle] = ()

    @property
    def metrics(self) -> Mapping[str, float | None]:
        """Point values by name; None where the labels do not define one."""
        return self.report.metrics

    @property
    def by_type(self) -> Mapping[str, ClassRow]:
        """Precision, recall, F1 and support of each type."""
        return self.report.by_type

    @property
    def signature(self) -> str:
        """What was evaluated on what, with versions and hashes."""
        return self.report.signature

    @property
    def failures(self) -> list[str]:
        """A line for each gate that failed."""
        return [gate.message for gate in self.report.gates if not gate.passed]


def evaluate(
    labels: Path | str | Sequence[Path | str],
    *,
    model: str | Path | None = None,
    tagger: StanceTagger | None = None,
    conflicts: Sequence[Conflict] = (),
    baseline: Path | str | None = None,
    settings: EvaluationSettings | None = None,
) -> Evaluation:
    """Judge a model on label files.

    Args:
        labels: Labelled sentences or articles: a file, or several.
        model: A shipped model's name or a folder; None: the shipped default.
        tagger: A loaded tagger instead of ``model`` and ``conflicts``.
        conflicts: Conflicts that rows may name, beside the shipped ones.
        baseline: An earlier report's folder, to compare with.
        settings: How; None: all rows, with given actors, no gates.

    Raises:
        ValueError: A tagger is given, and a model or conflicts too.
        DataError: A file is not of its format, holds nothing to judge, or the baseline is of other labels.
        UnknownNameError: A gate names no metric.
    """
    chosen = settings or EvaluationSettings()
    if tagger is not None and (model is not None or conflicts):
        raise ValueError("a tagger has its model and conflicts; expected no model and no conflicts beside it")
    paths = [Path(path) for path in ([labels] if isinstance(labels, Path | str) else labels)]
    earlier = load_baseline(Path(baseline)) if baseline is not None else None
    judge = tagger or load(model, conflicts=conflicts)
    rows = [
        row
        for path in paths
        for row in read_labels(path, codebook=judge.model.codebook, conflicts=judge.conflict_lookup)
        if (chosen.split is None or row.split == chosen.split)
        and (isinstance(row, LabelledArticle) or not chosen.end_to_end)
    ]
    if not (rows if chosen.end_to_end else any(_has_labels(row) for row in rows)):
        wanted = "labelled article" if chosen.end_to_end else "labels to judge"
        expected = "articles ('sentences') for --end-to-end" if chosen.end_to_end else "rows with labels"
        part = f" in split {chosen.split!r}" if chosen.split else ""
        raise DataError(f"{', '.join(map(str, paths))}: no {wanted}{part}; expected {expected}")
    of_rows = [judge.conflict_lookup(name) for name in dict.fromkeys(row.conflict for row in rows) if name]
    signature = make_signature(
        judge,
        paths,
        model_hash="" if tagger else hash_model(find_model(model)),
        conflicts=of_rows,
        settings={
            "mode": "end-to-end" if chosen.end_to_end else "gold actors",
            "split": chosen.split or "all",
            "rows": len(rows),
            "resamples": chosen.resamples,
            "seed": chosen.seed,
        },
    )
    if earlier:
        check_same_data(earlier, signature)
    if chosen.end_to_end:
        judged = judge_articles((row for row in rows if isinstance(row, LabelledArticle)), judge)
        return _with_gates(_evaluate_articles(judged, judge, signature, baseline=earlier, settings=chosen), chosen)
    codebook = judge.model.codebook
    found = _evaluate_judged(judge_rows(rows, judge), codebook, signature, baseline=earlier, settings=chosen)
    behaviour = run_behaviour(_behavioural_tests(chosen), judge, conflicts=of_rows, seed=chosen.seed)
    found = replace(found, report=found.report.model_copy(update={"behaviour": behaviour}))
    return _with_gates(found, chosen)


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


def _evaluate_judged(
    judged: Sequence[Judged],
    codebook: Codebook,
    signature: str,
    *,
    baseline: Baseline | None,
    settings: EvaluationSettings,
) -> Evaluation:
    answers = collect_answers(judged, codebook)
    documents = number_documents(
        # With its text: two files may give one id to different rows.
        [f"{item.gold.document_id}\0{item.gold.text}" for item in judged],
        resamples=settings.resamples,
        seed=settings.seed,
    )
    classes = measure_classes(answers, documents)
    report = Report(
        signature=signature,
        mode="gold actors",
        **_split(estimate_metrics(answers, documents)),
        counts=Counts(
            documents=documents.count,
            sentences=len({item.gold.sentence_id for item in judged}),
            pairs=len(judged),
            stances=sum(bool(item.gold.label.types) for item in judged),
        ),
        by_type=classes.get("types", {}),
        by_side_class=classes.get("side", {}),
        by_quad=classes.get("quad", {}),
        by_plover=classes.get("plover", {}),
        by_status=classes.get("status", {}),
        side_confusion=curves.side_confusion(answers),
        type_confusions=curves.type_confusions(answers),
        types_reliability=curves.types_reliability(answers, documents),
        side_reliability=curves.side_reliability(answers, documents),
        risk_coverage=curves.risk_coverage(answers, documents),
        slices=slices.measure_slices(judged, answers, documents),
        side_parity=parity.measure_sides(judged, answers, documents),
        actor_parity=parity.measure_actors(judged, answers, documents),
        comparison=compare(judged, answers, baseline, documents=documents, tolerance=settings.tolerance)
        if baseline
        else None,
    )
    return Evaluation(report=report, judged=judged)


def _evaluate_articles(
    articles: Sequence[JudgedArticle],
    tagger: StanceTagger,
    signature: str,
    *,
    baseline: Baseline | None,
    settings: EvaluationSettings,
) -> Evaluation:
    documents = Documents(np.arange(len(articles)), settings.resamples, settings.seed)
    found = resample(lambda weights: measure_articles(articles, weights), documents)
    sentences = [sentence for item in articles for sentence in item.article.sentences]
    labels = [label for sentence in sentences for label in sentence.labels]
    report = Report(
        signature=signature,
        mode="end-to-end",
        **_split({name: values.at() for name, values in found.items()}),
        counts=Counts(
            documents=len(articles),
            sentences=len(sentences),
            pairs=len(labels),
            stances=sum(bool(label.types) for label in labels),
        ),
        by_type=measure_article_types(articles, tagger.model.codebook.type_ids, documents),
        slices=slices.measure_article_slices(articles, documents),
        stages=measure_stages(articles),
        comparison=compare_articles(articles, baseline, documents=documents, tolerance=settings.tolerance)
        if baseline
        else None,
    )
    return Evaluation(report=report, articles=articles)


def _has_labels(row: LabelRow) -> bool:
    return any(part.labels for part in (row.sentences if isinstance(row, LabelledArticle) else [row]))


def _behavioural_tests(settings: EvaluationSettings) -> Sequence[BehaviourTest]:
    """Return the tests that are given, or the shipped ones where a gate names one of their capabilities."""
    named = any(name.startswith("behaviour_") for name in (*settings.minimum, *settings.maximum))
    return load_behaviour() if named and not settings.behaviour else settings.behaviour


def _split(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {
        "metrics": {name: estimate.value for name, estimate in estimates.items()},
        "intervals": {name: estimate.interval for name, estimate in estimates.items()},
    }


def _with_gates(found: Evaluation, settings: EvaluationSettings) -> Evaluation:
    gates = check_limits(found.report, minimum=settings.minimum, maximum=settings.maximum)
    if found.report.comparison:
        gates += check_baseline(found.report.comparison)
    return replace(found, report=found.report.model_copy(update={"gates": gates}))
