"""Which rendering of actors an encoder should read: an ablation over three folds of conflicts.

Each conflict is judged by a model that has not seen it. Beside accuracy: how often the answers stay as they are when
the names of a sentence are exchanged for names of other conflicts, and sentences per second on one thread.

    python -m training.renderings WORK --base BASE --epochs 5
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Memory
from sklearn.model_selection import GroupKFold

from stancelib.answers import pick_types
from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.model import EncoderModel
from stancelib.encoder.recipe import fit_encoder
from stancelib.encoder.rewriting import collect_names, rename_actors
from stancelib.evaluation.judged import collect_answers
from stancelib.evaluation.measures import estimate_metrics
from stancelib.evaluation.resampling import number_documents
from stancelib.evaluation.run import judge_gold
from stancelib.labelled import IndexLookup, LabelledCandidate
from stancelib.types import Candidate
from training.build_linear import load_parts

RENDERINGS: dict[str, dict[str, Any]] = {
    "marked": {"styles": {"marked": 1.0}},
    "masked": {"styles": {"masked": 1.0}, "style": "masked"},
    "marked or masked": {"styles": {"marked": 0.5, "masked": 0.5}},
    "marked or masked, names exchanged": {"styles": {"marked": 0.5, "masked": 0.5}, "rename": 0.5},
    "typed": {"styles": {"typed": 1.0}, "style": "typed"},
    "marked, names exchanged": {"styles": {"marked": 1.0}, "rename": 0.5},
}
"""By name the settings of the recipe."""

SHOWN = ("types_macro_f1", "types_average_precision", "side_macro_f1", "target_f1", "exact_match")


def main() -> None:
    """Train, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="a folder for the answers of the folds")
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--base", required=True)
    parser.add_argument("--share", type=float, default=1.0, help="the share of the training sentences that is used")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--judged", type=int, help="how many of the folds are judged; default: all")
    parser.add_argument("--resamples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(RENDERINGS), choices=list(RENDERINGS))
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    learn, _, indices = load_parts(sorted(options.seeds.glob("*.jsonl")), conflicts)
    ask = Memory(options.work, verbose=0).cache(judge_fold, ignore=["learn", "indices"])
    print(f"| rendering | {' | '.join(SHOWN)} | same answer after renaming | sentences/s |")
    print("|" + "---|" * (len(SHOWN) + 3))
    for name in options.only:
        config = EncoderConfig(
            **RENDERINGS[name],
            base=options.base,
            epochs=options.epochs,
            learning_rate=options.learning_rate,
            refit=False,
            seed=options.seed,
            progress=True,
        )
        folds = [
            ask(learn, indices, config, fold=fold, n_folds=options.folds, share=options.share)
            for fold in range(options.judged or options.folds)
        ]
        judged = [item for fold in folds for item in fold["judged"]]
        documents = number_documents(
            [item.gold.document_id for item in judged], resamples=options.resamples, seed=options.seed
        )
        found = estimate_metrics(collect_answers(judged, load_codebook()), documents)
        cells = [f"{found[m].value:.3f} ({found[m].interval[0]:.3f} - {found[m].interval[1]:.3f})" for m in SHOWN]  # type: ignore[index]
        same = np.concatenate([fold["same"] for fold in folds]).mean()
        speed = np.median([fold["speed"] for fold in folds])
        print(f"| {name} | {' | '.join(cells)} | {same:.4f} | {speed:.0f} |", flush=True)


def judge_fold(
    learn: Sequence[LabelledCandidate],
    indices: IndexLookup,
    config: EncoderConfig,
    *,
    fold: int,
    n_folds: int,
    share: float,
) -> dict[str, Any]:
    """Train without the conflicts of a fold, and judge those."""
    names = np.array([example.conflict.id if example.conflict else "none" for example in learn])
    outside, inside = list(GroupKFold(n_splits=n_folds).split(names, groups=names))[fold]
    documents = sorted({learn[row].document_id for row in outside})
    kept = set(random.Random(config.seed).sample(documents, round(share * len(documents))))
    examples = [learn[row] for row in outside if learn[row].document_id in kept]
    model = fit_encoder(examples, codebook=load_codebook(), name="measured", config=config).model
    unseen = [learn[row] for row in inside]
    candidates = [example.candidate for example in unseen]
    return {
        "judged": list(judge_gold(unseen, model, indices)),
        "same": compare_renamed(model, unseen, collect_names(examples), seed=config.seed),
        "speed": measure_speed(model, candidates[:3000]),
    }


def compare_renamed(
    model: EncoderModel, examples: Sequence[LabelledCandidate], names: Sequence[str], *, seed: int
) -> np.ndarray:
    """Return for each candidate whether other names leave types, directions and target as they are."""
    candidates = [example.candidate for example in examples]
    rng = random.Random(seed)
    renamed: dict[tuple[int, int], Candidate] = {}
    others = []
    for candidate in candidates:
        key = id(candidate.sentence), id(candidate.mentions)
        if key not in renamed:
            renamed[key] = rename_actors(candidate, names, rng)
        others.append(Candidate(renamed[key].sentence, candidate.actor, renamed[key].mentions, candidate.kinds))
    return np.array([one == two for one, two in zip(_answers(model, candidates), _answers(model, others), strict=True)])


def _answers(model: EncoderModel, candidates: Sequence[Candidate]) -> list[tuple[Any, ...]]:
    limits = model.thresholds
    answers = []
    for said in model.predict(candidates):
        types = frozenset(pick_types(said.types, codebook=model.codebook, thresholds=limits))
        directions = tuple(
            (other, "for" if p >= max(q, limits.side) else "against" if q >= limits.side else "")
            for other, (p, q) in said.directions.items()
        )
        target = max(said.targets, key=lambda other: said.targets[other], default=None)
        aimed = target if target is not None and said.targets[target] >= limits.target else None
        # Without a type there is no stance, and so neither side nor target.
        answers.append((types, directions, aimed) if types else (types,))
    return answers


def measure_speed(model: EncoderModel, candidates: Sequence[Candidate]) -> float:
    """Return sentences per second on one thread, from given actors."""
    alone = model.with_threads(1)
    start = time.perf_counter()
    alone.predict(candidates)
    return len({id(candidate.mentions) for candidate in candidates}) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
