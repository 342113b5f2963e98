"""Convert label files from one form to another; nothing is lost on the way.

Every form holds for each key of a label whether it was judged. Where a form has cells or choices, ``-`` or ``none``
says "judged, and nothing there", and an empty cell or no choice says "not judged". Row keys that a form has no place
for travel as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError, OutputError
from stancelib.exchange.doccano import read_doccano, write_doccano
from stancelib.exchange.hub import read_dataset, write_dataset
from stancelib.exchange.label_studio import label_studio_config, read_label_studio, to_task
from stancelib.exchange.raw import JUDGED_KEYS, RawRow, write_text
from stancelib.exchange.regions import NOTHING
from stancelib.exchange.sheet import read_csv, write_csv
from stancelib.records import ConflictLookup, conflict_lookup, parse_label_row, read_json_lines
from stancelib.tagfiles import write_json_lines

Form = Literal["labels", "csv", "datasets", "label-studio", "doccano"]
FORMS: tuple[Form, ...] = get_args(Form)

_LABEL_KEYS = frozenset({"actor", *JUDGED_KEYS})
_MARK_KEYS = frozenset({"id", "start", "end", "in", "via"})
_EXTRAS = "extra_keys"
"""The row key under which keys of labels and marks travel that the label format does not know."""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What a conversion did.

    Attributes:
        n_rows: Rows written.
        n_labels: Judged (sentence, actor) pairs written.
        written: The files and folders that it wrote.
    """

    n_rows: int
    n_labels: int
    written: tuple[Path, ...]


def convert_labels(
    source: Path,
    out: Path,
    *,
    source_form: Form,
    out_form: Form,
    codebook: Codebook,
    conflicts: Sequence[Conflict] = (),
    coder: str | None = None,
) -> Conversion:
    """Convert labelled sentences from one form to another; every row is checked on the way.

    Args:
        source: The file, or the folder of a dataset.
        out: What to write; it appears whole or not at all.
        source_form: The form of ``source``.
        out_form: The form of ``out``. With ``label-studio`` the labelling configuration is written beside it
            (``.xml``).
        codebook: The types that labels may use.
        conflicts: Conflicts that rows may name, beside the shipped ones.
        coder: Whose annotations of a Label Studio export are read (``completed_by``); None: there must be only one.

    Raises:
        DataError: The source is not of its form, or holds a row that the label format does not allow; the message says
            where. Labelled articles have no other form.
        OutputError: The result cannot be written.
    """
    if source.exists() and out.exists() and source.samefile(out):
        raise OutputError(f"{out}: is the source too; expected another name, so that nothing is lost")
    look_up = conflict_lookup(conflicts)
    rows = list(_checked(_READERS[source_form](source, coder), codebook=codebook, conflicts=look_up))
    if not rows:
        raise DataError(f"{source}: no rows; expected labelled sentences")
    rows = [_restore_extras(row) if out_form == "labels" else _stow_extras(_restore_extras(row)) for row in rows]
    if out_form == "label-studio":
        config = out.with_suffix(".xml")
        if config == out:
            raise OutputError(f"{out}: is where the labelling configuration goes; expected another ending, as .json")
        write_text(config, label_studio_config(rows, codebook, look_up))
        write_text(out, json.dumps([to_task(row, n) for n, row in enumerate(rows, 1)], ensure_ascii=False, indent=1))
        written: tuple[Path, ...] = (out, config)
    else:
        _WRITERS[out_form](rows, out)
        written = (out,)
    return Conversion(n_rows=len(rows), n_labels=sum(len(row.get("labels", ())) for row in rows), written=written)


def guess_form(path: Path, *, is_source: bool = False) -> Form:
    """Return the form that a path's name says, or that of a source's first line where the name leaves two.

    Raises:
        DataError: Neither says one.
    """
    if path.is_dir() or not path.suffix:
        return "datasets"
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return "csv"
    if suffix == ".json":
        return "label-studio"
    if suffix in (".jsonl", ".ndjson"):
        first = next((raw for _, raw in read_json_lines(path)), {}) if is_source else {}
        return "doccano" if "entities" in first else "labels"
    raise DataError(f"{path}: the name does not say the form; expected one of {', '.join(FORMS)} by option")


def _checked(rows: Iterable[tuple[str, RawRow]], *, codebook: Codebook, conflicts: ConflictLookup) -> Iterator[RawRow]:
    for where, row in rows:
        if "sentences" in row:
            raise DataError(f"{where}: a labelled article; expected labelled sentences, which alone have other forms")
        _, problems = parse_label_row(row, where=where, codebook=codebook, conflicts=conflicts)
        if problems:
            raise DataError(problems[0])
        if odd := [mark["id"] for mark in row["actors"] if mark["id"] == NOTHING or "/" in mark["id"]]:
            raise DataError(f"{where}: actor {odd[0]!r}; expected an id that is not {NOTHING!r} and has no slash")
        yield row


def _stow_extras(row: RawRow) -> RawRow:
    """Return the row with what its labels and marks hold beyond the format under one key, which every form carries."""
    labels = {label["actor"]: extra for label in row.get("labels", ()) if (extra := _beyond(label, _LABEL_KEYS))}
    marks = [[_place(mark), extra] for mark in row["actors"] if (extra := _beyond(mark, _MARK_KEYS))]
    return {**row, _EXTRAS: {"labels": labels, "marks": marks}} if labels or marks else row


def _restore_extras(row: RawRow) -> RawRow:
    """Return the row with what was stowed; what belonged to a mark or label that is gone is gone with it."""
    extras = row.get(_EXTRAS)
    if not isinstance(extras, dict) or extras.keys() != {"labels", "marks"}:
        return row
    by_place = {tuple(place): extra for place, extra in extras["marks"]}
    marks = [{**mark, **by_place.get(tuple(_place(mark)), {})} for mark in row["actors"]]
    labels = [{**label, **extras["labels"].get(label["actor"], {})} for label in row.get("labels", ())]
    return {**{key: value for key, value in row.items() if key != _EXTRAS}, "actors": marks, "labels": labels}


def _beyond(entry: RawRow, known: frozenset[str]) -> RawRow:
    return {key: value for key, value in entry.items() if key not in known}


def _place(mark: RawRow) -> list[object]:
    return [mark["id"], mark["start"], mark["end"], mark.get("in", "text")]


def _read_labels(path: Path, _: str | None) -> Iterator[tuple[str, RawRow]]:
    for number, row in read_json_lines(path):
        yield f"{path}:{number}", row


_READERS: dict[Form, Callable[[Path, str | None], Iterator[tuple[str, RawRow]]]] = {
    "labels": _read_labels,
    "csv": read_csv,
    "datasets": read_dataset,
    "label-studio": read_label_studio,
    "doccano": read_doccano,
}
_WRITERS: dict[Form, Callable[[Sequence[RawRow], Path], None]] = {
    "labels": write_json_lines,
    "csv": write_csv,
    "datasets": write_dataset,
    "doccano": write_doccano,
}
