"""Read documents from files, folders, tables and standard input, one at a time."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from stancelib.datelines import dateline_agency
from stancelib.dates import to_date
from stancelib.errors import DataError
from stancelib.language import detect_language
from stancelib.regions import document_date, mark_regions
from stancelib.rows import TABLE_SUFFIXES, Row, missing_path, read_rows
from stancelib.types import Document

__all__ = ["detect_language", "document_date", "make_document", "mark_regions", "read_documents", "to_date"]

TEXT_SUFFIXES = frozenset({".txt", ".text", ".md"})

_BOM = "\ufeff"
_LOGGER = logging.getLogger(__name__)


def make_document(
    text: str, *, id: str = "", date: date | str | None = None, source: str = "", conflict: str | None = None
) -> Document:
    """Return a document with its regions and language found.

    Args:
        text: The text; offsets count in it as given.
        id: What tags call the document.
        date: The day of the report, also as ISO text; None: the leading date of the text, if it has one.
        source: Where the text comes from.
        conflict: The id of the conflict that it is about, if that is known.

    Raises:
        ValueError: The date is none.
    """
    regions = mark_regions(text)
    return Document(
        id=id,
        text=text,
        date=to_date(date) or document_date(text, regions),
        source=source,
        conflict=conflict,
        regions=regions,
        language=detect_language(text),
    )


def document_agency(text: str) -> str:
    """Return the news agency that a text's dateline names; empty if there is none."""
    datelines = (region for region in mark_regions(text) if region.kind == "dateline")
    return next(filter(None, (dateline_agency(text[r.start : r.end]) for r in datelines)), "")


def read_documents(
    paths: Iterable[str | Path],
    *,
    default_date: date | None = None,
    text_column: str = "text",
    on_error: Literal["fail", "skip"] = "fail",
    on_skip: Callable[[DataError], None] | None = None,
    conflicts: Callable[[str], object] | None = None,
) -> Iterator[Document]:
    """Yield the documents of text files, folders, tables and standard input, without holding more than one.

    A path is a text file, a folder (searched for ``.txt``, ``.text``, ``.md`` and tables, hidden files left out), ``-``
    for a text on standard input, or a table: JSON Lines (``.jsonl``, ``.ndjson``), ``.csv``, ``.tsv`` or ``.parquet``
    with a text column and optional columns ``id``, ``date``, ``conflict`` and ``source``. Offsets count characters of
    the decoded text; a byte order mark at its start is not part of it.

    Args:
        paths: Where to read.
        default_date: The day of documents that have none of their own; a record's ``date`` comes before it, a date
            that the text states after it.
        text_column: The column of the tables that holds the text.
        on_error: Whether a document that cannot be read ends the reading or is left out.
        on_skip: Told of each document left out; None: a warning is logged.
        conflicts: Called with the conflict that a record names, to raise DataError where there is none such, as a
            tagger's ``conflict_lookup`` does; None: names are taken as they are.

    Yields:
        The documents, in the order of the paths; in a folder, by name.

    Raises:
        DataError: A document cannot be read, and ``on_error`` is "fail".
    """
    settings = _Settings(default_date, text_column, on_error == "skip", on_skip or _log_skip, conflicts)
    for path in paths:
        for source in _guarded(_find_sources(path), settings):
            yield from _read_source(source, settings)


@dataclass(frozen=True, slots=True)
class _Settings:
    default_date: date | None
    text_column: str
    skips: bool
    on_skip: Callable[[DataError], None]
    conflicts: Callable[[str], object] | None


@dataclass(frozen=True, slots=True)
class _Source:
    """A file to read and what to call it; no path: standard input."""

    name: str
    path: Path | None


def _log_skip(error: DataError) -> None:
    _LOGGER.warning("left out: %s", error)


def _guarded(items: Iterator[_Source], settings: _Settings) -> Iterator[_Source]:
    try:
        yield from items
    except DataError as error:
        if not settings.skips:
            raise
        settings.on_skip(error)


def _find_sources(argument: str | Path) -> Iterator[_Source]:
    if str(argument) == "-":
        yield _Source("-", None)
        return
    path = Path(argument)
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected a path") from error
    if not exists:
        raise missing_path(path)
    if is_folder:
        yield from _search_folder(path)
    else:
        yield _Source(path.name, path)


def _search_folder(folder: Path) -> Iterator[_Source]:
    found = False
    for parent, names, files in os.walk(folder, onerror=_fail_walk):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix.lower() in TEXT_SUFFIXES | TABLE_SUFFIXES:
                found = True
                yield _Source(path.relative_to(folder).as_posix(), path)
    if not found:
        kinds = ", ".join(sorted(TEXT_SUFFIXES | TABLE_SUFFIXES))
        raise DataError(f"{folder}: nothing to read in this folder; expected files ending in {kinds}")


def _fail_walk(error: OSError) -> None:
    raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _read_source(source: _Source, settings: _Settings) -> Iterator[Document]:
    if source.path and source.path.suffix.lower() in TABLE_SUFFIXES:
        yield from _read_table(source, settings)
        return
    try:
        text = _read_text(source)
    except DataError as error:
        if not settings.skips:
            raise
        settings.on_skip(error)
        return
    yield make_document(text, id=source.name, date=settings.default_date)


def _read_text(source: _Source) -> str:
    where = str(source.path or "standard input")
    if source.path and source.path.suffix.lower() == ".json":
        raise DataError(f"{where}: JSON is no text; expected JSON Lines, one object a line, in a file named .jsonl")
    try:
        data = source.path.read_bytes() if source.path else sys.stdin.buffer.read()
    except OSError as error:
        raise DataError(f"{where}: cannot be read: {error.strerror}; expected a text file") from error
    if b"\0" in data:
        raise DataError(f"{where}: a binary file (NUL byte at {data.index(0)}); expected text in UTF-8")
    try:
        text = data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 at byte {error.start}; expected text in UTF-8") from error
    if not text.strip():
        raise DataError(f"{where}: an empty file; expected a text")
    return text


def _read_table(source: _Source, settings: _Settings) -> Iterator[Document]:
    if source.path is None:
        raise ValueError("standard input is no table; expected a path")

    def skip(error: DataError) -> None:
        if not settings.skips:
            raise error
        settings.on_skip(error)

    try:
        for row in read_rows(source.path, text_column=settings.text_column, on_bad_row=skip):
            document = _document_of(row, source, settings, on_bad_row=skip)
            if document:
                yield document
    except DataError as error:
        if not settings.skips:
            raise
        settings.on_skip(error)


def _document_of(
    row: Row, source: _Source, settings: _Settings, *, on_bad_row: Callable[[DataError], None]
) -> Document | None:
    try:
        day = to_date(row.date)
        if row.conflict and settings.conflicts:
            settings.conflicts(row.conflict)
    except ValueError as error:  # a DataError is one too
        on_bad_row(DataError(f"{row.where}: {error}"))
        return None
    return make_document(
        row.text,
        id=row.id or f"{source.name}:{row.number}",
        date=day or settings.default_date,
        source=row.source,
        conflict=row.conflict,
    )
