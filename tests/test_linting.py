from __future__ import annotations

from pathlib import Path

import pytest

from stancelib.errors import DataError
from stancelib.linting import Finding, lint_conflict, lint_source, skeleton
from stancelib.tomlsource import TomlSource
from stancelib.world import parse_world

_HEAD = 'id = "isle"\nname = "Isle"\nstart = 2010-01-01\nend = 2015-01-01\n[[side]]\nid = "reds"\n'
_RED = '[[actor]]\nid = "RED"\nname = "Red Council"\nside = "reds"\n'


_WORLD = parse_world([TomlSource('[[actor]]\nid = "FRA"\nname = "France"\nkind = "state"\n', "w.toml")])


def _lint(text: str) -> list[Finding]:
    return lint_source(TomlSource(text, "c.toml"), _WORLD)


def test_a_file_is_checked_against_the_shipped_world(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(skeleton("my-war"), encoding="utf-8")
    assert lint_conflict(path) == []
    with pytest.raises(DataError, match=r"gone\.toml: cannot be read"):
        lint_conflict(tmp_path / "gone.toml")


def test_skeleton_is_clean() -> None:
    assert _lint(skeleton("my-war")) == []


def test_skeleton_refuses_an_odd_id() -> None:
    with pytest.raises(DataError, match="expected letters, digits"):
        skeleton("../war")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            _HEAD + _RED + 'aliases = [{ text = "Reds", from = 2012-01-01, to = 2011-01-01 }]\n',
            11,
            "not after its start",
        ),
        (_HEAD + _RED + 'aliases = ["Reds", "army"]\n', 11, "'army' is a common word"),
        (_HEAD + _RED + 'aliases = ["Reds", "Réds"]\n', 11, "stands here twice"),
        (_HEAD + _RED + 'aliases = [{ text = "Reds", from = 2016-01-01 }]\n', 11, "only outside the conflict"),
        (_HEAD + _RED, 8, "only its name 'Red Council'"),
        (_HEAD + '[[side]]\nid = "blues"\n' + _RED + 'aliases = ["Reds"]\n', 8, "side 'blues' has no actor"),
        (
            _HEAD + _RED + 'aliases = ["Reds"]\n[[actor]]\nid = "B"\nname = "Bs"\naliases = [\n"Bees",\n"REDS",\n]\n',
            17,
            "belongs to RED too",
        ),
        (_HEAD + _RED + 'aliases = ["R X"]\nstands_for = [{ actor = "FRAN" }]\n', 12, "unknown world actor 'FRAN'"),
        (
            _HEAD + '[[actor]]\nid = "FRA"\nname = "Fray Group"\nside = "reds"\naliases = ["Frays"]\n',
            8,
            "world's France",
        ),
        (
            _HEAD
            + _RED.replace('"reds"', '[{ id = "reds" }, { id = "reds", from = 2012-01-01 }]')
            + 'aliases = ["Q Q"]\n',
            10,
            "overlaps side",
        ),
        (_HEAD.replace("2015", "2009") + _RED + 'aliases = ["Reds"]\n', 4, "ends before it starts"),
        ("id = [", 1, "not TOML"),
    ],
)
def test_each_fault_has_its_line(text: str, line: int, message: str) -> None:
    found = [finding for finding in _lint(text) if message in finding.message]
    assert [finding.line for finding in found] == [line]


def test_all_faults_are_told_at_once() -> None:
    text = _HEAD + _RED + 'alias = ["Reds"]\n[[actor]]\nid = "b"\nside = 5\n'
    assert {finding.line for finding in _lint(text)} >= {11, 13, 14}


def test_dates_that_do_not_overlap_share_an_alias() -> None:
    text = (
        _HEAD
        + _RED
        + 'aliases = [{ text = "the council", to = 2012-01-01 }]\n'
        + '[[actor]]\nid = "B"\nname = "Bs"\nside = "reds"\naliases = [{ text = "the council", from = 2012-01-01 }]\n'
    )
    assert _lint(text) == []
