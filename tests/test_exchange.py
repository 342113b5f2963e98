from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import RunCli

from stancelib.codebook import Codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError, OutputError
from stancelib.exchange.convert import FORMS, Form, convert_labels, guess_form

TEXT = "Both sides met “Talvian” envoys; the Red League, Brell said, lied."
CONTEXT = "Kesh's minister spoke — tersely."
OUT = {"labels": "l.jsonl", "csv": "l.csv", "datasets": "folder", "label-studio": "l.json", "doccano": "d.jsonl"}


def _mark(actor: str, surface: str, text: str = TEXT, **keys: Any) -> dict[str, Any]:
    start = text.index(surface)
    return {"id": actor, "start": start, "end": start + len(surface), **keys}


def _rows(side: str, other_side: str) -> list[dict[str, Any]]:
    """Return rows with everything that is easily lost: shared spans, lists, context marks, keys that nobody judged."""
    full = {
        "id": "r1",
        "conflict": "veldmark",
        "date": "2021-03-04",
        "split": "dev",
        "context": CONTEXT,
        "text": TEXT,
        "phenomena": ["joint_statement", "actor_list"],
        "note": {"by": "a coder", "n": 3},
        "actors": [
            _mark("KESH", "Kesh's minister", CONTEXT, **{"in": "context"}),
            _mark("RED", "Both sides", via="list"),
            _mark("TALVIA", "Both sides", via="list"),
            _mark("TALVIA", "Talvian"),
            _mark("RED", "the Red League"),
            _mark("BRELL", "Brell"),
        ],
        "labels": [
            {"actor": "KESH", "types": [], "supports": None, "opposes": None, "target": None},
            {"actor": "RED", "types": ["diplomacy"], "target": ["TALVIA", "BRELL"], "status": "planned"},
            {
                "actor": "BRELL",
                "types": ["condemnation", "demand"],
                "supports": side,
                "opposes": other_side,
                "target": "RED",
                "status": "done",
                "sure": 0.7,
            },
            {"actor": "TALVIA", "types": []},
        ],
    }
    full["actors"][3]["checked_by"] = "a coder"
    bare = {"id": "r2", "conflict": None, "text": "Rain fell.", "actors": [], "labels": []}
    unjudged = {"id": "r3", "conflict": None, "text": TEXT, "actors": [_mark("BRELL", "Brell")], "labels": []}
    shared = {
        "id": "r4",
        "conflict": None,
        "text": TEXT,
        "actors": [_mark("RED", "Both sides", via="list"), _mark("TALVIA", "Both sides", via="list")],
        "labels": [{"actor": "RED", "types": ["protest"], "status": "done"}, {"actor": "TALVIA", "types": []}],
    }
    return [full, bare, unjudged, shared]


def _normal(row: dict[str, Any]) -> str:
    """Sort what has no order, and let empty phenomena be none."""
    copy = {key: value for key, value in row.items() if value != []}
    for key in ("actors", "labels"):
        copy[key] = sorted(json.dumps(entry, sort_keys=True) for entry in row[key])
    return json.dumps(copy, sort_keys=True)


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def rows(conflict: Conflict) -> list[dict[str, Any]]:
    side, other_side, *_ = conflict.side_ids
    return _rows(side, other_side)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_back_whole(
    form: Form, tmp_path: Path, rows: list[dict[str, Any]], codebook: Codebook, conflict: Conflict
) -> None:
    source = _write(tmp_path / "source.jsonl", rows)
    there, back = tmp_path / OUT[form], tmp_path / "back.jsonl"
    done = convert_labels(source, there, source_form="labels", out_form=form, codebook=codebook, conflicts=[conflict])
    assert (done.n_rows, done.n_labels) == (4, 6)
    assert guess_form(there, is_source=True) == form
    convert_labels(there, back, source_form=form, out_form="labels", codebook=codebook, conflicts=[conflict])
    found = [json.loads(line) for line in back.read_text(encoding="utf-8").splitlines()]
    assert sorted(map(_normal, found)) == sorted(map(_normal, rows))


