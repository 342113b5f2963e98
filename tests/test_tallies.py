from __future__ import annotations

from dataclasses import replace

import pytest
from judging import TAG, make_conflict

from stancelib.pages import N_SIDE_LOOKS
from stancelib.tallies import N_ACTOR_LOOKS, Tally
from stancelib.types import Actor, SideScore

CONFLICT = make_conflict()
PRAISE = replace(TAG, types={"endorsement": 0.5}, supports=SideScore("blues", 0.5), opposes=None)
SILENCE = replace(TAG, types={}, supports=None, opposes=None)


def _by(actor: str) -> Actor:
    return Actor(actor, actor.title())


def test_a_document_is_counted_by_actor_and_side() -> None:
    actors, sides = Tally().add([TAG, PRAISE, SILENCE], CONFLICT)
    [talvia] = actors
    assert (talvia.n, talvia.types["endorsement"], talvia.supports, talvia.opposes) == (2, 1, {"blues": 1}, {"reds": 1})
    assert [(side.id, side.supports, side.opposes) for side in sides] == [("reds", 0, 1), ("blues", 1, 0)]


def test_totals_add_up_over_documents() -> None:
    tally = Tally()
    for _ in range(3):
        tally.add([TAG], CONFLICT)
    assert tally.n_documents == 3
    assert [actor.n for actor in tally.actors] == [3]
    assert [(side.id, side.opposes) for side in tally.sides] == [("reds", 3), ("blues", 0)]
    assert tally.conflicts == {CONFLICT.label: "War"}


def test_a_document_s_own_counts_do_not_grow_with_the_next() -> None:
    tally = Tally()
    actors, sides = tally.add([TAG], CONFLICT)
    tally.add([TAG], CONFLICT)
    assert (actors[0].n, sides[0].opposes) == (1, 1)


def test_actors_with_most_stances_come_first() -> None:
    tally = Tally()
    tags = [replace(tag, actor=_by(actor)) for actor, tag in (("A", SILENCE), ("B", TAG), ("C", TAG), ("C", PRAISE))]
    assert [actor.id for actor in tally.add(tags, CONFLICT)[0]] == [*"CBA"]
    assert [actor.id for actor in tally.actors] == [*"CBA"]


def test_actors_are_coloured_in_the_order_in_which_they_come() -> None:
    tally = Tally()
    tally.add([replace(TAG, actor=_by("A"))], None)
    actors, sides = tally.add([replace(TAG, actor=_by(name)) for name in "BA"], None)
    assert {actor.id: actor.look for actor in actors} == {"A": 0, "B": 1}
    assert sides == []


@pytest.mark.parametrize(("number", "look"), [(0, 0), (N_ACTOR_LOOKS - 1, N_ACTOR_LOOKS - 1), (N_ACTOR_LOOKS, 0)])
def test_colours_of_actors_come_again_when_they_are_used_up(number: int, look: int) -> None:
    tally = Tally()
    tally.add([replace(TAG, actor=_by(f"A{n}")) for n in range(number + 1)], None)
    assert {actor.id: actor.look for actor in tally.actors}[f"A{number}"] == look


def test_colours_of_sides_come_again_when_they_are_used_up() -> None:
    sides = tuple(replace(CONFLICT.sides[0], id=f"s{n}") for n in range(N_SIDE_LOOKS + 1))
    _, counts = Tally().add([], replace(CONFLICT, sides=sides))
    assert [side.look for side in counts] == [*range(N_SIDE_LOOKS), 0]
