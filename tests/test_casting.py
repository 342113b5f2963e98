from __future__ import annotations

import pytest
from behaviour_kit import CONDEMNS, SILENT, ask, entry, first_condemns_last, make_tests, run, surface

from stancelib.conflict import Conflict, parse_conflict
from stancelib.evaluation.casting import ORGANISATIONS

pytestmark = pytest.mark.usefixtures("shared_indices")


def test_third_parties_have_no_side_and_principals_different_ones(duel: Conflict) -> None:
    tests = make_tests(entry("minimum", "{x}, {y}, {p}, {p2}, {q}, {q2}.", "expect = { x = { types = [] } }"))
    for candidate in ask(tests, conflicts=[duel]):
        actors = [mention.actor for mention in sorted(candidate.mentions, key=lambda mention: mention.start)]
        sides = [duel.sides_of(actor, None) for actor in actors]
        assert sides[0] == sides[1] == ()
        assert actors[0] != actors[1]
        assert sides[2] == sides[3] != sides[4] == sides[5]
        assert set(actors[2:]) == {"RED", "RED_GUARD", "BLUE", "BLUE_GUARD"}
        assert {actors[2], actors[4]} == {"RED", "BLUE"}


def test_who_has_a_side_or_stands_for_a_side_is_no_third_party() -> None:
    sided = "".join(f'[[actor]]\nid = "{key}"\nside = "s"\n' for key in ORGANISATIONS if key != "EU")
    sides = '[[side]]\nid = "s"\n[[side]]\nid = "t"\n[[actor]]\nid = "TT"\nname = "Tt"\nside = "t"\n'
    conflict = parse_conflict(f'id = "c"\nname = "C"\n{sides}{sided}', where="c.toml")
    only = 'only = { x = "organisation" }'
    tests = make_tests(entry("minimum", "{x} met {p}.", "expect = { x = { types = [] } }", only))
    assert {candidate.actor for candidate in ask(tests, conflicts=[conflict])} == {"EU"}


def test_without_a_usable_conflict_only_third_parties_are_tested(conflict: Conflict) -> None:
    """The lone conflict has one side, with every organisation but one: if used, it alone is drawn."""
    sided = "".join(f'[[actor]]\nid = "{key}"\nside = "s"\n' for key in ORGANISATIONS if key != "EU")
    lone = parse_conflict(f'id = "lone"\nname = "L"\n[[side]]\nid = "s"\n{sided}', where="lone.toml")
    only = 'only = { x = "organisation" }'
    plain = entry("minimum", "{x} met {y}.", "expect = { x = { types = [] } }", only, capability="b")
    tests = make_tests(CONDEMNS, plain, capabilities=("a", "b"))
    assert [row.capability for row in run(tests, lambda _: SILENT, conflicts=[])] == ["b"]
    assert [row.capability for row in run(tests, lambda _: SILENT, conflicts=[lone])] == ["b"]
    assert {candidate.actor for candidate in ask(tests, conflicts=[lone])} - {"EU"}
    assert [row.capability for row in run(tests, lambda _: SILENT, conflicts=[lone, conflict])] == ["a", "b"]


def test_people_are_those_of_the_day(duel: Conflict) -> None:
    tests = make_tests(entry("minimum", "{p.person} spoke.", "expect = { p = { types = [] } }"))
    names = {surface(candidate) for seed in range(6) for candidate in ask(tests, conflicts=[duel], seed=seed)}
    assert names == {"Ansel Brandt", "Ida Voss"}


def test_forms_stand_in_running_text(duel: Conflict) -> None:
    tests = make_tests(entry("minimum", "{p} and {q}, said {p}'s men.", "expect = { p = { types = [] } }"))
    texts = {candidate.sentence.text for candidate in ask(tests, conflicts=[duel])}
    assert texts <= {
        "The Red League and the Blue Front, said the Red League's men.",
        "The Blue Front and the Red League, said the Blue Front's men.",
    }
    assert texts


def test_invented_actors_have_sides_in_a_conflict_that_nobody_has_seen() -> None:
    tests = make_tests(
        entry(
            "minimum",
            "{x} condemned {p}.",
            'expect = { x = { types = ["condemnation"], opposes = "p" } }',
            "invented = true",
        )
    )
    (row,) = run(tests, first_condemns_last, conflicts=[])
    assert (row.failed, row.cases) == (0, 4)
