from __future__ import annotations

import re

import pytest
from behaviour_kit import CONDEMNS, EXCHANGE, PASSIVE, SILENT, FakeModel, Said, ask, entry, make_tests, run

from stancelib.codebook import parse_codebook
from stancelib.conflict import Conflict, load_conflict
from stancelib.evaluation.behaviour import load_behaviour

pytestmark = pytest.mark.usefixtures("shared_indices")


def test_conflicts_take_turns(duel: Conflict) -> None:
    candidates = ask(make_tests(CONDEMNS), conflicts=[duel, load_conflict("libya")])
    named = [candidate.others[0] in ("RED", "BLUE") for candidate in candidates]
    assert named in ([True, False, True, False], [False, True, False, True])


def test_an_actor_that_is_not_found_fails(duel: Conflict) -> None:
    also = 'also = "On Monday {p} and the Rde League met."'
    tests = make_tests(
        entry(
            "invariance",
            "On Monday {p} and the Unknown Union met.",
            also,
            "expect = { NOBODY = { types = [] } }",
            "raw = true",
        )
    )
    minimum, invariance = run(tests, lambda _: SILENT, conflicts=[duel])
    assert (minimum.failed, minimum.cases) == (2, 2)
    assert minimum.examples[0].said == "not found"
    assert invariance.failed == 0


def test_an_actor_that_is_found_in_one_spelling_alone_fails_invariance(duel: Conflict) -> None:
    also = 'also = "On Monday the United Stattes met {p}."'
    tests = make_tests(entry("invariance", "On Monday the United States met {p}.", also, 'same = "USA"', "raw = true"))
    (row,) = run(tests, lambda _: SILENT, conflicts=[duel])
    assert (row.failed, row.cases) == (2, 2)
    assert row.examples[0].said == "no stance → not found"


def test_the_same_seed_gives_the_same_cases(conflict: Conflict) -> None:
    tests = load_behaviour()[:30]
    first, again, other = (run(tests, lambda _: SILENT, conflicts=[conflict], seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_cases_of_a_test_do_not_depend_on_the_tests_beside_it(conflict: Conflict) -> None:
    alone = [candidate.sentence.text for candidate in ask(make_tests(CONDEMNS), conflicts=[conflict])]
    beside = [
        candidate.sentence.text
        for candidate in ask(make_tests(PASSIVE.replace("condemned", "hit"), CONDEMNS), conflicts=[conflict])
    ]
    assert set(alone) <= set(beside)


def test_each_test_draws_actors_of_its_own(conflict: Conflict) -> None:
    tests = make_tests(CONDEMNS, CONDEMNS.replace("condemned", "hailed"))
    actors = [candidate.actor for candidate in ask(tests, conflicts=[conflict])]
    assert actors[:4] != actors[4:]


def test_all_marked_cases_are_judged_in_one_batch(conflict: Conflict) -> None:
    model = FakeModel(lambda _: SILENT)
    rows = run(make_tests(CONDEMNS, EXCHANGE), model.rule, conflicts=[conflict], model=model)
    assert (model.calls, len(model.asked)) == (1, sum(row.cases * (1 + (row.kind != "minimum")) for row in rows))


def test_rows_come_in_the_order_of_the_tests(conflict: Conflict) -> None:
    other = PASSIVE.replace('"a"', '"b"').replace("{x} condemned", "{x} blamed")
    tests = make_tests(EXCHANGE.replace('"a"', '"b"'), CONDEMNS, other, capabilities=("a", "b"))
    rows = run(tests, lambda _: SILENT, conflicts=[conflict])
    assert [(row.capability, row.kind) for row in rows] == [
        ("b", "minimum"),
        ("b", "direction"),
        ("a", "minimum"),
        ("b", "invariance"),
    ]


def _expecting(text: str) -> str:
    return entry("minimum", text, 'expect = { x = { has = "threat" } }')


def test_the_interval_is_over_templates(conflict: Conflict) -> None:
    """Of two templates one always fails: of four equally likely resamples, two fail by half, one wholly, one never.

    The 2.5 % and 97.5 % quantiles of (0, 1/2, 1/2, 1) with a weight of 1/4 each are 0 and 1.
    """
    tests = make_tests(_expecting("{x} threatened {p}."), _expecting("{x} greeted {p}."))
    (row,) = run(tests, lambda c: Said(["threat"] * ("threat" in c.sentence.text)), conflicts=[conflict])
    assert (row.cases, row.failed, row.rate.value, row.rate.interval) == (8, 4, 0.5, (0.0, 1.0))


def test_a_single_template_has_no_interval(conflict: Conflict) -> None:
    assert run(make_tests(CONDEMNS), lambda _: SILENT, conflicts=[conflict])[0].rate.interval is None


def test_examples_are_of_different_templates(conflict: Conflict) -> None:
    tests = make_tests(*(_expecting(f"{{x}} greeted {{p}} {number} times.") for number in range(7)))
    (row,) = run(tests, lambda _: SILENT, conflicts=[conflict])
    numbers = [re.sub(r"\D", "", example.text) for example in row.examples]
    assert len(set(numbers)) == len(numbers) == 5


def test_a_template_without_slots_is_one_case(conflict: Conflict) -> None:
    tests = make_tests(entry("minimum", "France condemned it.", "expect = { FRA = { types = [] } }", "raw = true"))
    assert [row.cases for row in run(tests, lambda _: SILENT, conflicts=[conflict])] == [1]


def test_tests_of_types_that_the_codebook_lacks_are_left_out(conflict: Conflict) -> None:
    book = parse_codebook('id = "b"\n[[type]]\nid = "favour"\n[[type]]\nid = "threat"', where="b")
    own = entry("minimum", "{x} favours {p}.", 'expect = { x = { has = "favour" } }', capability="b")
    tests = make_tests(CONDEMNS, own, capabilities=("a", "b"), head='types = ["favour"]\n')
    model = FakeModel(lambda _: SILENT, codebook=book)
    assert [row.capability for row in run(tests, model.rule, conflicts=[conflict], model=model)] == ["b"]
    assert [row.capability for row in run(tests, lambda _: SILENT, conflicts=[conflict])] == ["a"]


def test_nothing_to_test_gives_no_row(conflict: Conflict) -> None:
    assert run((), lambda _: SILENT, conflicts=[conflict]) == ()
