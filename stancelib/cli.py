"""The command line: each command reads its arguments, calls one function that a program could call too, and prints.

The rooms that do the work are imported inside the commands, so that ``--help`` loads no model and no scikit-learn.
"""
# ruff: noqa: PLC0415, FBT002 - see above; and typer reads its options from the signature

from __future__ import annotations

import errno
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from stancelib.errors import DataError, StancelibError

if TYPE_CHECKING:
    from stancelib.conflict import Conflict
    from stancelib.tagfiles import TagWriter
    from stancelib.tagger import StanceTagger
    from stancelib.types import Document, StanceTag

    Pipe = Callable[[Iterator[Document]], Iterator[list[StanceTag]]]

DONE, GATE_FAILED, BAD_INPUT, INTERNAL_ERROR = 0, 1, 2, 3

_EXTRAS = {
    "sklearn": ("scikit-learn", "stancelib[train]"),
    **{name: (name, "stancelib[train]") for name in ("torch", "transformers", "datasets", "onnx")},
}
"""Modules that an extra brings, by what they are called: the package, and what installs it."""

_NETWORKS = {"trained": "the trained network", "floats": "the same without rounding"}

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

app = typer.Typer(
    help="Say who takes which stance, for which side, in news about an armed conflict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
conflicts_app = typer.Typer(help="List, show, validate and begin conflict files.", rich_markup_mode=None)
app.add_typer(conflicts_app, name="conflicts")


class Format(StrEnum):
    """How tags are written."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    html = "html"


class Form(StrEnum):
    """A form of label files."""

    labels = "labels"
    csv = "csv"
    datasets = "datasets"
    label_studio = "label-studio"
    doccano = "doccano"


class OnError(StrEnum):
    """What a document that cannot be read does to the rest."""

    fail = "fail"
    skip = "skip"


ConflictOption = Annotated[
    str | None, typer.Option("--conflict", help="A shipped conflict's id, or a conflict file.", metavar="ID|FILE.toml")
]
ConflictsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--conflict",
        help="A conflict that rows may name, or a folder of them; may be repeated.",
        metavar="ID|FILE.toml|DIR",
    ),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="A shipped model's name, or a model folder.", metavar="NAME|DIR")
]
CodebookOption = Annotated[Path | None, typer.Option("--codebook", help="A codebook; default: the shipped one.")]


def main() -> None:
    """Run the command line; exit 0 done, 1 a gate failed, 2 bad usage or input, 3 an internal error."""
    try:
        _run()
    except StancelibError as error:
        _leave(BAD_INPUT, str(error))
    except BrokenPipeError:  # the reader went away, as with `| head`
        _forget_output()
        sys.exit(DONE)
    except Exception as error:  # the last door: whatever comes is an internal error
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _forget_output()
            _leave(BAD_INPUT, f"standard output: cannot be written: {error.strerror}")
        missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
        if missing in _EXTRAS:
            package, extra = _EXTRAS[missing]
            _leave(BAD_INPUT, f"{package} is not installed; expected it, as by: pip install '{extra}'")
        if os.environ.get("STANCELIB_TRACEBACK"):
            raise
        _leave(INTERNAL_ERROR, f"internal error: {type(error).__name__}: {error}")


def _run() -> None:
    try:
        app()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer turns it into an exit of its own
            raise end.__context__ from None
        raise
    finally:
        sys.stdout.flush()  # here and not when the interpreter ends, so that a full disk is an error of ours


def _leave(code: int, message: str) -> NoReturn:
    typer.echo(f"stancelib: {message}", err=True)
    sys.exit(code)


def _forget_output() -> None:
    """Let what is still buffered for standard output go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    """Say who takes which stance, for which side, in news about an armed conflict."""
    if version:
        from importlib.metadata import PackageNotFoundError
        from importlib.metadata import version as installed_version

        try:
            typer.echo(installed_version("stancelib"))
        except PackageNotFoundError as error:
            raise DataError("stancelib is not installed here, and so has no version; expected `pip install`") from error
        raise typer.Exit


@app.command()
def tag(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Text files, folders, JSON Lines, CSV or Parquet; - is standard input."),
    ],
    conflict: ConflictOption = None,
    model: ModelOption = None,
    output_format: Annotated[Format, typer.Option("--format", help="How the tags are written.")] = Format.table,
    output: Annotated[Path | None, typer.Option("--output", help="A file instead of standard output.")] = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day of texts that have none.")
    ] = None,
    keep_all: Annotated[bool, typer.Option("--all", help="Also the actors that take no stance.")] = False,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Instead of tags, list frequent names that no file knows.")
    ] = False,
    on_error: Annotated[
        OnError, typer.Option(help="Stop at a document that cannot be read, or skip it.")
    ] = OnError.fail,
    text_column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    any_language: Annotated[bool, typer.Option(help="Tag texts that are not English too.")] = False,
    sure: Annotated[bool, typer.Option("--sure", help="Only answers over the model's abstention threshold.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also the words that carried each answer; slower.")
    ] = False,
) -> None:
    """Tag articles: who takes which stance in every sentence."""
    if output_format is Format.parquet and output is None:
        raise typer.BadParameter("Parquet is no text; expected --output FILE with --format parquet")
    from stancelib.reading import read_documents
    from stancelib.tagger import load

    tagger = load(model, conflict=conflict)
    documents = read_documents(
        paths,
        default_date=day.date() if day else None,
        on_error=on_error.value,
        on_skip=lambda error: typer.echo(f"stancelib: skipped: {error}", err=True),
        text_column=text_column,
        conflicts=tagger.conflict_lookup,
    )
    watched = _watch(_flag_languages(documents, quiet=any_language))
    pipe = partial(tagger.pipe, keep_all=keep_all, any_language=any_language, sure_only=sure, explain=explain)
    if unknown:
        _print_unknown(tagger, watched, output)
    elif output_format is Format.table:
        _tag_to_table(pipe, watched, output, sides=tagger.conflict.side_ids if tagger.conflict else ())
    elif output_format is Format.html:
        _tag_to_page(pipe, watched, output, tagger=tagger, explained=explain)
    else:
        with _open_writer(output_format, output, explained=explain) as writer:
            for tags in pipe(watched):
                for found in tags:
                    writer.write(found)


