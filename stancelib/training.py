"""Training: from label files to a model folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

from stancelib.actors import ActorIndex
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.model import EncoderModel
from stancelib.errors import DataError
from stancelib.labelled import IndexLookup, LabelledCandidate, label_candidates
from stancelib.linear import LinearModel
from stancelib.linear_recipe import LinearConfig, fit_linear
from stancelib.model import StanceModel
from stancelib.persistence import TrainingRecord, make_folder, save_model
from stancelib.records import ConflictLookup, LabelRow, conflict_lookup, read_labels
from stancelib.types import LabelledArticle
from stancelib.world import load_world

_SLICES = {"by_conflict": "conflict", "by_phenomenon": "phenomenon"}

Recipe = Literal["linear", "encoder"]
Calibration = Literal["dev", "crossed"]


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What a training run did.

    Attributes:
        model: The trained model.
        folder: Where it was saved.
        n_sentences: Labelled sentences that it learnt from.
        n_examples: Judged (sentence, actor) pairs that it learnt from.
        n_dev: Pairs that temperatures and thresholds were fitted on; 0: cross-validated predictions were used.
        type_counts: Positive pairs of each type.
        unknown_actors: Marked actor ids that no file knows, with their counts: third parties, or typing errors.
        parity: How the int8 export of an encoder agrees with the trained network and with floats on held-out pairs;
            see ``EncoderFit``. None: another recipe, or nothing was held out.
    """

    model: LinearModel | EncoderModel
    folder: Path
    n_sentences: int
    n_examples: int
    n_dev: int
    type_counts: dict[str, int]
    unknown_actors: dict[str, int]
    parity: Mapping[str, Mapping[str, float]] | None = None


def train(
    labels: Path | str | Sequence[Path | str],
    *,
    out: Path | str,
    codebook: Codebook | Path | str | None = None,
    conflicts: Sequence[Conflict] = (),
    recipe: Recipe = "linear",
    dev: Path | str | None = None,
    calibration: Calibration = "dev",
    config: LinearConfig | EncoderConfig | None = None,
    teacher: StanceModel | None = None,
    measure: Callable[[LinearModel | EncoderModel], Mapping[str, Any]] | None = None,
    notes: str = "",
) -> TrainingReport:
    """Train a model on label files and save it.

    Rows whose ``split`` is "test" are never learnt from. Rows whose ``split`` is "dev", and those of the ``dev`` file,
    fit temperatures and thresholds. Where there are none, the linear recipe uses cross-validated predictions on the
    training rows, and the encoder recipe holds out some of them first and then learns from all.

    The encoder recipe writes checkpoints into ``out``: the same call after a kill goes on from there.

    Args:
        labels: A label file, or several.
        out: The model folder to write; its name becomes the model's.
        codebook: A codebook or its file; None: the shipped one.
        conflicts: Conflicts that rows may name, beside the shipped ones.
        recipe: The family of the model.
        dev: A label file that is held out.
        calibration: What temperatures and thresholds of a linear model are fitted on: "dev" as said above; "crossed":
            cross-validated predictions on the training rows, so that dev rows stay unseen.
        config: How the model is fitted; None: the defaults of the recipe.
        teacher: A larger model whose answers an encoder learns beside the labels (distillation).
        measure: Measures the fitted model, for ``metrics.json`` and the card: by the name of the data the metrics,
            their intervals and counts.
        notes: What else the card is to say, in Markdown.

    Raises:
        DataError: A label file is not of the format, or holds nothing to learn from; the base cannot be read; the
            folder holds a checkpoint of another run.
        ModuleNotFoundError: The training extra is not installed.
        OutputError: The folder cannot be written.
        TypeError: The config is another recipe's.
    """
    if recipe not in get_args(Recipe):
        raise DataError(f"unknown recipe {recipe!r}; expected {' or '.join(map(repr, get_args(Recipe)))}")
    chosen = config or (LinearConfig() if recipe == "linear" else EncoderConfig())
    if isinstance(chosen, LinearConfig) != (recipe == "linear"):
        raise TypeError(f"a {type(chosen).__name__} is given for recipe {recipe!r}")
    book = codebook if isinstance(codebook, Codebook) else load_codebook(Path(codebook) if codebook else None)
    look_up = conflict_lookup(conflicts)
    indices = index_lookup(look_up)
    paths = [Path(path) for path in ([labels] if isinstance(labels, str | Path) else labels)]
    rows = [row for path in paths for row in read_labels(path, codebook=book, conflicts=look_up)]
    dev_rows = [] if dev is None else list(read_labels(Path(dev), codebook=book, conflicts=look_up))
    examples = label_candidates([row for row in rows if row.split not in ("dev", "test")], indices)
    if not examples:
        raise DataError(f"{', '.join(map(str, paths))}: no labelled pair to learn from; expected rows with labels")
    kept = [*(row for row in rows if row.split == "dev"), *dev_rows] if calibration == "dev" else []
    held_out = label_candidates(kept, indices)
    folder = Path(out)
    make_folder(folder)  # before the work and not after it
    name, data_sha256 = folder.resolve().name, hash_files([*paths, *([Path(dev)] if dev else [])])
    extra: dict[str, bytes] = {}
    n_held_out, parity = len(held_out), None
    model: LinearModel | EncoderModel
    if isinstance(chosen, LinearConfig):
        model = fit_linear(examples, held_out, codebook=book, name=name, config=chosen)
    else:
        # Imported here and not above: torch takes seconds, and who trains no encoder need not have it.
        recipe_room = import_module("stancelib.encoder.recipe")
        fit = recipe_room.fit_encoder(
            examples,
            held_out,
            codebook=book,
            name=name,
            config=chosen,
            folder=folder,
            fingerprint=data_sha256,
            teacher=teacher,
        )
        model, n_held_out, parity = fit.model, fit.n_held_out, fit.parity
        extra["training.jsonl"] = "".join(json.dumps(entry, default=str) + "\n" for entry in fit.log).encode("utf-8")
    report = TrainingReport(
        model=model,
        folder=folder,
        n_sentences=len({example.sentence_id for example in examples}),
        n_examples=len(examples),
        n_dev=n_held_out,
        type_counts=count_types(examples, book),
        unknown_actors=count_unknown_actors(rows, indices),
        parity=parity,
    )
    measured = measure(model) if measure else {}
    _save(report, data_sha256=data_sha256, config=chosen, measured=measured, notes=notes, extra=extra)
    for checkpoint in ("checkpoint-teacher", "checkpoint-fit", "checkpoint-refit"):
        shutil.rmtree(folder / checkpoint, ignore_errors=True)
    return report


