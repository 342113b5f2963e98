from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encoder_kit import make_candidates
from safetensors.numpy import load_file, save_file

from stancelib.encoder.model import EncoderModel
from stancelib.errors import ModelFormatError
from stancelib.persistence import TrainingRecord, load_model, save_model

FILES = {
    *("README.md", "config.json", "encoder.onnx", "metrics.json", "tokenizer.json", "training.jsonl"),
    "weights.safetensors",
}
RECORD = TrainingRecord(recipe="encoder", seed=3, data_sha256="ab", n_sentences=2, n_examples=4)
SPANS = [("TALVIA", "Talvia"), ("RED", "Red League"), ("MORVIA", "Morvia")]
CANDIDATES = make_candidates("Talvia condemned the Red League, and Morvia praised Talvia.", SPANS)


@pytest.fixture
def folder(encoder_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(encoder_dir, tmp_path / "tiny"))


def _reconfigure(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    change(config)
    path.write_text(json.dumps(config), encoding="utf-8")


def _replace(folder: Path, name: str, content: bytes) -> None:
    """Put other contents in the place of a file's, with their hash in the config."""
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    _reconfigure(folder, lambda config: config["files"].update({name: digest}))


@pytest.mark.parametrize("style", ["marked", "masked", "typed"])
def test_a_saved_encoder_answers_as_before(style: Any, encoder_model: EncoderModel, tmp_path: Path) -> None:
    model = replace(encoder_model, style=style, max_length=40)
    save_model(model, tmp_path / "m", record=RECORD, card="# A card\n")
    loaded = load_model(tmp_path / "m")
    assert isinstance(loaded, EncoderModel)
    assert loaded.predict(CANDIDATES) == model.predict(CANDIDATES)
    for name in ("name", "version", "codebook", "thresholds", "temperatures", "style", "max_length"):
        assert getattr(loaded, name) == getattr(model, name)
    assert loaded.encoder.architecture == model.encoder.architecture


def test_an_encoder_folder_is_plain_files_with_their_hashes(encoder_dir: Path) -> None:
    assert {path.name for path in encoder_dir.iterdir()} == FILES
    config = json.loads((encoder_dir / "config.json").read_text(encoding="utf-8"))
    assert next(iter(config)) == "format_version"
    assert (config["family"], config["rendering"]) == ("encoder", {"style": "marked", "max_length": 64})
    assert config["architecture"]["model_type"] == "bert"
    assert config["files"].keys() == FILES - {"config.json"}
    for name, digest in config["files"].items():
        assert hashlib.sha256((encoder_dir / name).read_bytes()).hexdigest() == digest


def test_no_file_tells_where_it_was_made(encoder_dir: Path, encoder_base: Path) -> None:
    for path in encoder_dir.iterdir():
        for place in (encoder_dir.parent, encoder_base.parent, Path.home() / ""):
            assert f"{place}/".encode() not in path.read_bytes(), path.name


def test_saving_twice_gives_the_same_bytes(encoder_model: EncoderModel, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_model(encoder_model, tmp_path / name, record=RECORD, card="")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize("name", sorted(FILES - {"config.json"}))
def test_a_changed_byte_is_found(name: str, folder: Path) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelFormatError, match=rf"{name}: sha256 is \w+\.\.\., but the config says"):
        load_model(folder)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_told(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelFormatError, match=rf"{name}: cannot be read"):
        load_model(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("rendering"), r"tiny: config\.json: an encoder without 'rendering'; expected its style"),
        (lambda c: c["rendering"].update(style="bold"), r"config\.json: rendering\.style: .*'marked'"),
        (lambda c: c["rendering"].update(max_length=2), r"config\.json: rendering\.max_length: "),
        (lambda c: c["temperatures"].pop("status"), "tiny: .*not of the format: 'status'"),
        (lambda c: c["codebook"]["types"].pop(), r"tiny: head 'types' has a weight of shape .*expected"),
        (lambda c: c["files"].pop("encoder.onnx"), r"tiny: .*not of the format: 'encoder\.onnx'"),
        (lambda c: c["files"].pop("tokenizer.json"), r"tiny: .*tokenizer\.json"),
    ],
)
def test_a_config_of_another_form_is_refused(
    change: Callable[[dict[str, Any]], object], message: str, folder: Path
) -> None:
    _reconfigure(folder, change)
    with pytest.raises(ModelFormatError, match=message):
        load_model(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("encoder.onnx", b""),
        ("encoder.onnx", b"\x80\x04 no graph"),
        ("tokenizer.json", b"{"),
        ("tokenizer.json", b"[]"),
        ("weights.safetensors", b"\x80\x04 no tensors"),
    ],
)
def test_contents_that_are_none_are_refused(name: str, content: bytes, folder: Path) -> None:
    _replace(folder, name, content)
    with pytest.raises(ModelFormatError, match=rf"tiny: {'weights' if name.startswith('weights') else name}"):
        load_model(folder)


