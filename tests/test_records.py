from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.errors import DataError, OutputError, UnknownNameError
from stancelib.records import (
    TAG_COLUMNS,
    CsvTagWriter,
    JsonLinesTagWriter,
    TagFormat,
    conflict_lookup,
    open_tag_file,
    parse_label_row,
    read_labels,
    whole_file,
)
from stancelib.tagger import StanceTagger
from stancelib.types import Label, LabelledArticle, LabelledSentence, Mark, StanceTag

TEXT = "Talvia condemned the Red League."

TAG_KEYS = (
    *("doc_id", "date", "sentence", "start", "end", "text", "actor", "actor_name", "mention", "types", "supports"),
    *("opposes", "sides", "target", "status", "conflict", "model", "codebook"),
)


def _row(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "r1",
        "conflict": "veldmark",
        "text": TEXT,
        "actors": [{"id": "TALVIA", "start": 0, "end": 6}, {"id": "RED", "start": 21, "end": 31}],
        "labels": [{"actor": "TALVIA", "types": ["condemnation"], "opposes": "reds", "target": "RED"}],
    }
    return {**row, **changes}


def _label(**changes: Any) -> dict[str, Any]:
    return _row(labels=[{"actor": "TALVIA", **changes}])


def _parse(raw: dict[str, Any], codebook: Codebook, conflict: Conflict) -> tuple[Any, list[str]]:
    return parse_label_row(raw, where="f.jsonl:7", codebook=codebook, conflicts=conflict_lookup([conflict]))


def test_the_example_row_of_the_label_format_is_read(codebook: Codebook) -> None:
    raw = {
        "id": "lib-1",
        "conflict": "libya",
        "date": "2020-01-03",
        "context": "Ankara spoke.",
        "text": "We send them help.",
        "actors": [{"id": "TUR", "start": 0, "end": 6, "in": "context"}, {"id": "GNA", "start": 8, "end": 12}],
        "labels": [
            {"actor": "TUR", "types": ["military_support"], "supports": ["gna"], "opposes": None, "status": "planned"},
            {"actor": "GNA", "types": []},
        ],
        "split": "dev",
        "phenomena": ["pronoun"],
        "invented": True,
    }
    row, problems = parse_label_row(raw, where="f:1", codebook=codebook, conflicts=conflict_lookup())
    assert problems == []
    assert row == LabelledSentence(
        id="lib-1",
        text="We send them help.",
        actors=(Mark("TUR", 0, 6, in_context=True), Mark("GNA", 8, 12)),
        labels=(
            Label("TUR", types=("military_support",), supports=("gna",), opposes=(), status="planned"),
            Label("GNA", types=()),
        ),
        conflict="libya",
        context="Ankara spoke.",
        date=date(2020, 1, 3),
        split="dev",
        phenomena=("pronoun",),
        where="f:1",
    )


def test_an_absent_key_was_not_judged_and_null_was(codebook: Codebook, conflict: Conflict) -> None:
    row, _ = _parse(_label(supports=None), codebook, conflict)
    assert row.labels == (Label("TALVIA", supports=()),)
    row, _ = _parse(_label(types=[], target=None), codebook, conflict)
    assert row.labels == (Label("TALVIA", types=(), target=()),)