@app.command()
def train(
    labels: Annotated[list[Path], typer.Argument(metavar="LABELS.jsonl...", help="Label files to learn from.")],
    out: Annotated[Path, typer.Option("--out", help="The model folder to write.", metavar="DIR")],
    codebook: CodebookOption = None,
    conflict: ConflictsOption = None,
    recipe: Annotated[
        str, typer.Option(help="The family of the model: linear or encoder.", metavar="RECIPE")
    ] = "linear",
    dev: Annotated[Path | None, typer.Option(help="A label file held out for temperatures and thresholds.")] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="What an encoder starts from: a pretrained transformer, or a model of the encoder family; "
            "default: the shipped encoder.",
            metavar="DIR|HUB_ID",
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(help="A model whose answers an encoder learns beside the labels.", metavar="NAME|DIR"),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes of an encoder over the sentences; default: by their number.", min=1)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Sentences that a step of an encoder sees; default: 32.", min=1)
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            help="How an encoder reads names: marked (default), or masked, so that exchanging names changes nothing.",
            metavar="marked|masked|typed",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of every random choice.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(help="Processes that fit a linear model at the same time; default: 1.", min=1)
    ] = None,
) -> None:
    """Train a model on your own labels."""
    from stancelib.encoder.config import EncoderConfig, styles_for
    from stancelib.linear_recipe import LinearConfig
    from stancelib.persistence import load_model
    from stancelib.tables import make_console, print_counts
    from stancelib.training import train as run_training

    foreign: dict[str, object] = (
        {"--jobs": jobs}
        if recipe == "encoder"
        else {"--base": base, "--teacher": teacher, "--epochs": epochs, "--batch-size": batch_size, "--style": style}
    )
    for option, value in foreign.items():
        if value is not None:
            raise typer.BadParameter(f"{option} says nothing to recipe {recipe!r}; expected it with the other one")
    config: LinearConfig | EncoderConfig = LinearConfig(seed=seed, n_jobs=jobs or 1, progress=sys.stderr.isatty())
    if recipe == "encoder":
        from transformers.utils.logging import disable_progress_bar

        if not sys.stderr.isatty():
            disable_progress_bar()  # type: ignore[no-untyped-call]  # it shows one wherever it is
        config = EncoderConfig(base=base, epochs=epochs, seed=seed, progress=sys.stderr.isatty())
        config = replace(config, batch_size=batch_size or config.batch_size)
        if style is not None:
            config = replace(config, **styles_for(style))
    report = run_training(
        labels,
        out=out,
        codebook=codebook,
        conflicts=_load_conflicts(conflict),
        recipe=recipe,  # type: ignore[arg-type]  # checked there
        dev=dev,
        config=config,
        teacher=load_model(teacher) if teacher else None,
    )
    console = make_console()
    print_counts("type", report.type_counts, console)
    if report.unknown_actors:
        print_counts("actor that no file knows (third party or slip)", report.unknown_actors, console)
    for network, figures in (report.parity or {}).items():
        told = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        console.print(f"int8 export, answers on held-out pairs as {_NETWORKS[network]}: {told}")
    console.print(f"{report.folder}: learnt from {report.n_sentences} sentences, {report.n_examples} judged pairs")


