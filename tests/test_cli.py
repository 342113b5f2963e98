"""Every command, format, option and error of the command line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CliResult, RunCli

from stancelib import tagger as tagger_module
from stancelib.conflict import shipped_conflicts
from stancelib.linting import skeleton

TEXT = "Talvia condemned the Red League. Rain fell on Morvia. Brandt praised the Blue Front.\n"

DONE, GATE_FAILED, BAD_INPUT, INTERNAL_ERROR = 0, 1, 2, 3


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "a.txt"
    path.parent.mkdir()
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def options(model_dir: Path, conflict_path: Path) -> list[str]:
    return ["--model", str(model_dir), "--conflict", str(conflict_path)]


def _lines(result: CliResult) -> list[dict[str, Any]]:
    assert result.code == DONE, result.err
    return [json.loads(line) for line in result.out.splitlines()]


def _who(lines: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(line["doc_id"], line["sentence"], line["actor"]) for line in lines]


def test_tag_prints_a_plain_table_when_piped(article: Path, options: list[str], run_cli: RunCli) -> None:
    result = run_cli("tag", article, *options)
    assert result.code == DONE
    assert result.err == ""
    for part in ("a.txt", "veldmark@3", "condemnation", "-reds", "endorsement", "+blues", "Talvia (Brandt)"):
        assert part in result.out
    assert "Rain fell" not in result.out
    assert "\x1b[" not in result.out


def test_tag_says_when_there_is_no_stance(tmp_path: Path, options: list[str], run_cli: RunCli) -> None:
    (tmp_path / "a.txt").write_text("Rain fell.", encoding="utf-8")
    assert run_cli("tag", tmp_path / "a.txt", *options) == CliResult(DONE, "", "stancelib: no stance found\n")


def test_tag_writes_json_lines(article: Path, options: list[str], run_cli: RunCli) -> None:
    lines = _lines(run_cli("tag", article, *options, "--format", "jsonl"))
    assert _who(lines) == [("a.txt", 0, "TALVIA"), ("a.txt", 2, "TALVIA")]
    assert TEXT[lines[1]["mention"]["start"] : lines[1]["mention"]["end"]] == "Brandt"
    assert lines[0]["date"] is None


def test_tag_all_keeps_those_without_a_stance(article: Path, options: list[str], run_cli: RunCli) -> None:
    lines = _lines(run_cli("tag", article, *options, "--format", "jsonl", "--all"))
    stances = {(line["sentence"], line["actor"]): bool(line["types"]) for line in lines}
    assert stances.items() >= {(0, "TALVIA"): True, (0, "RED"): False, (2, "TALVIA"): True, (2, "BLUE"): False}.items()


def test_every_format_holds_the_same_tags(article: Path, options: list[str], run_cli: RunCli, tmp_path: Path) -> None:
    command = ["tag", str(article), *options, "--all"]
    lines = _lines(run_cli(*command, "--format", "jsonl"))
    cells = list(csv.DictReader(io.StringIO(run_cli(*command, "--format", "csv").out)))
    assert [json.loads(row["types"]) for row in cells] == [line["types"] for line in lines]
    for name in ("jsonl", "csv", "parquet", "table"):
        result = run_cli(*command, "--format", name, "--output", tmp_path / f"t.{name}")
        assert (result.code, result.out, result.err) == (DONE, "", "")
    assert [json.loads(line) for line in (tmp_path / "t.jsonl").read_text("utf-8").splitlines()] == lines
    assert list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text("utf-8")))) == cells
    assert [row["mention"] for row in pq.read_table(tmp_path / "t.parquet").to_pylist()] == [
        line["mention"] for line in lines
    ]
    assert "condemnation" in (tmp_path / "t.table").read_text("utf-8")


def test_tag_explains_in_every_format_when_asked(
    article: Path, options: list[str], run_cli: RunCli, tmp_path: Path
) -> None:
    command = ["tag", str(article), *options, "--explain"]
    plain = _lines(run_cli("tag", article, *options, "--format", "jsonl"))
    lines = _lines(run_cli(*command, "--format", "jsonl"))
    assert [{key: value for key, value in line.items() if key != "explanation"} for line in lines] == plain
    words = lines[0]["explanation"]["types"]["condemnation"]
    assert [TEXT[word["start"] : word["end"]] for word in words] == ["condemned", "the"]
    cells = list(csv.DictReader(io.StringIO(run_cli(*command, "--format", "csv").out)))
    assert [json.loads(row["explanation"]) for row in cells] == [line["explanation"] for line in lines]
    assert run_cli(*command, "--format", "parquet", "--output", tmp_path / "t.parquet").code == DONE
    rows = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert [json.loads(row["explanation"]) for row in rows] == [line["explanation"] for line in lines]
    assert "condemned +" in run_cli(*command).out
    assert 'data-words="d1t0"' in run_cli(*command, "--format", "html").out


def test_tag_reads_folders_and_tables(article: Path, options: list[str], run_cli: RunCli) -> None:
    folder = article.parent
    rows = [{"text": "Talvia condemned the Red League.", "id": "r1", "date": "2016-05-02"}, {"text": "Rain fell."}]
    (folder / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "c.csv").write_text('text,id\n"Morvia praised the Red League.",r2\n', encoding="utf-8")
    (folder / "sub").mkdir()
    pq.write_table(pa.table({"text": ["Talvia praised the Blue Front."]}), folder / "sub/d.parquet")
    lines = _lines(run_cli("tag", folder, *options, "--format", "jsonl", "--date", "2016-05-01"))
    assert _who(lines) == [
        ("a.txt", 0, "TALVIA"),
        ("a.txt", 2, "TALVIA"),
        ("r1", 0, "TALVIA"),
        ("r2", 0, "MORVIA"),
        ("sub/d.parquet:1", 0, "TALVIA"),
    ]
    assert [line["date"] for line in lines] == ["2016-05-01"] * 2 + ["2016-05-02"] + ["2016-05-01"] * 2


def test_tag_reads_another_column_and_a_conflict_column(
    article: Path, model_dir: Path, conflict_path: Path, run_cli: RunCli
) -> None:
    path = article.with_name("b.jsonl")
    path.write_text(json.dumps({"body": TEXT, "conflict": "libya"}) + "\n", encoding="utf-8")
    options = ["--model", model_dir, "--conflict", conflict_path, "--format", "jsonl", "--text-column", "body"]
    assert _lines(run_cli("tag", path, *options)) == []
    path.write_text(json.dumps({"body": TEXT, "conflict": "veldmark"}) + "\n", encoding="utf-8")
    assert len(_lines(run_cli("tag", path, *options))) == 2


def test_tag_reads_standard_input(options: list[str], run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode()), encoding="utf-8"))
    assert _who(_lines(run_cli("tag", "-", *options, "--format", "jsonl"))) == [("-", 0, "TALVIA"), ("-", 2, "TALVIA")]


def test_tag_without_a_conflict_has_no_sides(article: Path, model_dir: Path, run_cli: RunCli) -> None:
    article.write_text("France condemned Germany for the attack.", encoding="utf-8")
    (line,) = _lines(run_cli("tag", article, "--model", model_dir, "--format", "jsonl"))
    assert (line["actor"], line["conflict"], line["supports"], line["opposes"], line["sides"]) == (
        "FRA",
        *[None] * 3,
        {},
    )


def test_tag_unknown_lists_names(article: Path, options: list[str], run_cli: RunCli, tmp_path: Path) -> None:
    article.write_text("Rebels of Zorbania met Talvia. The men of Zorbania slept.", encoding="utf-8")
    result = run_cli("tag", article, *options, "--unknown")
    assert result.code == DONE
    assert ["Zorbania", "2"] in [line.split() for line in result.out.splitlines()]
    assert "Talvia" not in result.out
    assert run_cli("tag", article, *options, "--unknown", "--output", tmp_path / "u.txt").out == ""
    assert "Zorbania" in (tmp_path / "u.txt").read_text(encoding="utf-8")


def test_tag_flags_another_language(article: Path, options: list[str], run_cli: RunCli) -> None:
    article.write_text("Talvia hat den Angriff gestern scharf verurteilt, und das ist auch gut so.", encoding="utf-8")
    result = run_cli("tag", article, *options, "--all", "--format", "jsonl")
    assert (result.code, result.out) == (DONE, "")
    assert "a.txt: looks like 'de', not English: left untagged" in result.err
    result = run_cli("tag", article, *options, "--all", "--format", "jsonl", "--any-language")
    assert result.err == ""
    assert [line["actor"] for line in _lines(result)] == ["TALVIA"]


def test_tag_skips_what_cannot_be_read_if_told_to(article: Path, options: list[str], run_cli: RunCli) -> None:
    article.with_name("aa.txt").write_bytes(b"\0")
    article.with_name("b.txt").write_bytes(b"caf\xe9")
    result = run_cli("tag", article.parent, *options, "--format", "jsonl", "--on-error", "skip")
    assert len(_lines(result)) == 2
    assert "stancelib: skipped: " in result.err
    assert "aa.txt: a binary file" in result.err
    assert "b.txt: not UTF-8 at byte 3" in result.err


def _refused(result: CliResult, *parts: str) -> None:
    assert result.code == BAD_INPUT
    assert result.out == ""
    assert result.err.startswith("stancelib: ")
    assert [part for part in parts if part not in result.err] == []


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("aa.txt", None, ["aa.txt: no such file or folder; did you mean", "a.txt"]),
        ("b.txt", b"", ["b.txt: an empty file; expected a text"]),
        ("b.txt", b" \n", ["b.txt: an empty file"]),
        ("b.txt", b"\x7fELF\0\0", ["b.txt: a binary file (NUL byte at 4)"]),
        ("b.txt", "café".encode("latin-1"), ["b.txt: not UTF-8 at byte 3"]),
        ("b.jsonl", b'{"txt": "x"}', ["b.jsonl:1: no column 'text'; did you mean 'txt'?"]),
        ("b.jsonl", b'{"text": "x"}\n{', ["b.jsonl:2: not JSON"]),
        ("b.jsonl", b'{"text": 3}', ["b.jsonl:1: 'text' is 3; expected a string"]),
        ("b.jsonl", b"", ["b.jsonl: an empty file"]),
        ("b.csv", b"id,body\n1,x\n", ["b.csv:1: no column 'text'; the columns are 'id', 'body'"]),
        ("b.parquet", b"PAR0", ["b.parquet: not Parquet"]),
        ("b.jsonl", b'{"text": "x", "date": "May"}', ["b.jsonl:1: bad date 'May'; expected YYYY-MM-DD"]),
        ("b.jsonl", b'{"text": "A b.", "conflict": "lybia"}', ["unknown conflict 'lybia'; did you mean"]),
    ],
)
@pytest.mark.parametrize("output_format", ["table", "jsonl", "csv", "parquet", "html"])
def test_tag_refuses_what_cannot_be_read(
    name: str,
    content: bytes | None,
    parts: list[str],
    output_format: str,
    article: Path,
    options: list[str],
    run_cli: RunCli,
    tmp_path: Path,
) -> None:
    path = article.with_name(name)
    if content is not None:
        path.write_bytes(content)
    output = tmp_path / "out"
    _refused(run_cli("tag", path, *options, "--format", output_format, "--output", output), *parts)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize("command", ["tag", "evaluate", "train", "check"])
def test_an_unknown_conflict_is_refused(command: str, article: Path, model_dir: Path, run_cli: RunCli) -> None:
    options = {
        "tag": ["--model", model_dir],
        "evaluate": ["--model", model_dir],
        "train": ["--out", article.parent / "m"],
    }
    result = run_cli(command, article, "--conflict", "ukrain", *options.get(command, []))
    _refused(result, "unknown conflict 'ukrain'; did you mean 'ukraine'?")


@pytest.mark.parametrize("command", ["tag", "evaluate"])
def test_an_unknown_model_is_refused(command: str, article: Path, model_dir: Path, run_cli: RunCli) -> None:
    result = run_cli(command, article, "--model", model_dir.with_name("tinny"))
    _refused(result, "unknown model", "tinny'; did you mean", f"'{model_dir}'")


def test_a_model_that_is_none_is_refused(article: Path, run_cli: RunCli) -> None:
    _refused(
        run_cli("tag", article, "--model", article.parent), "config.json: cannot be read", "expected a model folder"
    )


@pytest.mark.parametrize("command", ["tag", "evaluate", "train", "check"])
def test_broken_toml_is_refused_with_its_line(command: str, article: Path, model_dir: Path, run_cli: RunCli) -> None:
    path = article.with_name("c.toml")
    path.write_text('id = "c"\nname = "C\n', encoding="utf-8")
    options = {
        "tag": ["--model", model_dir],
        "evaluate": ["--model", model_dir],
        "train": ["--out", article.parent / "m"],
    }
    _refused(run_cli(command, article, "--conflict", path, *options.get(command, [])), "c.toml:2: ")
    path.write_text('id = "c"\nname = "C"\n[[side]]\nid = "a"\n[[actor]]\nid = "X"\nside = "b"\n', encoding="utf-8")
    result = run_cli(command, article, "--conflict", path, *options.get(command, []))
    _refused(result, "c.toml:7: unknown side 'b'; expected one of a")


@pytest.mark.parametrize("output_format", ["table", "jsonl", "csv", "parquet", "html"])
def test_an_unwritable_output_is_refused(
    output_format: str, article: Path, options: list[str], run_cli: RunCli, tmp_path: Path
) -> None:
    command = ["tag", str(article), *options, "--format", output_format, "--output"]
    _refused(run_cli(*command, tmp_path / "no/out"), "no/out: cannot be written: No such file or directory")
    _refused(run_cli(*command, tmp_path), "is a folder; expected a file to write to")
    assert [entry.name for entry in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["tag"], ["Missing argument 'PATH...'"]),
        (["tag", "a.txt", "--format", "parquet"], ["expected --output FILE with --format parquet"]),
        (["tag", "a.txt", "--format", "xml"], ["--format", "'xml'"]),
        (["tag", "a.txt", "--date", "1 May"], ["--date", "%Y-%m-%d"]),
        (["tag", "a.txt", "--on-error", "stop"], ["--on-error", "'stop'"]),
        (["tag", "a.txt", "--colour"], ["No such option", "--colour"]),
        (["tags"], ["No such command 'tags'", "'tag'"]),
        (["train", "a.jsonl"], ["Missing option '--out'"]),
        (["conflicts", "check"], ["No such command 'check'"]),
    ],
)
def test_bad_usage_is_told(arguments: list[str], parts: list[str], run_cli: RunCli) -> None:
    result = run_cli(*arguments)
    assert (result.code, result.out) == (BAD_INPUT, "")
    assert [part for part in parts if part not in result.err] == []


def test_train_evaluate_and_tag_work_together(
    article: Path, labels_path: Path, conflict_path: Path, run_cli: RunCli, tmp_path: Path
) -> None:
    result = run_cli("train", labels_path, "--conflict", conflict_path, "--out", tmp_path / "m", "--seed", "1")
    assert result.code == DONE
    assert "learnt from 24 sentences, 50 judged pairs" in result.out
    rows = [line.split() for line in result.out.splitlines()]
    assert ["condemnation", "6"] in rows
    assert ["BRELL", "5"] in rows
    options = ["--model", tmp_path / "m", "--conflict", conflict_path]
    outputs = ["--report", tmp_path / "r", "--predictions", tmp_path / "p.jsonl"]
    result = run_cli("evaluate", labels_path, *options, *outputs, "--min", "types_macro_f1=0.5", "--min", "types_ece=0")
    assert (result.code, result.err) == (DONE, "")
    assert "types_macro_f1" in result.out
    metrics = json.loads((tmp_path / "r/metrics.json").read_text(encoding="utf-8"))
    assert metrics["types_macro_f1"] > 0.5
    assert len((tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()) == 50
    assert len(_lines(run_cli("tag", article, *options, "--format", "jsonl"))) == 2


def test_another_codebook_works_everywhere(
    labels_path: Path, conflict_path: Path, exclusive_codebook_path: Path, article: Path, run_cli: RunCli
) -> None:
    rows = [json.loads(line) for line in labels_path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        for label in row["labels"]:
            label["types"] = ["none"] if not label["types"] else ["favour"] if label.get("supports") else ["against"]
    labels, model = article.with_name("l.jsonl"), article.with_name("m")
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    book, conflict = ["--codebook", exclusive_codebook_path], ["--conflict", conflict_path]
    assert run_cli("check", labels, *book, *conflict).code == DONE
    refused = run_cli("check", labels, *conflict)
    assert refused.code == BAD_INPUT
    assert "unknown type 'against'" in refused.err
    assert run_cli("train", labels, *book, *conflict, "--out", model).code == DONE
    assert run_cli("evaluate", labels, "--model", model, *conflict, "--min", "types_macro_f1=0.6").code == DONE
    lines = _lines(run_cli("tag", article, "--model", model, *conflict, "--format", "jsonl", "--all"))
    assert all(len(line["types"]) == 1 and line["codebook"] == "favour@2" for line in lines)
    _refused(run_cli("check", labels, "--codebook", article.with_name("gone.toml")), "gone.toml: cannot be read")


def test_a_failed_gate_exits_1_and_the_report_is_there(
    labels_path: Path, options: list[str], run_cli: RunCli, tmp_path: Path
) -> None:
    result = run_cli("evaluate", labels_path, *options, "--min", "types_macro_f1=1.5", "--report", tmp_path / "r")
    assert result.code == GATE_FAILED
    assert "stancelib: gate failed: types_macro_f1 is " in result.err
    assert "below the gate of 1.5" in result.err
    assert (tmp_path / "r/metrics.json").is_file()


@pytest.mark.parametrize(
    ("gate", "parts"),
    [
        ("types_f1=0.5", ["unknown metric 'types_f1'; did you mean"]),
        ("types_macro_f1", ["--min 'types_macro_f1': expected METRIC=VALUE"]),
        ("types_macro_f1=high", ["--min 'types_macro_f1=high': expected METRIC=VALUE"]),
        ("types_macro_f1=nan", ["--min 'types_macro_f1=nan': expected METRIC=VALUE"]),
        ("=0.5", ["unknown metric ''"]),
    ],
)
def test_a_wrong_gate_is_refused(
    gate: str, parts: list[str], labels_path: Path, options: list[str], run_cli: RunCli
) -> None:
    _refused(run_cli("evaluate", labels_path, *options, "--min", gate), *parts)


def test_a_gate_given_twice_is_refused(labels_path: Path, options: list[str], run_cli: RunCli) -> None:
    gates = ["--min", "f1[protest]=0.9", "--min", "f1[protest]=0.1"]
    _refused(run_cli("evaluate", labels_path, *options, *gates), "--min 'f1[protest]' is given twice")


def test_behavioural_tests_are_refused_end_to_end(labels_path: Path, options: list[str], run_cli: RunCli) -> None:
    result = run_cli("evaluate", labels_path, *options, "--end-to-end", "--behaviour", labels_path)
    assert result.code == BAD_INPUT
    assert "expected no --behaviour with --end-to-end" in result.err


def test_a_gate_of_an_undefined_metric_is_refused(article: Path, options: list[str], run_cli: RunCli) -> None:
    row = {"id": "r", "text": TEXT, "actors": [{"id": "TALVIA", "start": 0, "end": 6}], "labels": [{"actor": "TALVIA"}]}
    path = article.with_name("l.jsonl")
    path.write_text(json.dumps(row), encoding="utf-8")
    _refused(run_cli("evaluate", path, *options, "--min", "side_macro_f1=0.1"), "metric 'side_macro_f1' is not defined")


def test_evaluate_takes_a_split_and_articles(labels_path: Path, options: list[str], run_cli: RunCli) -> None:
    _refused(run_cli("evaluate", labels_path, *options, "--split", "test"), "no labels to judge in split 'test'")
    _refused(run_cli("evaluate", labels_path, *options, "--end-to-end"), "no labelled article")


def test_evaluate_refuses_unwritable_outputs(labels_path: Path, options: list[str], run_cli: RunCli) -> None:
    for option in ("--report", "--predictions"):
        result = run_cli("evaluate", labels_path, *options, option, labels_path / "x")
        assert result.code == BAD_INPUT
        assert "tiny_labels.jsonl/x: cannot be" in result.err


@pytest.mark.parametrize("command", ["check", "train", "evaluate"])
@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (None, ["l.jsonl: cannot be read: No such file"]),
        (b"{", ["l.jsonl:1: not JSON"]),
        (b"\0\1", ["l.jsonl:1: not JSON"]),
        (b'{"id": "\xe9"}', ["l.jsonl:1: not UTF-8 at byte 8"]),
        (b'{"id": 1, "text": "x", "actors": [], "conflict": "lybia"}', ["l.jsonl:1: unknown conflict 'lybia'"]),
        (
            b'{"id": 1, "text": "x", "actors": [{"id": "A", "start": 0, "end": 2}]}',
            ["l.jsonl:1: mark of 'A' spans 0-2"],
        ),
    ],
)
def test_wrong_labels_are_refused(
    command: str, content: bytes | None, parts: list[str], article: Path, model_dir: Path, run_cli: RunCli
) -> None:
    path = article.with_name("l.jsonl")
    if content is not None:
        path.write_bytes(content)
    options: dict[str, list[Any]] = {"train": ["--out", article.with_name("m")], "evaluate": ["--model", model_dir]}
    result = run_cli(command, path, *options.get(command, []))
    assert result.code == BAD_INPUT
    assert [part for part in parts if part not in result.err] == []
    assert not article.with_name("m").exists()


def test_check_counts_a_good_file(labels_path: Path, conflict_path: Path, run_cli: RunCli) -> None:
    result = run_cli("check", labels_path, "--conflict", conflict_path)
    assert (result.code, result.err) == (DONE, "")
    assert "24 rows, 50 judged pairs, 25 without a stance, 8 support a side, 7 oppose one" in result.out
    assert ["KESH", "4"] in [line.split() for line in result.out.splitlines()]


def test_check_lists_every_error(article: Path, run_cli: RunCli) -> None:
    row = {"id": 1, "text": TEXT, "actors": [{"id": "A", "start": 0, "end": 6}], "labels": [{"actor": "A"}]}
    wrong = {**row, "labels": [{"actor": "A", "types": ["x"], "supports": "y"}]}
    path = article.with_name("l.jsonl")
    path.write_text(f"{json.dumps(row)}\n{json.dumps(wrong)}\n", encoding="utf-8")
    result = run_cli("check", path)
    assert result.code == BAD_INPUT
    assert result.out.count(f"error: {path}:2: ") == 2
    assert "l.jsonl: 2 errors (listed above), the first:" in result.err


def test_train_refuses_an_unknown_recipe(labels_path: Path, article: Path, run_cli: RunCli) -> None:
    result = run_cli("train", labels_path, "--out", article.with_name("m"), "--recipe", "forest")
    _refused(result, "unknown recipe 'forest'; expected 'linear'")


def test_train_takes_a_dev_file(labels_path: Path, conflict_path: Path, article: Path, run_cli: RunCli) -> None:
    out = article.with_name("m")
    result = run_cli("train", labels_path, "--conflict", conflict_path, "--out", out, "--dev", labels_path)
    assert result.code == DONE
    assert "fitted on 50 held-out pairs" in (out / "README.md").read_text(encoding="utf-8")


def test_conflicts_lists_the_shipped_ones(run_cli: RunCli) -> None:
    result = run_cli("conflicts")
    assert result.code == DONE
    assert [line.split()[0] for line in result.out.splitlines()] == list(shipped_conflicts())


def test_conflicts_show_prints_the_file(conflict_path: Path, run_cli: RunCli) -> None:
    assert 'id = "libya"' in run_cli("conflicts", "show", "libya").out
    assert run_cli("conflicts", "show", conflict_path).out == conflict_path.read_text(encoding="utf-8")
    _refused(run_cli("conflicts", "show", "libia"), "unknown conflict 'libia'; did you mean 'libya'")


def test_conflicts_validate_tells_findings_with_lines(conflict_path: Path, article: Path, run_cli: RunCli) -> None:
    result = run_cli("conflicts", "validate", conflict_path)
    assert result.code == DONE, result.out
    assert "0 errors" in result.out
    path = article.with_name("c.toml")
    path.write_text(conflict_path.read_text(encoding="utf-8").replace('side = "blues"', 'side = "blue"'), "utf-8")
    result = run_cli("conflicts", "validate", path)
    assert result.code == BAD_INPUT
    line = 1 + path.read_text(encoding="utf-8").splitlines().index('side = "blue"')
    assert f"{path}:{line}: error: unknown side 'blue'; did you mean 'blues'?" in result.out
    assert f"c.toml:{line}: " in result.err
    _refused(run_cli("conflicts", "validate", path.with_name("gone.toml")), "gone.toml: cannot be read")


def test_conflicts_new_prints_a_skeleton_that_is_valid(article: Path, run_cli: RunCli) -> None:
    result = run_cli("conflicts", "new", "my-war")
    assert (result.code, result.out) == (DONE, skeleton("my-war"))
    path = article.with_name("c.toml")
    path.write_text(result.out, encoding="utf-8")
    assert run_cli("conflicts", "validate", path).code == DONE
    _refused(run_cli("conflicts", "new", "../x"), "expected letters, digits")


COMMANDS = (
    "",
    "tag",
    "train",
    "evaluate",
    "check",
    "conflicts",
    "conflicts show",
    "conflicts validate",
    "conflicts new",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, run_cli: RunCli) -> None:
    result = run_cli(*command.split(), "--help")
    assert (result.code, result.err) == (DONE, "")
    assert "Usage: " in result.out
    assert "--help" in result.out


def test_the_version_is_told_or_asked_to_be_installed(run_cli: RunCli) -> None:
    result = run_cli("--version")
    assert result.code in (DONE, BAD_INPUT)
    assert result.out[:1].isdigit() or "stancelib is not installed here" in result.err


def test_what_nobody_foresaw_is_an_internal_error(
    article: Path, options: list[str], run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(tagger_module, "load", fail)
    result = run_cli("tag", article, *options)
    assert (result.code, result.err) == (INTERNAL_ERROR, "stancelib: internal error: ZeroDivisionError: oops\n")


def test_a_missing_extra_is_told(labels_path: Path) -> None:
    arguments = ["stancelib", "train", str(labels_path), "--out", "m"]
    code = (
        f"import sys; sys.modules['sklearn'] = None; sys.argv = {arguments!r}; from stancelib.cli import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == BAD_INPUT
    assert "pip install 'stancelib[train]'" in result.stderr


def _process(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stancelib.cli", *map(str, arguments)]
    return subprocess.run(command, text=True, timeout=60, check=False, stderr=subprocess.PIPE, **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("output_format", ["table", "jsonl", "csv"])
def test_a_full_standard_output_is_refused(output_format: str, article: Path, options: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        result = _process("tag", article, *options, "--format", output_format, stdout=full)
    assert result.returncode == BAD_INPUT
    assert result.stderr == "stancelib: standard output: cannot be written: No space left on device\n"


def _limit_files() -> None:
    resource = pytest.importorskip("resource")
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files there")
@pytest.mark.parametrize("output_format", ["table", "jsonl", "csv", "parquet", "html"])
def test_a_full_disk_leaves_nothing(output_format: str, article: Path, options: list[str]) -> None:
    article.write_text(TEXT * 40, encoding="utf-8")
    out = article.with_name("out")
    command: list[str | Path] = ["tag", article, *options, "--format", output_format, "--output", out]
    result = _process(*command, preexec_fn=_limit_files, stdout=subprocess.DEVNULL)
    assert result.returncode == BAD_INPUT
    assert "out: cannot be written: File too large; nothing was left behind" in result.stderr
    assert [entry.name for entry in article.parent.iterdir()] == ["a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes there")
def test_a_reader_that_goes_away_is_no_error(article: Path, options: list[str]) -> None:
    article.write_text(TEXT * 500, encoding="utf-8")
    command = [sys.executable, "-m", "stancelib.cli", "tag", str(article), *options, "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == DONE
        assert process.stderr.read() == b""


def test_a_row_of_an_unknown_conflict_is_told_of_and_can_be_skipped(
    tmp_path: Path, options: list[str], run_cli: RunCli
) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"id": str(k), "text": TEXT, "conflict": name} for k, name in enumerate(["veldmark", "veldmarc", None])]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    message = f"{path}:2: unknown conflict 'veldmarc'; did you mean 'veldmark'?"
    _refused(run_cli("tag", path, *options), message)
    result = run_cli("tag", path, *options, "--format", "jsonl", "--on-error", "skip")
    assert {line["doc_id"] for line in _lines(result)} == {"0", "2"}
    assert f"skipped: {message}" in result.err


def test_a_baseline_is_a_gate(labels_path: Path, options: list[str], tmp_path: Path, run_cli: RunCli) -> None:
    report = tmp_path / "report"
    assert run_cli("evaluate", labels_path, *options, "--report", report).code == DONE
    second = tmp_path / "second"
    assert run_cli("evaluate", labels_path, *options, "--baseline", report, "--report", second).code == DONE
    for option, path in (("--report", report), ("--predictions", report / "predictions.jsonl")):
        _refused(
            run_cli("evaluate", labels_path, *options, "--baseline", report, option, path), "would be written over"
        )
    _refused(run_cli("evaluate", labels_path, *options, "--predictions", labels_path), "would be written over")
    gold = [json.loads(line) for line in labels_path.read_text(encoding="utf-8").splitlines()]
    types = {(row["id"], label["actor"]): label["types"] for row in gold for label in row["labels"]}
    other = tmp_path / "other"
    path = tmp_path / "wrong.jsonl"
    path.write_text(labels_path.read_text(encoding="utf-8").replace('"condemnation"', '"protest"'), encoding="utf-8")
    assert run_cli("evaluate", path, *options, "--report", other).code == DONE
    lines = [json.loads(line) for line in (other / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in lines:
        wrong = ["protest" if name == "condemnation" else name for name in types[line["id"], line["actor"]]]
        line["types"] = dict.fromkeys(wrong, 0.9)
    (other / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    result = run_cli("evaluate", path, *options, "--baseline", other)
    assert result.code == GATE_FAILED
    assert "stancelib: gate failed: types_macro_f1 is " in result.err
    _refused(run_cli("evaluate", labels_path, *options, "--baseline", other), "expected one of the same labels")
    _refused(run_cli("evaluate", labels_path, *options, "--baseline", tmp_path / "no"), "a folder that --report wrote")
    _refused(run_cli("evaluate", labels_path, *options, "--end-to-end", "--baseline", other), "no labelled article")
    result = run_cli("evaluate", labels_path, *options, "--end-to-end", "--predictions", other)
    assert result.code == BAD_INPUT
    assert "no --predictions" in result.err


def test_train_refuses_an_output_before_it_works(labels_path: Path, conflict_path: Path, run_cli: RunCli) -> None:
    result = run_cli("train", labels_path, "--conflict", conflict_path, "--out", labels_path)
    _refused(result, f"{labels_path}: cannot be written: File exists; expected a folder for a model")