def test_csv_tells_judged_from_unjudged(
    tmp_path: Path, rows: list[dict[str, Any]], codebook: Codebook, conflict: Conflict
) -> None:
    out = tmp_path / "l.csv"
    source = _write(tmp_path / "s.jsonl", rows)
    convert_labels(source, out, source_form="labels", out_form="csv", codebook=codebook, conflicts=[conflict])
    with out.open(encoding="utf-8-sig", newline="") as stream:
        lines = {(line["id"], line["actor"]): line for line in csv.DictReader(stream)}
    assert lines["r1", "KESH"]["types"] == "-"
    assert lines["r1", "RED"]["opposes"] == ""
    assert lines["r1", "RED"]["target"] == "TALVIA;BRELL"
    assert lines["r3", "BRELL"]["types"] == ""


def test_label_studio_gets_a_configuration_with_actors_types_and_sides(
    tmp_path: Path, rows: list[dict[str, Any]], codebook: Codebook, conflict: Conflict
) -> None:
    source, out = _write(tmp_path / "s.jsonl", rows), tmp_path / "l.json"
    done = convert_labels(
        source, out, source_form="labels", out_form="label-studio", codebook=codebook, conflicts=[conflict]
    )
    assert done.written == (out, tmp_path / "l.xml")
    config = ElementTree.parse(tmp_path / "l.xml").getroot()
    assert {label.get("value") for label in config.iter("Label")} == {"KESH", "RED", "TALVIA", "BRELL"}
    choices = {c.get("name"): [v.get("value") for v in c.iter("Choice")] for c in config.iter("Choices")}
    assert choices["types"] == ["none", *codebook.type_ids]
    assert choices["opposes"] == ["none", *conflict.side_ids]


def _task(*results: list[dict[str, Any]], coders: tuple[Any, ...] = (1, 2)) -> dict[str, Any]:
    annotations = [{"result": r, "completed_by": by} for r, by in zip(results, coders, strict=False)]
    return {"id": 7, "data": {"text": "Brell lied."}, "annotations": annotations}


def _region(*types: str) -> list[dict[str, Any]]:
    span = {"start": 0, "end": 5, "text": "Brell"}
    base = {"id": "x", "to_name": "text"}
    label = {**base, "from_name": "actor", "type": "labels", "value": {**span, "labels": ["BRELL"]}}
    choice = {**base, "from_name": "types", "type": "choices", "value": {**span, "choices": list(types)}}
    return [label, choice]


def test_a_coder_of_a_label_studio_export_is_chosen(tmp_path: Path, codebook: Codebook) -> None:
    source, out = tmp_path / "export.json", tmp_path / "out.jsonl"
    source.write_text(json.dumps([_task(_region("protest"), _region("none"))]), encoding="utf-8")

    def read(coder: str | None) -> dict[str, Any]:
        convert_labels(source, out, source_form="label-studio", out_form="labels", codebook=codebook, coder=coder)
        row: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return row

    assert read("1")["labels"] == [{"actor": "BRELL", "types": ["protest"]}]
    assert read("2")["labels"] == [{"actor": "BRELL", "types": []}]
    assert read("1")["id"] == "7"
    with pytest.raises(DataError, match=r"2 annotations \(by 1, 2\); expected one, chosen by --coder"):
        read(None)


def _relation(direction: str | None, labels: list[str]) -> dict[str, Any]:
    way = {"direction": direction} if direction else {}
    return {"type": "relation", "from_id": "x", "to_id": "y", "labels": labels, **way}


@pytest.mark.parametrize(
    ("relation", "targets"),
    [
        (_relation("right", ["target"]), {"BRELL": "KESH", "KESH": None}),
        (_relation("left", []), {"BRELL": None, "KESH": "BRELL"}),
        (_relation("bi", ["target"]), {"BRELL": "KESH", "KESH": "BRELL"}),
        (_relation(None, ["kinship"]), {"BRELL": None, "KESH": None}),
    ],
)
def test_relations_of_label_studio_point_where_they_were_drawn(
    tmp_path: Path, codebook: Codebook, relation: dict[str, Any], targets: dict[str, str | None]
) -> None:
    def region(name: str, actor: str, start: int, end: int) -> list[dict[str, Any]]:
        base = {"id": name, "to_name": "text"}
        span = {"start": start, "end": end}
        label = {**base, "from_name": "actor", "type": "labels", "value": {**span, "labels": [actor]}}
        return [label, {**base, "from_name": "types", "type": "choices", "value": {**span, "choices": ["demand"]}}]

    source, out = tmp_path / "export.json", tmp_path / "out.jsonl"
    result = [*region("x", "BRELL", 0, 5), *region("y", "KESH", 11, 15), relation]
    task = {"id": 1, "data": {"text": "Brell told Kesh."}, "annotations": [{"result": result}]}
    source.write_text(json.dumps([task]), encoding="utf-8")
    convert_labels(source, out, source_form="label-studio", out_form="labels", codebook=codebook)
    labels = json.loads(out.read_text(encoding="utf-8"))["labels"]
    assert {label["actor"]: label.get("target") for label in labels} == targets


