"""Label files: from JSON Lines to labelled sentences and articles, with errors that say where."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict, load_conflict, shipped_conflicts
from stancelib.dates import to_date
from stancelib.errors import DataError, UnknownNameError
from stancelib.types import ArticleSentence, Label, LabelledArticle, LabelledSentence, Mark, Status, Via

LabelRow = LabelledSentence | LabelledArticle
ConflictLookup = Callable[[str], Conflict]


def conflict_lookup(given: Sequence[Conflict] = ()) -> ConflictLookup:
    """Return a function from a conflict's id to the conflict: the given ones first, then the shipped ones.

    It raises UnknownNameError for every other name; the path of a conflict file is one, as it comes from data.
    """
    by_id = {conflict.id: conflict for conflict in given}

    def look_up(conflict_id: str) -> Conflict:
        if conflict_id not in by_id:
            shipped = shipped_conflicts()
            if conflict_id not in shipped:
                raise UnknownNameError("conflict", conflict_id, {*by_id, *shipped})
            by_id[conflict_id] = load_conflict(conflict_id)
        return by_id[conflict_id]

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


def read_json_lines(
    path: Path, *, on_bad_line: Callable[[DataError], None] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line; empty lines are passed over.

    Args:
        path: The file.
        on_bad_line: Told of each line that is not a JSON object; None: the first one ends the reading.

    Raises:
        DataError: The file cannot be read, or a line is not a JSON object.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected JSON Lines") from error
    with stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                value = _parse_json_object(line, where=f"{path}:{number}")
            except DataError as error:
                if on_bad_line is None:
                    raise
                on_bad_line(error)
            else:
                yield number, value


def labelled_texts(path: Path) -> list[str]:
    """Return the sentences of a label file, those of its articles too; their labels are not read.

    Raises:
        DataError: The file cannot be read, or a line has no text.
    """
    texts = []
    for number, row in read_json_lines(path):
        text, parts = row.get("text"), row.get("sentences", [])
        if not isinstance(text, str):
            raise DataError(f"{path}:{number}: no 'text'; expected a row of a label file")
        try:
            texts += [text[part["start"] : part["end"]] for part in parts] if parts else [text]
        except (TypeError, KeyError) as error:
            raise DataError(
                f"{path}:{number}: sentences without places ({error!r}); expected 'start' and 'end'"
            ) from error
    return texts


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
        return None, [f"{where}: {message}" for message in _form_messages(error.errors())]
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
    if _SURROGATE.search(line):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise DataError(
                f"{where}: half a character (a lone surrogate, \\uD800 to \\uDFFF); expected text"
            ) from error
    return value


def _read_date(value: object) -> datetime.date | None:
    return to_date(value)


_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

_Date = Annotated[datetime.date | None, BeforeValidator(_read_date)]
_Names = Annotated[str | list[str] | None, Field(union_mode="left_to_right")]


class _MarkEntry(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    id: str = Field(min_length=1)
    start: int = Field(ge=0, strict=True)
    end: int = Field(ge=1, strict=True)
    inside: Literal["text", "context"] = Field(default="text", alias="in")
    via: Via | None = None


class _LabelEntry(BaseModel):
    actor: str = Field(min_length=1)
    types: list[str] = Field(default_factory=list)
    supports: _Names = None
    opposes: _Names = None
    target: _Names = None
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
    date: _Date = None
    split: str | None = None
    phenomena: list[str] = Field(default_factory=list)
    source: str | None = None


class _ArticleRow(BaseModel):
    id: str | int
    text: str = Field(min_length=1)
    sentences: list[_ArticleSentenceEntry]
    conflict: str | None = None
    date: _Date = None
    split: str | None = None
    source: str | None = None


def _to_sentence(row: _SentenceRow, where: str) -> LabelledSentence:
    sides = bool(row.conflict)
    return LabelledSentence(
        id=str(row.id),
        text=row.text,
        actors=tuple(map(_to_mark, row.actors)),
        labels=tuple(_to_label(entry, sides=sides) for entry in row.labels),
        conflict=row.conflict or None,
        context=row.context or "",
        date=row.date,
        split=row.split,
        phenomena=tuple(row.phenomena),
        source=row.source or "",
        where=where,
    )


def _to_article(row: _ArticleRow, where: str) -> LabelledArticle:
    sides = bool(row.conflict)
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
        conflict=row.conflict or None,
        date=row.date,
        split=row.split,
        source=row.source or "",
        where=where,
    )


def _to_mark(entry: _MarkEntry) -> Mark:
    return Mark(entry.id, entry.start, entry.end, in_context=entry.inside == "context", via=entry.via)


def _to_label(entry: _LabelEntry, *, sides: bool) -> Label:
    judged = entry.model_fields_set
    return Label(
        actor=entry.actor,
        types=tuple(dict.fromkeys(entry.types)) if "types" in judged else None,
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
    return () if value is None else (value,) if isinstance(value, str) else tuple(dict.fromkeys(value))


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


_EXPECTED = {
    "string_type": "expected a string",
    "string_too_short": "expected a string that is not empty",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "list_type": "expected a list",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
}
"""What to say instead of pydantic's sentence, by its error type."""


def _form_messages(errors: Iterable[ErrorDetails]) -> list[str]:
    """Return one message for each place; the errors of a value's alternatives ("a string", "a list") become one."""
    by_place: dict[str, list[ErrorDetails]] = {}
    for error in errors:
        by_place.setdefault(_place(error["loc"]), []).append(error)
    return [_form_message(place, group) for place, group in by_place.items()]


def _form_message(place: str, errors: Sequence[ErrorDetails]) -> str:
    first = errors[0]
    if first["type"] == "missing":
        return f"no {place!r}; expected one"
    if first["type"] == "value_error":
        return f"{place}: {first['msg'].removeprefix('Value error, ')}"
    kinds = [_EXPECTED.get(error["type"], error["msg"].replace("Input should be", "expected")) for error in errors]
    expected = " or ".join([kinds[0], *(kind.removeprefix("expected ") for kind in kinds[1:])])
    value = json.dumps(first["input"], ensure_ascii=False, default=str)
    return f"{place} is {value if len(value) <= 60 else value[:57] + '...'}; {expected}"


def _place(location: Iterable[str | int]) -> str:
    """Return the way to a value as ``labels[0].types``; the names of pydantic's alternatives are no part of it."""
    alternatives = {"str", "int", "list[str]"}
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location if part not in alternatives]
    return "".join(parts).removeprefix(".") or "the row"
