"""Label files and tag files: values to and from JSON Lines, CSV and Parquet."""

from __future__ import annotations

import csv
import datetime
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict, load_conflict
from stancelib.errors import DataError, OutputError, UnknownNameError
from stancelib.types import (
    ArticleSentence,
    Label,
    LabelledArticle,
    LabelledSentence,
    Mark,
    StanceTag,
    Status,
    Via,
)

LabelRow = LabelledSentence | LabelledArticle
ConflictLookup = Callable[[str], Conflict]
TagFormat = Literal["jsonl", "csv", "parquet"]


def conflict_lookup(given: Sequence[Conflict] = ()) -> ConflictLookup:
    """Return a function from a conflict's id to the conflict: the given ones first, then the shipped ones."""
    by_id = {conflict.id: conflict for conflict in given}

    def look_up(conflict_id: str) -> Conflict:
        return by_id.get(conflict_id) or load_conflict(conflict_id)

    return look_up


def read_labels(path: Path, *, codebook: Codebook, conflicts: ConflictLookup) -> Iterator[LabelRow]:
    """Yield the rows of a label file (labelled sentences, labelled articles, or both).

    Raises:
        DataError: The file or a row is not of the label format, or names a side or type that nobody defines;
            the message gives file and line.
    """
    for number, raw in read_json_lines(path):
        row, problems = parse_label_row(raw, where=f"{path}:{number}", codebook=codebook, conflicts=conflicts)
        if problems or row is None:
            raise DataError(problems[0])
        yield row


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line; empty lines are passed over.

    Raises:
        DataError: The file cannot be read, or a line is not a JSON object.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected JSON Lines") from error
    with stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield number, _parse_json_object(line, where=f"{path}:{number}")


def parse_label_row(
    raw: dict[str, Any], *, where: str, codebook: Codebook, conflicts: ConflictLookup
) -> tuple[LabelRow | None, list[str]]:
    """Read one row of a label file.

    Returns:
        The row (None where its form is broken) and every problem found in it, each beginning with ``where``.
    """
    model = _ArticleRow if "sentences" in raw else _SentenceRow
    try:
        parsed = model.model_validate(raw)
    except ValidationError as error:
        return None, [f"{where}: {_place(e['loc'])}{e['msg']}" for e in error.errors()]
    try:
        conflict = conflicts(parsed.conflict) if parsed.conflict else None
    except DataError as error:
        return None, [f"{where}: {error}"]
    checker = _RowChecker(where, codebook, conflict)
    row: LabelRow
    if isinstance(parsed, _ArticleRow):
        row = _to_article(parsed, where)
        for sentence in row.sentences:
            checker.check(sentence.actors, sentence.labels, len(row.text), 0)
            checker.check_span(sentence.start, sentence.end, len(row.text), "sentence")
    else:
        row = _to_sentence(parsed, where)
        checker.check(row.actors, row.labels, len(row.text), len(row.context))
    return row, checker.problems


class TagWriter(Protocol):
    """Something that takes tags one by one."""

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""


TAG_COLUMNS = (
    "doc_id", "date", "sentence", "start", "end", "text", "actor", "actor_name", "mention", "types", "supports",
    "opposes", "sides", "target", "status", "conflict", "model", "codebook",
)  # fmt: skip


class JsonLinesTagWriter:
    """Writes one JSON object a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""
        self._stream.write(json.dumps(tag.to_dict(), ensure_ascii=False) + "\n")


class CsvTagWriter:
    """Writes one row a tag; nested cells as JSON."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(TAG_COLUMNS)

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""
        self._writer.writerow([_cell(value) for value in tag.to_dict().values()])


class ParquetTagWriter:
    """Writes row groups of tags; ``types`` and ``sides`` are JSON texts, as their keys differ from row to row."""

    def __init__(self, path: Path, *, batch_size: int = 4096) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - half a second that only this format needs

        self._schema = _parquet_schema()
        self._writer = pq.ParquetWriter(path, self._schema)
        self._batch: list[dict[str, Any]] = []
        self._batch_size = batch_size

    def write(self, tag: StanceTag) -> None:
        """Write one tag."""
        row = tag.to_dict()
        row["date"] = tag.date
        row["types"] = json.dumps(row["types"])
        row["sides"] = json.dumps(row["sides"])
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
def open_tag_file(path: Path, *, tag_format: TagFormat) -> Iterator[TagWriter]:
    """Open a tag file that appears whole when the block ends, and not at all when it raises.

    Raises:
        OutputError: The file cannot be written.
    """
    with whole_file(path) as partial:
        if tag_format == "parquet":
            writer = ParquetTagWriter(partial)
            try:
                yield writer
                writer.close()
            finally:
                writer.abandon()
            return
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield JsonLinesTagWriter(stream) if tag_format == "jsonl" else CsvTagWriter(stream)


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