@app.command()
def evaluate(
    labels: Annotated[list[Path], typer.Argument(metavar="LABELS.jsonl...", help="Labelled sentences or articles.")],
    conflict: ConflictsOption = None,
    model: ModelOption = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", help="A folder for a page, figures, predictions, a summary and JUnit XML.", metavar="DIR"
        ),
    ] = None,
    predictions: Annotated[Path | None, typer.Option("--predictions", help="A file for one line a label.")] = None,
    minimum: Annotated[
        list[str] | None, typer.Option("--min", help="A gate; may be repeated.", metavar="METRIC=VALUE")
    ] = None,
    maximum: Annotated[
        list[str] | None,
        typer.Option("--max", help="A gate on a metric that is to be low, as an error.", metavar="METRIC=VALUE"),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(help="An earlier report folder; a metric that is surely worse fails.", metavar="DIR"),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(help="A difference from the baseline up to this is none.", min=0.0, max=1.0)
    ] = 0.0,
    split: Annotated[str | None, typer.Option(help="Only rows of this split.")] = None,
    end_to_end: Annotated[bool, typer.Option("--end-to-end", help="Tag the raw text of labelled articles.")] = False,
    behaviour: Annotated[
        list[Path] | None,
        typer.Option("--behaviour", help="Behavioural tests of your own; may be repeated.", metavar="FILE.toml"),
    ] = None,
    resamples: Annotated[int, typer.Option(help="Draws that the intervals are made from; 0: none.", min=0)] = 1000,
    seed: Annotated[int, typer.Option(help="The seed of the draws.", min=0)] = 0,
) -> None:
    """Judge a model on labelled sentences or articles, against gates and a baseline."""
    if end_to_end and behaviour:
        raise typer.BadParameter("behavioural tests have their actors given; expected no --behaviour with --end-to-end")
    if end_to_end and predictions:
        raise typer.BadParameter("--end-to-end judges no single labels; expected no --predictions (--report has them)")
    from stancelib.evaluation.behaviour import load_behaviour
    from stancelib.evaluation.run import EvaluationSettings
    from stancelib.evaluation.run import evaluate as run_evaluation
    from stancelib.evaluation.writing import write_predictions, write_report
    from stancelib.tables import make_console, print_evaluation

    gates = _read_gates(minimum or [], option="--min"), _read_gates(maximum or [], option="--max")
    _refuse_same_file(predictions, [*labels, *([baseline / "predictions.jsonl"] if baseline else [])])
    _refuse_same_file(report, [baseline] if baseline else [])
    # A second or two, which a look at the metrics alone need not cost.
    files = [*([None] if behaviour or (report and not end_to_end) else []), *(behaviour or [])]
    tests = [test for path in files for test in load_behaviour(path)]
    settings = EvaluationSettings(
        split=split,
        end_to_end=end_to_end,
        resamples=resamples,
        seed=seed,
        tolerance=tolerance,
        minimum=gates[0],
        maximum=gates[1],
        behaviour=tests,
    )
    found = run_evaluation(
        labels, model=model, conflicts=_load_conflicts(conflict), baseline=baseline, settings=settings
    )
    # Files first: who reads the table may stop half-way, as `| head` does.
    if predictions is not None:
        write_predictions(found, predictions)
    if report is not None:
        write_report(found, report)
    try:
        print_evaluation(found.report, make_console())
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
    _report_gates(found.failures)


