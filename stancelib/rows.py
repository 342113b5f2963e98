"""Read the rows of JSON Lines, CSV and Parquet files, streaming, with errors that say where."""

from __future__ import annotations

import csv
import difflib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancelib.errors import DataError

if TYPE_CHECKING:
    import pyarrow

TABLE_SUFFIXES = frozenset({".jsonl", ".ndjson", ".csv", ".tsv", ".parquet"})

_OPTIONAL_COLUMNS = ("id", "date", "conflict", "source")
_BATCH_ROWS = 64
_CSV_BLOCK = 1 << 22
"""Bytes; the longest row that a CSV file may hold."""

_BOM = b"\xef\xbb\xbf"

OnBadRow = Callable[[DataError], None]
"""Told of each row that cannot be read; reading goes on unless it raises."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table; ``number`` counts the records from 1, ``date`` is as the file has it."""

    where: str
    number: int
    text: str
    id: str
    date: object
    conflict: str | None
    source: str


def read_rows(path: Path, *, text_column: str, on_bad_row: OnBadRow) -> Iterator[Row]:
    """Yield the rows of a table that have a text.

    Args:
        path: A file whose suffix is one of ``TABLE_SUFFIXES``.
        text_column: The column that holds the text.
        on_bad_row: Told of the others.

    Raises:
        DataError: The file as a whole cannot be read, or has no such column.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            records = _read_parquet(path, text_column)
        elif suffix in {".csv", ".tsv"}:
            records = _read_csv(path, text_column, on_bad_row)
        else:
            records = _read_json_lines(path, on_bad_row)
        yield from _make_rows(path, records, text_column=text_column, on_bad_row=on_bad_row)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}; expected a table of texts") from error


def missing_path(path: Path) -> DataError:
    """Return the error for a path that does not exist, with the near ones."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        names = []
    near = difflib.get_close_matches(path.name, names, n=3)
    hint = f"did you mean {' or '.join(repr(str(path.with_name(name))) for name in near)}?" if near else ""
    return DataError(f"{path}: no such file or folder; {hint or 'expected a text file, a folder, a table or -'}")


_Record = tuple[str, int, Mapping[str, Any]]
"""Where the record stands (``file:line``), its number from 1, its values."""


def _make_rows(path: Path, records: Iterable[_Record], *, text_column: str, on_bad_row: OnBadRow) -> Iterator[Row]:
    empty = True
    for where, number, values in records:
        empty = False
        try:
            row = _make_row(where, number, values, text_column=text_column)
        except DataError as error:
            on_bad_row(error)
        else:
            yield row
    if empty and path.stat().st_size == 0:
        raise DataError(f"{path}: an empty file; expected rows with a column {text_column!r}")


def _make_row(where: str, number: int, values: Mapping[str, Any], *, text_column: str) -> Row:
    if text_column not in values:
        raise _missing_column(where, text_column, values)
    text = _decode(where, text_column, values[text_column])
    if text is not None and not isinstance(text, str):
        raise DataError(f"{where}: {text_column!r} is {text!r}; expected a string")
    if text is None or not text.strip():
        raise DataError(f"{where}: {text_column!r} is empty; expected a text")
    others = {name: _decode(where, name, values.get(name)) for name in _OPTIONAL_COLUMNS}
    return Row(
        where,
        number,
        text,
        _identifier(where, others["id"]),
        others["date"],
        _optional_text(where, "conflict", others["conflict"]) or None,
        _optional_text(where, "source", others["source"]),
    )


def _identifier(where: str, value: object) -> str:
    if isinstance(value, (list, dict)):
        raise DataError(f"{where}: 'id' is {value!r}; expected a string or a number")
    if isinstance(value, float) and value.is_integer():  # a column of whole numbers with a gap holds floats
        return str(int(value))
    return "" if value is None else str(value)


def _optional_text(where: str, name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"{where}: {name!r} is {value!r}; expected a string")
    return value


