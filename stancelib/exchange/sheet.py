"""Labels as CSV, for spreadsheets: one line for each row and actor."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stancelib.errors import DataError
from stancelib.exchange.raw import JUDGED_KEYS, NAME_KEYS, ROW_CELLS, RawRow, names_of, one_or_list, write_text

_COLUMNS = (*ROW_CELLS, "phenomena", "actor", "mentions", *JUDGED_KEYS, "other")


def write_csv(rows: Sequence[RawRow], path: Path) -> None:
    """Write rows as CSV: ``-`` is judged and nothing there, an empty cell is not judged."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, _COLUMNS, restval="")
    writer.writeheader()
    seen: set[str] = set()
    for row in rows:
        _refuse_what_cells_cannot_hold(row, seen)
        cells = {key: row[key] for key in ROW_CELLS if row.get(key) is not None}
        cells["phenomena"] = ";".join(row.get("phenomena", ()))
        known = {*ROW_CELLS, "phenomena", "actors", "labels"}
        if other := {key: value for key, value in row.items() if key not in known}:
            cells["other"] = json.dumps(other, ensure_ascii=False)
        labels = {label["actor"]: label for label in row.get("labels", ())}
        for actor in dict.fromkeys(mark["id"] for mark in row["actors"]) or [""]:
            marks = [
                {**{k: v for k, v in mark.items() if k != "id"}, "text": _words_of(mark, row)}
                for mark in row["actors"]
                if mark["id"] == actor
            ]
            mentions = json.dumps(marks, ensure_ascii=False) if marks else ""
            label = labels.get(actor, {})
            judged = {key: ";".join(names_of(label[key])) or "-" for key in NAME_KEYS if key in label}
            status = {"status": label["status"]} if label.get("status") else {}
            writer.writerow({**cells, "actor": actor, "mentions": mentions, **judged, **status})
    write_text(path, "\ufeff" + stream.getvalue())  # with the mark, spreadsheets read it as UTF-8


def read_csv(path: Path, _: str | None) -> Iterator[tuple[str, RawRow]]:
    """Yield the rows of a CSV file, each with the ``file:line`` where it begins."""
    rows: dict[str, tuple[str, RawRow]] = {}
    for where, cells in _csv_lines(path):
        where_first, row = rows.setdefault(cells["id"], (where, _row_of_cells(cells, where)))
        for key in ROW_CELLS:
            if (row.get(key) or "") != (cells.get(key) or ""):
                raise DataError(
                    f"{where}: id {cells['id']!r} has another {key} than at {where_first}; expected the same"
                )
        if not cells.get("actor"):
            continue
        row["actors"] += _marks_of_cells(cells, row, where)
        if label := _label_of_cells(cells):
            row["labels"].append({"actor": cells["actor"], **label})
    yield from rows.values()


def _csv_lines(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            delimiter = _delimiter(stream.readline())
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=delimiter)
            missing = [name for name in ("id", "text", "actor", "mentions") if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path}:1: no column {missing[0]!r}; expected the columns {', '.join(_COLUMNS)}")
            for cells in reader:
                where = f"{path}:{reader.line_num}"
                if None in cells or None in cells.values():
                    raise DataError(
                        f"{where}: more or fewer cells than columns; expected {len(reader.fieldnames or ())}"
                    )
                trimmed = {key: cell if key in ("text", "context") else cell.strip() for key, cell in cells.items()}
                if any(trimmed.values()):
                    yield where, trimmed
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected CSV") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: {error}; expected CSV in UTF-8") from error


def _row_of_cells(cells: Mapping[str, str], where: str) -> RawRow:
    row: RawRow = {key: cells[key] for key in ROW_CELLS if cells.get(key)}
    row.setdefault("conflict", None)
    row.setdefault("text", cells["text"])
    row |= {"actors": [], "labels": []}
    if cells.get("phenomena"):
        row["phenomena"] = _parts(cells["phenomena"])
    row.update(_json_cell(cells, "other", where, kind=dict))
    return row


def _label_of_cells(cells: Mapping[str, str]) -> RawRow:
    label: RawRow = {}
    for key in NAME_KEYS:
        if cell := cells.get(key):
            names = [] if cell == "-" else _parts(cell)
            label[key] = names if key == "types" else one_or_list(names)
    if cells.get("status"):
        label["status"] = cells["status"]
    return label


def _json_cell(cells: Mapping[str, str], name: str, where: str, *, kind: type) -> Any:
    text = cells.get(name) or ""
    try:
        value = json.loads(text) if text else kind()
    except json.JSONDecodeError as error:
        raise DataError(f"{where}: column {name!r} is not JSON: {error.msg}; found {text[:40]!r}") from error
    if not isinstance(value, kind):
        raise DataError(f"{where}: column {name!r} holds {text[:40]!r}; expected a JSON {kind.__name__}")
    return value


def _refuse_what_cells_cannot_hold(row: RawRow, seen: set[str]) -> None:
    if row["id"] in seen:
        raise DataError(f"row {row['id']!r} stands twice; expected each id once, as lines are joined by it")
    seen.add(row["id"])
    for name in [*row.get("phenomena", ()), *(mark["id"] for mark in row["actors"])]:
        if ";" in name:
            raise DataError(
                f"row {row['id']!r}: {name!r} holds a semicolon; expected none, as it parts names in a cell"
            )


def _words_of(mark: RawRow, row: RawRow) -> str:
    host: str = row["context"] if mark.get("in") == "context" else row["text"]
    return host[mark["start"] : mark["end"]]


def _marks_of_cells(cells: Mapping[str, str], row: RawRow, where: str) -> list[RawRow]:
    """Return the marks of a line; the words that each carries must stand where it says."""
    marks = []
    for entry in _json_cell(cells, "mentions", where, kind=list):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), int) for key in ("start", "end")):
            raise DataError(f"{where}: mention {entry!r}; expected an object with 'start' and 'end'")
        mark = {key: value for key, value in entry.items() if key != "text"}
        if mark.get("in") == "context" and "context" not in row:
            raise DataError(f"{where}: a mention in the context, and no context; expected one")
        found = _words_of(mark, row)
        if entry.get("text", found) != found:
            raise DataError(
                f"{where}: mention {entry['text']!r} at {mark['start']}-{mark['end']}, where the text has {found!r}; "
                "expected the same words (was the file saved in another encoding than UTF-8?)"
            )
        marks.append({"id": cells["actor"], **mark})
    return marks


def _delimiter(head: str) -> str:
    """Return what parts the columns of a header: spreadsheets of many countries write semicolons."""
    return max(",;\t", key=head.count)


def _parts(cell: str) -> list[str]:
    return [name for part in cell.split(";") if (name := part.strip())]
