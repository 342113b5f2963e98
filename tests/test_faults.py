from __future__ import annotations

import re

import pytest
from behaviour_kit import CONDEMNS, EXCHANGE, PASSIVE, SILENT, Rule, Said, entry, first_condemns_last, make_tests, run

from stancelib.conflict import Conflict
from stancelib.types import Candidate

pytestmark = pytest.mark.usefixtures("shared_indices")


def test_a_right_answer_passes(conflict: Conflict) -> None:
    (row,) = run(make_tests(CONDEMNS), first_condemns_last, conflicts=[conflict])
    assert (row.capability, row.kind, row.description) == ("a", "minimum", "About a.")
    assert (row.cases, row.failed, row.rate.value, row.examples) == (4, 0, 0.0, ())


def test_a_wrong_answer_is_told_with_its_text(conflict: Conflict) -> None:
    (row,) = run(make_tests(CONDEMNS), lambda _: SILENT, conflicts=[conflict])
    assert (row.cases, row.failed, row.rate.value) == (4, 4, 1.0)
    (example,) = row.examples
    assert re.fullmatch(r".+ condemned the (Red League|Blue Front|Green Guard)\.", example.text)
    assert re.fullmatch(r"has condemnation, opposes (reds|blues|greens)", example.expected)
    assert example.said == "no stance"


RIGHT = Said(["condemnation", "demand"], pro=["BLUE"], contra=["RED"], target="RED", planned=True)


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        ('types = ["condemnation", "demand"]', Said(["condemnation"])),
        ('types = ["condemnation", "demand"]', Said(["condemnation", "demand", "threat"])),
        ('has = "demand"', Said(["condemnation"])),
        ('lacks = "threat"', Said(["condemnation", "threat"])),
        ('supports = "q"', Said(["condemnation"])),
        ('supports = "q"', Said(["endorsement"], pro=["RED"])),
        ('opposes = "p"', Said(["condemnation"], contra=["BLUE"])),
        ('opposes = ["p", "q"]', Said(["condemnation"])),
        ('target = "p"', Said(["condemnation"], target="BLUE")),
        ('status = "planned"', Said(["condemnation"])),
    ],
)
def test_each_expectation_can_hold_and_fail(expected: str, wrong: Said, duel: Conflict) -> None:
    """In the duel the slots are p = RED and q = BLUE, or the other way round; only the first kind of case is judged."""
    tests = make_tests(entry("minimum", "{x} spoke of {p} and {q}.", f"expect = {{ x = {{ {expected} }} }}"))

    def by_slot(said: Said) -> Rule:
        def rule(candidate: Candidate) -> Said:
            order = [mention.actor for mention in sorted(candidate.mentions, key=lambda mention: mention.start)]
            names = {"RED": order[1], "BLUE": order[2], "": ""}
            return Said(
                said.types,
                [names[name] for name in said.pro],
                [names[name] for name in said.contra],
                names[said.target],
                said.planned,
            )

        return rule

    assert [row.failed for row in run(tests, by_slot(RIGHT), conflicts=[duel])] == [0]
    (row,) = run(tests, by_slot(wrong), conflicts=[duel])
    assert row.failed == row.cases > 0


@pytest.mark.parametrize("key", ["supports", "opposes", "target"])
def test_none_asks_for_no_side(key: str, duel: Conflict) -> None:
    tests = make_tests(entry("minimum", "{x} spoke of {p}.", f'expect = {{ x = {{ {key} = "none" }} }}'))
    assert run(tests, lambda _: Said(["condemnation"]), conflicts=[duel])[0].failed == 0

    def sided(candidate: Candidate) -> Said:
        others = candidate.others
        return Said(["condemnation"], others * (key == "supports"), others * (key == "opposes"), others[0])

    assert run(tests, sided, conflicts=[duel])[0].failed > 0


def test_a_pair_with_two_answers_fails_invariance(conflict: Conflict) -> None:
    minimum, invariance = run(make_tests(PASSIVE), first_condemns_last, conflicts=[conflict])
    assert (minimum.kind, minimum.failed, minimum.cases) == ("minimum", 0, 4)
    assert (invariance.kind, invariance.failed, invariance.cases) == ("invariance", 4, 4)
    example = invariance.examples[0]
    assert "condemned the" in example.text
    assert "was condemned by" in example.text
    assert re.fullmatch(r"condemnation, opposes \w+ → no stance", example.said)


