"""Search for the settings of the encoder recipe: random draws, judged on dev, on a share of the training documents.

Each trial is kept in WORK, so that a search which was stopped goes on from there.

    python -m training.search WORK --base BASE --trials 12 --share 0.3
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from joblib import Memory

from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.recipe import fit_encoder
from stancelib.labelled import LabelledCandidate, label_candidates
from stancelib.records import conflict_lookup, read_labels
from stancelib.training import index_lookup

SPACE: dict[str, Sequence[Any]] = {
    "learning_rate": (5e-5, 1e-4, 2e-4, 3e-4),
    "head_learning_rate": (5e-4, 1e-3, 2e-3),
    "batch_size": (16, 32),
    "weight_decay": (0.01, 0.1),
    "rename": (0.0, 0.3),
    "direction_weight": (1.0, 1.5, 3.0),
    "styles": ({"marked": 0.4, "masked": 0.6}, {"masked": 1.0}),
}
"""What is drawn from for each setting."""


def main() -> None:
    """Search and print a table, the best first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--base", required=True)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    look_up = conflict_lookup([load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))])
    files = sorted(options.seeds.glob("*.jsonl"))
    rows = [row for path in files for row in read_labels(path, codebook=load_codebook(), conflicts=look_up)]
    indices = index_lookup(look_up)
    learn = label_candidates([row for row in rows if row.split not in ("dev", "test")], indices)
    dev = label_candidates([row for row in rows if row.split == "dev"], indices)
    documents = sorted({example.document_id for example in learn})
    kept = set(random.Random(options.seed).sample(documents, round(options.share * len(documents))))
    learn = [example for example in learn if example.document_id in kept]
    ask = Memory(options.work, verbose=0).cache(try_config, ignore=["learn", "dev"])
    rng = random.Random(options.seed)
    start = EncoderConfig(base=options.base, epochs=options.epochs, style="masked", seed=options.seed, progress=True)
    trials = [{name: rng.choice(values) for name, values in SPACE.items()} for _ in range(options.trials)]
    found = [(ask(learn, dev, replace(start, **trial), share=options.share), trial) for trial in trials]
    print(f"| score on dev | {' | '.join(SPACE)} |\n|{'---|' * (len(SPACE) + 1)}")
    for score, trial in sorted(found, key=lambda item: -item[0]):
        print(f"| {score:.4f} | {' | '.join(str(trial[name]) for name in SPACE)} |")


def try_config(
    learn: Sequence[LabelledCandidate], dev: Sequence[LabelledCandidate], config: EncoderConfig, *, share: float
) -> float:
    """Return the best score on dev that a training run reaches; see ``Fitter.measure``."""
    fit = fit_encoder(learn, dev, codebook=load_codebook(), name="trial", config=config)
    return max(float(entry["score"]) for entry in fit.log if "score" in entry)


if __name__ == "__main__":
    main()
