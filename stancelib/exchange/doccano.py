"""Labels as the JSON Lines of a doccano sequence labelling project with relations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

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
from stancelib.records import read_json_lines
from stancelib.tagfiles import write_json_lines


def write_doccano(rows: Sequence[RawRow], path: Path) -> None:
    """Write rows as lines that a sequence labelling project with relations and overlapping spans takes."""
    write_json_lines([_to_doccano(row) for row in rows], path)


def _to_doccano(row: RawRow) -> RawRow:
    """Return a line in which labels such as ``types:demand`` lie on the span of their actor.

    Where two actors share the span, the label names its own: ``GNA/types:demand``.
    """
    text, begin = joined_text(row)
    entities: list[RawRow] = []
    targets: list[tuple[int, str]] = []
    regions = regions_of(row)
    spans = [(region.start, region.end) for region in regions]
    numbers: dict[str, int] = {}

    def add(region: Region, label: str) -> int:
        number = len(entities)
        entities.append({"id": number, "label": label, "start_offset": region.start, "end_offset": region.end})
        return number

    for region in regions:
        actor = region.mark["id"]
        number = add(region, f"{ACTOR}:{actor}")
        numbers.setdefault(actor, number)
        owner = f"{actor}/" if spans.count((region.start, region.end)) > 1 else ""
        for key, names in region.choices.items():
            if key == TARGET and names != [NOTHING]:
                targets += [(number, name) for name in names]
            else:
                for name in names:
                    add(region, f"{owner}{key}:{name}")
    relations = [
        {"id": place, "from_id": start, "to_id": numbers[name], "type": TARGET}
        for place, (start, name) in enumerate(targets)
    ]
    return {"text": text, "entities": entities, "relations": relations, "row": fields_of(row, begin)}


def read_doccano(path: Path, _: str | None) -> Iterator[tuple[str, RawRow]]:
    """Yield the rows of a doccano export, each with the ``file:line`` where it stands."""
    for number, line in read_json_lines(path):
        where = f"{path}:{number}"
        try:
            yield where, _row_of_doccano(line, where)
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise DataError(
                f"{where}: not of doccano's form ({error!r}); expected 'text', 'entities', 'relations'"
            ) from error


def _row_of_doccano(line: RawRow, where: str) -> RawRow:
    actors: dict[int, tuple[str, int, int]] = {}
    notes: list[tuple[str, str, str, int, int]] = []
    for entity in line["entities"]:
        owner, slash, rest = entity["label"].rpartition("/")
        key, _, name = rest.partition(":")
        span = (entity["start_offset"], entity["end_offset"])
        if key == ACTOR and not slash:
            actors[entity["id"]] = (name, *span)
        elif key in (*JUDGED_KEYS, "via"):
            notes.append((owner, key, name, *span))
        else:
            raise DataError(
                f"{where}: label {entity['label']!r}; expected actor:ID, types:..., supports:..., opposes:..., "
                "target:none, status:... or via:..."
            )
    choices: dict[int, dict[str, list[str]]] = {number: {} for number in actors}
    for owner, key, name, *span_of_note in notes:
        found = [n for n, (actor, *span) in actors.items() if span == span_of_note and owner in ("", actor)]
        if not found:
            raise DataError(
                f"{where}: {key}:{name} lies on {span_of_note}, where no actor is marked; expected actor:ID there"
            )
        for number in found:
            choices[number].setdefault(key, []).append(name)
    places = {entity["id"]: (entity["start_offset"], entity["end_offset"]) for entity in line["entities"]}
    for relation in line.get("relations", ()):
        if relation["type"] != TARGET:
            raise DataError(f"{where}: relation {relation['type']!r}; expected {TARGET!r}")
        start, end = (_actor_at(relation[key], actors, places, where) for key in ("from_id", "to_id"))
        choices[start].setdefault(TARGET, []).append(actors[end][0])
    regions = [Region({"id": actor}, start, end, choices[n]) for n, (actor, start, end) in actors.items()]
    # doccano gives metadata back at the top level, under "meta" in some versions
    known = {"id", "text", "entities", "relations", "Comments", "row", "meta"}
    others = {key: value for key, value in line.items() if key not in known}
    fields = line.get("row") or {**others, **(line.get("meta") or {})}
    return row_of_regions({"id": str(line.get("id", "")), "conflict": None, **fields}, line["text"], regions, where)


def _actor_at(
    number: int, actors: Mapping[int, tuple[str, int, int]], places: Mapping[int, tuple[int, int]], where: str
) -> int:
    """Return the actor's entity on which a relation ends, also where it was drawn from a judgement on the same span."""
    if number in actors:
        return number
    same = [n for n, (_, *span) in actors.items() if tuple(span) == places.get(number)]
    if len(same) != 1:
        raise DataError(f"{where}: a relation ends on entity {number}, which is no actor's; expected an actor:ID")
    return same[0]
