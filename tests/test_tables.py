from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from stancelib.checking import LabelReport
from stancelib.errors import OutputError
from stancelib.evaluation.report import ClassRow, Counts, Report
from stancelib.tables import (
    file_console,
    make_console,
    print_evaluation,
    print_label_report,
    print_tags,
    print_unknown,
)
from stancelib.tagger import StanceTagger

SIDES = ("reds", "blues", "greens")


def _printed(path: Path, *values: Any, printer: Callable[..., None], **options: Any) -> str:
    with file_console(path) as console:
        printer(*values, console, **options)
    return path.read_text(encoding="utf-8")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.txt"


def _shown(tagger: StanceTagger, text: str, path: Path) -> str:
    tags = tagger.tag(text, date=date(2016, 5, 1), doc_id="[b]a.txt", keep_all=True)
    return _printed(path, tags, printer=print_tags, sides=SIDES)


def test_a_table_shows_sentence_actor_stance_side_and_target(tagger: StanceTagger, path: Path) -> None:
    shown = _shown(tagger, "Talvia will send weapons to the Blue Front. Brandt condemned the Red League.", path)
    assert "2016-05-01 · veldmark@3" in shown
    parts = ("Talvia will send weapons", "military_support", "(planned)", "+blues", "-reds", "BLUE", "Talvia (Brandt)")
    assert [part for part in parts if part not in shown] == []
    assert shown.count("condemned the Red League.") == 1


def test_a_table_shows_the_strongest_words_of_type_and_side_where_they_are_explained(
    tagger: StanceTagger, path: Path
) -> None:
    def shown(*, explain: bool) -> str:
        (tags,) = tagger.pipe(["Talvia condemned the Red League."], explain=explain, keep_all=True)
        return " ".join(_printed(path, tags, printer=print_tags, sides=SIDES).split())

    explained = shown(explain=True)
    assert re.search(r"condemnation: .*condemned \+\d+\.\d", explained)
    assert re.search(r"opposes: .*condemned \+\d+\.\d", explained)
    assert "target:" not in explained
    assert "words" not in shown(explain=False)


def test_brackets_of_a_text_are_no_markup(tagger: StanceTagger, path: Path) -> None:
    shown = _shown(tagger, "Talvia condemned [bold]the[/bold] Red League :cat:.", path)
    assert "[bold]the[/bold]" in shown
    assert "[b]a.txt" in shown
    assert ":cat:" in shown


def test_colours_are_for_terminals_only(tagger: StanceTagger, path: Path) -> None:
    text = "Talvia condemned the Red League."
    stream = io.StringIO()
    print_tags(tagger.tag(text), Console(file=stream, force_terminal=True, color_system="truecolor"), sides=SIDES)
    assert "\x1b[" in stream.getvalue()
    assert "\x1b[" not in _shown(tagger, text, path)


def test_a_piped_console_is_plain_and_of_fixed_width(capsys: pytest.CaptureFixture[str]) -> None:
    console = make_console()
    console.print("word " * 40, style="bold")
    out = capsys.readouterr().out
    assert "\x1b[" not in out
    assert max(map(len, out.splitlines())) <= 140


def test_a_table_in_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with file_console(tmp_path / "t.txt") as console:
        console.print("a")
    assert (tmp_path / "t.txt").read_text(encoding="utf-8") == "a\n"
    with pytest.raises(ZeroDivisionError), file_console(tmp_path / "u.txt"):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["t.txt"]
    with pytest.raises(OutputError, match="cannot be written"), file_console(tmp_path / "no/u.txt"):
        pass


def test_unknown_names_are_listed(path: Path) -> None:
    shown = _printed(path, [("Zorbania", 3), ("[red]Kol", 1)], printer=print_unknown)
    lines = [line.split() for line in shown.splitlines()]
    assert ["Zorbania", "3"] in lines
    assert ["[red]Kol", "1"] in lines


def test_metrics_are_listed_and_undefined_ones_say_so(path: Path) -> None:
    found = Report(
        signature="m@1|[x]",
        mode="gold actors",
        metrics={"a": 0.5, "b": None},
        intervals={"a": (0.25, 0.75), "b": None},
        counts=Counts(documents=1, sentences=1, pairs=1, stances=1),
        by_type={"x": ClassRow(precision=0.5, recall=1.0, f1=2 / 3, support=4)},
    )
    lines = [line.split() for line in _printed(path, found, printer=print_evaluation).splitlines()]
    assert ["a", "0.5000", "0.2500", "-", "0.7500"] in lines
    assert ["b", "not", "defined"] in lines
    assert ["x", "0.500", "1.000", "0.667", "4"] in lines
    assert ["signature", "m@1|[x]"] in lines


def test_a_label_report_is_listed(path: Path) -> None:
    report = LabelReport(errors=["f:1: [/x] bad"], warnings=["f:2: odd"], n_rows=2, unknown_actors={"KESH": 4})
    shown = _printed(path, report, printer=print_label_report)
    assert "error: f:1: [/x] bad" in shown
    assert "warning: f:2: odd" in shown
    assert "2 rows, 0 judged pairs" in shown
    assert ["KESH", "4"] in [line.split() for line in shown.splitlines()]