@app.command()
def check(
    labels: Annotated[list[Path], typer.Argument(metavar="LABELS.jsonl...", help="Label files.")],
    conflict: ConflictsOption = None,
    codebook: CodebookOption = None,
) -> None:
    """Check label files: form, names, duplicates, contradictions, counts."""
    from stancelib.checking import check_labels
    from stancelib.codebook import load_codebook
    from stancelib.tables import make_console, print_label_report

    report = check_labels(labels, codebook=load_codebook(codebook), conflicts=_load_conflicts(conflict))
    print_label_report(report, make_console())
    if report.errors:
        names = ", ".join(map(str, labels))
        raise DataError(f"{names}: {len(report.errors)} errors (listed above), the first: {report.errors[0]}")


@app.command()
def agreement(
    codings: Annotated[
        list[Path],
        typer.Argument(metavar="A.jsonl B.jsonl...", help="The same sentences, a label file for each coder."),
    ],
    conflict: ConflictsOption = None,
    codebook: CodebookOption = None,
    show: Annotated[int, typer.Option(help="How many disagreements to print.", min=0)] = 20,
    disagreements: Annotated[
        Path | None, typer.Option(help="A file for all of them, one JSON line each.", metavar="FILE.jsonl")
    ] = None,
    minimum: Annotated[
        list[str] | None,
        typer.Option("--min", help="A gate on alpha: types (their mean), side, target, status, or a type."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of the bootstrap.", min=0)] = 0,
) -> None:
    """Compare codings of the same sentences: Krippendorff's alpha, Cohen's kappa, confusions."""
    from stancelib.agreement import compare_codings, failed_gates, write_disagreements
    from stancelib.codebook import load_codebook
    from stancelib.tables import make_console, print_agreement

    gates = _read_gates(minimum or [])
    _refuse_same_file(disagreements, codings)
    conflicts = _load_conflicts(conflict)
    report = compare_codings(codings, codebook=load_codebook(codebook), conflicts=conflicts, seed=seed)
    failed = failed_gates(report, gates)
    print_agreement(report, make_console(), n_disagreements=show)
    if disagreements is not None:
        write_disagreements(report, disagreements)
    _report_gates(failed)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Labels: a file, or the folder of a dataset.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="What to write.")],
    source_form: Annotated[Form | None, typer.Option("--from", help="The form of IN; default: by its name.")] = None,
    out_form: Annotated[Form | None, typer.Option("--to", help="The form of OUT; default: by its name.")] = None,
    conflict: ConflictsOption = None,
    codebook: CodebookOption = None,
    coder: Annotated[
        str | None, typer.Option(help="Whose annotations of a Label Studio export to take, where several coded.")
    ] = None,
) -> None:
    """Convert labels from and to CSV, Hugging Face datasets, Label Studio and doccano."""
    from stancelib.codebook import load_codebook
    from stancelib.exchange.convert import convert_labels, guess_form

    done = convert_labels(
        source,
        out,
        source_form=source_form.value if source_form else guess_form(source, is_source=True),
        out_form=out_form.value if out_form else guess_form(out),
        codebook=load_codebook(codebook),
        conflicts=_load_conflicts(conflict),
        coder=coder,
    )
    typer.echo(f"{', '.join(map(str, done.written))}: {done.n_rows} rows, {done.n_labels} judged pairs")