def test_sides_are_not_judged_without_a_conflict(codebook: Codebook, conflict: Conflict) -> None:
    row, problems = _parse(_row(conflict=None, labels=[{"actor": "RED", "supports": None}]), codebook, conflict)
    assert problems == []
    assert row.labels == (Label("RED"),)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (_label(opposes="red"), r"unknown side 'red'; did you mean 'reds'\? \(conflict veldmark\)"),
        (_label(supports=["blues", "gna"]), "unknown side 'gna'; expected one of blues, greens, reds"),
        (_row(conflict=None), "side 'reds' is named, but the row has no conflict"),
        (_label(types=["condemnations"]), "unknown type 'condemnations'; did you mean 'condemnation'"),
        (_row(labels=[{"actor": "REDS", "types": []}]), r"unknown actor 'REDS'; did you mean 'RED'\?.*marked actors"),
        (_label(target="BLUE"), "unknown target 'BLUE'"),
        (_label(target=["RED", "BLUE"]), "unknown target 'BLUE'"),
        (_row(labels=[{"actor": "RED"}, {"actor": "RED"}]), "actor 'RED' is labelled twice"),
        (_label(status="likely"), r"labels\.0\.status: .*'done' or 'planned'"),
        (_row(conflict="veldmarc"), "unknown conflict 'veldmarc'"),
        (_row(actors=[{"id": "A", "start": 0, "end": 33}]), r"mark of 'A' spans 0-33; expected .* <= 32"),
        (_row(actors=[{"id": "A", "start": 5, "end": 5}]), "mark of 'A' spans 5-5"),
        (_row(actors=[{"id": "A", "start": 0, "end": 3, "in": "context"}]), "mark of 'A' spans 0-3; expected .* <= 0"),
        (_row(actors=[{"id": "A", "start": -1, "end": 3}]), r"actors\.0\.start: "),
        (_row(actors=[{"id": "A", "start": "0", "end": 3}]), r"actors\.0\.start: "),
        (_row(actors=[{"id": "A", "start": 0, "end": 3, "via": "guess"}]), r"actors\.0\.via: "),
        (_row(actors=[{"id": "A", "start": 0, "end": 3, "in": "title"}]), r"actors\.0\.in: "),
        (_row(text=""), "text: "),
        (_row(date="3 May"), "date: "),
        ({"id": "r1", "actors": []}, "text: Field required"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(
    raw: dict[str, Any], message: str, codebook: Codebook, conflict: Conflict, tmp_path: Path
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(f"{json.dumps(_row())}\n\n{json.dumps(raw)}\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"^{path}:3: .*{message}"):
        list(read_labels(path, codebook=codebook, conflicts=conflict_lookup([conflict])))


def test_every_problem_of_a_row_is_told(codebook: Codebook, conflict: Conflict) -> None:
    _, problems = _parse(_label(types=["x"], opposes="y", target="Z"), codebook, conflict)
    assert len(problems) == 3
    assert all(problem.startswith("f.jsonl:7: ") for problem in problems)


def test_an_exclusive_codebook_allows_one_type(exclusive_codebook_path: Path, conflict: Conflict) -> None:
    book = load_codebook(exclusive_codebook_path)
    _, problems = _parse(_label(types=["favour", "none"]), book, conflict)
    assert problems == [
        "f.jsonl:7: actor 'TALVIA' has types ['favour', 'none']; expected one, as codebook 'favour' is exclusive"
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"id": "a"', r":2: not JSON: .*column \d+"),
        (b"[1]", ":2: list found; expected a JSON object"),
        (b'{"id": "\xe9"}', ":2: not UTF-8 at byte 8"),
        (b"[" * 200_000, ":2: not JSON"),
    ],
)
def test_a_line_that_is_no_object_is_refused(
    line: bytes, message: str, codebook: Codebook, conflict: Conflict, tmp_path: Path
) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(json.dumps(_row()).encode() + b"\n" + line + b"\n")
    with pytest.raises(DataError, match=message):
        list(read_labels(path, codebook=codebook, conflicts=conflict_lookup([conflict])))


def test_a_missing_label_file_is_refused(codebook: Codebook, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jsonl: cannot be read: .*expected JSON Lines"):
        list(read_labels(tmp_path / "gone.jsonl", codebook=codebook, conflicts=conflict_lookup()))


def test_an_article_is_read_and_checked(codebook: Codebook, conflict: Conflict) -> None:
    text = f"Rain fell. {TEXT}"
    sentence = {
        "start": 11,
        "end": 43,
        "actors": [{"id": "TALVIA", "start": 11, "end": 17}],
        "labels": [{"actor": "TALVIA", "types": ["condemnation"], "opposes": "reds"}],
    }
    raw = {"id": "art", "conflict": "veldmark", "text": text, "sentences": [sentence]}
    row, problems = _parse(raw, codebook, conflict)
    assert problems == []
    assert isinstance(row, LabelledArticle)
    assert text[row.sentences[0].start : row.sentences[0].end] == TEXT
    assert row.sentences[0].labels == (Label("TALVIA", types=("condemnation",), opposes=("reds",)),)
    wrong = {**raw, "sentences": [{**sentence, "end": 50, "labels": [{"actor": "TALVIA", "opposes": "x"}]}]}
    _, problems = _parse(wrong, codebook, conflict)
    assert [problem.split("; ")[0] for problem in problems] == [
        "f.jsonl:7: unknown side 'x'",
        "f.jsonl:7: sentence spans 11-50",
    ]


def test_given_conflicts_come_before_the_shipped_ones(conflict: Conflict) -> None:
    look_up = conflict_lookup([conflict])
    assert look_up("veldmark") is conflict
    assert look_up("libya").id == "libya"
    with pytest.raises(UnknownNameError, match="unknown conflict 'libia'; did you mean 'libya'"):
        look_up("libia")


@pytest.fixture(scope="module")
def tags(tagger: StanceTagger) -> list[StanceTag]:
    text = 'Talvia condemned the "Red League".\n\nMorvia praised the Green Guard, naïvely. Rain fell on Talvia.'
    return tagger.tag(text, date=date(2016, 5, 1), doc_id="a,b.txt", keep_all=True)


def test_a_line_has_the_keys_of_the_tag_format_in_order(tags: list[StanceTag]) -> None:
    assert all(tuple(tag.to_dict()) == TAG_KEYS for tag in tags)
    assert TAG_COLUMNS == TAG_KEYS
    first = tags[0].to_dict()
    assert list(first["mention"]) == ["text", "start", "end", "via"]
    assert list(first["target"]) == ["actor", "start", "end"]
    assert list(first["opposes"]) == ["side", "p"]
    assert first["sides"].keys() == {"reds", "blues", "greens"}
    assert first["sides"]["reds"].keys() == {"supports", "opposes"}
    assert first["date"] == "2016-05-01"


def test_json_lines_read_back_equal(tags: list[StanceTag], tmp_path: Path) -> None:
    path = tmp_path / "tags.jsonl"
    with open_tag_file(path, tag_format="jsonl") as writer:
        for tag in tags:
            writer.write(tag)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [tag.to_dict() for tag in tags]
    assert "naïvely" in lines[2]


def test_csv_reads_back_equal(tags: list[StanceTag], tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    with open_tag_file(path, tag_format="csv") as writer:
        for tag in tags:
            writer.write(tag)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [_from_csv(row) for row in rows] == [tag.to_dict() for tag in tags]


def _from_csv(row: dict[str, str]) -> dict[str, Any]:
    nested = {"mention", "types", "supports", "opposes", "sides", "target"}
    numbers = {"sentence", "start", "end"}
    return {
        key: None if cell == "" else json.loads(cell) if key in nested else int(cell) if key in numbers else cell
        for key, cell in row.items()
    }


def test_parquet_reads_back_equal(tags: list[StanceTag], tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    with open_tag_file(path, tag_format="parquet") as writer:
        for tag in tags:
            writer.write(tag)
    rows = pq.read_table(path).to_pylist()
    for row in rows:
        row |= {"date": row["date"].isoformat(), "types": json.loads(row["types"]), "sides": json.loads(row["sides"])}
    assert rows == [tag.to_dict() for tag in tags]


def test_writers_of_standard_output_write_what_files_hold(tags: list[StanceTag], tmp_path: Path) -> None:
    for tag_format, kind in (("jsonl", JsonLinesTagWriter), ("csv", CsvTagWriter)):
        stream = io.StringIO()
        writer = kind(stream)
        path = tmp_path / f"tags.{tag_format}"
        with open_tag_file(path, tag_format=tag_format) as file_writer:  # type: ignore[arg-type]
            for tag in tags:
                writer.write(tag)
                file_writer.write(tag)
        assert path.read_text(encoding="utf-8") == stream.getvalue()


@pytest.mark.parametrize("tag_format", ["jsonl", "csv", "parquet"])
def test_a_file_without_tags_is_whole_too(tag_format: TagFormat, tmp_path: Path) -> None:
    path = tmp_path / "tags"
    with open_tag_file(path, tag_format=tag_format):
        pass
    assert path.is_file()


@pytest.mark.parametrize("tag_format", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("error", [ZeroDivisionError("oops"), OSError(28, "No space left on device")])
def test_nothing_is_left_when_the_block_raises(
    tag_format: TagFormat, error: Exception, tags: list[StanceTag], tmp_path: Path
) -> None:
    path = tmp_path / "tags"
    path.write_text("before", encoding="utf-8")
    expected = OutputError if isinstance(error, OSError) else ZeroDivisionError
    with pytest.raises(expected, match=r"oops|No space left"):
        _write_and_fail(path, tag_format, tags[0], error)
    assert [entry.name for entry in tmp_path.iterdir()] == ["tags"]
    assert path.read_text(encoding="utf-8") == "before"


def _write_and_fail(path: Path, tag_format: TagFormat, tag: StanceTag, error: Exception) -> None:
    with open_tag_file(path, tag_format=tag_format) as writer:
        writer.write(tag)
        raise error


@pytest.mark.parametrize("tag_format", ["jsonl", "csv", "parquet"])
def test_an_unwritable_output_is_refused(tag_format: TagFormat, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot be written: .*No such file"), _opened(tmp_path / "no/t", tag_format):
        pass
    with pytest.raises(OutputError, match="is a folder; expected a file"), _opened(tmp_path, tag_format):
        pass
    with pytest.raises(OutputError, match="cannot be written"), _opened(tmp_path / ("x" * 300), tag_format):
        pass


def _opened(path: Path, tag_format: TagFormat) -> Any:
    return open_tag_file(path, tag_format=tag_format)


def test_a_device_is_written_to_and_not_replaced() -> None:
    device = Path("/dev/null")
    if not device.exists():
        pytest.skip("no such device here")
    with whole_file(device) as partial:
        partial.write_text("gone", encoding="utf-8")
    assert not device.is_file()
