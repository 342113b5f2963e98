"""Labels as a Hugging Face dataset on disk, a split each for train, dev and test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stancelib.errors import DataError, OutputError
from stancelib.exchange.raw import NAME_KEYS, ROW_CELLS, RawRow, names_of, one_or_list

_SPLIT = re.compile(r"\w+(\.\w+)*")  # what a split of datasets may be called


def write_dataset(rows: Sequence[RawRow], path: Path) -> None:
    """Write rows as a DatasetDict on disk, a split each; rows without a split go to "train"."""
    datasets = _import_datasets()
    text, number = datasets.Value("string"), datasets.Value("int64")
    names = datasets.List(text)
    features = datasets.Features(
        {
            **dict.fromkeys(ROW_CELLS, text),
            "phenomena": names,
            "actors": [{"id": text, "start": number, "end": number, "in": text, "via": text}],
            "labels": [{"actor": text, **dict.fromkeys(NAME_KEYS, names), "status": text}],
            "other": text,
        }
    )
    groups: dict[str, list[RawRow]] = {}
    for row in rows:
        split = row.get("split") or "train"
        if not _SPLIT.fullmatch(split):
            raise DataError(f"row {row['id']!r}: split {split!r}; expected letters, digits, dots and underscores")
        groups.setdefault(split, []).append(_flat_row(row))
    parts = {split: datasets.Dataset.from_list(part, features=features) for split, part in groups.items()}
    if path.exists():
        raise OutputError(f"{path}: is there already; expected a folder that is not there yet")
    partial = path.with_name(path.name + ".partial")
    try:
        datasets.DatasetDict(parts).save_to_disk(str(partial))
        partial.rename(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error}") from error


def _flat_row(row: RawRow) -> RawRow:
    """Return a row whose columns are all there: null where a key is absent, lists of names where one name stood."""
    known = {*ROW_CELLS, "phenomena", "actors", "labels"}
    return {
        **{key: row.get(key) for key in ROW_CELLS},
        "phenomena": row.get("phenomena"),
        "actors": [{key: mark.get(key) for key in ("id", "start", "end", "in", "via")} for mark in row["actors"]],
        "labels": [
            {
                "actor": label["actor"],
                **{key: names_of(label[key]) if key in label else None for key in NAME_KEYS},
                "status": label.get("status"),
            }
            for label in row.get("labels", ())
        ],
        "other": json.dumps({key: value for key, value in row.items() if key not in known}, ensure_ascii=False),
    }


def read_dataset(path: Path, _: str | None) -> Iterator[tuple[str, RawRow]]:
    """Yield the rows of a Dataset or DatasetDict on disk, each with where it stands."""
    datasets = _import_datasets()
    if not path.is_dir():
        raise DataError(f"{path}: no such folder; expected a dataset as save_to_disk writes it")
    try:
        found = datasets.load_from_disk(str(path))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: no dataset: {error}; expected a folder as save_to_disk writes it") from error
    parts = found if isinstance(found, dict) else {"": found}
    for split, part in parts.items():
        for number, flat in enumerate(part):
            where = f"{path}: {split} row {number}"
            missing = [key for key in ("id", "text", "actors", "labels") if key not in flat]
            if missing:
                raise DataError(f"{where}: no column {missing[0]!r}; expected the columns that convert writes")
            try:
                row = _unflat_row(flat)
            except (TypeError, ValueError, AttributeError, KeyError) as error:
                raise DataError(f"{where}: not of the form that convert writes ({error!r})") from error
            yield where, row


def _unflat_row(flat: RawRow) -> RawRow:
    row: RawRow = {key: flat[key] for key in (*ROW_CELLS, "phenomena") if flat.get(key) is not None}
    row.setdefault("conflict", None)
    row["actors"] = [{key: value for key, value in mark.items() if value is not None} for mark in flat["actors"]]
    row["labels"] = []
    for entry in flat["labels"]:
        label = {key: value for key, value in entry.items() if value is not None}
        for key in NAME_KEYS[1:]:
            if key in label:
                label[key] = one_or_list(label[key])
        row["labels"].append(label)
    row.update(json.loads(flat.get("other") or "{}"))
    return row


def _import_datasets() -> Any:
    try:
        import datasets  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise DataError("datasets is not installed; expected it, as by: pip install 'stancelib[datasets]'") from error
    return datasets
