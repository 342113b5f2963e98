import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from stancelib import rows
from stancelib.errors import DataError
from stancelib.reading import make_document, read_documents, to_date
from stancelib.types import Document

TEXT = "Norland said on Monday it would send troops to the north of the country."


def _read(*paths: Path | str, **options: object) -> list[Document]:
    return list(read_documents(paths, **options))  # type: ignore[arg-type]  # options differ in type


def _write_lines(path: Path, records: Iterable[object]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


# Documents.


def test_a_document_knows_its_regions_language_and_date() -> None:
    document = make_document(f"2020-05-04\n\n{TEXT}", id="a", source="wire", conflict="norland")
    assert (document.id, document.source, document.conflict) == ("a", "wire", "norland")
    assert document.language == "en"
    assert [region.kind for region in document.regions] == ["date"]
    assert document.date == date(2020, 5, 4)


def test_a_given_date_beats_the_text() -> None:
    assert make_document(f"2020-05-04\n\n{TEXT}", date=date(2021, 1, 1)).date == date(2021, 1, 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (" ", None),
        ("2020-05-04", date(2020, 5, 4)),
        ("2020-05-04T10:00:00Z", date(2020, 5, 4)),
        ("2020-05-04 10:00", date(2020, 5, 4)),
        (date(2020, 5, 4), date(2020, 5, 4)),
        (datetime(2020, 5, 4, 10), date(2020, 5, 4)),
    ],
)
def test_dates_of_records(value: object, expected: date | None) -> None:
    assert to_date(value) == expected


@pytest.mark.parametrize("value", ["4 May", "2020-31-01", 2020])
def test_a_bad_date_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected YYYY-MM-DD"):
        to_date(value)


# Text files.


def test_a_file_is_called_by_its_name_and_its_text_is_as_given(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"\ufeffOne.\r\n\r\n{TEXT} é😀\n".encode())
    (document,) = _read(path)
    assert document.id == "a.txt"
    assert document.text == f"One.\r\n\r\n{TEXT} é😀\n"


def test_a_folder_is_read_by_name_without_hidden_and_other_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.text", ".hidden.txt", ".git/d.txt", "picture.png", "sub/a.TXT"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXT, encoding="utf-8")
    _write_lines(tmp_path / "sub" / "rows.jsonl", [{"text": TEXT}, {"text": TEXT, "id": 7}])
    names = [document.id for document in _read(tmp_path)]
    assert names == ["a.md", "b.txt", "sub/a.TXT", "sub/c.text", "sub/rows.jsonl:1", "7"]


def test_standard_input_is_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", _Stdin(TEXT.encode()))
    (document,) = _read("-")
    assert (document.id, document.text) == ("-", TEXT)


def test_the_default_date_comes_after_the_record_and_before_the_text(tmp_path: Path) -> None:
    path = _write_lines(
        tmp_path / "a.jsonl",
        [{"text": f"2020-01-01\n\n{TEXT}", "date": "2020-02-02"}, {"text": f"2020-01-01\n\n{TEXT}"}],
    )
    assert [d.date for d in _read(path, default_date=date(2020, 3, 3))] == [date(2020, 2, 2), date(2020, 3, 3)]
    assert [d.date for d in _read(path)] == [date(2020, 2, 2), date(2020, 1, 1)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.txt: an empty file"),
        (b"\xef\xbb\xbf \n", r"a\.txt: an empty file"),
        (b"ab\0cd", r"a\.txt: a binary file \(NUL byte at 2\)"),
        (b"\xef\xbb\xbfab\xe9 cd", r"a\.txt: not UTF-8 at byte 5"),
    ],
)
def test_bad_text_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        _read(path)


