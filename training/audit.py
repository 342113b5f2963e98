"""Confident learning: labels that cross-validated predictions speak against, for a person to look at.

Cross-validated probabilities (grouped by conflict, so that no pair is judged by a model that saw its conflict) go into
cleanlab's multi-label filter (Northcutt et al. 2021, "Confident learning"), which flags what both of its rules speak
against: prune by class and prune by noise rate. Every flagged pair is written with its sentence, its label and what the
model would say. Nothing is changed.

    pip install 'stancelib[audit]'
    python -m training.audit seeds --out audit.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.evaluation.judged import Judged
from stancelib.linear_recipe import LinearConfig
from training.build_linear import judge_unseen, load_parts


def main() -> None:
    """Predict, flag, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    learn, held_out, indices = load_parts(sorted(options.seeds.glob("*.jsonl")), conflicts)
    config = LinearConfig(seed=options.seed, n_jobs=options.jobs, n_folds=3)
    judged = judge_unseen([*learn, *held_out], indices, config=config, n_folds=options.folds)
    flagged = flag(judged)
    lines = [json.dumps(describe(judged[k]), ensure_ascii=False) for k in flagged]
    options.out.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    counts = Counter(t for k in flagged for t in set(judged[k].gold.label.types or ()) ^ set(judged[k].tag.types))
    print(
        f"{options.out}: {len(flagged)} of {len(judged)} pairs flagged; types in question {dict(counts.most_common())}"
    )


def flag(judged: Sequence[Judged]) -> list[int]:
    """Return the numbers of the pairs whose types are likely wrong, the most suspicious first."""
    from cleanlab.multilabel_classification.filter import find_label_issues  # noqa: PLC0415 - an extra

    type_ids = load_codebook().type_ids
    typed = [k for k, item in enumerate(judged) if item.gold.label.types is not None]
    labels = [[type_ids.index(t) for t in judged[k].gold.label.types or ()] for k in typed]
    proba = np.array([[judged[k].tag.type_proba[t] for t in type_ids] for k in typed])
    found = find_label_issues(labels, proba, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1)
    return [typed[int(k)] for k in found]


def describe(item: Judged) -> dict[str, object]:
    """Return a flagged pair as a line for people."""
    label, tag = item.gold.label, item.tag
    likely = sorted(tag.type_proba.items(), key=lambda pair: -pair[1])[:3]
    return {
        "id": item.gold.sentence_id,
        "actor": label.actor,
        "label": list(label.types or ()),
        "model": {type_id: round(p, 3) for type_id, p in likely},
        "text": tag.text,
    }


if __name__ == "__main__":
    main()
