"""Build the teacher of the shipped encoder from the seeds, and measure it. It is not shipped: it has 109 M parameters.

It learns from what the encoder learns from, and is measured on the same test sentences and articles
(``training.build_encoder``). A run that was stopped goes on from its checkpoint.

    python -m training.build_teacher --base BASE --out WORK/teacher
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from stancelib.conflict import load_conflict
from stancelib.encoder.model import EncoderModel
from stancelib.linear import LinearModel
from stancelib.training import train
from training.build_encoder import shipped_config
from training.build_linear import judge_test, load_parts, summarise_parts


def main() -> None:
    """Train, measure, and write the model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", required=True, help="a folder or hub id of all-mpnet-base-v2")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=200)
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    files = sorted(options.seeds.glob("*.jsonl"))
    _, held_out, indices = load_parts(files, conflicts)
    config = replace(
        shipped_config(options.base, epochs=options.epochs, seed=options.seed, version=1),
        learning_rate=6e-5,
        head_learning_rate=5e-4,
        round_from=0.85,  # rounding costs a large network a sixth of its time
    )

    def measure(model: LinearModel | EncoderModel) -> dict[str, Any]:
        return summarise_parts(judge_test(model, held_out, indices), resamples=options.resamples, seed=options.seed)

    train(files, out=options.out, conflicts=conflicts, recipe="encoder", config=config, measure=measure)


if __name__ == "__main__":
    main()
