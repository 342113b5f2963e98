from __future__ import annotations

import re

import pytest
from behaviour_kit import SILENT, Said, ask, entry, make_tests, run, surface

from stancelib.conflict import Conflict
from stancelib.world import load_world

pytestmark = pytest.mark.usefixtures("shared_indices")


def test_a_slot_takes_only_the_wanted_kind(conflict: Conflict) -> None:
    keys = ["expect = { x = { types = [] }, y = { types = [] } }", 'only = { x = "organisation", y = "state" }']
    tests = make_tests(entry("minimum", "{x} and {y}.", *keys))
    asked = ask(tests, conflicts=[conflict])
    states = [load_world().actors[candidate.actor].kind == "state" for candidate in asked]
    assert states == [False, True] * 4


def test_a_final_s_takes_an_apostrophe_alone() -> None:
    names = '[[invented]]\nid = "A"\nname = "Lake States"\n[[invented]]\nid = "B"\nname = "Orm"\n'
    tests = make_tests(
        entry("minimum", "{x}'s men and {y}'s.", "expect = { x = { types = [] } }", "invented = true"), head=names
    )
    texts = {candidate.sentence.text for candidate in ask(tests, conflicts=[])}
    assert texts == {"The Lake States' men and Orm's.", "Orm's men and the Lake States'."}


def test_a_longer_mention_is_marked_as_a_whole(duel: Conflict) -> None:
    keys = ["expect = { x = { types = [] } }", 'only = { x = "state" }']
    tests = make_tests(entry("minimum", "[The {x.adjective} envoy](x) met {p}.", *keys))
    for candidate in ask(tests, conflicts=[duel]):
        assert re.fullmatch(r"The \S+.* envoy", surface(candidate))
        assert [mention.actor for mention in candidate.mentions] == [candidate.actor, *candidate.others]


def test_a_template_may_name_an_actor_itself(duel: Conflict) -> None:
    tests = make_tests(entry("minimum", "[Two unions](UNIONS) met {p}.", 'expect = { UNIONS = { has = "protest" } }'))
    (row,) = run(tests, lambda c: Said(["protest"]) if surface(c) == "Two unions" else SILENT, conflicts=[duel])
    assert (row.failed, row.cases > 0) == (0, True)


def test_the_context_stands_before_the_text(duel: Conflict) -> None:
    tests = make_tests(
        entry("minimum", "[He](x) was angry.", 'context = "{x.person} came."', "expect = { x = { types = [] } }")
    )
    for candidate in ask(tests, conflicts=[duel]):
        assert candidate.sentence.text == "He was angry."
        assert {mention.actor for mention in candidate.mentions} == {candidate.actor}


def test_replaced_actors_keep_their_side_and_kind(duel: Conflict) -> None:
    tests = make_tests(entry("invariance", "{x} met {p}.", 'replace = ["x", "p"]', 'same = ["x", "p"]'))
    asked = ask(tests, conflicts=[duel])
    for one, other in zip(asked[::4], asked[2::4], strict=True):
        assert one.actor != other.actor
        assert one.others[0] != other.others[0]
        assert duel.sides_of(one.others[0], None) == duel.sides_of(other.others[0], None)
