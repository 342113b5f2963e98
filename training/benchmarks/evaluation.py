"""What an evaluation costs beside the predictions: seconds for given pairs, with all intervals and the report.

python -m training.benchmarks.evaluation --pairs 10000 --repeats 3
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from stancelib.conflict import load_conflict
from stancelib.evaluation.run import EvaluationSettings, evaluate, judge_rows
from stancelib.evaluation.writing import write_report
from stancelib.records import read_labels
from stancelib.tagger import load
from stancelib.types import LabelledSentence


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    tagger = load(conflicts=conflicts)
    with tempfile.TemporaryDirectory() as folder:
        labels = Path(folder) / "labels.jsonl"
        n_pairs = write_labels(labels, options.seeds, options.pairs, seed=options.seed)
        rows = list(read_labels(labels, codebook=tagger.model.codebook, conflicts=tagger.conflict_lookup))
        print(f"{len(rows)} sentences, {n_pairs} pairs")
        report = Path(folder) / "report"

        def whole() -> None:
            write_report(evaluate(labels, tagger=tagger), report)

        def compared() -> None:
            write_report(evaluate(labels, tagger=tagger, baseline=report), Path(folder) / "second")

        tell("predictions", lambda: judge_rows(rows, tagger), options.repeats)
        tell(
            "evaluation without intervals",
            lambda: evaluate(labels, tagger=tagger, settings=EvaluationSettings(resamples=0)),
            1,
        )
        tell("evaluation, 1,000 draws, and report", whole, options.repeats)
        tell("the same, with a baseline", compared, options.repeats)


def write_labels(path: Path, seeds: Path, n_pairs: int, *, seed: int) -> int:
    """Write sentences of the seeds, drawn without replacement, until they have so many pairs; return how many."""
    tagger = load(conflicts=[load_conflict(file) for file in sorted((seeds / "conflicts").glob("*.toml"))])
    lines: list[tuple[str, int]] = []
    for file in sorted(seeds.glob("*.jsonl")):
        rows = list(read_labels(file, codebook=tagger.model.codebook, conflicts=tagger.conflict_lookup))
        texts = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        lines += [
            (text, len(row.labels)) for text, row in zip(texts, rows, strict=True) if isinstance(row, LabelledSentence)
        ]
    random.Random(seed).shuffle(lines)
    n_written = 0
    with path.open("w", encoding="utf-8") as stream:
        for text, n_labels in lines:
            if n_written >= n_pairs:
                break
            stream.write(text + "\n")
            n_written += n_labels
    return n_written


def tell(what: str, work: Callable[[], object], repeats: int) -> None:
    """Print the median and the range of the seconds that some work takes."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    print(f"{what}: median {seconds[len(seconds) // 2]:.1f} s ({seconds[0]:.1f} - {seconds[-1]:.1f})", flush=True)


if __name__ == "__main__":
    main()
