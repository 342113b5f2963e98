"""``stancelib train --recipe encoder``, and the commands that use what it wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import CliResult, RunCli
from encoder_kit import make_rows, quick, write_rows

from stancelib.conflict import Conflict
from stancelib.encoder.config import EncoderConfig
from stancelib.training import TrainingReport, train

DONE, BAD_INPUT = 0, 2


@pytest.fixture
def options(labels_path: Path, conflict_path: Path, tmp_path: Path) -> list[str]:
    return [str(labels_path), "--conflict", str(conflict_path), "--out", str(tmp_path / "m")]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let encoders read no more than the tiny base does."""
    monkeypatch.setattr("stancelib.encoder.config.EncoderConfig", lambda **given: quick(**{"held_out": 0.34, **given}))


def _refused(result: CliResult, *parts: str) -> None:
    assert (result.code, result.out) == (BAD_INPUT, "")
    for part in parts:
        assert part in " ".join(result.err.replace("│", " ").split())


@pytest.mark.usefixtures("short")
def test_an_encoder_is_trained_and_evaluated(
    encoder_base: Path, encoder_labels_path: Path, conflict_path: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    out, conflict = tmp_path / "m", ["--conflict", conflict_path]
    command = ["train", encoder_labels_path, *conflict, "--recipe", "encoder", "--base", encoder_base, "--out", out]
    result = run_cli(*command, "--epochs", "1", "--batch-size", "20", "--seed", "5", "--style", "masked")
    assert result.code == DONE, result.err
    assert result.err == ""  # no progress where nobody watches
    assert "learnt from 60 sentences, 120 judged pairs" in result.out
    assert "int8 export, answers on held-out pairs as the trained network: types " in result.out
    assert ["condemnation", "20"] in [line.split() for line in result.out.splitlines()]
    settings = json.loads((out / "training.jsonl").read_text(encoding="utf-8").splitlines()[0])["config"]
    assert (settings["epochs"], settings["batch_size"], settings["seed"]) == (1, 20, 5)
    assert json.loads((out / "config.json").read_text(encoding="utf-8"))["rendering"]["style"] == "masked"
    result = run_cli("evaluate", encoder_labels_path, *conflict, "--model", out, "--min", "types_macro_f1=0")
    assert (result.code, result.err) == (DONE, "")
    article = tmp_path / "a.txt"
    article.write_text("Talvia condemned the attack of the Red League.", encoding="utf-8")
    result = run_cli("tag", article, *conflict, "--model", out, "--format", "jsonl", "--all")
    assert [json.loads(line)["actor"] for line in result.out.splitlines()] == ["TALVIA", "RED"]


@pytest.mark.usefixtures("short")
def test_a_teacher_is_named_by_its_folder(
    encoder_base: Path, model_dir: Path, options: list[str], run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("stancelib.training.train", lambda *labels, **named: asked.update(named) or _end())
    encoder = ["--recipe", "encoder", "--base", encoder_base, "--teacher", model_dir]
    run_cli("train", *options, *encoder)
    assert asked["teacher"].name == "tiny"
    assert (asked["recipe"], asked["config"].base, asked["config"].batch_size) == ("encoder", str(encoder_base), 16)
    _refused(run_cli("train", *options, "--recipe", "encoder", "--teacher", "no-such-model"), "unknown model 'no-such")


def _end() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("option", ["--base", "--teacher", "--epochs", "--batch-size"])
def test_options_of_an_encoder_are_refused_elsewhere(option: str, options: list[str], run_cli: RunCli) -> None:
    _refused(run_cli("train", *options, option, "3"), f"{option} says nothing to recipe 'linear'")
    _refused(run_cli("train", *options, "--recipe", "linear", option, "3"), f"{option} says nothing to recipe 'linear'")


def test_options_of_a_linear_model_are_refused_elsewhere(options: list[str], run_cli: RunCli) -> None:
    _refused(
        run_cli("train", *options, "--recipe", "encoder", "--jobs", "1"), "--jobs says nothing to recipe 'encoder'"
    )


def test_a_style_that_is_none_is_refused(options: list[str], run_cli: RunCli) -> None:
    _refused(run_cli("train", *options, "--recipe", "encoder", "--style", "bold"), "unknown style 'bold'", "'masked'")


def test_a_recipe_that_is_none_is_refused(options: list[str], run_cli: RunCli) -> None:
    _refused(
        run_cli("train", *options, "--recipe", "forest"), "unknown recipe 'forest'; expected 'linear' or 'encoder'"
    )


def test_bases_that_are_none_are_told(
    options: list[str], model_dir: Path, tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stancelib.encoder.bases.shipped_models", dict)
    encoder = ["train", *options, "--recipe", "encoder"]
    _refused(run_cli(*encoder), "no base is given; expected --base with a folder or hub id")
    _refused(run_cli(*encoder, "--base", tmp_path / "gone"), "gone: no pretrained encoder")
    _refused(run_cli(*encoder, "--base", model_dir), "no pretrained encoder")


def test_a_missing_extra_is_told(options: list[str]) -> None:
    arguments = ["stancelib", "train", *options, "--recipe", "encoder", "--base", "b"]
    code = f"""
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
sys.argv = {arguments!r}
from stancelib.cli import main
main()
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    expected = "stancelib: torch is not installed; expected it, as by: pip install 'stancelib[train]'\n"
    assert (result.returncode, result.stderr) == (BAD_INPUT, expected)


@pytest.mark.parametrize("module", ["transformers", "datasets.features", "onnx"])
def test_every_part_of_the_extra_is_told(
    module: str, options: list[str], run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr("stancelib.training.train", fail)
    name = module.partition(".")[0]
    _refused(run_cli("train", *options), f"{name} is not installed; expected it, as by: pip install 'stancelib[train]'")


def test_what_else_the_card_is_to_say_stands_in_it(
    encoder_base: Path, conflict: Conflict, tmp_path: Path, encoder_report: TrainingReport
) -> None:
    labels = write_rows(tmp_path / "l.jsonl", make_rows()[:8])
    measured = {"test": {"n_sentences": 1, "n_pairs": 2, "metrics": {}, "intervals": {}, "by_type": {}}}
    report = train(
        [labels],
        out=tmp_path / "m",
        conflicts=[conflict],
        recipe="encoder",
        config=quick(encoder_base, epochs=1),
        measure=lambda model: measured,
        notes="## Use\n\nWith care.",
    )
    card = (report.folder / "README.md").read_text(encoding="utf-8")
    assert "\n## Use\n\nWith care.\n" in card
    assert "\n## Measured: test\n" in card
    assert report.parity is None
    assert json.loads((report.folder / "metrics.json").read_text(encoding="utf-8"))["test"] == measured["test"]


def test_a_config_of_another_recipe_is_a_type_error(labels_path: Path, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="a EncoderConfig is given for recipe 'linear'"):
        train([labels_path], out=tmp_path / "m", config=EncoderConfig())
