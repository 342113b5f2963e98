"""Compile a second coder's answers (``training.blind_sample``) into a label file beside the sentences that were coded.

An answer file has blocks of an ``id:`` line and one label line for each actor, in the writers' markup.

    python -m training.compile_answers answers.txt --rows seeds/a.jsonl seeds/b.jsonl --out seeds/second_coding/x.jsonl
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from training.blind_sample import read_rows
from training.compile_seeds import MarkupError, parse_label

_ID = re.compile(r"^id: ?(\S+)$")
_LABEL = re.compile(r"^([A-Z][A-Z0-9_]*): ?(.*)$")


def main() -> None:
    """Compile; every line that is not of the form is told, and nothing is written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path, nargs="+")
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = {row["id"]: row for row in read_rows(options.rows)}
    coded, problems = [], []
    for path in options.answers:
        for row_id, lines in read_answers(path):
            try:
                coded.append(answer_row(rows, row_id, lines, where=f"{path}: {row_id}"))
            except MarkupError as error:
                problems.append(str(error))
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(1)
    options.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in coded), encoding="utf-8")
    print(f"{options.out}: {len(coded)} sentences, {sum(len(row['labels']) for row in coded)} pairs")


def read_answers(path: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the label lines of each id; other lines (text, conflict, date) are passed over."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _ID.match(line.strip()):
            found.append((match[1], []))
        elif (match := _LABEL.match(line.strip())) and found:
            found[-1][1].append((match[1], match[2]))
    return found


def answer_row(
    rows: dict[str, dict[str, Any]], row_id: str, lines: list[tuple[str, str]], *, where: str
) -> dict[str, Any]:
    """Return the coded row with the answers for its labels.

    Raises:
        MarkupError: There is no such row, or an actor is missing, unknown or answered wrongly.
    """
    if row_id not in rows:
        raise MarkupError(f"{where}: no such row; expected an id of the files given as --rows")
    row = rows[row_id]
    known = {mark["id"] for mark in row["actors"]}
    missing = {label["actor"] for label in row["labels"]} - {actor for actor, _ in lines}
    if missing:
        raise MarkupError(f"{where}: no answer for {', '.join(sorted(missing))}")
    sides = row["conflict"] is not None
    labels = [parse_label(actor, line, known=known, sides=sides, where=where) for actor, line in lines]
    return {**row, "labels": [label for label in labels if label]}


if __name__ == "__main__":
    main()