def test_a_missing_file_is_refused_with_near_names(tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text(TEXT, encoding="utf-8")
    with pytest.raises(DataError, match=r"artcle\.txt: no such file or folder; did you mean '.*article\.txt'"):
        _read(tmp_path / "artcle.txt")
    with pytest.raises(DataError, match="no such file or folder; expected a text file"):
        _read(tmp_path / "no" / "x")


def test_a_path_that_is_too_long_is_refused() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        _read("a" * 5000)


def test_a_folder_with_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to read in this folder"):
        _read(tmp_path)


def test_bad_documents_are_left_out_and_reported_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"\0")
    lines = tmp_path / "c.jsonl"
    lines.write_text(f'{{"text": "{TEXT}"}}\nnot json\n{{"text": "{TEXT}", "date": "May"}}\n{{"text": "{TEXT}"}}\n')
    skipped: list[DataError] = []
    documents = _read(tmp_path, tmp_path / "none.txt", tmp_path / "a.txt", on_error="skip", on_skip=skipped.append)
    assert [d.id for d in documents] == ["a.txt", "c.jsonl:1", "c.jsonl:4", "a.txt"]
    assert [str(error).split(": ", 1)[0].rsplit("/", 1)[-1] for error in skipped] == [
        "b.txt",
        "c.jsonl:2",
        "c.jsonl:3",
        "none.txt",
    ]


def test_what_is_left_out_is_logged_without_a_callback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert _read(tmp_path / "none.txt", on_error="skip") == []
    assert "no such file" in caplog.text


def test_reading_is_lazy(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    documents: Iterator[Document] = read_documents([path, tmp_path / "none.txt"])
    assert next(documents).id == "a.txt"


# Tables.

RECORDS = [
    {
        "id": "r1",
        "text": f'{TEXT}\n\nHe said "no", and left.',
        "date": "2020-05-04",
        "conflict": "norland",
        "source": "wire",
    },
    {"id": "", "text": TEXT, "date": "", "conflict": "", "source": ""},
]


def _write_table(path: Path) -> Path:
    names = list(RECORDS[0])
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(RECORDS), path)
    elif path.suffix in {".csv", ".tsv"}:
        mark = "," if path.suffix == ".csv" else "\t"
        quoted = [[record[name].replace('"', '""') for name in names] for record in RECORDS]
        lines = [mark.join(names), *(mark.join(f'"{cell}"' for cell in row) for row in quoted)]
        path.write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
    else:
        _write_lines(path, RECORDS)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.csv", "a.tsv", "a.parquet"])
def test_every_kind_of_table_gives_the_same_documents(tmp_path: Path, name: str) -> None:
    first, second = _read(_write_table(tmp_path / name))
    assert (first.id, first.text, first.source, first.conflict) == ("r1", RECORDS[0]["text"], "wire", "norland")
    assert first.date == date(2020, 5, 4)
    assert (second.id, second.conflict, second.date) == (f"{name}:2", None, None)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_a_missing_text_column_is_refused_with_those_there(tmp_path: Path, name: str) -> None:
    path = _write_table(tmp_path / name)
    with pytest.raises(DataError, match=r"no column 'txt'; did you mean 'text'\? the columns are 'id', 'text', 'date'"):
        _read(path, text_column="txt")
    assert [d.text for d in _read(path, text_column="source", on_error="skip")] == ["wire"]