def test_heads_of_another_shape_or_name_are_refused(folder: Path) -> None:
    path = folder / "weights.safetensors"
    arrays = load_file(path)
    save_file({**arrays, "target.weight": np.zeros((1, 16), dtype=np.float32)}, path)
    _replace(folder, path.name, path.read_bytes())
    with pytest.raises(
        ModelFormatError, match=r"tiny: head 'target' has a weight of shape \(1, 16\); expected \(1, 32\)"
    ):
        load_model(folder)
    save_file({name: array for name, array in arrays.items() if name != "target.weight"}, path)
    _replace(folder, path.name, path.read_bytes())
    with pytest.raises(ModelFormatError, match=r"tiny: .*'target\.weight'"):
        load_model(folder)


def test_a_tokenizer_without_roles_is_refused(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] != "[R7]"]
    _replace(folder, "tokenizer.json", json.dumps(content).encode())
    with pytest.raises(ModelFormatError, match="tiny: the tokenizer lacks role tokens"):
        load_model(folder)


def test_nothing_in_a_folder_is_unpickled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError("unpickled")

    for name in ("pickle.load", "pickle.loads", "pickle.Unpickler", "_pickle.Unpickler"):
        monkeypatch.setattr(name, refuse)
    assert load_model(folder).predict(CANDIDATES)
    with pytest.raises(AssertionError, match="unpickled"):
        np.load(_pickled(folder), allow_pickle=True)  # the guard above works


def _pickled(folder: Path) -> Path:
    path = folder / "objects.npy"
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header.ljust(118)).to_bytes(2, "little") + header.ljust(118) + b"N.")
    return path


def _run_alone(code: str) -> list[str]:
    """Return which heavy modules a fresh interpreter has after some code, torch being out of reach."""
    ask = (
        "\nheavy = ('torch', 'transformers', 'datasets', 'onnx', 'onnxruntime', 'sklearn')"
        "\nprint(*[name for name in heavy if sys.modules.get(name)])"
    )
    block = "import sys\nfor name in ('torch', 'transformers', 'datasets', 'onnx'): sys.modules[name] = None\n"
    command = [sys.executable, "-c", block + code + ask]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_an_encoder_answers_without_torch(encoder_dir: Path) -> None:
    code = f"""
from stancelib.persistence import load_model
from stancelib.types import Candidate, Mention, Sentence
sentence = Sentence("d", 0, 0, 24, "Talvia condemned Morvia.")
candidate = Candidate(sentence, "A", (Mention("A", 0, 6), Mention("B", 17, 23)))
(judgement,) = load_model({str(encoder_dir)!r}).predict([candidate])
assert set(judgement.targets) == {{"B"}}
"""
    assert _run_alone(code) == ["onnxruntime"]


def test_a_linear_model_needs_no_onnx_runtime(model_dir: Path) -> None:
    assert _run_alone(f"from stancelib.persistence import load_model\nload_model({str(model_dir)!r})") == []