def _decode(where: str, name: str, value: object) -> object:
    """Return a cell as text where it is bytes, and None where it is "not a number", as tables write a gap."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: {name!r} is not UTF-8 at its byte {error.start}; expected UTF-8") from error


def _missing_column(where: str, column: str, names: Iterable[str]) -> DataError:
    there = list(names)
    near = difflib.get_close_matches(column, there, n=3)
    hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    return DataError(f"{where}: no column {column!r}; {hint}the columns are {', '.join(map(repr, there)) or '(none)'}")


def _read_json_lines(path: Path, on_bad_row: OnBadRow) -> Iterator[_Record]:
    with path.open("rb") as file:
        number = 0
        for line_number, line in enumerate(file, start=1):
            content = line.removeprefix(_BOM) if line_number == 1 else line
            if not content.strip():
                continue
            number += 1
            where = f"{path}:{line_number}"
            try:
                values = _parse_line(where, content)
            except DataError as error:
                on_bad_row(error)
            else:
                yield where, number, values


def _parse_line(where: str, line: bytes) -> Mapping[str, Any]:
    if b"\0" in line:
        raise DataError(f"{where}: binary (a NUL byte); expected JSON Lines in UTF-8")
    try:
        values = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 at byte {error.start} of the line; expected UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{where}: not JSON: {error}; expected one object a line") from error
    if not isinstance(values, dict):
        raise DataError(f"{where}: {type(values).__name__} instead of an object; expected one JSON object a line")
    return values


def _read_csv(path: Path, text_column: str, on_bad_row: OnBadRow) -> Iterator[_Record]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and needed for tables only
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    columns = _csv_columns(path, text_column, delimiter)
    if not columns:
        return

    def skip(row: Any) -> str:
        bad.append(
            DataError(f"{path}: row {row.number - 1}: {row.actual_columns} cells; expected {row.expected_columns}")
        )
        return "skip"

    bad: list[DataError] = []
    # Cells come as bytes: a cell that is not UTF-8 is then an error of its own row.
    convert = arrow_csv.ConvertOptions(
        column_types={name: pa.binary() for name in columns}, include_columns=columns, strings_can_be_null=False
    )
    parse = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip)
    read = arrow_csv.ReadOptions(block_size=_CSV_BLOCK, use_threads=False)
    n_read = 0
    try:
        with arrow_csv.open_csv(path, read_options=read, parse_options=parse, convert_options=convert) as batches:
            for batch in batches:
                _report(bad, on_bad_row)
                for number, values in enumerate(_values_of(batch), start=n_read + 1):
                    yield f"{path}: row {number}", number, values
                n_read += batch.num_rows
        _report(bad, on_bad_row)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: not CSV after row {n_read}: {error}") from error


def _report(bad: list[DataError], on_bad_row: OnBadRow) -> None:
    while bad:
        on_bad_row(bad.pop(0))


def _values_of(batch: pyarrow.RecordBatch) -> Iterator[Mapping[str, Any]]:
    for first in range(0, batch.num_rows, _BATCH_ROWS):
        yield from batch.slice(first, _BATCH_ROWS).to_pylist()


def _csv_columns(path: Path, text_column: str, delimiter: str) -> list[str]:
    """Return the columns to read; none for an empty file."""
    with path.open("rb") as file:
        head = file.readline(1 << 16)
    if b"\0" in head:
        raise DataError(f"{path}: a binary file (a NUL byte in its first line); expected CSV in UTF-8")
    try:
        line = head.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:1: not UTF-8 at byte {error.start}; expected a header in UTF-8") from error
    names = next(csv.reader([line], delimiter=delimiter), [])
    if names and text_column not in names:
        raise _missing_column(f"{path}:1", text_column, names)
    wanted = (text_column, *(name for name in _OPTIONAL_COLUMNS if name != text_column))
    return [name for name in wanted if name in names]


def _read_parquet(path: Path, text_column: str) -> Iterator[_Record]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and needed for tables only
    from pyarrow import parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: not Parquet: {error}") from error
    with file:
        names = file.schema_arrow.names
        if text_column not in names:
            raise _missing_column(str(path), text_column, names)
        wanted = (text_column, *(name for name in _OPTIONAL_COLUMNS if name != text_column and name in names))
        n_read = 0
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(wanted)):
            for number, values in enumerate(_values_of(_with_days(batch)), start=n_read + 1):
                yield f"{path}: row {number}", number, values
            n_read += batch.num_rows


def _with_days(batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
    """Return the rows with days for times: Python cannot hold the nanoseconds of some."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and needed for tables only

    place = batch.schema.get_field_index("date")
    if place < 0 or not pa.types.is_timestamp(batch.schema.field(place).type):
        return batch
    return batch.set_column(place, "date", batch.column(place).cast(pa.date32(), safe=False))