def test_dates_of_parquet_may_be_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_pylist([{"text": TEXT, "date": date(2020, 5, 4), "id": 9}]), path)
    (document,) = _read(path)
    assert (document.id, document.date) == ("9", date(2020, 5, 4))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", r"a\.jsonl:2: not JSON"),
        (b"[1]", r"a\.jsonl:2: list instead of an object"),
        (b'{"text": 5}', r"a\.jsonl:2: 'text' is 5; expected a string"),
        (b'{"text": null}', r"a\.jsonl:2: 'text' is empty; expected a text"),
        (b'{"text": " "}', r"a\.jsonl:2: 'text' is empty"),
        (b'{"txt": "a"}', r"a\.jsonl:2: no column 'text'"),
        (b'{"text": "a", "date": "soon"}', r"a\.jsonl:2: bad date 'soon'"),
        (b'{"text": "a", "conflict": 5}', r"a\.jsonl:2: 'conflict' is 5"),
        (b'{"text": "\xe9"}', r"a\.jsonl:2: not UTF-8 at byte 10 of the line"),
        (b"\0", r"a\.jsonl:2: binary"),
    ],
)
def test_bad_json_lines_are_refused_with_their_line(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "ok"}\n' + line + b'\n\n{"text": "ok"}\n')
    with pytest.raises(DataError, match=message):
        _read(path)
    assert [d.id for d in _read(path, on_error="skip")] == ["a.jsonl:1", "a.jsonl:3"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"x,too,many", r"a\.csv: row 2: 3 cells; expected 2"),
        (b"x,\xe9", r"a\.csv: row 2: 'text' is not UTF-8"),
        (b"x,", r"a\.csv: row 2: 'text' is empty"),
    ],
)
def test_bad_csv_rows_are_refused_and_can_be_skipped(tmp_path: Path, row: bytes, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\na,one\n" + row + b"\nc,three\n")
    with pytest.raises(DataError, match=message):
        _read(path)
    assert [d.id for d in _read(path, on_error="skip")] == ["a", "c"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "an empty file"),
        ("a.jsonl", b"", "an empty file"),
        ("a.csv", b"\0\0", "a binary file"),
        ("a.csv", b"\xe9,text\n", r":1: not UTF-8 at byte 0"),
        ("a.parquet", b"not parquet", "not Parquet"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        _read(path)


def test_a_table_is_read_in_small_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_pylist([{"text": f"{TEXT} {n}"} for n in range(300)]), path)
    bad: list[DataError] = []
    found = list(rows.read_rows(path, text_column="text", on_bad_row=bad.append))
    assert not bad
    assert [row.number for row in found] == list(range(1, 301))
    assert found[-1].text.endswith("299")


def test_a_json_file_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": TEXT}]), encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.json: JSON is no text; expected JSON Lines"):
        _read(path)


def test_a_gap_in_a_column_is_no_value(tmp_path: Path) -> None:
    """Tables write a gap in a column of numbers as "not a number", and the numbers beside it as floats."""
    nan = float("nan")
    path = tmp_path / "a.parquet"
    columns = {"id": [1.0, nan], "text": [TEXT, TEXT], "date": [nan, nan], "conflict": [nan, nan]}
    parquet.write_table(pa.table(columns), path)
    assert [(d.id, d.date, d.conflict) for d in _read(path)] == [("1", None, None), ("a.parquet:2", None, None)]
    lines = _write_lines(tmp_path / "a.jsonl", [{"id": 2.5, "text": TEXT}, {"id": [1], "text": TEXT}])
    with pytest.raises(DataError, match=r"a\.jsonl:2: 'id' is \[1\]; expected a string or a number"):
        _read(lines)


def test_a_conflict_that_nobody_defines_is_an_error_of_its_row(tmp_path: Path) -> None:
    path = _write_lines(
        tmp_path / "a.jsonl", [{"text": TEXT, "conflict": name} for name in ("norland", "nrland", None)]
    )

    def look_up(name: str) -> None:
        if name != "norland":
            raise DataError(f"unknown conflict {name!r}")

    with pytest.raises(DataError, match=r"a\.jsonl:2: unknown conflict 'nrland'"):
        _read(path, conflicts=look_up)
    skipped: list[DataError] = []
    documents = _read(path, conflicts=look_up, on_error="skip", on_skip=skipped.append)
    assert [document.conflict for document in documents] == ["norland", None]
    assert len(skipped) == 1
    assert len(_read(path)) == 3


def test_a_day_may_be_given_as_text() -> None:
    assert make_document(TEXT, date="2020-05-04") == make_document(TEXT, date=date(2020, 5, 4))


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("us", "UTC"), pa.timestamp("s"), pa.date32()])
def test_a_column_of_times_gives_days(kind: pa.DataType, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    whole_days = pa.array([date(2020, 5, 4), None], pa.date32())
    times = whole_days.cast(pa.timestamp("s")).cast(kind)
    if kind == pa.timestamp("ns"):
        times = pa.array([value and value + 1 for value in times.cast(pa.int64()).to_pylist()]).cast(kind)
    parquet.write_table(pa.table({"text": [TEXT, TEXT], "date": times}), path)
    assert [document.date for document in _read(path)] == [date(2020, 5, 4), None]
