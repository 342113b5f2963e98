"""Build the shipped encoder from the seeds, and measure it.

It learns from the training part, stops early and is calibrated on dev. It is measured as the linear model is
(``training.build_linear``): on the test sentences, on the test articles with their actors given, and by
cross-validation over conflicts; beside that, how often its answers stay when the names of a sentence are exchanged for
others. What is done is kept in WORK, so that a run which was stopped goes on from there.

    python -m training.build_encoder WORK --base BASE --teacher WORK/teacher --out models/stance-encoder

A teacher (``training.build_teacher``) knows the conflicts of every fold: the models of the folds have none.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory
from sklearn.model_selection import GroupKFold

from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.model import EncoderModel
from stancelib.encoder.recipe import fit_encoder
from stancelib.encoder.rendering import Style
from stancelib.encoder.rewriting import collect_names
from stancelib.evaluation.judged import Judged
from stancelib.evaluation.run import judge_gold
from stancelib.labelled import IndexLookup, LabelledCandidate
from stancelib.linear import LinearModel
from stancelib.persistence import load_model
from stancelib.training import train
from training.build_linear import judge_test, load_parts, summarise_parts
from training.renderings import compare_renamed

TAUGHT = """
- teacher: a larger encoder (all-mpnet-base-v2, Apache-2.0) of the same data, whose answers on the sentences and on
  copies of them with other words were learnt beside the labels"""

NOTES = """
- base: all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), six layers, 384 wide; run in int8 by ONNX Runtime
- learns: types, status, direction and target together, from sentences whose actors are numbered roles

## Limits

- English news text. Sentences and labels were written and coded by language models for this project; figures on text
  that people wrote are lower (see the benchmarks of the documentation).
- Figurative language, irony, and which of several acts of a sentence is whose are often judged wrongly. Negation, acts
  of an earlier time and conditional acts are behavioural tests of `stancelib evaluate --report`: look there before use.
- Which type holds is surer than which of two similar ones: see the confusions of the report.
- It judges what a sentence says. It does not know what is true, and must not be used to judge persons.
"""


def main() -> None:
    """Train, measure, and write the model folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="a folder for what is done")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--out", type=Path, default=Path("models/stance-encoder"))
    parser.add_argument("--base", required=True, help="a folder or hub id of all-MiniLM-L6-v2")
    parser.add_argument("--teacher", type=Path, help="the model folder of a larger encoder whose answers it learns too")
    parser.add_argument("--copies", type=int, default=3, help="copies of each sentence that the teacher alone judges")
    parser.add_argument("--epochs", type=int, help="passes; default: 10, or 5 where there are copies")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--folds", type=int, default=3, help="folds of conflicts; 0: unseen conflicts are not measured")
    parser.add_argument("--fold-epochs", type=int, default=10, help="passes in the folds, which see no copies")
    parser.add_argument("--version", type=int, default=1, help="the version that the model and its tags carry")
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    files = sorted(options.seeds.glob("*.jsonl"))
    copies = options.copies if options.teacher else 0
    epochs = options.epochs or (5 if copies else 10)
    config = shipped_config(options.base, epochs=epochs, seed=options.seed, version=options.version)
    learn, held_out, indices = load_parts(files, conflicts)
    judge = Memory(options.work, verbose=0).cache(judge_fold, ignore=["learn", "indices"])

    def measure(model: LinearModel | EncoderModel) -> dict[str, Any]:
        parts: dict[str, Sequence[Judged]] = {**judge_test(model, held_out, indices)}
        same: dict[str, float] = {}
        on = replace(config, epochs=options.fold_epochs)
        folds = [judge(learn, indices, on, fold=fold, n_folds=options.folds) for fold in range(options.folds)]
        for style in folds[0]["judged"] if folds else ():
            name = "unseen_conflicts" if style == config.style else f"unseen_conflicts_{style}"
            parts[name] = [item for fold in folds for item in fold["judged"][style]]
            same[style] = float(np.concatenate([fold["same"][style] for fold in folds]).mean())
        print("same answers with other names:", same)
        measured = summarise_parts(parts, resamples=options.resamples, seed=options.seed)
        return {**measured, "same_answers_with_other_names": same, "epochs_in_folds": on.epochs}

    train(
        files,
        out=options.out,
        conflicts=conflicts,
        recipe="encoder",
        config=replace(config, copies=copies),
        teacher=load_model(options.teacher) if options.teacher else None,
        measure=measure,
        notes=(TAUGHT if options.teacher else "") + NOTES,
    )


def shipped_config(base: str, *, epochs: int, seed: int, version: int) -> EncoderConfig:
    """Return how the shipped encoder is fitted."""
    return EncoderConfig(
        base=base,
        epochs=epochs,
        styles={"marked": 0.4, "masked": 0.6},
        style="masked",
        rename=0.3,
        seed=seed,
        version=version,
        progress=True,
    )


def judge_fold(
    learn: Sequence[LabelledCandidate], indices: IndexLookup, config: EncoderConfig, *, fold: int, n_folds: int
) -> dict[str, Any]:
    """Train without the conflicts of a fold and judge those, with names kept and with names masked.

    A tenth of the other documents is held out for thresholds.
    """
    conflicts = np.array([example.conflict.id if example.conflict else "none" for example in learn])
    outside, inside = list(GroupKFold(n_splits=n_folds).split(conflicts, groups=conflicts))[fold]
    examples, unseen = [learn[row] for row in outside], [learn[row] for row in inside]
    fit = fit_encoder(examples, codebook=load_codebook(), name="measured", config=replace(config, refit=False))
    styles: tuple[Style, ...] = ("masked", "marked")
    models = {style: replace(fit.model, style=style) for style in styles}
    names = collect_names(examples)
    return {
        "judged": {style: judge_gold(unseen, model, indices) for style, model in models.items()},
        "same": {style: compare_renamed(model, unseen, names, seed=config.seed) for style, model in models.items()},
    }


if __name__ == "__main__":
    main()
