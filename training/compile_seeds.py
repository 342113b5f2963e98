"""Compile the marked-up seed sentences (``seeds/sources/*.txt``) into label files.

The markup is for writers; what everything else reads is the label format. ``seeds/README.md`` tells the markup.

    python -m training.compile_seeds seeds/sources seeds
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MARK = re.compile(
    r"\\[\[\]]|\[(?P<ids>[A-Z][A-Z0-9_+]*)(?:\|(?P<via>name|list|pronoun|quote))? (?P<surface>[^\[\]]+)\]"
)
_HEADER = re.compile(r"^(id|conflict|date|phenomena|context|text|split): ?(.*)$")
_LABEL = re.compile(r"^([A-Z][A-Z0-9_]*): ?(.*)$")
_HELD = ("conflict", "date", "split")


class MarkupError(ValueError):
    """A line that is not of the markup's form; the message says where and what was expected."""


def main() -> None:
    """Compile every source file of a folder into one label file of the same name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    failed = False
    for path in sorted(options.sources.glob("*.txt")):
        rows = []
        try:
            blocks = list(read_blocks(path))
        except MarkupError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        for block, number in blocks:
            try:
                rows.append(compile_block(block, where=f"{path}:{number}"))
            except MarkupError as error:
                print(error, file=sys.stderr)
                failed = True
        target = options.out / f"{path.stem}.jsonl"
        target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        print(f"{target}: {len(rows)} sentences", file=sys.stderr)
    sys.exit(1 if failed else 0)


def read_blocks(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each block as its fields and the number of its first line; held fields are filled in."""
    held: dict[str, str] = {}
    block: dict[str, Any] = {}
    first = 0
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], 1):
        line = line.strip()
        if line.startswith("#"):
            continue
        if not line:
            if "text" in block:
                yield {**held, **block}, first
            elif block and set(block) - set(_HELD):
                raise MarkupError(f"{path}:{first}: a block without text")
            block, first = {}, 0
            continue
        first = first or number
        if match := _HEADER.match(line):
            key, value = match.groups()
            if key in _HELD:
                held[key] = value
            else:
                block[key] = value
        elif match := _LABEL.match(line):
            block.setdefault("labels", []).append((match[1], match[2]))
        else:
            raise MarkupError(f"{path}:{number}: {line!r}; expected 'key: value' or 'ACTOR: types | ...'")


def compile_block(block: dict[str, Any], *, where: str) -> dict[str, Any]:
    """Turn one block into a row of the label format.

    Raises:
        MarkupError: A mark or a label line is not of the form.
    """
    if "id" not in block:
        raise MarkupError(f"{where}: no id")
    text, marks = strip_marks(block["text"], where=where)
    context, context_marks = strip_marks(block.get("context", ""), where=where)
    conflict = None if block.get("conflict", "-") in ("-", "") else block["conflict"]
    row: dict[str, Any] = {"id": block["id"], "conflict": conflict}
    if block.get("date", "-") not in ("-", ""):
        row["date"] = block["date"]
    if context:
        row["context"] = context
    row["text"] = text
    row["actors"] = [{**mark, "in": "context"} for mark in context_marks] + marks
    known = {mark["id"] for mark in row["actors"]}
    row["labels"] = [
        label
        for actor, line in block.get("labels", [])
        if (label := parse_label(actor, line, known=known, sides=conflict is not None, where=where))
    ]
    _check_labels(row, where=where)
    if block.get("split", "-") not in ("-", ""):
        row["split"] = block["split"]
    row["phenomena"] = [name.strip() for name in block.get("phenomena", "").split(",") if name.strip()]
    row["invented"] = True
    return row


def strip_marks(marked: str, *, where: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the text without its marks, and the marks with their offsets."""
    out, marks, last, length = [], [], 0, 0
    for match in _MARK.finditer(marked):
        plain = marked[last : match.start()]
        _refuse_brackets(plain, where)
        out.append(plain)
        length += len(plain)
        last = match.end()
        if match["surface"] is None:
            out.append(match[0][1:])
            length += 1
            continue
        surface = match["surface"]
        for actor in match["ids"].split("+"):
            mark: dict[str, Any] = {"id": actor, "start": length, "end": length + len(surface)}
            if match["via"]:
                mark["via"] = match["via"]
            marks.append(mark)
        out.append(surface)
        length += len(surface)
    _refuse_brackets(marked[last:], where)
    out.append(marked[last:])
    return "".join(out), marks


def parse_label(actor: str, line: str, *, known: set[str], sides: bool, where: str) -> dict[str, Any] | None:
    """Read one label line; None where it says that the actor was not judged."""
    if actor not in known:
        raise MarkupError(f"{where}: label for {actor!r}, which is not marked; marked: {', '.join(sorted(known))}")
    parts = [part.strip() for part in line.split("|")]
    if parts[0] == "?":
        return None
    types = [] if parts[0] in ("-", "") else [name.strip() for name in parts[0].split(",")]
    label: dict[str, Any] = {"actor": actor, "types": types, "target": None}
    if sides:
        label |= {"supports": None, "opposes": None}
    if types:
        label["status"] = "done"
    for part in parts[1:]:
        _read_part(label, part, where)
    targets = label.get("target") or []
    for target in [targets] if isinstance(targets, str) else targets:
        if target not in known:
            raise MarkupError(f"{where}: target {target!r} is not marked; marked: {', '.join(sorted(known))}")
    return label


def _read_part(label: dict[str, Any], part: str, where: str) -> None:
    if part in ("done", "planned"):
        label["status"] = part
    elif part == "?+":
        label.pop("supports", None)
        label.pop("opposes", None)
    elif part == "?>":
        label.pop("target", None)
    elif part[:1] in ("+", "x", ">") and part[1:].strip():
        key = {"+": "supports", "x": "opposes", ">": "target"}[part[0]]
        values = [value.strip() for value in part[1:].split(",")]
        if key != "target" and key not in label:
            raise MarkupError(f"{where}: {part!r} names a side in a row without a conflict")
        label[key] = values[0] if len(values) == 1 else values
    elif part:
        raise MarkupError(f"{where}: {part!r}; expected '+ side', 'x side', '> TARGET', 'done' or 'planned'")


def _check_labels(row: dict[str, Any], *, where: str) -> None:
    judged = [label["actor"] for label in row["labels"]]
    if len(judged) != len(set(judged)):
        raise MarkupError(f"{where}: an actor is labelled twice")
    if not judged:
        raise MarkupError(f"{where}: no label line")


def _refuse_brackets(plain: str, where: str) -> None:
    if "[" in plain or "]" in plain:
        raise MarkupError(f"{where}: stray bracket in {plain!r}; expected [ACTOR_ID surface], or \\[ for a bracket")


if __name__ == "__main__":
    main()
