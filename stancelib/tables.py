"""What the commands show to people: tags, unknown names, metrics and counts as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stancelib.evaluation.report import Comparison, Estimate, Report
from stancelib.tagfiles import whole_file
from stancelib.types import StanceTag

if TYPE_CHECKING:  # both need scikit-learn, which a table of tags does not
    from stancelib.agreement import AgreementReport, Reliability
    from stancelib.checking import LabelReport

_PLAIN_WIDTH = 140
"""Characters a line where the output is not a terminal."""

_N_WORDS = 3
"""Words that a table shows of what carried an answer, or spoke against it."""

_SIDE_STYLES = ("cyan", "magenta", "yellow", "green", "blue")


def make_console() -> Console:
    """Return a console on standard output: coloured in a terminal, plain and of fixed width when piped."""
    console = _literal_console()
    return console if console.is_terminal else _literal_console(width=_PLAIN_WIDTH, plain=True)


@contextmanager
def file_console(path: Path) -> Iterator[Console]:
    """Give a plain console that writes to a file, which appears whole or not at all."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8") as stream:
        yield _literal_console(stream, width=_PLAIN_WIDTH, plain=True)


def print_tags(tags: Sequence[StanceTag], console: Console, *, sides: Sequence[str] = ()) -> None:
    """Print the tags of one document, sentence by sentence; with their strongest words, where they are explained.

    Args:
        tags: Tags of one document in reading order.
        console: Where to.
        sides: The sides of the conflict, in the order in which they get their colours.
    """
    first = tags[0]
    heading = " · ".join(str(part) for part in (first.doc_id or "text", first.date, first.conflict) if part)
    table = Table(title=heading, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column("sentence", ratio=5)
    table.add_column("actor", ratio=2)
    table.add_column("stance", ratio=3)
    table.add_column("side", ratio=2)
    table.add_column("target", ratio=2)
    explained = any(tag.explanation for tag in tags)
    if explained:
        table.add_column("words", ratio=4)
    for number, group in groupby(tags, key=lambda tag: tag.sentence):
        for place, tag in enumerate(group):
            table.add_row(
                str(number) if place == 0 else "",
                _sentence_cell(tag) if place == 0 else Text(""),
                _actor_cell(tag),
                _stance_cell(tag),
                _side_cell(tag, sides),
                Text(tag.target.actor if tag.target else ""),
                *([_words_cell(tag)] if explained else []),
            )
        table.add_section()
    console.print(table)


def print_unknown(names: Iterable[tuple[str, int]], console: Console) -> None:
    """Print the names that no file knows, with how often they occur."""
    table = Table("name", "count", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, count in names:
        table.add_row(name, str(count))
    console.print(table)


def print_evaluation(report: Report, console: Console) -> None:
    """Print the metrics, the types one by one, what differs from the baseline, and how the model behaves."""
    table = Table("metric", "value", "95 % interval", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in report.metrics:
        table.add_row(name, *_estimate_cells(report.estimate(name)))
    console.print(table)
    if report.by_type:
        table = Table(
            *("type", "precision", "recall", "F1", "95 % interval", "support"), box=box.SIMPLE_HEAD, pad_edge=False
        )
        for type_id, row in report.by_type.items():
            numbers = ["-" if x is None else f"{x:.3f}" for x in (row.precision, row.recall)]
            f1 = _estimate_cells(Estimate(value=row.f1, interval=row.f1_interval), none="-", places=3)
            table.add_row(type_id, *numbers, *f1, str(row.support))
        console.print(table)
    if report.stages:
        table = Table("question", "stage", "lost", "invented", "F1 without", box=box.SIMPLE_HEAD, pad_edge=False)
        for stage in report.stages:
            f1 = _estimate_cells(Estimate(value=stage.f1_without), none="-", places=3)
            table.add_row(stage.question, stage.stage, str(stage.lost), str(stage.invented), f1[0])
        console.print(table)
    if report.behaviour:
        table = Table("behaviour", "kind", "cases", "failed", "95 % interval", box=box.SIMPLE_HEAD, pad_edge=False)
        for found in report.behaviour:
            table.add_row(found.capability, found.kind, str(found.cases), *_estimate_cells(found.rate, places=3))
        console.print(table)
    if report.comparison:
        _print_comparison(report.comparison, console)
    console.print(f"signature {report.signature}", soft_wrap=True)


def _print_comparison(comparison: Comparison, console: Console) -> None:
    table = Table("metric", "before", "now", "difference", "p", "verdict", box=box.SIMPLE_HEAD, pad_edge=False)
    told = [row for row in comparison.differences if row.verdict != "no difference shown"]
    for row in told:
        interval = row.difference.interval
        spread = f" ({interval[0]:+.3f} to {interval[1]:+.3f})" if interval else ""
        numbers = f"{row.baseline:.4f}", f"{row.value:.4f}", f"{row.difference.value:+.4f}{spread}", f"{row.p_holm:.2g}"
        table.add_row(row.metric, *numbers, row.verdict)
    if told:
        console.print(table)
    console.print(
        f"against {comparison.folder}: {comparison.n_gains} answers became right, {comparison.n_losses} became wrong; "
        f"no difference shown in {len(comparison.differences) - len(told)} of {len(comparison.differences)} metrics",
        soft_wrap=True,
    )


def _estimate_cells(estimate: Estimate, *, none: str = "not defined", places: int = 4) -> tuple[str, str]:
    interval = estimate.interval
    spread = "" if interval is None else f"{interval[0]:.{places}f} - {interval[1]:.{places}f}"
    return none if estimate.value is None else f"{estimate.value:.{places}f}", spread


def print_label_report(report: LabelReport, console: Console) -> None:
    """Print what a check of labels found."""
    for line in [*(f"error: {e}" for e in report.errors), *(f"warning: {w}" for w in report.warnings)]:
        console.print(line, soft_wrap=True, markup=False)
    console.print(
        f"{report.n_rows} rows, {report.n_labels} judged pairs, {report.n_no_stance} without a stance, "
        f"{report.side_counts.get('supports', 0)} support a side, {report.side_counts.get('opposes', 0)} oppose one, "
        f"{report.n_targets} with a target; {report.n_several_stances} sentences with stances that differ"
    )
    print_counts("type", report.type_counts, console)
    for what, counts in {**report.group_counts, "key not judged": report.unjudged_counts}.items():
        if counts:
            print_counts(what, counts, console)
    if report.unknown_actors:
        print_counts("actor that no file knows (third party or slip)", report.unknown_actors, console)


def print_agreement(report: AgreementReport, console: Console, *, n_disagreements: int) -> None:
    """Print how far coders agree, and the first of what they judged differently."""
    table = Table(
        *("question", "alpha", "95 % interval", "kappa", "same", "units", "positive"),
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    questions = {"side": report.side, "target": report.target, "status": report.status}
    for name, found in [*report.types.items(), *questions.items()]:
        table.add_row(name, *_reliability_cells(found))
    console.print(table)
    table = Table("first coder", "second coder", "pairs", box=box.SIMPLE_HEAD, pad_edge=False)
    for (first, second), count in list(report.confusion.items())[:15]:
        table.add_row(first or "(none instead)", second or "(none instead)", str(count))
    if report.confusion:
        console.print(table)
    for item in report.disagreements[:n_disagreements]:
        said = " / ".join("?" if value is None else ", ".join(value) or "-" for value in item.values)
        console.print(f"{item.id} {item.actor} {item.key}: {said} | {' '.join(item.text.split())}", soft_wrap=True)
    mean = "not defined" if report.mean_alpha is None else f"{report.mean_alpha:.3f}"
    console.print(f"{report.n_pairs} pairs coded twice or more, {report.n_single} once; mean alpha over types {mean}")


def _reliability_cells(found: Reliability) -> list[str]:
    alpha, kappa, same = ("-" if x is None else f"{x:.3f}" for x in (found.alpha, found.kappa, found.agreement))
    interval = "-" if found.interval is None else f"{found.interval[0]:.3f} - {found.interval[1]:.3f}"
    return [alpha, interval, kappa, same, str(found.n_units), str(found.n_positive)]


def print_counts(what: str, counts: Mapping[str, int], console: Console) -> None:
    """Print a table of counts."""
    table = Table(what, "count", box=box.SIMPLE_HEAD, pad_edge=False)
    for name, count in counts.items():
        table.add_row(name, str(count))
    console.print(table)


def _literal_console(stream: TextIO | None = None, *, width: int | None = None, plain: bool = False) -> Console:
    """Return a console that shows texts and names as they are: "[b]" and ":cat:" mean nothing to it."""
    colours: Literal["auto"] | None = None if plain else "auto"
    return Console(file=stream, width=width, color_system=colours, highlight=False, markup=False, emoji=False)


def _sentence_cell(tag: StanceTag) -> Text:
    return Text(" ".join(tag.text.split()))


def _actor_cell(tag: StanceTag) -> Text:
    text = Text(tag.actor.name, style="bold")
    surface = " ".join(tag.mention_text.split())
    if surface != tag.actor.name:
        text.append(f" ({surface})", style="not bold dim")
    if tag.mention.via != "name":
        text.append(f" [{tag.mention.via}]", style="not bold dim italic")
    return text


def _stance_cell(tag: StanceTag) -> Text:
    if not tag.types:
        return Text("-", style="dim")
    lines = [f"{type_id} {p:.2f}" for type_id, p in tag.types.items()]
    if tag.status == "planned":
        lines[-1] += " (planned)"
    return Text("\n".join(lines))


def _side_cell(tag: StanceTag, sides: Sequence[str]) -> Text:
    text = Text()
    for sign, score in (("+", tag.supports), ("-", tag.opposes)):
        if score is not None:
            place = sides.index(score.side) if score.side in sides else 0
            text.append(f"{sign}{score.side} {score.p:.2f}\n", style=_SIDE_STYLES[place % len(_SIDE_STYLES)])
    text.rstrip()
    return text


def _words_cell(tag: StanceTag) -> Text:
    """Return the strongest words of the likeliest type and of the sides."""
    if tag.explanation is None:
        return Text()
    told = {next(iter(tag.explanation.types)), "supports", "opposes"}
    answers = [answer for answer in tag.explanation.strongest(_N_WORDS) if answer[0] in told]
    return Text(
        "\n".join(f"{name}: {', '.join(f'{word.text} {word.score:+.1f}' for word in words)}" for name, words in answers)
    )
