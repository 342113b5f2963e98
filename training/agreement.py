"""Agreement of two codings of the same sentences: Cohen's kappa per type, for the side, and the share of equal targets.

python -m training.agreement seeds/f_test.jsonl seeds/second_coding/f_test.jsonl
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score

from stancelib.codebook import load_codebook


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    options = parser.parse_args()
    pairs = matched_labels(options.first, options.second)
    type_ids = load_codebook().type_ids
    first, second = (np.array([[t in pair[k]["types"] for t in type_ids] for pair in pairs]) for k in (0, 1))
    kappas = {
        type_id: cohen_kappa_score(first[:, k], second[:, k])
        for k, type_id in enumerate(type_ids)
        if first[:, k].any() or second[:, k].any()
    }
    for type_id, kappa in kappas.items():
        k = type_ids.index(type_id)
        print(f"{type_id:<20} kappa {kappa:.2f}  {first[:, k].sum()} / {second[:, k].sum()}")
    print(f"{len(pairs)} pairs; mean kappa over types {np.mean(list(kappas.values())):.3f}")
    macro_f1 = f1_score(first, second, average="macro", zero_division=0)
    print(f"types macro-F1 of the second against the first {macro_f1:.3f}")
    sided = [(_sides(a), _sides(b)) for a, b in pairs if "supports" in a and "supports" in b]
    print(f"side kappa {cohen_kappa_score(*map(list, zip(*sided, strict=True))):.3f} on {len(sided)} pairs")
    targets = [a["target"] == b["target"] for a, b in pairs if "target" in a and "target" in b]
    print(f"equal targets {np.mean(targets):.3f} on {len(targets)} pairs")


def matched_labels(first: Path, second: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the labels of the same actor in the same row, side by side."""
    others = {
        (row["id"], label["actor"]): label
        for row in map(json.loads, second.read_text(encoding="utf-8").splitlines())
        for label in row["labels"]
    }
    return [
        (label, others[row["id"], label["actor"]])
        for row in map(json.loads, first.read_text(encoding="utf-8").splitlines())
        for label in row["labels"]
        if (row["id"], label["actor"]) in others
    ]


def _sides(label: dict[str, Any]) -> str:
    return f"+{label['supports']} -{label['opposes']}"


if __name__ == "__main__":
    main()
