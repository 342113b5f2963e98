"""Train on the corpus as it stood after each round of writing, and judge every model on the same held-out parts.

``seeds/rounds.toml`` says which batches each round added. What is judged was written before the first round against a
model (the ``before`` list) and is learnt in none. Figures: the held-out parts, the training part of the start by
cross-validation over conflicts (three folds), and PLV and re3d zero-shot where their folder is given.

    python -m training.rounds seeds --data DIR --out docs/rounds.json
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.evaluation.run import judge_gold
from stancelib.linear_recipe import LinearConfig, fit_linear
from training.build_linear import judge_unseen, load_parts, summarise
from training.realism import batch_of
from training.transfer import measure_transfer

METRICS = ("types_macro_f1", "side_macro_f1", "target_f1", "types_ece")


def main() -> None:
    """Measure every round that the file names, or some of them; figures that are there already are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("--data", type=Path, help="the folder of the public sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folds", type=int, default=3, help="of the cross-validation over conflicts; 0 leaves it out")
    parser.add_argument("--again", action="store_true", help="measure rounds that are there already too")
    options = parser.parse_args()
    rounds = tomllib.loads((options.seeds / "rounds.toml").read_text(encoding="utf-8"))
    found = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {}
    config = LinearConfig(seed=options.seed, n_jobs=options.jobs)
    names: list[str] = []
    for entry in rounds["round"]:
        names += entry["batches"]
        if entry["id"] in found and not options.again:
            continue
        figures = measure_round(options.seeds, names, rounds, config=config, n_folds=options.folds, data=options.data)
        found[entry["id"]] = {**found.get(entry["id"], {}), **figures}
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(entry["id"], json.dumps(found[entry["id"]]), flush=True)


def measure_round(
    seeds: Path,
    batches: Sequence[str],
    rounds: dict[str, Any],
    *,
    config: LinearConfig,
    n_folds: int,
    data: Path | None,
) -> dict[str, Any]:
    """Return the figures of a model that has learnt from some batches."""
    conflicts = [load_conflict(path) for path in sorted((seeds / "conflicts").glob("*.toml"))]
    learn, test, indices = load_parts(sorted(seeds.glob("*.jsonl")), conflicts)
    learn = [item for item in learn if batch_of(item.document_id) in batches]
    held_out = [item for item in test if batch_of(item.document_id) in rounds["before"]]
    model = fit_linear(learn, codebook=load_codebook(), name="round", config=config)
    parts = {
        "sentences": [item for item in held_out if item.sentence_id == item.document_id],
        "articles": [item for item in held_out if item.sentence_id != item.document_id],
    }
    judged = {name: judge_gold(part, model, indices) for name, part in parts.items()}
    if n_folds:
        judged["unseen_conflicts"] = judge_unseen(
            learn,
            indices,
            config=config,
            n_folds=n_folds,
            only=lambda item: batch_of(item.document_id) in rounds["round"][0]["batches"],
        )
    figures: dict[str, Any] = {"sentences": len({item.sentence_id for item in learn}), "pairs": len(learn)}
    for name, part in judged.items():
        summary = summarise(part, resamples=200, seed=config.seed)
        figures[name] = {
            metric: {"value": summary["metrics"][metric], "interval": summary["intervals"][metric]}
            for metric in METRICS
        }
    return figures | ({"transfer": measure_transfer(model, data, seed=config.seed)} if data else {})


if __name__ == "__main__":
    main()
