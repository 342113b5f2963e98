"""Build the shipped linear model from the seeds, and measure it.

It is measured on the test sentences, on the test articles with their actors given, and by cross-validation over
conflicts, in which each conflict is judged by a model that has not seen it. All of it goes into the model's
``metrics.json`` and card, with bootstrap intervals over documents.

    python -m training.build_linear --out models/stance-linear
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from stancelib.codebook import load_codebook
from stancelib.conflict import Conflict, load_conflict
from stancelib.evaluation.judged import Judged, collect_answers
from stancelib.evaluation.measures import estimate_metrics, measure_classes
from stancelib.evaluation.report import Slice
from stancelib.evaluation.resampling import number_documents
from stancelib.evaluation.run import judge_gold
from stancelib.evaluation.slices import measure_slices
from stancelib.labelled import IndexLookup, LabelledCandidate, label_candidates
from stancelib.linear_recipe import LinearConfig, fit_linear
from stancelib.model import StanceModel
from stancelib.records import conflict_lookup, read_labels
from stancelib.training import index_lookup, train

HEADLINES = ("types_macro_f1", "types_micro_f1", "any_stance_f1", "side_macro_f1", "target_f1", "types_ece", "side_ece")


def main() -> None:
    """Train, measure, and write the model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--out", type=Path, default=Path("models/stance-linear"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--version", type=int, default=2, help="the version that the model and its tags carry")
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    files = sorted(options.seeds.glob("*.jsonl"))
    config = LinearConfig(seed=options.seed, n_jobs=options.jobs, progress=True, version=options.version)
    learn, held_out, indices = load_parts(files, conflicts)

    def measure(model: StanceModel) -> dict[str, Any]:
        parts = {
            **judge_test(model, held_out, indices),
            "unseen_conflicts": judge_unseen(learn, indices, config=config, n_folds=options.folds),
        }
        return summarise_parts(parts, resamples=options.resamples, seed=options.seed)

    # Thresholds from cross-validation: there are ten times as many pairs as in dev, and dev stays unseen for choices.
    train(files, out=options.out, conflicts=conflicts, calibration="crossed", config=config, measure=measure)


def judge_test(
    model: StanceModel, held_out: Sequence[LabelledCandidate], indices: IndexLookup
) -> dict[str, list[Judged]]:
    """Judge the test sentences, and the test articles with their actors given."""
    judged = judge_gold(held_out, model, indices)
    return {
        "test_sentences": [item for item in judged if item.gold.sentence_id == item.gold.document_id],
        "test_articles_gold_actors": [item for item in judged if item.gold.sentence_id != item.gold.document_id],
    }


def summarise_parts(parts: Mapping[str, Sequence[Judged]], *, resamples: int, seed: int) -> dict[str, Any]:
    """Return the summary of each part, and print its headlines."""
    measured: dict[str, Any] = {}
    for name, part in parts.items():
        measured[name] = summarise(part, resamples=resamples, seed=seed)
        print(name, json.dumps({key: measured[name]["metrics"][key] for key in HEADLINES}), flush=True)
    return measured


def judge_unseen(
    learn: Sequence[LabelledCandidate],
    indices: IndexLookup,
    *,
    config: LinearConfig,
    n_folds: int,
    only: Callable[[LabelledCandidate], bool] = lambda item: True,
) -> list[Judged]:
    """Judge the training part, or some of it, by cross-validation: each conflict by a model that has not seen it."""
    names = np.array([example.conflict.id if example.conflict else "none" for example in learn])
    judged: list[Judged] = []
    for inside, outside in (
        (held_out, kept) for kept, held_out in GroupKFold(n_splits=n_folds).split(names, groups=names)
    ):
        model = fit_linear([learn[i] for i in outside], codebook=load_codebook(), name="measured", config=config)
        judged += judge_gold([learn[i] for i in inside if only(learn[i])], model, indices)
    return judged


def load_parts(
    files: Sequence[Path], conflicts: Sequence[Conflict]
) -> tuple[list[LabelledCandidate], list[LabelledCandidate], IndexLookup]:
    """Return the labelled candidates of the training part and of the test split, and the actor indices."""
    look_up = conflict_lookup(conflicts)
    indices = index_lookup(look_up)
    rows = [row for path in files for row in read_labels(path, codebook=load_codebook(), conflicts=look_up)]
    learn = label_candidates([row for row in rows if row.split not in ("dev", "test")], indices)
    held_out = label_candidates([row for row in rows if row.split == "test"], indices)
    return learn, held_out, indices


def summarise(judged: Sequence[Judged], *, resamples: int, seed: int) -> dict[str, Any]:
    """Return the metrics with 95 % bootstrap intervals over documents, and those of each type."""
    answers = collect_answers(judged, load_codebook())
    documents = number_documents([item.gold.document_id for item in judged], resamples=resamples, seed=seed)
    found = estimate_metrics(answers, documents)
    types = measure_classes(answers, documents)["types"]
    slices = measure_slices(judged, answers, documents)
    return {
        "n_pairs": len(judged),
        "n_sentences": len({item.gold.sentence_id for item in judged}),
        "metrics": {name: None if x.value is None else round(x.value, 4) for name, x in found.items()},
        "intervals": {name: x.interval and [round(end, 4) for end in x.interval] for name, x in found.items()},
        "by_type": {name: row.model_dump(exclude_none=True) for name, row in types.items()},
        **{f"by_{dimension}": _rows_of(slices, dimension) for dimension in ("conflict", "phenomenon")},
        "abstention": summarise_abstention(judged),
    }


def summarise_abstention(judged: Sequence[Judged]) -> dict[str, float]:
    """Return how many answers reach the abstention threshold, and how many of those, and of all, have a wrong type."""
    answers = collect_answers(judged, load_codebook())
    typed = answers.typed
    sure, wrong = np.array([item.tag.sure for item in judged])[typed], ~answers.types_right[typed]
    return {
        "coverage": round(float(sure.mean()), 4),
        "risk": round(float(wrong[sure].mean()), 4) if sure.any() else 0.0,
        "risk_of_all": round(float(wrong.mean()), 4),
    }


def _rows_of(slices: Sequence[Slice], dimension: str) -> dict[str, Any]:
    return {
        part.name: {
            "pairs": part.pairs,
            "metrics": {
                name: {"value": x.value, "interval": x.interval}
                for name, x in part.metrics.items()
                if x.value is not None
            },
        }
        for part in sorted(slices, key=lambda part: part.name)
        if part.dimension == dimension
    }


if __name__ == "__main__":
    main()
