"""Draw sentences for a second, blind coding: their marks without their labels, in the markup that writers use.

Types that have few positive pairs in the files given as ``--coded`` are drawn first, until each has its share; the rest
is drawn at random. The order is shuffled, so that nothing tells why a sentence was drawn.

    python -m training.blind_sample seeds/a.jsonl seeds/b.jsonl --pairs 600 --per-type 60 --out blind.txt
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stancelib.codebook import load_codebook


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--coded", type=Path, nargs="*", default=[], help="rows that are coded twice already")
    parser.add_argument("--pairs", type=int, default=600)
    parser.add_argument("--per-type", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    coded = {row["id"]: row for row in read_rows(options.coded)}
    rows = [row for row in read_rows(options.files) if row["labels"]]
    have = Counter(t for row in rows if row["id"] in coded for t in types_of(row))
    fresh = [row for row in rows if row["id"] not in coded]
    drawn = draw(fresh, have=have, n_pairs=options.pairs, per_type=options.per_type, seed=options.seed)
    options.out.write_text("\n".join(blind_block(row) for row in drawn), encoding="utf-8")
    print(f"{options.out}: {len(drawn)} sentences, {sum(len(row['labels']) for row in drawn)} pairs")


def read_rows(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the labelled sentences of files."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def types_of(row: dict[str, Any]) -> list[str]:
    """Return the types of all labels of a row."""
    return [type_id for label in row["labels"] for type_id in label.get("types", ())]


def draw(
    rows: Sequence[dict[str, Any]], *, have: Counter[str], n_pairs: int, per_type: int, seed: int
) -> list[dict[str, Any]]:
    """Return rows with about ``n_pairs`` labels: rare types first, the rest at random; shuffled."""
    rng = np.random.default_rng(seed)
    left = [rows[k] for k in rng.permutation(len(rows))]
    counts, drawn, size = Counter(have), [], 0
    wanted = [t for t in load_codebook().type_ids if counts[t] < per_type]
    while size < n_pairs and left:
        short = min((t for t in wanted if counts[t] < per_type), key=lambda t: counts[t], default=None)
        place = next((k for k, row in enumerate(left) if short is None or short in types_of(row)), None)
        if place is None and short is not None:  # no more rows have it
            wanted.remove(short)
            continue
        row = left.pop(place or 0)
        drawn.append(row)
        counts.update(types_of(row))
        size += len(row["labels"])
    return [drawn[k] for k in rng.permutation(len(drawn))]


def blind_block(row: dict[str, Any]) -> str:
    """Return a row in the writers' markup, with a question mark for each label."""
    lines = [f"id: {row['id']}", f"conflict: {row['conflict'] or '-'}", f"date: {row.get('date', '-')}"]
    if row.get("context"):
        lines.append(f"context: {_marked(row['context'], [m for m in row['actors'] if m.get('in') == 'context'])}")
    lines.append(f"text: {_marked(row['text'], [m for m in row['actors'] if m.get('in') != 'context'])}")
    return "\n".join([*lines, *(f"{label['actor']}: ?" for label in row["labels"])]) + "\n"


def _marked(text: str, marks: Sequence[dict[str, Any]]) -> str:
    spans: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for mark in marks:
        spans.setdefault((mark["start"], mark["end"]), []).append(mark)
    out, last = [], 0
    for (start, end), same in sorted(spans.items()):
        via = f"|{same[0]['via']}" if same[0].get("via") else ""
        ids = "+".join(mark["id"] for mark in same)
        out += [_escaped(text[last:start]), f"[{ids}{via} {text[start:end]}]"]
        last = end
    return "".join([*out, _escaped(text[last:])])


def _escaped(text: str) -> str:
    return text.replace("[", r"\[").replace("]", r"\]")


if __name__ == "__main__":
    main()
