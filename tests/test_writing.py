"""The report folder: figures, summary, test results."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from stancelib.errors import DataError
from stancelib.evaluation.junit import render_junit
from stancelib.evaluation.report import (
    ClassRow,
    Comparison,
    Counts,
    Difference,
    Estimate,
    Gate,
    Report,
    Slice,
    Verdict,
    parse_report,
    report_schema,
)
from stancelib.evaluation.run import EvaluationSettings, evaluate
from stancelib.evaluation.summary import render_summary
from stancelib.evaluation.writing import load_report, write_report
from stancelib.tagger import StanceTagger

COUNTS = Counts(documents=2, sentences=2, pairs=4, stances=3)


def _report(**parts: Any) -> Report:
    return Report(
        signature="model:m@1|data:l.jsonl#ab",
        mode="gold actors",
        metrics={"types_macro_f1": 0.5, "side_macro_f1": None},
        intervals={"types_macro_f1": (0.25, 0.75), "side_macro_f1": None},
        counts=COUNTS,
        **parts,
    )


def _gate(name: str, *, passed: bool, message: str = "told") -> Gate:
    return Gate(name=name, kind="minimum", value=0.5, limit=0.6, passed=passed, message=message)


def _difference(metric: str, verdict: Verdict) -> Difference:
    return Difference(
        metric=metric,
        value=0.4,
        baseline=0.5,
        difference=Estimate(value=-0.1, interval=(-0.15, -0.05)),
        p_bootstrap=0.001,
        p_mcnemar=None,
        p_holm=0.01,
        verdict=verdict,
    )


def _comparison(*differences: Difference) -> Comparison:
    return Comparison(
        folder="old",
        signature="",
        tolerance=0.0,
        differences=differences,
        n_gains=3,
        n_losses=9,
        n_other=0,
        gains=(),
        losses=(),
    )


def test_a_folder_holds_every_form_and_can_be_read_again(
    labels_path: Path, tagger: StanceTagger, tmp_path: Path
) -> None:
    found = evaluate(
        labels_path, tagger=tagger, settings=EvaluationSettings(resamples=50, minimum={"exact_match": 0.1})
    )
    write_report(found, tmp_path / "r")
    names = {path.name for path in (tmp_path / "r").iterdir()}
    assert names == {"index.html", "junit.xml", "metrics.json", "predictions.jsonl", "summary.md"}
    assert load_report(tmp_path / "r") == found.report


def test_metrics_are_flat_keys_beside_the_rest() -> None:
    content = _report().to_dict()
    assert content["types_macro_f1"] == 0.5
    assert content["side_macro_f1"] is None
    assert content["intervals"]["types_macro_f1"] == [0.25, 0.75]
    assert "metrics" not in content
    assert parse_report(content, where="f") == _report()


def test_the_schema_names_every_part_and_takes_metrics_as_numbers() -> None:
    schema = report_schema()
    assert schema["additionalProperties"]["type"] == ["number", "null"]
    parts = set(_report().to_dict()) - set(_report().metrics)
    assert parts == set(schema["properties"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "f: no metrics with a signature"),
        ({"format_version": 1}, "f: no metrics with a signature"),
        ({"format_version": 2, "signature": ""}, "f: format version 2, but this stancelib reads 1"),
        ({"format_version": 1, "signature": ""}, "f: mode: Field required"),
        (
            {**_report().to_dict(), "types_macro_f1": "high"},
            "f: metrics.types_macro_f1: .*expected a file that --report",
        ),
    ],
)
def test_a_file_of_another_form_is_refused(content: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_report(content, where="f")


def test_a_folder_without_a_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"metrics\.json: cannot be read: .*expected a folder that --report wrote"):
        load_report(tmp_path)
    (tmp_path / "metrics.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"metrics\.json: not JSON"):
        load_report(tmp_path)


def test_junit_has_a_case_for_the_evaluation_and_for_each_gate() -> None:
    gates = (_gate("a", passed=True), _gate("b<&\x00", passed=False, message='"b" is\nlow'))
    root = ET.fromstring(render_junit(_report(gates=gates)))
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["evaluation", "a", "b<&\ufffd"]
    assert [len(case) for case in cases] == [0, 0, 1]
    assert cases[2][0].get("message") == '"b" is\nlow'
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties["signature"] == "model:m@1|data:l.jsonl#ab"
    assert properties["types_macro_f1"] == "0.5"


@pytest.mark.parametrize(
    ("gates", "head"),
    [
        ((), "### stancelib evaluate: no gates"),
        ((_gate("a", passed=True),), "### stancelib evaluate: 1 of 1 gates passed"),
        ((_gate("a", passed=True), _gate("b", passed=False)), "### stancelib evaluate: 1 of 2 gates failed"),
    ],
)
def test_a_summary_begins_with_the_gates(gates: tuple[Gate, ...], head: str) -> None:
    assert render_summary(_report(gates=gates)).splitlines()[0] == head


def test_a_summary_tells_what_failed_and_what_changed() -> None:
    text = render_summary(
        _report(
            gates=(_gate("b", passed=False, message="f1[x] is 0.4|0"),),
            comparison=_comparison(_difference("f1[x]", "worse"), _difference("exact_match", "no difference shown")),
        )
    )
    assert "- **failed:** f1\\[x\\] is 0.4\\|0" in text
    assert "| `types_macro_f1` | 0.500 | 0.250 to 0.750 |" in text
    assert "side_macro_f1" not in text
    assert "3 answers became right, 9 became wrong. No difference shown in 1 of 2 metrics." in text
    assert "| `f1[x]` | 0.500 | 0.400 | -0.100 (-0.150 to -0.050) | **worse** |" in text
    assert "`exact_match`" not in text
    assert text.rstrip().endswith("`model:m@1|data:l.jsonl#ab`")


def test_a_summary_lists_the_weakest_types_and_surely_worse_slices() -> None:
    rows = {
        name: ClassRow(precision=f1, recall=f1, f1=f1, support=n)
        for name, f1, n in (("good", 0.9, 5), ("bad", 0.1, 5), ("absent", None, 0))
    }
    part = Slice(
        dimension="conflict",
        name="a|b",
        documents=2,
        pairs=30,
        metrics={"exact_match": Estimate(value=0.2)},
        gaps={"exact_match": Estimate(value=-0.3, interval=(-0.4, -0.2))},
        surely_worse=("exact_match",),
    )
    text = render_summary(_report(by_type=rows, slices=(part, part.model_copy(update={"surely_worse": ()}))))
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in lines] == ["types_macro_f1", "bad", "good"]
    assert text.count("| conflict: a\\|b | 30 | `exact_match` | 0.200 | -0.300 (-0.400 to -0.200) |") == 1


def test_every_line_of_a_table_has_as_many_cells() -> None:
    text = render_summary(_report(comparison=_comparison(_difference("a", "worse"))))
    heads = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in heads[:3]} == {4}
