from __future__ import annotations

import pytest

from stancelib.errors import DataError, UnknownNameError
from stancelib.tomlsource import TomlSource
from stancelib.world import load_world, parse_world

_STATE = '[[actor]]\nid = "FRE"\nname = "Fredonia"\nkind = "state"\n'


def test_world_holds_actors_persons_and_what_is_none() -> None:
    text = (
        _STATE
        + 'capitals = [{ text = "Fredville", from = 2012-01-01 }]\n'
        + '[[person]]\nactor = "FRE"\nname = "Ada Moss"\noffices = [{ title = "president", from = 2015-02-03 }]\n'
        + '[[not_actor]]\ntext = "Fredonia Times"\n'
    )
    world = parse_world([TomlSource(text, "w.toml")])
    actor = world.actor("FRE")
    assert actor is not None
    assert (actor.id, actor.name, actor.kind) == ("FRE", "Fredonia", "state")
    assert world.actors["FRE"].capitals[0].value == "Fredville"
    assert world.persons[0].offices[0].value == "president"
    assert world.not_actors == ("Fredonia Times",)
    assert world.actor("XXX") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_STATE + _STATE, r"w\.toml:6: actor 'FRE' is defined twice"),
        (_STATE + 'capital = ["X"]\n', r"w\.toml:5: unknown key 'capital'; did you mean 'capitals'\?"),
        ('[[actor]]\nid = "FRE"\nname = "F"\nkind = "city"\n', r"w\.toml:4: .*kind"),
        ("x = = 1", r"w\.toml:1: not TOML"),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_world([TomlSource(text, "w.toml")])


def test_person_of_an_unknown_actor_is_refused() -> None:
    text = _STATE + '[[person]]\nactor = "FRD"\nname = "Ada Moss"\n'
    with pytest.raises(UnknownNameError, match=r"w\.toml:6: unknown actor 'FRD'; did you mean 'FRE'"):
        parse_world([TomlSource(text, "w.toml")])


def test_shipped_world_is_read_once() -> None:
    assert load_world() is load_world()
    assert {"FRA", "TUR", "USA"} <= set(load_world().actors)
