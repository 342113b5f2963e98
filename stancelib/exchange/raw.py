"""What the forms of label files share: rows as the label format has them, not yet read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stancelib.tagfiles import whole_file

RawRow = dict[str, Any]
"""A row of a label file, or a part of one, as JSON has it."""

NAME_KEYS = ("types", "supports", "opposes", "target")
"""The keys of a label that hold names."""

JUDGED_KEYS = (*NAME_KEYS, "status")

ROW_CELLS = ("id", "conflict", "date", "split", "context", "text")
"""The keys of a row that hold one text each."""


def write_text(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def names_of(value: Any) -> list[str]:
    """Return null, one name or a list of names as a list."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def one_or_list(names: list[str]) -> Any:
    """Return names as the label format writes a side or target: null, one name, or a list."""
    return None if not names else names[0] if len(names) == 1 else names