@app.command()
def suggest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Text files, folders, JSON Lines, CSV or Parquet; - is standard input."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The label file to write.", metavar="FILE.jsonl")],
    n: Annotated[int, typer.Option("--n", help="How many sentences.", min=1)] = 100,
    conflict: ConflictOption = None,
    model: ModelOption = None,
    known: Annotated[
        list[Path] | None,
        typer.Option(help="A label file whose sentences are not suggested; may be repeated.", metavar="LABELS.jsonl"),
    ] = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day of texts that have none.")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="Stop at a document that cannot be read, or skip it.")
    ] = OnError.fail,
    text_column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    seed: Annotated[int, typer.Option(help="The seed of the clustering.", min=0)] = 0,
) -> None:
    """Choose the sentences that are most worth labelling: those that a model is unsure of, and that differ."""
    from stancelib.reading import read_documents
    from stancelib.records import labelled_texts
    from stancelib.suggestion import suggest as run_suggestion
    from stancelib.tagfiles import write_json_lines
    from stancelib.tagger import load

    _refuse_same_file(out, [*map(Path, paths), *(known or [])])
    tagger = load(model, conflict=conflict)
    texts = [text for path in known or [] for text in labelled_texts(path)]
    documents = read_documents(
        paths,
        default_date=day.date() if day else None,
        on_error=on_error.value,
        on_skip=lambda error: typer.echo(f"stancelib: skipped: {error}", err=True),
        text_column=text_column,
        conflicts=tagger.conflict_lookup,
    )
    watched = _watch(_flag_languages(documents, quiet=False))
    found = run_suggestion(watched, tagger, n, known=texts, seed=seed)
    if not found:
        raise DataError(f"{', '.join(paths)}: no new sentence that names an actor; expected some to choose from")
    write_json_lines((suggestion.to_dict() for suggestion in found), out)
    typer.echo(f"{out}: {len(found)} sentences to label")


@conflicts_app.callback(invoke_without_command=True)
def list_conflicts(context: typer.Context) -> None:
    """List the shipped conflicts, or show, validate or begin one."""
    if context.invoked_subcommand is not None:
        return
    from stancelib.conflict import load_conflict, shipped_conflicts

    for conflict_id in shipped_conflicts():
        conflict = load_conflict(conflict_id)
        span = f"{conflict.start or ''} - {conflict.end or ''}"
        typer.echo(f"{conflict_id:<16} {span:<25} {conflict.name} ({', '.join(conflict.side_ids)})")


