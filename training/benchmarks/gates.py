"""Whether the gates hold: which planted faults the comparison with a baseline catches, and how often it cries wolf.

The gold labels are the test split and every tenth document of the rest; each model learns from a random part of the
other documents, the baseline too. So two models without a fault differ by chance alone, as two retrainings on changing
data do. (The seed of the linear recipe itself changes nothing: its solvers and folds are deterministic.)

A model's answers are kept in a folder of the work folder, and a run that was stopped goes on where it was.

    python -m training.benchmarks.gates WORK --alarms 20
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from stancelib.calibration import Thresholds
from stancelib.codebook import load_codebook
from stancelib.conflict import Conflict, load_conflict
from stancelib.evaluation.baseline import Baseline, answer_before, load_baseline
from stancelib.evaluation.comparison import compare
from stancelib.evaluation.judged import Judged, collect_answers
from stancelib.evaluation.report import Counts, Report
from stancelib.evaluation.resampling import number_documents
from stancelib.evaluation.run import Evaluation, judge_gold
from stancelib.evaluation.writing import write_predictions
from stancelib.labelled import IndexLookup, LabelledCandidate
from stancelib.linear import LinearModel
from stancelib.linear_recipe import LinearConfig, fit_linear
from stancelib.persistence import load_model
from training.build_linear import load_parts

SHUFFLED_TYPES = ("condemnation", "military_action", "ceasefire_call", "sanctions")
SWAPPED_CONFLICTS = ("ukraine", "gaza", "sudan")
SWAPPED_FILES = ("urzhalan", "ukraine")
BASELINE = "baseline"

Labelled = list[LabelledCandidate]


@dataclass(frozen=True)
class Run:
    """A retraining: what happens to its labels before, and to its model and the conflicts after."""

    name: str
    seed: int
    spoil_labels: Callable[[Labelled, np.random.Generator], Labelled] = lambda labels, rng: labels
    spoil_model: Callable[[LinearModel], LinearModel] = lambda model: model
    swapped_file: str = ""


def main() -> None:
    """Retrain, compare, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--alarms", type=int, default=20, help="retrainings without a fault")
    parser.add_argument("--nulls", type=int, default=0, help="comparisons of equal models, of 10, 40 and 300 documents")
    parser.add_argument("--share", type=float, default=0.8, help="of the documents that a model learns from")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="a file for the figures as JSON")
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    learn, held_out, indices = load_parts(sorted(options.seeds.glob("*.jsonl")), conflicts)
    learn, more = _divide(learn)
    gold = held_out + more
    runs = list(make_runs(options.alarms))
    for run in tqdm(runs, desc="retrainings"):
        if not (options.work / run.name / "metrics.json").is_file():
            judged = retrain(run, learn, gold, indices, share=options.share, jobs=options.jobs)
            _keep(judged, options.work / run.name, run)
    carrier = judge_gold(gold, load_model(), indices)
    if options.nulls:
        compare_equals(options.work, carrier, options.nulls)
    print(f"{len(learn)} pairs to learn from, {len(gold)} judged, of {len({x.document_id for x in gold})} documents")
    figures = compare_runs(options.work, runs, carrier)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def make_runs(n_alarms: int) -> Iterator[Run]:
    """Yield the baseline, the planted faults and the retrainings without one."""
    yield Run(BASELINE, 0)
    for number, type_id in enumerate(SHUFFLED_TYPES):
        yield Run(f"labels shuffled: {type_id}", 100 + number, spoil_labels=_shuffler(type_id))
    for number, conflict in enumerate(SWAPPED_CONFLICTS):
        yield Run(f"sides swapped in the labels: {conflict}", 200 + number, spoil_labels=_swapper(conflict))
    for number, conflict in enumerate(SWAPPED_CONFLICTS):
        yield Run(f"for and against exchanged in the labels: {conflict}", 250 + number, spoil_labels=_turner(conflict))
    for number, conflict in enumerate(SWAPPED_FILES):
        yield Run(f"sides swapped in the conflict file: {conflict}", 300 + number, swapped_file=conflict)
    yield Run("thresholds lost", 400, spoil_model=lambda model: replace(model, thresholds=Thresholds({})))
    for number in range(1, n_alarms + 1):
        yield Run(f"no fault {number:02}", number)


def retrain(
    run: Run, learn: Labelled, gold: Labelled, indices: IndexLookup, *, share: float, jobs: int
) -> list[Judged]:
    """Return what the model of a run says of the gold labels."""
    rng = np.random.default_rng(run.seed)
    names = list(dict.fromkeys(item.document_id for item in learn))
    kept = {names[k] for k in rng.permutation(len(names))[: int(share * len(names))]}
    labels = run.spoil_labels([item for item in learn if item.document_id in kept], rng)
    config = LinearConfig(seed=run.seed, n_jobs=jobs)
    model = run.spoil_model(fit_linear(labels, codebook=load_codebook(), name="retrained", config=config))
    judged = judge_gold(gold, model, indices)
    if not run.swapped_file:
        return judged
    wrong = [_with_swapped_file(item, run.swapped_file) for item in gold]
    again = judge_gold(wrong, model, indices)
    return [Judged(right.gold, other.tag) for right, other in zip(judged, again, strict=True)]


