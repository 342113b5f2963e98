"""Training: from label files to a model folder."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

from stancelib.actors import ActorIndex
from stancelib.cards import write_card
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.encoder.folders import discard_checkpoints
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
    paths = [Path(path) for path in ([labels] if isinstance(labels, str | Path) else labels)]
    data = _read(paths, dev=None if dev is None else Path(dev), codebook=book, conflicts=conflicts, keep=calibration)
    folder = Path(out)
    make_folder(folder)  # before the work and not after it
    fitted = _fit(data, codebook=book, config=chosen, folder=folder, teacher=teacher)
    report = TrainingReport(
        model=fitted.model,
        folder=folder,
        n_sentences=len({example.sentence_id for example in data.examples}),
        n_examples=len(data.examples),
        n_dev=fitted.n_held_out,
        type_counts=count_types(data.examples, book),
        unknown_actors=data.unknown_actors,
        parity=fitted.parity,
    )
    measured = measure(fitted.model) if measure else {}
    _save(report, data_sha256=data.sha256, config=chosen, measured=measured, notes=notes, extra=fitted.files)
    discard_checkpoints(folder)
    return report


@dataclass(frozen=True)
class _Data:
    """What a model learns from: training pairs, held-out ones, the hash of the files, actor ids that no file knows."""

    examples: list[LabelledCandidate]
    held_out: list[LabelledCandidate]
    sha256: str
    unknown_actors: dict[str, int]


def _read(
    paths: Sequence[Path], *, dev: Path | None, codebook: Codebook, conflicts: Sequence[Conflict], keep: Calibration
) -> _Data:
    look_up = conflict_lookup(conflicts)
    indices = index_lookup(look_up)
    rows = [row for path in paths for row in read_labels(path, codebook=codebook, conflicts=look_up)]
    dev_rows = [] if dev is None else list(read_labels(dev, codebook=codebook, conflicts=look_up))
    examples = label_candidates([row for row in rows if row.split not in ("dev", "test")], indices)
    if not examples:
        raise DataError(f"{', '.join(map(str, paths))}: no labelled pair to learn from; expected rows with labels")
    kept = [*(row for row in rows if row.split == "dev"), *dev_rows] if keep == "dev" else []
    return _Data(
        examples,
        label_candidates(kept, indices),
        hash_files([*paths, *([] if dev is None else [dev])]),
        count_unknown_actors(rows, indices),
    )


@dataclass(frozen=True)
class _Fitted:
    """A fitted model, how many pairs calibrated it, the parity of an encoder's export, further files of its folder."""

    model: LinearModel | EncoderModel
    n_held_out: int
    parity: Mapping[str, Mapping[str, float]] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


def _fit(
    data: _Data,
    *,
    codebook: Codebook,
    config: LinearConfig | EncoderConfig,
    folder: Path,
    teacher: StanceModel | None,
) -> _Fitted:
    name = folder.resolve().name
    if isinstance(config, LinearConfig):
        model = fit_linear(data.examples, data.held_out, codebook=codebook, name=name, config=config)
        return _Fitted(model, len(data.held_out))
    # Imported here and not above: torch takes seconds, and who trains no encoder need not have it.
    fit = import_module("stancelib.encoder.recipe").fit_encoder(
        data.examples,
        data.held_out,
        codebook=codebook,
        name=name,
        config=config,
        folder=folder,
        fingerprint=data.sha256,
        teacher=teacher,
    )
    log = "".join(json.dumps(entry, default=str) + "\n" for entry in fit.log)
    return _Fitted(fit.model, fit.n_held_out, fit.parity, {"training.jsonl": log.encode("utf-8")})


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
    card = write_card(
        report.model,
        n_sentences=report.n_sentences,
        n_examples=report.n_examples,
        n_dev=report.n_dev,
        type_counts=report.type_counts,
        data_sha256=data_sha256,
        measured=measured,
        notes=notes,
    )
    save_model(report.model, report.folder, record=record, card=card, extra=extra)