def test_csv_from_other_spreadsheets_is_read(tmp_path: Path, codebook: Codebook) -> None:
    source, out = tmp_path / "l.csv", tmp_path / "out.jsonl"
    lines = [
        "id;text;actor;mentions;types;status",
        '1;Brell lied.; BRELL ;"[{""start"": 0, ""end"": 5}]";"protest; "; ',
        ";;;;;",
    ]
    source.write_text("\n".join(lines), "utf-8-sig")
    convert_labels(source, out, source_form="csv", out_form="labels", codebook=codebook)
    row = json.loads(out.read_text(encoding="utf-8"))
    assert row["actors"] == [{"id": "BRELL", "start": 0, "end": 5}]
    assert row["labels"] == [{"actor": "BRELL", "types": ["protest"]}]


def test_metadata_that_doccano_gives_back_at_the_top_is_read(tmp_path: Path, codebook: Codebook) -> None:
    source, out = tmp_path / "d.jsonl", tmp_path / "out.jsonl"
    entities = [
        {"id": 5, "label": "actor:BRELL", "start_offset": 0, "end_offset": 5},
        {"id": 6, "label": "types:demand", "start_offset": 0, "end_offset": 5},
        {"id": 7, "label": "actor:KESH", "start_offset": 11, "end_offset": 15},
    ]
    relations = [{"id": 0, "from_id": 6, "to_id": 7, "type": "target"}]  # drawn from the judgement's span
    line = {"id": 99, "text": "Brell told Kesh.", "entities": entities, "relations": relations, "Comments": []}
    source.write_text(json.dumps({**line, "date": "2020-01-02"}), encoding="utf-8")
    convert_labels(source, out, source_form="doccano", out_form="labels", codebook=codebook)
    row = json.loads(out.read_text(encoding="utf-8"))
    assert (row["id"], row["date"]) == ("99", "2020-01-02")
    assert row["labels"] == [{"actor": "BRELL", "types": ["demand"], "target": "KESH"}]


def test_what_a_form_cannot_hold_is_refused(tmp_path: Path, codebook: Codebook) -> None:
    row = {
        "id": "r",
        "conflict": None,
        "text": "Brell lied.",
        "actors": [{"id": "BRELL", "start": 0, "end": 5}],
        "labels": [],
    }
    cases = [
        ("csv", [row, row], "stands twice"),
        ("csv", [{**row, "phenomena": ["a;b"]}], "semicolon"),
        ("doccano", [{**row, "actors": [{"id": "A/B", "start": 0, "end": 5}]}], "no slash"),
        ("label-studio", [{**row, "actors": [{"id": "none", "start": 0, "end": 5}]}], "'none'"),
        ("datasets", [{**row, "split": ".."}], "split '..'"),
    ]
    for form, rows, message in cases:
        source = _write(tmp_path / "s.jsonl", rows)
        with pytest.raises(DataError, match=message):
            convert_labels(source, tmp_path / "out", source_form="labels", out_form=form, codebook=codebook)  # type: ignore[arg-type]
        assert not (tmp_path / "out").exists()


def test_no_command_writes_over_what_it_reads(
    tmp_path: Path, labels_path: Path, conflict_path: Path, run_cli: RunCli
) -> None:
    copy = tmp_path / "l.jsonl"
    copy.write_bytes(labels_path.read_bytes())
    common = ("--conflict", conflict_path)
    for arguments in (
        ("convert", copy, copy, "--to", "doccano"),
        ("agreement", copy, labels_path, "--disagreements", copy),
        ("suggest", copy, "--known", copy, "--out", copy),
    ):
        result = run_cli(*arguments, *(common if arguments[0] != "suggest" else ("--conflict", conflict_path)))
        assert result.code == 2, arguments
        assert "expected another name" in result.err
    assert copy.read_bytes() == labels_path.read_bytes()