@conflicts_app.command("show")
def show_conflict(conflict_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Print a shipped conflict file, or a file of yours."""
    from stancelib.conflict import conflict_source

    typer.echo(conflict_source(conflict_id), nl=False)


@conflicts_app.command("validate")
def validate_conflict(path: Annotated[Path, typer.Argument(metavar="FILE.toml")]) -> None:
    """Check a conflict file: every finding with its line."""
    from stancelib.linting import lint_conflict

    findings = lint_conflict(path)
    for finding in findings:
        typer.echo(f"{path}:{finding.line}: {finding.severity}: {finding.message}")
    n_errors = sum(finding.severity == "error" for finding in findings)
    typer.echo(f"{path}: {n_errors} errors, {len(findings) - n_errors} warnings")
    if n_errors:
        first = next(finding for finding in findings if finding.severity == "error")
        raise DataError(f"{path}:{first.line}: {first.message}")


@conflicts_app.command("new")
def new_conflict(conflict_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Print a commented skeleton of a conflict file."""
    from stancelib.linting import skeleton

    typer.echo(skeleton(conflict_id), nl=False)


def _load_conflicts(names: Sequence[str] | None) -> list[Conflict]:
    from stancelib.conflict import load_conflict

    found: list[Conflict] = []
    for name in names or []:
        files = sorted(Path(name).glob("*.toml")) if Path(name).is_dir() else [name]
        if not files:
            raise DataError(f"{name}: a folder without conflict files; expected *.toml")
        found += map(load_conflict, files)
    return found


def _read_gates(texts: Sequence[str], *, option: str = "--min") -> dict[str, float]:
    gates: dict[str, float] = {}
    for text in texts:
        name, _, value = text.rpartition("=") if "=" in text else (text, "", "")
        if name in gates:
            raise DataError(f"{option} {name!r} is given twice; expected one limit for each metric")
        try:
            gates[name] = float(value)
        except ValueError:
            gates[name] = math.nan
        if not math.isfinite(gates[name]):
            raise DataError(f"{option} {text!r}: expected METRIC=VALUE, as in types_macro_f1=0.6")
    return gates


def _refuse_same_file(out: Path | None, sources: Sequence[Path]) -> None:
    for source in sources:
        if out is not None and out.exists() and source.exists() and out.samefile(source):
            raise DataError(f"{out}: would be written over, and is read; expected another name for the output")


def _report_gates(failed: Sequence[str]) -> None:
    for line in failed:
        typer.echo(f"stancelib: gate failed: {line}", err=True)
    if failed:
        raise typer.Exit(GATE_FAILED)


def _tag_to_table(pipe: Pipe, documents: Iterator[Document], output: Path | None, *, sides: Sequence[str]) -> None:
    from stancelib.tables import file_console, make_console, print_tags

    with file_console(output) if output else nullcontext(make_console()) as console:
        n_tags = 0
        for tags in pipe(documents):
            if tags:
                print_tags(tags, console, sides=sides)
            n_tags += len(tags)
        if not n_tags:
            typer.echo("stancelib: no stance found", err=True)


def _tag_to_page(
    pipe: Pipe, documents: Iterator[Document], output: Path | None, *, tagger: StanceTagger, explained: bool
) -> None:
    from stancelib.tagfiles import open_text_file
    from stancelib.viewer import TaggedDocument, render_articles

    shown, judged = tee(documents)  # no further apart than a batch of the tagger
    articles = (
        TaggedDocument(document, tags, tagger.index(document.conflict).conflict)
        for tags, document in zip(pipe(judged), shown, strict=True)
    )
    model = tagger.model
    label = f"{model.name}@{model.version}"
    pieces = render_articles(articles, model=label, codebook=model.codebook.label, explained=explained)
    with open_text_file(output) if output else _utf8_output() as stream:
        stream.writelines(pieces)


def _print_unknown(tagger: StanceTagger, documents: Iterator[Document], output: Path | None) -> None:
    from stancelib.tables import file_console, make_console, print_unknown

    with file_console(output) if output else nullcontext(make_console()) as console:
        print_unknown(tagger.unknown(documents).most_common(50), console)


def _watch(documents: Iterator[Document]) -> Iterator[Document]:
    """Show on standard error how many documents went through, where somebody may be watching."""
    from tqdm import tqdm

    # The delay keeps one short article from flashing a bar.
    return iter(tqdm(documents, unit=" documents", delay=2.0, disable=not sys.stderr.isatty()))


def _flag_languages(documents: Iterator[Document], *, quiet: bool) -> Iterator[Document]:
    for document in documents:
        if not quiet and document.language not in (None, "en"):
            typer.echo(
                f"stancelib: {document.id or 'text'}: looks like {document.language!r}, not English: left untagged "
                "(--any-language tags it)",
                err=True,
            )
        yield document


@contextmanager
def _open_writer(output_format: Format, output: Path | None, *, explained: bool) -> Iterator[TagWriter]:
    from stancelib.tagfiles import CsvTagWriter, JsonLinesTagWriter, open_tag_file

    if output is not None:
        tag_format = output_format.value
        with open_tag_file(output, tag_format=tag_format, explained=explained) as writer:  # type: ignore[arg-type]
            yield writer
    else:
        with _utf8_output() as stream:
            is_csv = output_format is Format.csv
            yield CsvTagWriter(stream, explained=explained) if is_csv else JsonLinesTagWriter(stream)


@contextmanager
def _utf8_output() -> Iterator[TextIO]:
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    yield sys.stdout


if __name__ == "__main__":
    main()
