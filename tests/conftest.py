"""A conflict, a dozen labels and a tiny model that the tests share; the shipped model is not used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from stancelib import cli
from stancelib.actors import ActorIndex
from stancelib.codebook import Codebook, load_codebook
from stancelib.conflict import Conflict, load_conflict, parse_conflict
from stancelib.model import StanceModel
from stancelib.persistence import load_model
from stancelib.tagger import StanceTagger, load
from stancelib.training import train
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
        patch.setattr("stancelib.tagger.ActorIndex", lambda _, conflict: _index(conflict))
        yield


@cache
def _index(conflict: Conflict | None) -> ActorIndex:
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