def _parse_json_object(line: bytes, *, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 at byte {error.start} of the line; expected UTF-8") from error
    except json.JSONDecodeError as error:
        raise DataError(f"{where}: not JSON: {error.msg} (column {error.colno}); expected one object a line") from error
    except RecursionError as error:
        raise DataError(f"{where}: not JSON: nested too deeply; expected one object a line") from error
    if not isinstance(value, dict):
        raise DataError(f"{where}: {type(value).__name__} found; expected a JSON object")
    return value


class _MarkEntry(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    id: str = Field(min_length=1)
    start: int = Field(ge=0, strict=True)
    end: int = Field(ge=1, strict=True)
    inside: Literal["text", "context"] = Field(default="text", alias="in")
    via: Via | None = None


class _LabelEntry(BaseModel):
    actor: str = Field(min_length=1)
    types: list[str] | None = None
    supports: str | list[str] | None = None
    opposes: str | list[str] | None = None
    target: str | list[str] | None = None
    status: Status | None = None


class _ArticleSentenceEntry(BaseModel):
    start: int = Field(ge=0, strict=True)
    end: int = Field(ge=1, strict=True)
    actors: list[_MarkEntry] = Field(default_factory=list)
    labels: list[_LabelEntry] = Field(default_factory=list)


class _SentenceRow(BaseModel):
    id: str | int
    text: str = Field(min_length=1)
    actors: list[_MarkEntry]
    labels: list[_LabelEntry] = Field(default_factory=list)
    conflict: str | None = None
    context: str | None = None
    date: datetime.date | None = None
    split: str | None = None
    phenomena: list[str] = Field(default_factory=list)


class _ArticleRow(BaseModel):
    id: str | int
    text: str = Field(min_length=1)
    sentences: list[_ArticleSentenceEntry]
    conflict: str | None = None
    date: datetime.date | None = None
    split: str | None = None


def _to_sentence(row: _SentenceRow, where: str) -> LabelledSentence:
    sides = row.conflict is not None
    return LabelledSentence(
        id=str(row.id),
        text=row.text,
        actors=tuple(map(_to_mark, row.actors)),
        labels=tuple(_to_label(entry, sides=sides) for entry in row.labels),
        conflict=row.conflict,
        context=row.context or "",
        date=row.date,
        split=row.split,
        phenomena=tuple(row.phenomena),
        where=where,
    )


def _to_article(row: _ArticleRow, where: str) -> LabelledArticle:
    sides = row.conflict is not None
    sentences = tuple(
        ArticleSentence(
            start=entry.start,
            end=entry.end,
            actors=tuple(map(_to_mark, entry.actors)),
            labels=tuple(_to_label(label, sides=sides) for label in entry.labels),
        )
        for entry in row.sentences
    )
    return LabelledArticle(
        id=str(row.id),
        text=row.text,
        sentences=sentences,
        conflict=row.conflict,
        date=row.date,
        split=row.split,
        where=where,
    )


def _to_mark(entry: _MarkEntry) -> Mark:
    return Mark(entry.id, entry.start, entry.end, in_context=entry.inside == "context", via=entry.via)


def _to_label(entry: _LabelEntry, *, sides: bool) -> Label:
    judged = entry.model_fields_set
    return Label(
        actor=entry.actor,
        types=tuple(entry.types or ()) if "types" in judged else None,
        supports=_judged(entry, "supports", present=sides or bool(entry.supports)),
        opposes=_judged(entry, "opposes", present=sides or bool(entry.opposes)),
        target=_judged(entry, "target", present=True),
        status=entry.status,
    )


def _judged(entry: _LabelEntry, key: str, *, present: bool) -> tuple[str, ...] | None:
    """Read null, one id or a list as a tuple; None where the key is absent or cannot be judged."""
    if key not in entry.model_fields_set or not present:
        return None
    value = getattr(entry, key)
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


class _RowChecker:
    """Collects what is wrong with the marks and labels of a row."""

    def __init__(self, where: str, codebook: Codebook, conflict: Conflict | None) -> None:
        self.problems: list[str] = []
        self._where = where
        self._codebook = codebook
        self._conflict = conflict
        self._side_ids = [side.id for side in conflict.sides] if conflict else []

    def check(self, marks: Sequence[Mark], labels: Sequence[Label], n_text: int, n_context: int) -> None:
        for mark in marks:
            n = n_context if mark.in_context else n_text
            self.check_span(mark.start, mark.end, n, f"mark of {mark.actor!r}")
        marked = {mark.actor for mark in marks}
        seen: set[str] = set()
        for label in labels:
            self._check_actors(label, marked)
            self._check_names(label)
            if label.actor in seen:
                self._say(f"actor {label.actor!r} is labelled twice; expected one entry for each actor")
            seen.add(label.actor)

    def check_span(self, start: int, end: int, n: int, what: str) -> None:
        if not start < end <= n:
            self._say(f"{what} spans {start}-{end}; expected start < end <= {n}, the length of its text")

    def _check_actors(self, label: Label, marked: set[str]) -> None:
        for what, actor in [("actor", label.actor), *(("target", target) for target in label.target or ())]:
            if actor not in marked:
                self._say(str(UnknownNameError(what, actor, marked)) + " (the marked actors)")

    def _check_names(self, label: Label) -> None:
        for type_id in label.types or ():
            if type_id not in self._codebook.type_ids:
                self._say(str(UnknownNameError("type", type_id, self._codebook.type_ids)))
        if self._codebook.exclusive and len(label.types or ()) > 1:
            self._say(
                f"actor {label.actor!r} has types {list(label.types or ())}; expected one, as codebook "
                f"{self._codebook.id!r} is exclusive"
            )
        for side in [*(label.supports or ()), *(label.opposes or ())]:
            if self._conflict is None:
                self._say(f"side {side!r} is named, but the row has no conflict; expected null or a conflict id")
            elif side not in self._side_ids:
                self._say(f"{UnknownNameError('side', side, self._side_ids)} (conflict {self._conflict.id})")

    def _say(self, problem: str) -> None:
        self.problems.append(f"{self._where}: {problem}")


def _place(location: Iterable[str | int]) -> str:
    path = ".".join(str(part) for part in location)
    return f"{path}: " if path else ""


def _cell(value: object) -> object:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


def _parquet_schema() -> Any:
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
    }
    return pa.schema([(column, kinds.get(column, text)) for column in TAG_COLUMNS])
