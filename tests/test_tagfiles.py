from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stancelib.errors import OutputError
from stancelib.tagfiles import (
    TAG_COLUMNS,
    CsvTagWriter,
    JsonLinesTagWriter,
    TagFormat,
    open_tag_file,
    whole_file,
)
from stancelib.tagger import StanceTagger
from stancelib.types import StanceTag

TAG_KEYS = (
    *("doc_id", "date", "sentence", "start", "end", "text", "actor", "actor_name", "mention", "types", "supports"),
    *("opposes", "sides", "target", "status", "conflict", "model", "codebook", "confidence", "sure"),
)


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
    numbers: dict[str, Callable[[str], Any]] = {"sentence": int, "start": int, "end": int, "confidence": float}
    numbers["sure"] = lambda cell: cell == "True"
    return {
        key: None if cell == "" else json.loads(cell) if key in nested else numbers.get(key, str)(cell)
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


@pytest.mark.parametrize("tag_format", ["jsonl", "csv", "parquet"])
def test_explanations_are_written_where_tags_have_them(
    tag_format: TagFormat, tagger: StanceTagger, tmp_path: Path
) -> None:
    path = tmp_path / "tags"
    (tags,) = tagger.pipe(["Talvia naïvely condemned the Red League."], explain=True)
    with open_tag_file(path, tag_format=tag_format, explained=True) as writer:
        for tag in tags:
            writer.write(tag)
    if tag_format == "jsonl":
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    elif tag_format == "csv":
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    else:
        rows = pq.read_table(path).to_pylist()
    assert [tuple(row) for row in rows] == [(*TAG_KEYS, "explanation")]
    cell = rows[0]["explanation"]
    found = cell if tag_format == "jsonl" else json.loads(cell)
    assert found == tags[0].to_dict()["explanation"]
    assert [word["text"] for word in found["types"]["condemnation"]] == ["naïvely", "condemned", "the"]
    assert tag_format == "jsonl" or "naïvely" in cell


@pytest.mark.parametrize("tag_format", ["csv", "parquet"])
def test_a_tag_without_an_explanation_leaves_its_cell_empty(
    tag_format: TagFormat, tags: list[StanceTag], tmp_path: Path
) -> None:
    path = tmp_path / "tags"
    with open_tag_file(path, tag_format=tag_format, explained=True) as writer:
        writer.write(tags[0])
    if tag_format == "csv":
        (row,) = csv.DictReader(io.StringIO(path.read_text("utf-8")))
        assert row["explanation"] == ""
    else:
        assert pq.read_table(path).to_pylist()[0]["explanation"] is None


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
