from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stancelib.conflict import load_conflict, parse_conflict, shipped_conflicts
from stancelib.errors import DataError, UnknownNameError

_TEXT = """\
id = "isle"
name = "War of the Isle"
version = 3
start = 2010-01-01

[[side]]
id = "reds"
principals = ["RED"]

[[side]]
id = "blues"

[[actor]]
id = "RED"
name = "Red Council"
side = "reds"

[[actor]]
id = "REDMIL"
name = "Red Militia"
side = "reds"

[[actor]]
id = "BLUE"
name = "Blue Union"
side = "blues"
aliases = ["Blues", { text = "the council", from = 2012-01-01, to = 2013-01-01 }]

[[actor]]
id = "TURNCOAT"
name = "Grey Guard"
side = [{ id = "reds", to = 2012-06-01 }, { id = "blues", from = 2012-06-01 }]
"""


def test_sides_follow_the_date() -> None:
    conflict = parse_conflict(_TEXT, where="c.toml")
    assert conflict.label == "isle@3"
    assert conflict.sides_of("TURNCOAT", date(2012, 5, 31)) == ("reds",)
    assert conflict.sides_of("TURNCOAT", date(2012, 6, 1)) == ("blues",)
    assert conflict.sides_of("TURNCOAT", None) == ()
    assert conflict.sides_of("BLUE", None) == ("blues",)
    assert conflict.sides_of("FRA", None) == ()


def test_principals_are_those_named_or_all_members() -> None:
    conflict = parse_conflict(_TEXT, where="c.toml")
    assert conflict.principals(date(2013, 1, 1)) == ("RED", "BLUE", "TURNCOAT")
    assert conflict.members("reds", date(2011, 1, 1)) == ("RED", "REDMIL", "TURNCOAT")
    with pytest.raises(UnknownNameError, match="unknown side 'red'; did you mean 'reds'"):
        conflict.members("red", None)


def test_aliases_can_be_added_in_code() -> None:
    conflict = parse_conflict(_TEXT, where="c.toml")
    extended = conflict.with_aliases({"BLUE": ["Bluecoats"], "FRA": ["Gauls"]})
    blue, france = extended.actor("BLUE"), extended.actor("FRA")
    assert blue is not None
    assert france is not None
    assert blue.aliases[-1].value == "Bluecoats"
    assert france.aliases[0].value == "Gauls"
    assert conflict.actor("FRA") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('side = "blues"', 'side = "blue"', r"c\.toml:26: unknown side 'blue'; did you mean 'blues'\?"),
        ('aliases = ["Blues"', 'alias = ["Blues"', r"c\.toml:27: unknown key 'alias'; did you mean 'aliases'\?"),
        ('aliases = ["Blues"', "aliases = [7", r"c\.toml:27: .*expected a string or a table"),
        ('id = "REDMIL"', 'id = "RED"', r"c\.toml:19: actor 'RED' is defined twice"),
        ('principals = ["RED"]', 'principals = ["REDD"]', r"c\.toml:8: unknown actor 'REDD'"),
        ("version = 3", 'version = "three"', r"c\.toml:3: version: .*found 'three'"),
        ('name = "War of the Isle"\n', "", r"c\.toml:1: no 'name' in the file"),
        ("start = 2010-01-01", "start = 2010-13-01", r"c\.toml:4: not TOML"),
        ("start = 2010-01-01", "start = ", r"c\.toml:4: not TOML"),
        ("to = 2012-06-01", "until = 2012-06-01", r"c\.toml:32: unknown key 'until'"),
    ],
)
def test_mistakes_are_told_with_their_line(old: str, new: str, message: str) -> None:
    assert old in _TEXT
    with pytest.raises(DataError, match=message):
        parse_conflict(_TEXT.replace(old, new, 1), where="c.toml")


def test_line_of_an_element_of_a_long_list(tmp_path: Path) -> None:
    text = _TEXT + 'aliases = [\n  "one, [two]",  # a comment, with a comma\n  { text = "x" },\n  { txt = "y" },\n]\n'
    line = text[: text.index("{ txt")].count("\n") + 1
    with pytest.raises(DataError, match=rf":{line}: "):
        parse_conflict(text, where="c.toml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.toml: cannot be read"):
        load_conflict(tmp_path / "gone.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes(b'id = "x"\nname = "\xe9"\n')
    with pytest.raises(DataError, match=r"latin\.toml:2: not UTF-8 at byte 17"):
        load_conflict(path)
    with pytest.raises(UnknownNameError, match=r"unknown conflict 'lybia'; did you mean .*'libya'"):
        load_conflict("lybia")


def test_shipped_conflicts_load() -> None:
    ids = shipped_conflicts()
    assert len(ids) >= 12
    assert [load_conflict(conflict_id).id for conflict_id in ids] == list(ids)
    assert load_conflict("libya") is load_conflict("libya")


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "isle.toml"
    path.write_text(_TEXT, encoding="utf-8")
    assert load_conflict(path).id == "isle"
    assert load_conflict(str(path)).id == "isle"
