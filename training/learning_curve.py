"""The learning curve: does more of the same still pay?

Nested random subsets of the training documents (sentences and whole articles), several draws, a linear model each,
judged on the test parts. For each size: the mean over the draws, the range of the draws, and a bootstrap interval over
test documents of the first draw.

    python -m training.learning_curve seeds --out docs/learning-curve.json --plot docs/learning-curve.svg
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stancelib.codebook import load_codebook
from stancelib.conflict import load_conflict
from stancelib.evaluation.run import judge_gold
from stancelib.linear_recipe import LinearConfig, fit_linear
from training.build_linear import load_parts, summarise

METRICS = ("types_macro_f1", "side_macro_f1", "target_f1")


def main() -> None:
    """Fit, judge, write; sizes and draws that the file has already are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.125, 0.25, 0.5, 0.75, 1.0])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    conflicts = [load_conflict(path) for path in sorted((options.seeds / "conflicts").glob("*.toml"))]
    learn, test, indices = load_parts(sorted(options.seeds.glob("*.jsonl")), conflicts)
    documents = sorted({item.document_id for item in learn})
    points = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else []
    done = {(point["draw"], point["share"]) for point in points}
    for draw in range(options.draws):
        order = np.random.default_rng(draw).permutation(len(documents))
        for share in options.shares:
            if (draw, share) in done or (draw and share == 1.0):  # all of it is the same in every draw
                continue
            chosen = {documents[k] for k in order[: round(share * len(documents))]}
            part = [item for item in learn if item.document_id in chosen]
            config = LinearConfig(seed=draw, n_jobs=options.jobs, n_folds=3)
            model = fit_linear(part, codebook=load_codebook(), name="curve", config=config)
            summary = summarise(judge_gold(test, model, indices), resamples=0 if draw else 200, seed=0)
            point = {"draw": draw, "share": share, "pairs": len(part)}
            figures = {name: summary["metrics"][name] for name in METRICS}
            intervals = {name: summary["intervals"][name] for name in METRICS}
            points.append({**point, **figures, **({} if draw else {"intervals": intervals})})
            options.out.write_text(json.dumps(points, indent=1) + "\n", encoding="utf-8")
            print(json.dumps(points[-1]), flush=True)
    print(table(points))
    if options.plot:
        draw_plot(points, options.plot)


def table(points: Sequence[dict[str, Any]]) -> str:
    """Return the curve as a Markdown table: mean of the draws (their range)."""
    lines = ["| share | pairs | " + " | ".join(METRICS) + " |", "|---|---|" + "---|" * len(METRICS)]
    for share in sorted({point["share"] for point in points}):
        same = [point for point in points if point["share"] == share]
        cells = []
        for name in METRICS:
            values = [point[name] for point in same]
            spread = f" ({min(values):.3f}-{max(values):.3f})" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.3f}{spread}")
        pairs = round(float(np.mean([point["pairs"] for point in same])))
        lines.append(f"| {share:.1%} | {pairs} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw_plot(points: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the curve as an SVG."""
    import matplotlib as mpl  # noqa: PLC0415 - only for the plot

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - only for the plot

    mpl.rcParams["svg.hashsalt"] = "stancelib"
    figure, axes = plt.subplots(figsize=(7, 3.5))
    for name in METRICS:
        sizes = sorted({point["share"] for point in points})
        means = [np.mean([p[name] for p in points if p["share"] == size]) for size in sizes]
        pairs = [np.mean([p["pairs"] for p in points if p["share"] == size]) for size in sizes]
        axes.plot(pairs, means, marker="o", label=name)
        axes.scatter([p["pairs"] for p in points], [p[name] for p in points], s=8, alpha=0.5)
    axes.set_xscale("log")
    axes.set_xlabel("judged (sentence, actor) pairs learnt from")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
