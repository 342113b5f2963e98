"""A conflict, a dozen labels and a tiny model that the tests share; the shipped model is not used."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from stancelib import cli
from stancelib.actors import ActorIndex
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict, load_conflict, parse_conflict
from stancelib.encoder.model import EncoderModel
from stancelib.labelled import LabelledCandidate
from stancelib.model import StanceModel
from stancelib.persistence import load_model
from stancelib.tagger import StanceTagger, load
from stancelib.training import TrainingReport, train
from stancelib.world import load_world

pytest_plugins = ["pytester"]

DATA = Path(__file__).parent / "data"

EXCLUSIVE_CODEBOOK = """
id = "favour"
version = 2
exclusive = true
[[type]]
id = "favour"
quad = 1
side = "supports"
[[type]]
id = "against"
quad = 3
side = "opposes"
[[type]]
id = "none"
"""

DUEL = """
id = "duel"
name = "Duel"
start = 2020-01-01
end = 2021-01-01
[[side]]
id = "reds"
principals = ["RED"]
[[side]]
id = "blues"
principals = ["BLUE"]
[[actor]]
id = "RED"
name = "Red League"
side = "reds"
people = [
  { name = "Ansel Brandt", spellings = ["Anselm Brandt"] },
  { name = "Old Marn", to = 2020-02-01 },
  { name = "New Marn", from = 2022-01-01 },
]
[[actor]]
id = "RED_GUARD"
name = "Red Guard"
side = "reds"
[[actor]]
id = "BLUE"
name = "Blue Front"
side = "blues"
people = [{ name = "Ida Voss", spellings = ["Ida Vos"] }]
[[actor]]
id = "BLUE_GUARD"
name = "Blue Guard"
side = "blues"
"""


@dataclass(frozen=True)
class CliResult:
    """What a command left behind."""

    code: int
    out: str
    err: str


RunCli = Callable[..., CliResult]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    return DATA


@pytest.fixture(scope="session")
def conflict_path() -> Path:
    return DATA / "three_sides.toml"


@pytest.fixture(scope="session")
def conflict(conflict_path: Path) -> Conflict:
    return load_conflict(conflict_path)


@pytest.fixture(scope="session")
def duel() -> Conflict:
    """A conflict of two sides with two members each, the first of them the official principal."""
    return parse_conflict(DUEL, where="duel.toml")


@pytest.fixture(scope="module")
def shared_indices() -> Iterator[None]:
    """Index the names of a conflict once, for tests in which taggers come and go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stancelib.tagger.ActorIndex", lambda _, conflict: index_of(conflict))
        yield


@cache
def index_of(conflict: Conflict | None) -> ActorIndex:
    return ActorIndex(load_world(), conflict)


@pytest.fixture(scope="session")
def labels_path() -> Path:
    return DATA / "tiny_labels.jsonl"


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return load_codebook()


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory, labels_path: Path, conflict: Conflict) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    train([labels_path], out=folder, conflicts=[conflict])
    return folder


@pytest.fixture(scope="session")
def model(model_dir: Path) -> StanceModel:
    return load_model(model_dir)


@pytest.fixture(scope="session")
def tagger(model: StanceModel, conflict: Conflict) -> StanceTagger:
    return load(model, conflict=conflict)


@pytest.fixture(scope="session")
def exclusive_codebook_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("codebooks") / "favour.toml"
    path.write_text(EXCLUSIVE_CODEBOOK, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def encoder_labels_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty invented rows for a tiny encoder."""
    return Path(_kit().write_rows(tmp_path_factory.mktemp("labels") / "encoder.jsonl", _kit().make_rows()))


@pytest.fixture(scope="session")
def examples(encoder_labels_path: Path, codebook: Codebook, conflict: Conflict) -> list[LabelledCandidate]:
    """Those rows as labelled candidates, two of each sentence."""
    return list(_kit().read_examples(encoder_labels_path, codebook, conflict))


@pytest.fixture(scope="session")
def tiny(labels_path: Path, codebook: Codebook, conflict: Conflict) -> list[LabelledCandidate]:
    """The dozen labels as labelled candidates."""
    return list(_kit().read_examples(labels_path, codebook, conflict))


@pytest.fixture(scope="session")
def encoder_base(tmp_path_factory: pytest.TempPathFactory, labels_path: Path) -> Path:
    """A tiny transformer with random weights, as transformers writes it."""
    lines = labels_path.read_text(encoding="utf-8").splitlines()
    texts = [row["text"] for row in [*_kit().make_rows(), *map(json.loads, lines)]]
    return Path(_kit().make_base(tmp_path_factory.mktemp("bases") / "tiny-base", texts))


@pytest.fixture(scope="session")
def encoder_report(
    tmp_path_factory: pytest.TempPathFactory, encoder_base: Path, encoder_labels_path: Path, conflict: Conflict
) -> TrainingReport:
    """A tiny encoder: a third of its rows held out, then learnt from too."""
    rates = {"learning_rate": 5e-3, "head_learning_rate": 1e-2}
    config = _kit().quick(encoder_base, epochs=15, patience=15, held_out=0.34, **rates)
    folder = tmp_path_factory.mktemp("encoders") / "tiny-encoder"
    return train([encoder_labels_path], out=folder, conflicts=[conflict], recipe="encoder", config=config)


@pytest.fixture(scope="session")
def encoder_dir(encoder_report: TrainingReport) -> Path:
    return encoder_report.folder


@pytest.fixture(scope="session")
def encoder_model(encoder_dir: Path) -> EncoderModel:
    model = load_model(encoder_dir)
    assert isinstance(model, EncoderModel)
    return model


def _kit() -> Any:
    """Return the kit of the encoder's tests; torch, which it needs, takes seconds that other tests need not wait."""
    return import_module("encoder_kit")


@pytest.fixture
def run_cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCli:
    """Run a command line in this process, through the door that maps errors to exit codes."""

    def run(*arguments: str | Path) -> CliResult:
        monkeypatch.setattr(sys, "argv", ["stancelib", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return CliResult(int(end.value.code or 0), captured.out, captured.err)

    return run
