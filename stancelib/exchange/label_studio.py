"""Labels as annotated tasks of Label Studio.

Source: "Label Studio JSON format of annotated tasks", labelstud.io/guide/task_format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from stancelib.codebook import Codebook
from stancelib.errors import DataError
from stancelib.exchange.raw import JUDGED_KEYS, RawRow
from stancelib.exchange.regions import (
    ACTOR,
    NOTHING,
    TARGET,
    Region,
    fields_of,
    joined_text,
    regions_of,
    row_of_regions,
)
from stancelib.records import ConflictLookup


def to_task(row: RawRow, number: int) -> RawRow:
    """Return a row as an annotated task; judgements lie on a region of their actor, targets are relations."""
    text, begin = joined_text(row)
    result: list[RawRow] = []
    first_region: dict[str, str] = {}
    regions = regions_of(row)
    for place, region in enumerate(regions):
        first_region.setdefault(region.mark["id"], f"m{place}")
    for place, region in enumerate(regions):
        span = {"start": region.start, "end": region.end, "text": text[region.start : region.end]}
        base = {"id": f"m{place}", "to_name": "text"}
        result.append({**base, "from_name": ACTOR, "type": "labels", "value": {**span, "labels": [region.mark["id"]]}})
        for key, names in region.choices.items():
            if key == TARGET and names != [NOTHING]:
                result += [
                    {
                        "type": "relation",
                        "from_id": f"m{place}",
                        "to_id": first_region[name],
                        "direction": "right",
                        "labels": [TARGET],
                    }
                    for name in names
                ]
            else:
                choice = {**base, "from_name": key, "type": "choices"}
                result.append({**choice, "value": {**span, "choices": list(names)}})
    data = {"text": text, "row": fields_of(row, begin)}
    return {"id": number, "data": data, "annotations": [{"result": result}]}


def read_label_studio(path: Path, coder: str | None) -> Iterator[tuple[str, RawRow]]:
    """Yield the annotated tasks of an export as rows; tasks without an annotation (of the coder) are passed over."""
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected a Label Studio export") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path}: not JSON: {error}; expected a Label Studio export") from error
    if not isinstance(tasks, list):
        raise DataError(
            f"{path}: {type(tasks).__name__} found; expected the list of tasks of a Label Studio JSON export"
        )
    n_rows, coders = 0, set()
    for number, task in enumerate(tasks):
        where = f"{path}: task {number}"
        try:
            coders |= {_coder_name(found) for found in task["annotations"]}
            annotation = _choose_annotation(task, coder, where)
            if annotation is not None:
                n_rows += 1
                yield where, _row_of_task(task, annotation["result"], where)
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise DataError(
                f"{where}: not of the form of an annotated task ({error!r}); expected what convert writes"
            ) from error
    if coder is not None and not n_rows:
        raise DataError(f"{path}: no annotation by {coder!r}; expected one of {', '.join(sorted(coders)) or '(none)'}")


def _choose_annotation(task: RawRow, coder: str | None, where: str) -> RawRow | None:
    """Return the annotation of the coder; None where the task has none or was skipped."""
    done = [found for found in task["annotations"] if not found.get("was_cancelled")]
    if coder is not None:
        done = [found for found in done if _coder_name(found) == coder]
    if len(done) > 1:
        names = sorted({_coder_name(found) for found in done})
        raise DataError(f"{where}: {len(done)} annotations (by {', '.join(names)}); expected one, chosen by --coder")
    return done[0] if done else None


def _coder_name(annotation: RawRow) -> str:
    by = annotation.get("completed_by", "?")
    return str(by.get("email", by.get("id", "?")) if isinstance(by, dict) else by)


def _row_of_task(task: RawRow, result: Sequence[RawRow], where: str) -> RawRow:
    data = task["data"]
    text = data["text"]
    marks = {item["id"]: item["value"] for item in result if item["type"] == "labels" and item["from_name"] == ACTOR}
    for value in marks.values():
        _check_words(value, text, where)
    choices: dict[str, dict[str, list[str]]] = {name: {} for name in marks}
    for item in result:
        if item["type"] == "choices" and item["from_name"] in (*JUDGED_KEYS, "via"):
            _region_of(choices, item["id"], item["from_name"], where).setdefault(item["from_name"], []).extend(
                item["value"]["choices"]
            )
        elif item["type"] == "relation" and TARGET in (item.get("labels") or [TARGET]):
            for start, end in _ends(item):
                _region_of(choices, end, TARGET, where)
                targets = _region_of(choices, start, TARGET, where).setdefault(TARGET, [])
                targets.extend(marks[end]["labels"])
    regions = [
        Region({"id": actor}, value["start"], value["end"], choices[name])
        for name, value in marks.items()
        for actor in value["labels"]
    ]
    fields = data.get("row") or {key: data[key] for key in ("id", "conflict", "date") if key in data}
    return row_of_regions({"id": str(task.get("id", "")), "conflict": None, **fields}, text, regions, where)


def _ends(relation: RawRow) -> list[tuple[str, str]]:
    """Return from whom to whom a relation points; both ways if it says so."""
    start, end = relation["from_id"], relation["to_id"]
    ways = {"right": [(start, end)], "left": [(end, start)], "bi": [(start, end), (end, start)]}
    return ways.get(relation.get("direction", "right"), [(start, end)])


def _region_of(choices: dict[str, dict[str, list[str]]], name: str, key: str, where: str) -> dict[str, list[str]]:
    if name not in choices:
        raise DataError(
            f"{where}: {key!r} lies on region {name!r}, which marks no actor; expected a label of {ACTOR!r}"
        )
    return choices[name]


def _check_words(value: RawRow, text: str, where: str) -> None:
    """Refuse a region whose words are not those at its place: browsers count some characters twice."""
    found = text[value["start"] : value["end"]]
    if value.get("text", found) != found:
        raise DataError(
            f"{where}: region {value['text']!r} at {value['start']}-{value['end']}, where the text has {found!r}; "
            "expected the same words"
        )


def label_studio_config(rows: Sequence[RawRow], codebook: Codebook, conflicts: ConflictLookup) -> str:
    """Return a labelling configuration with the actors of the rows, the types and the sides of their conflicts."""
    actors = sorted({mark["id"] for row in rows for mark in row["actors"]})
    named = sorted({row["conflict"] for row in rows if row.get("conflict")})
    sides = list(dict.fromkeys(side for name in named for side in conflicts(name).side_ids))
    labels = "\n".join(f"    <Label value={quoteattr(actor)}/>" for actor in actors)
    groups = [
        ("types", "multiple", [NOTHING, *codebook.type_ids]),
        ("supports", "multiple", [NOTHING, *sides]),
        ("opposes", "multiple", [NOTHING, *sides]),
        ("target", "multiple", [NOTHING]),
        ("status", "single", ["done", "planned"]),
        ("via", "single", ["name", "list", "pronoun", "quote"]),
    ]
    choices = "\n".join(
        f'  <Choices name="{name}" toName="text" perRegion="true" choice="{kind}">\n'
        + "\n".join(f"    <Choice value={quoteattr(value)}/>" for value in values)
        + "\n  </Choices>"
        for name, kind, values in groups
    )
    return (
        "<View>\n"
        '  <Relations>\n    <Relation value="target"/>\n  </Relations>\n'
        f'  <Labels name="{ACTOR}" toName="text">\n{labels}\n  </Labels>\n'
        f'  <Text name="text" value="$text"/>\n{choices}\n</View>\n'
    )