@pytest.mark.parametrize("said", [Said(["condemnation", "threat"]), Said(["condemnation"]), SILENT])
def test_another_type_or_side_fails_invariance(said: Said, duel: Conflict) -> None:
    """The active wording is answered with a condemnation that opposes a side, the passive one with something less."""

    def rule(candidate: Candidate) -> Said:
        passive = "was condemned" in candidate.sentence.text
        return said if passive else Said(["condemnation"], contra=candidate.others)

    invariance = run(make_tests(PASSIVE), rule, conflicts=[duel])[1]
    assert invariance.failed == invariance.cases > 0


def test_a_silent_model_passes_invariance_and_fails_the_minimum_beside_it(conflict: Conflict) -> None:
    minimum, invariance = run(make_tests(PASSIVE), lambda _: SILENT, conflicts=[conflict])
    assert (minimum.failed, invariance.failed) == (4, 0)


def test_status_and_target_may_differ_between_wordings(conflict: Conflict) -> None:
    def rule(candidate: Candidate) -> Said:
        passive = "was condemned" in candidate.sentence.text
        return Said(["condemnation"], planned=passive, target=candidate.others[0] * passive)

    assert run(make_tests(PASSIVE), rule, conflicts=[conflict])[1].failed == 0


BOTH = 'expect = { x = { lacks = "threat" }, p = { lacks = "threat" } }'


@pytest.mark.parametrize(("same", "failed"), [('same = "x"', 0), ('same = "p"', 4), ("", 4)])
def test_only_the_named_actors_are_compared(same: str, failed: int, conflict: Conflict) -> None:
    """A principal is said to condemn in the passive wording alone; third parties are always silent."""
    tests = make_tests(entry("invariance", "{x} hit {p}.", 'also = "{p} was hit by {x}."', BOTH, same))

    def rule(candidate: Candidate) -> Said:
        passive = "was hit" in candidate.sentence.text
        return Said(["condemnation"]) if passive and conflict.sides_of(candidate.actor, None) else SILENT

    assert run(tests, rule, conflicts=[conflict])[1].failed == failed


@pytest.mark.parametrize(("same", "failing"), [('same = "x"', False), ('same = "p"', True), ("", True)])
def test_only_the_named_actors_must_change(same: str, failing: bool, duel: Conflict) -> None:
    tests = make_tests(entry("direction", "{x} blamed {p} and spared {q}.", BOTH, 'exchange = ["p", "q"]', same))

    def rule(candidate: Candidate) -> Said:
        order = sorted(candidate.mentions, key=lambda mention: mention.start)
        return Said(["condemnation"], contra=[order[1].actor]) if candidate.actor == order[0].actor else SILENT

    assert (run(tests, rule, conflicts=[duel])[1].failed > 0) == failing


def test_exchanged_principals_exchange_the_sides(duel: Conflict) -> None:
    _, direction = run(make_tests(EXCHANGE), first_condemns_last, conflicts=[duel])
    assert (direction.kind, direction.failed, direction.cases > 0) == ("direction", 0, True)


@pytest.mark.parametrize("said", [SILENT, Said(["condemnation"], contra=["RED"]), Said(["condemnation"])])
def test_an_answer_that_does_not_change_fails_direction(said: Said, duel: Conflict) -> None:
    direction = run(make_tests(EXCHANGE), lambda _: said, conflicts=[duel])[1]
    assert direction.failed == direction.cases > 0


def test_exchanged_sides_with_other_types_fail(duel: Conflict) -> None:
    def rule(candidate: Candidate) -> Said:
        order = sorted(candidate.mentions, key=lambda mention: mention.start)
        last = order[-1].actor
        return Said(["threat" if last == "RED" else "condemnation"], contra=[last])

    direction = run(make_tests(EXCHANGE), rule, conflicts=[duel])[1]
    assert direction.failed == direction.cases > 0


@pytest.mark.parametrize(
    ("before", "after", "failed"),
    [
        (Said(["diplomacy"]), SILENT, 0),
        (SILENT, SILENT, 4),
        (Said(["diplomacy"]), Said(["diplomacy"]), 4),
        (Said(["diplomacy"]), Said(["threat"]), 4),
    ],
)
def test_a_changed_wording_must_change_the_answer_as_stated(
    before: Said, after: Said, failed: int, conflict: Conflict
) -> None:
    tests = make_tests(
        entry("direction", "{x} met {p}.", 'also = "{x} never met {p}."', "then = { x = { types = [] } }"),
    )
    (row,) = run(tests, lambda c: after if "never" in c.sentence.text else before, conflicts=[conflict])
    assert (row.kind, row.failed, row.cases) == ("direction", failed, 4)