@pytest.mark.parametrize(
    ("name", "form", "content", "message"),
    [
        ("l.csv", "csv", "id,text\n1,a\n", "no column 'actor'"),
        ("l.csv", "csv", "id,text,actor,mentions\n1,a,X,[oops\n", "l.csv:2: column 'mentions' is not JSON"),
        ("l.csv", "csv", "id,text,actor,mentions\n1,a,,\n1,b,,\n", "has another text"),
        ("l.csv", "csv", "id,text,actor,mentions\n1,a\n", "fewer cells"),
        (
            "l.csv",
            "csv",
            'id,text,actor,mentions\n1,Ätolia lied,X,"[{""start"": 0, ""end"": 6, ""text"": ""tolia ""}]"\n',
            "where the text has 'Ätolia'",
        ),
        ("l.csv", "csv", "id,text,actor,mentions\n1,a,X,[1]\n", "expected an object with 'start' and 'end'"),
        ("l.csv", "csv", "id,text,actor,mentions,split\n1,a,,,dev\n1,a,,,test\n", "has another split"),
        ("l.json", "label-studio", "{}", "expected the list of tasks"),
        ("l.json", "label-studio", json.dumps([_task([{**_region("demand")[1], "id": "gone"}])]), "marks no actor"),
        (
            "d.jsonl",
            "doccano",
            '{"id": 1, "text": "Brell", "entities": [], "relations": [{"type": "Target", "from_id": 0, "to_id": 1}]}',
            "relation 'Target'",
        ),
        ("l.json", "label-studio", '[{"id": 1}]', "task 0: not of the form"),
        ("l.json", "label-studio", json.dumps([_task(_region("none", "protest"))]), "'none' alone or not at all"),
        ("l.json", "label-studio", json.dumps([_task(_region("nonsense"))]), "type 'nonsense'"),
        ("d.jsonl", "doccano", '{"text": "a"}', "d.jsonl:1: not of doccano's form"),
        (
            "d.jsonl",
            "doccano",
            '{"id": 1, "text": "Brell", "entities": [{"id": 1, "label": "types:demand", '
            '"start_offset": 0, "end_offset": 5}]}',
            "where no actor is marked",
        ),
        ("l.jsonl", "labels", "", "no rows"),
        ("l.jsonl", "labels", '{"id": "a", "text": "b", "sentences": []}', "a labelled article"),
        ("nowhere", "datasets", None, "no such folder"),
    ],
)
def test_what_is_not_of_its_form_is_an_error_that_says_where(
    tmp_path: Path, codebook: Codebook, name: str, form: Form, content: str | None, message: str
) -> None:
    source, out = tmp_path / name, tmp_path / "out.jsonl"
    if content is not None:
        source.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        convert_labels(source, out, source_form=form, out_form="labels", codebook=codebook)
    assert not out.exists()


def test_the_configuration_does_not_write_over_the_tasks(
    tmp_path: Path, labels_path: Path, conflict_path: Path, run_cli: RunCli
) -> None:
    out = tmp_path / "tasks.xml"
    result = run_cli("convert", labels_path, out, "--to", "label-studio", "--conflict", conflict_path)
    assert result.code == 2
    assert "labelling configuration" in result.err
    assert not out.exists()


def test_a_row_key_called_like_ours_is_the_users(tmp_path: Path, codebook: Codebook) -> None:
    row = {"id": "r", "conflict": None, "text": "Rain.", "actors": [], "labels": [], "extra_keys": [1]}
    there, back = tmp_path / "l.csv", tmp_path / "back.jsonl"
    source = _write(tmp_path / "s.jsonl", [row])
    convert_labels(source, there, source_form="labels", out_form="csv", codebook=codebook)
    convert_labels(there, back, source_form="csv", out_form="labels", codebook=codebook)
    assert json.loads(back.read_text(encoding="utf-8")) == row


def test_a_dataset_does_not_overwrite(
    tmp_path: Path, labels_path: Path, codebook: Codebook, conflict: Conflict
) -> None:
    with pytest.raises(OutputError, match="is there already"):
        convert_labels(
            labels_path, tmp_path, source_form="labels", out_form="datasets", codebook=codebook, conflicts=[conflict]
        )


def test_the_command_guesses_the_forms(tmp_path: Path, labels_path: Path, conflict_path: Path, run_cli: RunCli) -> None:
    result = run_cli("convert", labels_path, tmp_path / "l.csv", "--conflict", conflict_path)
    assert (result.code, result.out) == (0, f"{tmp_path / 'l.csv'}: 24 rows, 50 judged pairs\n")
    assert run_cli("convert", labels_path, tmp_path / "l.xyz", "--conflict", conflict_path).code == 2