def index_lookup(conflicts: ConflictLookup) -> IndexLookup:
    """Return a function from a conflict's id to its actor index, which is built once."""
    world = load_world()
    indices: dict[str | None, ActorIndex] = {}

    def look_up(conflict_id: str | None) -> ActorIndex:
        if conflict_id not in indices:
            indices[conflict_id] = ActorIndex(world, conflicts(conflict_id) if conflict_id else None)
        return indices[conflict_id]

    return look_up


def count_types(examples: Sequence[LabelledCandidate], codebook: Codebook) -> dict[str, int]:
    """Count the positive pairs of each type of the codebook."""
    counts = Counter(type_id for example in examples for type_id in example.label.types or ())
    return {type_id: counts[type_id] for type_id in codebook.type_ids}


def count_unknown_actors(rows: Sequence[LabelRow], indices: IndexLookup) -> dict[str, int]:
    """Count the marked actor ids that neither the world nor the row's conflict knows."""
    counts: Counter[str] = Counter()
    for row in rows:
        index = indices(row.conflict)
        groups = [s.actors for s in row.sentences] if isinstance(row, LabelledArticle) else [row.actors]
        counts.update(mark.actor for group in groups for mark in group if not index.knows(mark.actor))
    return dict(counts.most_common())


def hash_files(paths: Sequence[Path]) -> str:
    """Return one sha256 over the contents of files, in order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _save(
    report: TrainingReport,
    *,
    data_sha256: str,
    config: LinearConfig | EncoderConfig,
    measured: Mapping[str, Any],
    notes: str,
    extra: Mapping[str, bytes],
) -> None:
    record = TrainingRecord(
        recipe=report.model.family,
        seed=config.seed,
        data_sha256=data_sha256,
        n_sentences=report.n_sentences,
        n_examples=report.n_examples,
        metrics={
            "type_counts": report.type_counts,
            **({"int8_parity": report.parity} if report.parity else {}),
            **measured,
        },
    )
    parts = [_card(report, data_sha256), *([f"\n{notes.strip()}\n"] if notes else [])]
    parts += [
        _measured_card(name, part) for name, part in measured.items() if isinstance(part, Mapping) and "by_type" in part
    ]
    save_model(report.model, report.folder, record=record, card="".join(parts), extra=extra)


def _card(report: TrainingReport, data_sha256: str) -> str:
    model = report.model
    rows = "\n".join(
        f"| {type_id} | {n} | {model.thresholds.types[type_id]:.2f} |" for type_id, n in report.type_counts.items()
    )
    calibration = f"{report.n_dev} held-out pairs" if report.n_dev else "cross-validated predictions"
    return f"""# {model.name}

A stance model of stancelib ({model.family} family), version {model.version}, for the codebook {model.codebook.label}.

- trained on {report.n_sentences} sentences with {report.n_examples} judged (sentence, actor) pairs
- temperatures and thresholds fitted on {calibration}
- sha256 of the training data: `{data_sha256}`

| type | positive pairs | threshold |
|---|---|---|
{rows}
"""


def _measured_card(name: str, part: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {metric} | {value:.3f} | {_interval(part['intervals'][metric])} |"
        for metric, value in part["metrics"].items()
        if value is not None
    )
    types = "\n".join(
        f"| {type_id} | {' | '.join(_cell(row.get(key)) for key in ('precision', 'recall', 'f1'))} | {row['support']} |"
        for type_id, row in part["by_type"].items()
    )
    return f"""
## Measured: {name.replace("_", " ")}

{part["n_sentences"]} sentences, {part["n_pairs"]} pairs; 95 % bootstrap intervals over documents.

| metric | value | interval |
|---|---|---|
{rows}

| type | precision | recall | F1 | support |
|---|---|---|---|---|
{types}
{"".join(_slices_card(title, part.get(key, {})) for key, title in _SLICES.items())}"""


def _slices_card(title: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table of parts of the data, a row each; nothing where there are none."""
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["metrics"]))
    lines = [
        f"| {label} | {row['pairs']} | {' | '.join(_estimate(row['metrics'].get(name)) for name in names)} |"
        for label, row in rows.items()
    ]
    head = f"| {title} | pairs | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}\n"
    return f"\n{head}" + "\n".join(lines) + "\n"


def _estimate(found: Mapping[str, Any] | None) -> str:
    if found is None or found["value"] is None:
        return "-"
    bounds = found.get("interval")
    return f"{found['value']:.2f}" + (f" ({bounds[0]:.2f} - {bounds[1]:.2f})" if bounds else "")


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.3f} - {bounds[1]:.3f}"
