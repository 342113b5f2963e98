from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from stancelib.actors import ActorIndex
from stancelib.candidates import find_candidates
from stancelib.conflict import Conflict
from stancelib.errors import ModelFormatError, OutputError, UnknownNameError
from stancelib.linear import LinearModel
from stancelib.persistence import DEFAULT_MODEL, TrainingRecord, load_model, save_model, shipped_models
from stancelib.reading import make_document
from stancelib.world import load_world

FILES = {"README.md", "config.json", "metrics.json", "vocabulary.json", "weights.safetensors"}
RECORD = TrainingRecord(recipe="linear", seed=3, data_sha256="ab", n_sentences=2, n_examples=4, metrics={"a": 0.5})

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(model_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_dir, tmp_path / "tiny"))


def _reconfigure(folder: Path, change: Change) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    change(config)
    path.write_text(json.dumps(config), encoding="utf-8")


def _rehash(folder: Path, name: str) -> None:
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    _reconfigure(folder, lambda config: config["files"].update({name: digest}))


def test_a_saved_model_predicts_as_before(model: LinearModel, conflict: Conflict, tmp_path: Path) -> None:
    save_model(model, tmp_path / "m", record=RECORD, card="# A card\n")
    loaded = load_model(tmp_path / "m")
    text = "Talvia condemned the Red League. Morvia praised Talvia and the Blue Front."
    candidates = find_candidates(make_document(text), ActorIndex(load_world(), conflict))
    assert loaded.predict(candidates) == model.predict(candidates)
    assert (loaded.name, loaded.version, loaded.codebook) == (model.name, model.version, model.codebook)
    assert loaded.thresholds == model.thresholds


def test_a_model_folder_is_plain_files_with_their_hashes(model: LinearModel, tmp_path: Path) -> None:
    save_model(model, tmp_path / "m", record=RECORD, card="# A card\n")
    assert {path.name for path in (tmp_path / "m").iterdir()} == FILES
    config = json.loads((tmp_path / "m/config.json").read_text(encoding="utf-8"))
    assert next(iter(config)) == "format_version"
    assert config["training"] == {"recipe": "linear", "seed": 3, "data_sha256": "ab", "n_sentences": 2, "n_examples": 4}
    assert config["files"].keys() == FILES - {"config.json"}
    for name, digest in config["files"].items():
        assert hashlib.sha256((tmp_path / "m" / name).read_bytes()).hexdigest() == digest
    assert json.loads((tmp_path / "m/metrics.json").read_text(encoding="utf-8")) == {"a": 0.5}
    assert (tmp_path / "m/README.md").read_text(encoding="utf-8") == "# A card\n"


def test_saving_twice_gives_the_same_bytes(model: LinearModel, tmp_path: Path) -> None:
    for name in ("a", "b", "a"):
        save_model(model, tmp_path / name, record=RECORD, card="")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


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
        (lambda c: c.update(format_version=2), r"config\.json: format version 2, but this stancelib reads 1"),
        (lambda c: c.pop("format_version"), r"format version None, but this stancelib reads 1"),
        (lambda c: c.update(family="forest"), r"family 'forest', but this stancelib reads 'linear'"),
        (lambda c: c.pop("thresholds"), r"config\.json: thresholds: Field required"),
        (lambda c: c["thresholds"].update(side="high"), r"config\.json: thresholds\.side: "),
        (lambda c: c["temperatures"].update(types=0), r"config\.json: temperatures\.types: "),
        (lambda c: c["temperatures"].pop("types"), "not of the format: 'types'"),
        (lambda c: c["codebook"].pop("types"), "not of the format: 'types'"),
        (lambda c: c["codebook"]["types"].pop(), r"head 'types' has weights of shape .*expected"),
        (lambda c: c["codebook"]["types"][0].update(colour="red"), "not of the format: .*colour"),
        (lambda c: c["files"].pop("weights.safetensors"), "not of the format: 'weights.safetensors'"),
        (lambda c: c.update(files={}), r"config\.json: files: "),
    ],
)
def test_a_config_of_another_form_is_refused(change: Change, message: str, folder: Path) -> None:
    _reconfigure(folder, change)
    with pytest.raises(ModelFormatError, match=message):
        load_model(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "sub/file", "..", ".", "", "sub\\file"])
def test_a_file_outside_of_the_folder_is_never_read(name: str, folder: Path) -> None:
    (folder.parent / "secret").write_text("x", encoding="utf-8")
    digest = hashlib.sha256(b"x").hexdigest()
    _reconfigure(folder, lambda config: config["files"].update({name: digest}))
    with pytest.raises(ModelFormatError, match=r"is not of this folder; expected a plain file name"):
        load_model(folder)


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00", "[" * 100_000])
def test_a_config_that_is_no_json_object_is_refused(content: str, folder: Path) -> None:
    (folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelFormatError, match=r"config\.json: (not JSON|format version None)"):
        load_model(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("weights.safetensors", b"\x80\x04 no tensors"),
        ("vocabulary.json", b"{"),
        ("vocabulary.json", b"[]"),
        ("vocabulary.json", b'{"actor": [], "pair": []}'),
    ],
)
def test_weights_that_are_none_are_refused(name: str, content: bytes, folder: Path) -> None:
    (folder / name).write_bytes(content)
    _rehash(folder, name)
    with pytest.raises(ModelFormatError, match=r"tiny: "):
        load_model(folder)


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    path = folder / "weights.safetensors"
    arrays = load_file(path)
    save_file({**arrays, "status.sparse": np.ascontiguousarray(arrays["status.sparse"][:-1])}, path)
    _rehash(folder, path.name)
    with pytest.raises(ModelFormatError, match=r"tiny: head 'status' has weights of shape"):
        load_model(folder)


def test_an_unknown_model_is_told_with_near_names(model_dir: Path) -> None:
    with pytest.raises(UnknownNameError, match=rf"unknown model '.*tinny'; did you mean '{model_dir}'"):
        load_model(model_dir.with_name("tinny"))
    with pytest.raises(UnknownNameError, match="unknown model 'no-such-model'"):
        load_model("no-such-model")


def test_a_model_that_cannot_be_saved_leaves_the_earlier_one(
    model: LinearModel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write = Path.write_bytes

    def fail_at_the_config(path: Path, data: bytes) -> int:
        if path.name == "config.json":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", fail_at_the_config)
    with pytest.raises(OutputError, match="tiny: cannot be written: No space left"):
        save_model(model, folder, record=RECORD, card="another card")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_that_is_a_file_is_refused(model: LinearModel, tmp_path: Path) -> None:
    (tmp_path / "m").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        save_model(model, tmp_path / "m", record=RECORD, card="")


@pytest.mark.skipif(DEFAULT_MODEL not in shipped_models(), reason="no model is built in this checkout")
def test_the_shipped_model_loads() -> None:
    assert load_model().name == DEFAULT_MODEL
    assert load_model(DEFAULT_MODEL).codebook.label == "conflict-stance@1"
