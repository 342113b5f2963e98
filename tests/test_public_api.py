from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import stancelib

HEAVY = ("torch", "transformers", "onnxruntime", "sklearn", "scipy", "pyarrow", "numpy", "stancelib.persistence")


def test_all_is_sorted_and_complete() -> None:
    assert stancelib.__all__ == sorted(stancelib.__all__)
    assert set(stancelib.__all__) == set(stancelib._ROOMS)
    assert set(stancelib.__all__) <= set(dir(stancelib))


@pytest.mark.parametrize("name", stancelib.__all__)
def test_a_public_name_is_that_of_its_room(name: str) -> None:
    room = import_module(f"stancelib.{stancelib._ROOMS[name]}")
    assert getattr(stancelib, name) is getattr(room, name)
    assert getattr(room, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'stancelib' has no attribute 'lode'"):
        stancelib.lode  # noqa: B018 - the access is the test


def test_the_exceptions_are_one_family() -> None:
    assert issubclass(stancelib.UnknownNameError, stancelib.DataError)
    assert issubclass(stancelib.DataError, ValueError)
    for error in (stancelib.DataError, stancelib.ModelFormatError, stancelib.OutputError):
        assert issubclass(error, stancelib.StancelibError)


def _loaded(code: str) -> list[str]:
    """Return which heavy modules a fresh interpreter has loaded after some code."""
    ask = f"\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    command = [sys.executable, "-c", code + ask]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr.split()


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert _loaded("import stancelib; dir(stancelib)") == []


@pytest.mark.parametrize("command", [["--help"], ["tag", "--help"], ["train", "--help"], ["conflicts", "--help"]])
def test_help_loads_nothing_heavy(command: list[str]) -> None:
    code = f"""
import sys
from stancelib.cli import main
sys.argv = ["stancelib", *{command!r}]
try:
    main()
except SystemExit as end:
    assert end.code == 0
"""
    assert _loaded(code) == []


def test_tagging_needs_no_scikit_learn(model_dir: object, conflict_path: object) -> None:
    code = f"""
import sys
sys.modules["sklearn"] = None
import stancelib, stancelib.tables
tagger = stancelib.load({str(model_dir)!r}, conflict={str(conflict_path)!r})
stancelib.tables.print_tags(tagger.tag("Talvia condemned the Red League."), stancelib.tables.make_console())
del sys.modules["sklearn"]
"""
    assert not {"torch", "transformers", "onnxruntime", "sklearn"} & set(_loaded(code))
