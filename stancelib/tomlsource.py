"""TOML files whose mistakes are told with their line: text -> checked values, and where in the text a value stands."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from stancelib.errors import DataError

Place = tuple[str | int, ...]
"""The way to a value: ``("actor", 2, "aliases", 0)`` is the first alias of the third ``[[actor]]``."""

_HEADER = re.compile(r"^[ \t]*\[\[?[ \t]*([\w.\"-]+)[ \t]*\]\]?[ \t]*(?:#.*)?$", re.MULTILINE)
_LINE_IN_MESSAGE = re.compile(r"\(at line (\d+), column \d+\)")

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Term:
    """A name or id and when it holds (``start`` included, ``end`` excluded; None: open)."""

    value: str
    start: date | None = None
    end: date | None = None
    line: int = field(default=0, compare=False)

    def holds(self, on: date) -> bool:
        """Say whether it holds on a day."""
        return (self.start is None or self.start <= on) and (self.end is None or on < self.end)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file, and the line it stands in (1-based)."""

    line: int
    message: str


class Entry(BaseModel):
    """A table of a file: keys that nobody defines are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class DatedEntry(Entry):
    """A table that may say when it holds."""

    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")


class AliasEntry(DatedEntry):
    """``"text"`` or ``{ text = "...", from = 2014-08-04, to = 2021-03-15 }``."""

    text: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: object) -> object:
        return _table_of(value, "text")


class IdEntry(DatedEntry):
    """``"id"`` or ``{ id = "...", from = ..., to = ... }``."""

    id: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: object) -> object:
        return _table_of(value, "id")


@dataclass(frozen=True)
class TomlSource:
    """The text of a TOML file and what to call it in messages."""

    text: str
    where: str

    def line(self, place: Place) -> int:
        """Return the line (1-based) of a value, or of the nearest thing around it that can be found."""
        start, end = self._block(place)
        keys = place[2:] if _is_indexed(place) else place
        position = _position(self.text, (start, end), keys)
        return self.text.count("\n", 0, position) + 1

    def error(self, problem: Problem) -> DataError:
        """Return the error that tells of a problem."""
        return DataError(f"{self.where}:{problem.line}: {problem.message}")

    def parse(self) -> dict[str, Any]:
        """Return the plain values.

        Raises:
            DataError: The text is not TOML; the message names the line.
        """
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = _LINE_IN_MESSAGE.search(str(error))
            line = int(found[1]) if found else self.text.rstrip().count("\n") + 1
            raise DataError(f"{self.where}:{line}: not TOML: {error}") from error

    def check(self, raw: Mapping[str, Any], model: type[M]) -> tuple[M | None, list[Problem]]:
        """Return the checked values, or all that is wrong with them."""
        try:
            return model.model_validate(raw), []
        except ValidationError as error:
            return None, [self._problem(detail, model) for detail in error.errors()]

    def _problem(self, detail: ErrorDetails, model: type[BaseModel]) -> Problem:
        place = detail["loc"]
        name = ".".join(f"[{part}]" if isinstance(part, int) else part for part in place).replace(".[", "[")
        if detail["type"] == "extra_forbidden":
            return Problem(self.line(place), _unknown_key(str(place[-1]), _keys_at(model, place[:-1])))
        if detail["type"] == "missing":
            return Problem(self.line(place[:-1]), f"no {place[-1]!r} in {_table_name(place[:-1])}; expected one")
        message = detail["msg"].removeprefix("Value error, ")
        return Problem(self.line(place), f"{name}: {message}; found {_shortened(detail['input'])}")

    def _block(self, place: Place) -> tuple[int, int]:
        """Return the stretch of text that holds a table of an array, or the keys before every table."""
        if not _is_indexed(place):
            return self._headers[0][1], self._headers[1][1]
        starts = [index for index, (name, _) in enumerate(self._headers) if name == place[0]]
        number = int(place[1])
        if number >= len(starts):
            return 0, len(self.text)
        return self._headers[starts[number]][1], self._headers[starts[number] + 1][1]

    @cached_property
    def _headers(self) -> list[tuple[str, int]]:
        found = [(match[1], match.start()) for match in _HEADER.finditer(self.text)]
        return [("", 0), *found, ("", len(self.text))]


def read_source(path: Path, *, expected: str) -> TomlSource:
    """Read a file.

    Args:
        path: The file.
        expected: What the file should be, for messages.

    Raises:
        DataError: The file cannot be read or is not UTF-8.
    """
    try:
        return TomlSource(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected {expected}") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(f"{path}:{line}: not UTF-8 at byte {error.start}; expected {expected}") from error


def terms(
    entries: Sequence[AliasEntry | IdEntry], source: TomlSource | None = None, place: Place = ()
) -> tuple[Term, ...]:
    """Return checked entries as values, with their lines if a source and their place are given."""
    return tuple(
        Term(
            value=entry.text if isinstance(entry, AliasEntry) else entry.id,
            start=entry.start,
            end=entry.end,
            line=source.line((*place, number)) if source else 0,
        )
        for number, entry in enumerate(entries)
    )


def _is_indexed(place: Place) -> bool:
    return len(place) > 1 and isinstance(place[1], int)


def _table_of(value: object, key: str) -> object:
    if isinstance(value, str):
        return {key: value}
    if not isinstance(value, dict):
        raise ValueError(f"expected a string or a table {{ {key} = ..., from = ..., to = ... }}")
    return value


def _position(text: str, span: tuple[int, int], keys: Place) -> int:
    """Follow keys and element numbers through a stretch of text; stop at the last one that can be found."""
    start, end = span
    for part in keys:
        if isinstance(part, int):
            element = _element(text, (start, end), part)
            if element is None:
                return start
            start, end = element
            continue
        found = re.compile(rf"(?:^|[{{,])[ \t]*\"?{re.escape(part)}\"?[ \t]*=[ \t]*", re.MULTILINE).search(
            text, start, end
        )
        if found is None:
            return start
        start = found.end()
    return start


def _element(text: str, span: tuple[int, int], number: int) -> tuple[int, int] | None:
    """Return where the numbered element of the array that starts at a place stands."""
    if not text.startswith("[", span[0]):
        return None
    bounds = [span[0], *_commas(text, *span)]
    for index, (left, right) in enumerate(pairwise(bounds)):
        if index == number:
            skipped = re.compile(r"(?:\s|#[^\n]*\n)*").match(text, left + 1)
            return (skipped.end() if skipped else left + 1), right
    return None


_SCANNED = re.compile(r'"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{},]')


def _commas(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where the elements of an array end: its own commas and its closing bracket."""
    depth = 0
    for match in _SCANNED.finditer(text, start, end):
        sign = match[0]
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign, 0)
        if depth == 0:
            yield match.start()
            return
        if sign == "," and depth == 1:
            yield match.start()


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys that the table at a place may have."""
    current = model
    for part in place:
        if isinstance(part, str) and part in current.model_fields:
            inner = [
                kind for kind in _inner_types(current.model_fields[part].annotation) if issubclass(kind, BaseModel)
            ]
            current = inner[0] if inner else current
    return [info.alias or name for name, info in current.model_fields.items()]


def _inner_types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _inner_types(argument)


def _unknown_key(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(sorted(known))}"
    return f"unknown key {key!r}; {hint}"


def _table_name(place: Place) -> str:
    names = [part for part in place if isinstance(part, str)]
    return f"this {names[-1]} entry" if names else "the file"


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
