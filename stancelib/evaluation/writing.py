"""A report as a folder: figures for programs, answers, a page for people, a summary and test results for CI."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from stancelib.evaluation.baseline import METRICS_FILE, PREDICTIONS_FILE, read_metrics
from stancelib.evaluation.judged import Judged
from stancelib.evaluation.junit import render_junit
from stancelib.evaluation.page import render_page
from stancelib.evaluation.report import Report, parse_report
from stancelib.evaluation.run import Evaluation
from stancelib.evaluation.stages import JudgedArticle
from stancelib.evaluation.summary import render_summary
from stancelib.tagfiles import write_folder, write_json_lines

PAGE_FILE = "index.html"
SUMMARY_FILE = "summary.md"
JUNIT_FILE = "junit.xml"


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """Write a report into a folder, which is made if need be; its files appear together or not at all.

    Raises:
        OutputError: The folder or a file cannot be written.
    """
    report = evaluation.report
    texts = {
        METRICS_FILE: json.dumps(report.to_dict(), indent=1, allow_nan=False) + "\n",
        SUMMARY_FILE: render_summary(report),
        JUNIT_FILE: render_junit(report),
        PAGE_FILE: render_page(report, evaluation.judged, articles=evaluation.articles),
    }
    lines = (json.dumps(item.to_dict(), ensure_ascii=False) for item in _answers(evaluation))
    texts[PREDICTIONS_FILE] = "".join(f"{line}\n" for line in lines)
    write_folder(folder, {name: text.encode("utf-8") for name, text in texts.items()}, expected="a folder for a report")


def write_predictions(evaluation: Evaluation, path: Path) -> None:
    """Write one JSON line for each label, or for each article of an end-to-end evaluation."""
    write_json_lines((item.to_dict() for item in _answers(evaluation)), path)


def load_report(folder: Path) -> Report:
    """Read the figures of a report folder.

    Raises:
        DataError: The folder has none, or they are not of the form.
    """
    return parse_report(read_metrics(folder), where=str(folder / METRICS_FILE))


def _answers(evaluation: Evaluation) -> Sequence[Judged | JudgedArticle]:
    return evaluation.judged or evaluation.articles
