"""Tag files: tags to JSON Lines, CSV and Parquet, in files that appear whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Protocol, TextIO

from stancelib.errors import OutputError
from stancelib.types import StanceTag

TagFormat = Literal["jsonl", "csv", "parquet"]


def write_folder(folder: Path, files: Mapping[str, bytes], *, expected: str) -> None:
    """Write files that take the place of earlier ones only when all of them are written; the folder is made if need be.

    Raises:
        OutputError: They cannot be written; ``expected`` says what the folder is for.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".partial-", dir=folder) as partial:
            for name, content in files.items():
                (Path(partial) / name).write_bytes(content)
            for name in files:
                (Path(partial) / name).replace(folder / name)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}; expected {expected}") from error


def write_json_lines(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write one JSON object a line, in a file that appears whole or not at all."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


class TagWriter(Protocol):
    """Something that takes tags one by one."""

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""


TAG_COLUMNS = (
    "doc_id", "date", "sentence", "start", "end", "text", "actor", "actor_name", "mention", "types", "supports",
    "opposes", "sides", "target", "status", "conflict", "model", "codebook", "confidence", "sure",
)  # fmt: skip
"""What tags without an explanation have; ``explanation`` follows where it was asked for."""


class JsonLinesTagWriter:
    """Writes one JSON object a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""
        self._stream.write(json.dumps(tag.to_dict(), ensure_ascii=False) + "\n")


class CsvTagWriter:
    """Writes one row a tag; nested cells as JSON. ``explained`` adds a column for explanations."""

    def __init__(self, stream: TextIO, *, explained: bool = False) -> None:
        self._columns = _columns(explained=explained)
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(self._columns)

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""
        row = tag.to_dict()
        self._writer.writerow([_cell(row.get(column)) for column in self._columns])


class ParquetTagWriter:
    """Writes row groups of tags; ``types`` and ``sides`` are JSON texts, as their keys differ from row to row.

    ``explained`` adds a column for explanations, JSON texts too.
    """

    def __init__(self, path: Path, *, batch_size: int = 4096, explained: bool = False) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - half a second that only this format needs

        self._schema = _parquet_schema(explained=explained)
        self._writer = pq.ParquetWriter(path, self._schema)
        self._batch: list[dict[str, Any]] = []
        self._batch_size = batch_size

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""
        row = tag.to_dict()
        row["date"] = tag.date
        row["types"] = json.dumps(row["types"])
        row["sides"] = json.dumps(row["sides"])
        if "explanation" in row:
            row["explanation"] = json.dumps(row["explanation"], ensure_ascii=False)
        self._batch.append(row)
        if len(self._batch) >= self._batch_size:
            self._flush()

    def close(self) -> None:
        """Write what is left and the footer."""
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Let the file go as it is, if it is still open."""
        import pyarrow as pa  # noqa: PLC0415 - half a second that only this format needs

        if self._writer.is_open:
            with suppress(OSError, pa.ArrowInvalid):  # the error that brought us here says what was wrong
                self._writer.close()
            self._writer.is_open = False

    def _flush(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - half a second that only this format needs

        if self._batch:
            self._writer.write_table(pa.Table.from_pylist(self._batch, schema=self._schema))
            self._batch = []


@contextmanager
def open_tag_file(path: Path, *, tag_format: TagFormat, explained: bool = False) -> Iterator[TagWriter]:
    """Open a tag file that appears whole when the block ends, and not at all when it raises.

    Args:
        path: The file.
        tag_format: What it holds.
        explained: Whether the tags have explanations, which then get a column.

    Raises:
        OutputError: The file cannot be written.
    """
    with whole_file(path) as partial:
        if tag_format == "parquet":
            writer = ParquetTagWriter(partial, explained=explained)
            try:
                yield writer
                writer.close()
            finally:
                writer.abandon()
            return
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield JsonLinesTagWriter(stream) if tag_format == "jsonl" else CsvTagWriter(stream, explained=explained)


@contextmanager
def open_text_file(path: Path) -> Iterator[TextIO]:
    """Open a text file in UTF-8 that appears whole when the block ends, and not at all when it raises.

    Raises:
        OutputError: The file cannot be written.
    """
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
        yield stream


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, which takes its place when the block ends without an error.

    Raises:
        OutputError: The file cannot be written (no such folder, no right, no room).
    """
    partial = path
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; expected a file to write to")
        # A device or a pipe is written to as it is: a file must not take its place.
        if path.is_file() or not path.exists():
            partial = path.with_name(f".{path.name}.partial")
        yield partial
        if partial != path:
            partial.replace(path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)  # pyarrow's own texts name the partial file
        raise OutputError(f"{path}: cannot be written: {reason}; nothing was left behind") from error
    finally:
        if partial != path:
            _remove(partial)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the folder itself cannot be reached: the error that brought us here says so
        return


def _columns(*, explained: bool) -> tuple[str, ...]:
    return (*TAG_COLUMNS, "explanation") if explained else TAG_COLUMNS


def _cell(value: object) -> object:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


def _parquet_schema(*, explained: bool) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - half a second that only this format needs

    text, number = pa.string(), pa.int64()
    side = pa.struct([("side", text), ("p", pa.float64())])
    kinds = {
        "date": pa.date32(),
        "sentence": number,
        "start": number,
        "end": number,
        "mention": pa.struct([("text", text), ("start", number), ("end", number), ("via", text)]),
        "supports": side,
        "opposes": side,
        "target": pa.struct([("actor", text), ("start", number), ("end", number)]),
        "confidence": pa.float64(),
        "sure": pa.bool_(),
    }
    return pa.schema([(column, kinds.get(column, text)) for column in _columns(explained=explained)])
