"""Labels as regions of one text, as Label Studio and doccano have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stancelib.errors import DataError
from stancelib.exchange.raw import JUDGED_KEYS, NAME_KEYS, RawRow, names_of, one_or_list

SEPARATOR = " "
"""Stands between context and text."""

ACTOR, TARGET, NOTHING = "actor", "target", "none"
"""What regions, relations and empty judgements are called."""


@dataclass(frozen=True, slots=True)
class Region:
    """A marked mention in the joined text, with what is said of its actor there: choices by key."""

    mark: Mapping[str, Any]
    start: int
    end: int
    choices: Mapping[str, Sequence[str]]


def joined_text(row: RawRow) -> tuple[str, int]:
    """Return context and text as one, and where the text begins."""
    context = row.get("context") or ""
    return (context + SEPARATOR + row["text"], len(context) + 1) if context else (row["text"], 0)


def regions_of(row: RawRow) -> list[Region]:
    """Return the marks as regions; an actor's label lies on its first mark, and best on one that it has alone."""
    _, begin = joined_text(row)
    places = [
        (m["start"], m["end"]) if m.get("in") == "context" else (m["start"] + begin, m["end"] + begin)
        for m in row["actors"]
    ]
    bearers: dict[str, int] = {}
    for number, mark in enumerate(row["actors"]):
        if mark["id"] not in bearers or (places.count(places[bearers[mark["id"]]]) > 1 == places.count(places[number])):
            bearers[mark["id"]] = number
    labels = {label["actor"]: label for label in row.get("labels", ())}
    regions = []
    for number, mark in enumerate(row["actors"]):
        choices: dict[str, Sequence[str]] = {"via": [mark["via"]]} if mark.get("via") else {}
        if bearers[mark["id"]] == number:
            choices |= _choices(labels.get(mark["id"], {}))
        regions.append(Region(mark, *places[number], choices))
    return regions


def _choices(label: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    choices = {key: names_of(label[key]) or [NOTHING] for key in NAME_KEYS if key in label}
    return choices | ({"status": [label["status"]]} if label.get("status") else {})


def row_of_regions(fields: Mapping[str, Any], text: str, regions: Iterable[Region], where: str) -> RawRow:
    """Return the row that regions of a joined text make."""
    begin = fields.get("text_start", 0)
    if not isinstance(begin, int) or not 0 <= begin <= len(text):
        raise DataError(f"{where}: 'text_start' is {begin!r}; expected a place in the text")
    row = {key: value for key, value in fields.items() if key != "text_start"}
    row |= {"text": text[begin:], "actors": [], "labels": []}
    if begin:
        row["context"] = text[: begin - len(SEPARATOR)]
    labels: dict[str, dict[str, list[str]]] = {}
    for region in sorted(regions, key=lambda region: (region.start, region.end)):
        inside = region.start >= begin
        shift, extra = (begin, {}) if inside else (0, {"in": "context"})
        via = {"via": region.choices["via"][0]} if region.choices.get("via") else {}
        if not inside and region.end > begin - len(SEPARATOR):
            raise DataError(
                f"{where}: the mark of {region.mark['id']!r} at {region.start}-{region.end} runs from the context into "
                f"the text, which begins at {begin}; expected it in one of them"
            )
        mark = {"id": region.mark["id"], "start": region.start - shift, "end": region.end - shift, **extra, **via}
        row["actors"].append(mark)
        label = labels.setdefault(region.mark["id"], {})
        for key in JUDGED_KEYS:
            label.setdefault(key, []).extend(region.choices.get(key, ()))
    for actor, judged in labels.items():
        if any(judged.values()):
            row["labels"].append({"actor": actor, **_label_of_choices(judged, where, actor)})
    return row


def _label_of_choices(judged: Mapping[str, Sequence[str]], where: str, actor: str) -> RawRow:
    label: RawRow = {}
    for key in NAME_KEYS:
        if chosen := list(dict.fromkeys(judged[key])):
            if NOTHING in chosen and len(chosen) > 1:
                raise DataError(f"{where}: {actor!r} has {key} {chosen}; expected {NOTHING!r} alone or not at all")
            names = [name for name in chosen if name != NOTHING]
            label[key] = names if key == "types" else one_or_list(names)
    if statuses := list(dict.fromkeys(judged["status"])):
        if len(statuses) > 1:
            raise DataError(f"{where}: {actor!r} has status {statuses}; expected one")
        label["status"] = statuses[0]
    return label


def fields_of(row: RawRow, begin: int) -> RawRow:
    """Return what else a row holds, with the place where its text begins in the joined text."""
    fields = {key: value for key, value in row.items() if key not in ("text", "context", "actors", "labels")}
    return fields | {"text_start": begin}
