"""A report as a folder: figures for programs, answers, a page for people, a summary and test results for CI."""

from __future__ import annotations

import json
from pathlib import Path

from stancelib.errors import DataError, OutputError
from stancelib.evaluation.baseline import METRICS_FILE, PREDICTIONS_FILE
from stancelib.evaluation.junit import render_junit
from stancelib.evaluation.page import render_page
from stancelib.evaluation.report import Report, parse_report
from stancelib.evaluation.run import Evaluation
from stancelib.evaluation.summary import render_summary
from stancelib.tagfiles import whole_file, write_json_lines

PAGE_FILE = "index.html"
SUMMARY_FILE = "summary.md"
JUNIT_FILE = "junit.xml"


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """Write a report into a folder, which is made if need be; each file appears whole or not at all.

    Raises:
        OutputError: The folder or a file cannot be written.
    """
    report = evaluation.report
    texts = {
        METRICS_FILE: json.dumps(report.to_dict(), indent=1, allow_nan=False) + "\n",
        SUMMARY_FILE: render_summary(report),
        JUNIT_FILE: render_junit(report),
        PAGE_FILE: render_page(report, evaluation.judged),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}; expected a folder to write to") from error
    write_predictions(evaluation, folder / PREDICTIONS_FILE)
    for name, text in texts.items():
        with whole_file(folder / name) as partial:
            partial.write_text(text, encoding="utf-8")


def write_predictions(evaluation: Evaluation, path: Path) -> None:
    """Write one JSON line for each label, or for each article of an end-to-end evaluation."""
    write_json_lines((item.to_dict() for item in evaluation.judged or evaluation.articles), path)


def load_report(folder: Path) -> Report:
    """Read the figures of a report folder.

    Raises:
        DataError: The folder has none, or they are not of the form.
    """
    path = folder / METRICS_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected a folder that --report wrote") from error
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}; expected a file that --report wrote") from error
    return parse_report(content, where=str(path))
