"""Build the shipped linear model from the seeds, and measure it.

It is measured on the test split (conflicts that training has not), and with each conflict of the training part left out
in turn. Both go into the model's ``metrics.json`` and card, with bootstrap intervals over documents.

    python -m training.build_linear --out models/stance-linear
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from stancelib.codebook import load_codebook
from stancelib.conflict import Conflict, load_conflict
from stancelib.evaluation import judge_gold
from stancelib.labelled import LabelledCandidate, label_candidates
from stancelib.linear_recipe import LinearConfig, fit_linear
from stancelib.measures import Judged, measure, measure_types
from stancelib.records import conflict_lookup, read_labels
from stancelib.training import index_lookup, train

HEADLINES = ("types_macro_f1", "types_micro_f1", "any_stance_f1", "side_macro_f1", "target_f1", "types_ece", "side_ece")


def main() -> None:
    """Train, measure, and write the model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--out", type=Path, default=Path("models/stance-linear"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    files = sorted(options.seeds.glob("*.jsonl"))
    config = LinearConfig(seed=options.seed, progress=True)
    measured: dict[str, Any] = {}
    for name, judge in (("test", judge_test), ("leave_one_conflict_out", judge_left_out)):
        judged = judge(files, conflicts, config, options.jobs)
        measured[name] = summarise(judged, resamples=options.resamples, seed=options.seed)
        print(name, json.dumps({key: measured[name]["metrics"][key] for key in HEADLINES}))
    train(files, out=options.out, conflicts=conflicts, config=config, measured=measured)


def judge_test(files: Sequence[Path], conflicts: Sequence[Conflict], config: LinearConfig, jobs: int) -> list[Judged]:
    """Fit on the training part and judge the test split."""
    del jobs
    learn, held_out, indices = load_parts(files, conflicts)
    model = fit_linear(learn, codebook=load_codebook(), name="measured", config=config)
    return judge_gold(held_out, model, indices)


def judge_left_out(
    files: Sequence[Path], conflicts: Sequence[Conflict], config: LinearConfig, jobs: int
) -> list[Judged]:
    """Judge each conflict of the training part with a model that has not seen it."""
    learn, _, _ = load_parts(files, conflicts)
    names = sorted({example.conflict.id for example in learn if example.conflict})
    parts = Parallel(n_jobs=jobs)(delayed(_judge_one)(files, conflicts, config, name) for name in names)
    return [item for part in parts for item in part]


def load_parts(
    files: Sequence[Path], conflicts: Sequence[Conflict]
) -> tuple[list[LabelledCandidate], list[LabelledCandidate], Callable[[str | None], Any]]:
    """Return the labelled candidates of the training part and of the test split, and the actor indices."""
    look_up = conflict_lookup(conflicts)
    indices = index_lookup(look_up)
    rows = [row for path in files for row in read_labels(path, codebook=load_codebook(), conflicts=look_up)]
    learn = label_candidates([row for row in rows if row.split not in ("dev", "test")], indices)
    held_out = label_candidates([row for row in rows if row.split == "test"], indices)
    return learn, held_out, indices


def summarise(judged: Sequence[Judged], *, resamples: int, seed: int) -> dict[str, Any]:
    """Return the metrics with 95 % bootstrap intervals over documents, and those of each type."""
    type_ids = load_codebook().type_ids
    metrics = measure(judged, type_ids)
    documents: dict[str, list[Judged]] = {}
    for item in judged:
        documents.setdefault(item.gold.document_id, []).append(item)
    groups = list(documents.values())
    rng = np.random.default_rng(seed)
    draws: list[dict[str, float | None]] = []
    for _ in range(resamples):
        chosen = rng.integers(0, len(groups), len(groups))
        draws.append(measure([item for number in chosen for item in groups[number]], type_ids))
    intervals = {}
    for name in metrics:
        values = [value for draw in draws if (value := draw[name]) is not None]
        intervals[name] = [round(float(q), 4) for q in np.quantile(values, [0.025, 0.975])] if values else None
    return {
        "n_pairs": len(judged),
        "n_sentences": len({item.gold.sentence_id for item in judged}),
        "metrics": {name: None if value is None else round(value, 4) for name, value in metrics.items()},
        "intervals": intervals,
        "by_type": measure_types(judged, type_ids),
    }


def _judge_one(files: Sequence[Path], conflicts: Sequence[Conflict], config: LinearConfig, name: str) -> list[Judged]:
    learn, _, indices = load_parts(files, conflicts)
    inside = [e for e in learn if e.conflict and e.conflict.id == name]
    outside = [e for e in learn if not (e.conflict and e.conflict.id == name)]
    model = fit_linear(outside, codebook=load_codebook(), name="measured", config=config)
    return judge_gold(inside, model, indices)


if __name__ == "__main__":
    main()