def compare_runs(work: Path, runs: Sequence[Run], carrier: Sequence[Judged]) -> list[Mapping[str, object]]:
    """Print and return what the comparison with the baseline says of each run."""
    baseline, codebook = load_baseline(work / BASELINE), load_codebook()
    documents = number_documents([item.gold.document_id for item in carrier])
    figures: list[Mapping[str, object]] = []
    for run in runs[1:]:
        judged = answer_before(carrier, load_baseline(work / run.name), type_ids=codebook.type_ids)
        found = compare(judged, collect_answers(judged, codebook), baseline, documents=documents)
        worse = [row.metric for row in found.differences if row.verdict == "worse"]
        better = [row.metric for row in found.differences if row.verdict == "better"]
        print(f"{run.name}: {'ALARM' if worse else 'passes'}: worse {worse[:6]}, better {better[:3]}", flush=True)
        figures.append({"run": run.name, "worse": worse, "better": better})
    for name in (
        "no fault",
        "labels",
        "sides swapped in the labels",
        "sides swapped in the conflict",
        "for and",
        "thresh",
    ):
        part = [row for row in figures if str(row["run"]).startswith(name)]
        print(f"{name}: {sum(bool(row['worse']) for row in part)} of {len(part)} alarm")
    return figures


def compare_equals(work: Path, carrier: Sequence[Judged], n_comparisons: int) -> None:
    """Print how often two models are called different whose answers were exchanged at random, document by document."""
    codebook, rng = load_codebook(), np.random.default_rng(0)
    both = [
        answer_before(carrier, load_baseline(work / name), type_ids=codebook.type_ids)
        for name in (BASELINE, "no fault 01")
    ]
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(carrier):
        rows.setdefault(item.gold.document_id, []).append(row)
    for n_documents in (10, 40, 300):
        n_different = n_worse = 0
        for _ in range(n_comparisons):
            chosen = rng.choice(np.array(list(rows)), n_documents, replace=False)
            pairs = [(rows[str(name)], int(rng.integers(2))) for name in chosen]
            now, before = ([both[side ^ swap][row] for members, swap in pairs for row in members] for side in (0, 1))
            documents = number_documents([item.gold.document_id for item in now], resamples=300)
            found = compare(now, collect_answers(now, codebook), _as_baseline(before), documents=documents)
            verdicts = {row.verdict for row in found.differences}
            n_worse += "worse" in verdicts
            n_different += len(verdicts) > 1
        print(
            f"{n_documents} documents: {n_different} of {n_comparisons} called different, {n_worse} worse", flush=True
        )


def _as_baseline(judged: Sequence[Judged]) -> Baseline:
    return Baseline(Path("equal"), "", tuple(enumerate(item.to_dict() for item in judged)))


def _divide(learn: Labelled) -> tuple[Labelled, Labelled]:
    """Return the pairs to learn from, and those of every tenth document."""
    names = {name: k for k, name in enumerate(dict.fromkeys(item.document_id for item in learn))}
    kept = [item for item in learn if names[item.document_id] % 10]
    return kept, [item for item in learn if names[item.document_id] % 10 == 0]


def _keep(judged: Sequence[Judged], folder: Path, run: Run) -> None:
    """Write what a comparison reads of a report; the metrics last, since they say that the run is done."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = Counts(documents=0, sentences=0, pairs=len(judged), stances=0)
    report = Report(signature=f"run:{run.name}", mode="gold actors", metrics={}, intervals={}, counts=counts)
    write_predictions(Evaluation(report=report, judged=judged), folder / "predictions.jsonl")
    (folder / "metrics.json").write_text(json.dumps(report.to_dict()) + "\n", encoding="utf-8")


def _shuffler(type_id: str) -> Callable[[Labelled, np.random.Generator], Labelled]:
    def spoil(labels: Labelled, rng: np.random.Generator) -> Labelled:
        rows = [k for k, item in enumerate(labels) if item.label.types is not None]
        had = [type_id in (labels[k].label.types or ()) for k in rows]
        spoilt = list(labels)
        for k, has in zip(rows, rng.permutation(had), strict=True):
            others = tuple(name for name in labels[k].label.types or () if name != type_id)
            types = (*others, type_id) if has else others
            spoilt[k] = replace(labels[k], label=replace(labels[k].label, types=types))
        return spoilt

    return spoil


def _swapper(conflict: str) -> Callable[[Labelled, np.random.Generator], Labelled]:
    def spoil(labels: Labelled, rng: np.random.Generator) -> Labelled:
        return [
            replace(
                item,
                label=replace(
                    item.label,
                    supports=_other_sides(item.label.supports, item.conflict),
                    opposes=_other_sides(item.label.opposes, item.conflict),
                ),
            )
            if item.conflict is not None and item.conflict.id == conflict
            else item
            for item in labels
        ]

    return spoil


def _turner(conflict: str) -> Callable[[Labelled, np.random.Generator], Labelled]:
    def spoil(labels: Labelled, rng: np.random.Generator) -> Labelled:
        return [
            replace(item, label=replace(item.label, supports=item.label.opposes, opposes=item.label.supports))
            if item.conflict is not None and item.conflict.id == conflict
            else item
            for item in labels
        ]

    return spoil


def _other_sides(sides: tuple[str, ...] | None, conflict: Conflict | None) -> tuple[str, ...] | None:
    if sides is None or conflict is None:
        return sides
    ids = conflict.side_ids
    return tuple(ids[(ids.index(side) + 1) % len(ids)] for side in sides)


def _with_swapped_file(item: LabelledCandidate, conflict: str) -> LabelledCandidate:
    """Return a label whose conflict has its members on the next side."""
    if item.conflict is None or item.conflict.id != conflict:
        return item
    actors = tuple(
        replace(
            actor,
            sides=tuple(
                replace(term, value=(_other_sides((term.value,), item.conflict) or ("",))[0]) for term in actor.sides
            ),
        )
        for actor in item.conflict.actors
    )
    return replace(item, conflict=replace(item.conflict, actors=actors))


if __name__ == "__main__":
    main()
