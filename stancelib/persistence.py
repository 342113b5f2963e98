"""Model folders: plain files with their hashes, read and written; nothing in them is ever run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field, PositiveFloat, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays
from tokenizers import Tokenizer

from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook, StanceType
from stancelib.encoder.model import Encoder, EncoderModel
from stancelib.encoder.rendering import Style
from stancelib.errors import ModelFormatError, UnknownNameError
from stancelib.heads import HEADS
from stancelib.linear import LinearHead, LinearModel, Vocabulary
from stancelib.model import StanceModel
from stancelib.tagfiles import write_folder

FORMAT_VERSION = 1
DEFAULT_ENCODER = "stance-encoder"
DEFAULT_MODEL = DEFAULT_ENCODER

_CONFIG = "config.json"
_FAMILIES = ("linear", "encoder")


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """What a model was made from, for its config and card."""

    recipe: str
    seed: int
    data_sha256: str
    n_sentences: int
    n_examples: int
    metrics: Mapping[str, Any] = field(default_factory=dict)


def shipped_models() -> dict[str, Path]:
    """Return the shipped model folders by name."""
    package = Path(__file__).parent
    # In a wheel the folder lies inside the package; in a checkout beside it.
    for root in (package / "models", package.parent / "models"):
        if root.is_dir():
            return {path.name: path for path in sorted(root.iterdir()) if (path / _CONFIG).is_file()}
    return {}


def load_model(model: str | Path | None = None, *, threads: int = 0) -> StanceModel:
    """Load a model folder, or a shipped model by name.

    Args:
        model: Which; None: the shipped default.
        threads: Batches that an encoder works on at the same time; 0: one a processor. A linear model has one thread.

    Raises:
        UnknownNameError: There is no such shipped model and no such folder.
        ModelFormatError: The folder lacks a file, a file's hash differs, or the format is another one.
    """
    return _load_folder(find_model(model), threads=threads)


def find_model(model: str | Path | None = None) -> Path:
    """Return the folder of a model: a shipped one by name, or the folder itself; None: the shipped default.

    Raises:
        UnknownNameError: There is no such shipped model and no such folder.
    """
    shipped = shipped_models()
    name = str(model) if model is not None else DEFAULT_MODEL
    folder = shipped.get(name, Path(name))
    if not folder.is_dir():
        raise UnknownNameError("model", name, [*shipped, *_sibling_folders(folder)])
    return folder


def hash_model(folder: Path) -> str:
    """Return what tells the contents of a model folder from those of others: its config holds the hash of each file."""
    return hashlib.sha256((folder / _CONFIG).read_bytes()).hexdigest()


def save_model(
    model: LinearModel | EncoderModel,
    folder: Path,
    *,
    record: TrainingRecord,
    card: str,
    extra: Mapping[str, bytes] | None = None,
) -> None:
    """Write a model folder.

    Args:
        model: The model.
        folder: Where to; created, and files of an earlier model in it are replaced.
        record: What the model was made from.
        card: The text of its ``README.md``.
        extra: Further files, by name.

    Raises:
        OutputError: The folder cannot be written.
    """
    own, settings = _linear_files(model) if isinstance(model, LinearModel) else _encoder_files(model)
    files = {**own, "metrics.json": _dump(record.metrics), "README.md": card.encode("utf-8"), **(extra or {})}
    config = {
        "format_version": FORMAT_VERSION,
        "family": model.family,
        "name": model.name,
        "version": model.version,
        "codebook": asdict(model.codebook),
        "thresholds": asdict(model.thresholds),
        **settings,
        "training": {key: value for key, value in asdict(record).items() if key != "metrics"},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    write_folder(folder, {**files, _CONFIG: _dump(config)}, expected="a folder for a model")


def _linear_files(model: LinearModel) -> tuple[dict[str, bytes], dict[str, Any]]:
    vocabulary = {"actor": model.actor_vocabulary.features, "pair": model.pair_vocabulary.features}
    files = {"weights.safetensors": save_arrays(_arrays(model)), "vocabulary.json": _dump(vocabulary)}
    return files, {"temperatures": {name: model.heads[name].temperature for name in HEADS}}


def _encoder_files(model: EncoderModel) -> tuple[dict[str, bytes], dict[str, Any]]:
    weights = {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in model.weights.items()}
    files = {
        "encoder.onnx": model.encoder.graph,
        "tokenizer.json": model.encoder.tokenizer.to_str().encode("utf-8"),
        "weights.safetensors": save_arrays(weights),
    }
    rendering = {"style": model.style, "max_length": model.max_length}
    settings = {"rendering": rendering, "architecture": dict(model.encoder.architecture)}
    return files, {"temperatures": dict(model.temperatures), **settings}


def make_folder(folder: Path) -> None:
    """Make the folder of a model, and see that it can be written to.

    Raises:
        OutputError: It cannot.
    """
    write_folder(folder, {}, expected="a folder for a model")


class _ThresholdsEntry(BaseModel):
    types: dict[str, float]
    side: float
    target: float
    planned: float
    sure: float = 0.0


class _RenderingEntry(BaseModel):
    style: Style
    max_length: int = Field(ge=8)


class _Config(BaseModel):
    format_version: int
    family: str
    name: str
    version: int
    codebook: dict[str, Any]
    thresholds: _ThresholdsEntry
    temperatures: dict[str, PositiveFloat]
    rendering: _RenderingEntry | None = None
    architecture: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, str] = Field(min_length=1)


def _load_folder(folder: Path, *, threads: int) -> StanceModel:
    config = _read_config(folder)
    contents = {name: _read_checked(folder, name, digest) for name, digest in config.files.items()}
    try:
        arrays = load_arrays(contents["weights.safetensors"])
        if config.family == "encoder":
            return _build_encoder(config, arrays, contents, threads=threads)
        return _build_linear(config, arrays, json.loads(contents["vocabulary.json"]))
    except ModelFormatError as error:
        raise ModelFormatError(f"{folder}: {error}") from error
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise ModelFormatError(f"{folder}: weights or vocabulary are not of the format: {error}") from error


def _read_config(folder: Path) -> _Config:
    path = folder / _CONFIG
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFormatError(f"{path}: cannot be read: {error.strerror}; expected a model folder") from error
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"{path}: not JSON: {error}") from error
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if version != FORMAT_VERSION:
        raise ModelFormatError(f"{path}: format version {version!r}, but this stancelib reads {FORMAT_VERSION}")
    try:
        config = _Config.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelFormatError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if config.family not in _FAMILIES:
        names = " and ".join(map(repr, _FAMILIES))
        raise ModelFormatError(f"{path}: family {config.family!r}, but this stancelib reads {names}")
    return config


def _read_checked(folder: Path, name: str, digest: str) -> bytes:
    if name in ("", "..") or Path(name).name != name or "\\" in name:
        raise ModelFormatError(f"{folder / _CONFIG}: file {name!r} is not of this folder; expected a plain file name")
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFormatError(f"{path}: cannot be read: {error.strerror}; the config names it") from error
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ModelFormatError(f"{path}: sha256 is {found[:12]}..., but the config says {digest[:12]}...")
    return content


def _build_linear(config: _Config, arrays: Mapping[str, Any], features: Mapping[str, list[str]]) -> LinearModel:
    heads = {
        name: LinearHead(
            sparse=arrays[f"{name}.sparse"],
            dense=arrays[f"{name}.dense"],
            bias=arrays[f"{name}.bias"],
            temperature=config.temperatures[name],
        )
        for name in HEADS
    }
    return LinearModel(
        name=config.name,
        version=config.version,
        codebook=_build_codebook(config.codebook),
        thresholds=Thresholds(**config.thresholds.model_dump()),
        actor_vocabulary=Vocabulary(tuple(features["actor"]), arrays["actor.idf"]),
        pair_vocabulary=Vocabulary(tuple(features["pair"]), arrays["pair.idf"]),
        heads=heads,
    )


def _build_encoder(
    config: _Config, arrays: Mapping[str, npt.NDArray[Any]], contents: Mapping[str, bytes], *, threads: int
) -> EncoderModel:
    if config.rendering is None:
        raise ModelFormatError("config.json: an encoder without 'rendering'; expected its style and max_length")
    try:
        tokenizer = Tokenizer.from_buffer(contents["tokenizer.json"])
    except Exception as error:
        raise ModelFormatError(f"tokenizer.json: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        encoder = Encoder(contents["encoder.onnx"], tokenizer, config.architecture, threads)
    except ModelFormatError as error:
        raise ModelFormatError(f"encoder.onnx: {error}") from error
    return EncoderModel(
        name=config.name,
        version=config.version,
        codebook=_build_codebook(config.codebook),
        thresholds=Thresholds(**config.thresholds.model_dump()),
        encoder=encoder,
        weights=arrays,
        temperatures={name: config.temperatures[name] for name in HEADS},
        style=config.rendering.style,
        max_length=config.rendering.max_length,
    )


def _build_codebook(raw: Mapping[str, Any]) -> Codebook:
    types = tuple(StanceType(**entry) for entry in raw["types"])
    return Codebook(id=raw["id"], version=raw["version"], exclusive=raw["exclusive"], types=types)


def _arrays(model: LinearModel) -> dict[str, Any]:
    arrays: dict[str, Any] = {"actor.idf": model.actor_vocabulary.idf, "pair.idf": model.pair_vocabulary.idf}
    for name in HEADS:
        head = model.heads[name]
        arrays |= {f"{name}.sparse": head.sparse, f"{name}.dense": head.dense, f"{name}.bias": head.bias}
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in arrays.items()}


def _dump(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _sibling_folders(folder: Path) -> list[str]:
    try:
        return [str(path) for path in folder.parent.iterdir() if (path / _CONFIG).is_file()]
    except OSError:
        return []
