from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest

from stancelib import tagger
from stancelib.actors import ActorIndex
from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook, load_codebook, parse_codebook
from stancelib.conflict import Conflict, load_conflict, parse_conflict
from stancelib.errors import DataError
from stancelib.evaluation.behaving import ORGANISATIONS, run_behaviour
from stancelib.evaluation.behaviour import BehaviourTest, load_behaviour, parse_behaviour
from stancelib.evaluation.report import BehaviourRow
from stancelib.tagger import load
from stancelib.tomlsource import TomlSource
from stancelib.types import Candidate, Judgement
from stancelib.world import load_world

DOCS = Path(__file__).parent.parent / "docs"


@dataclass(frozen=True)
class Said:
    """What a fake model says of a candidate: types, and whom it is for and against (actor ids)."""

    types: Collection[str] = ()
    pro: Collection[str] = ()
    contra: Collection[str] = ()
    target: str = ""
    planned: bool = False


SILENT = Said()
Rule = Callable[[Candidate], Said]


@dataclass
class FakeModel:
    """A model that answers by a rule and keeps what it was asked."""

    rule: Rule
    codebook: Codebook = field(default_factory=load_codebook)
    asked: list[Candidate] = field(default_factory=list)
    calls: int = 0
    name: str = "fake"
    version: int = 1
    thresholds: Thresholds = field(default_factory=lambda: Thresholds({}))

    def predict(self, candidates: Sequence[Candidate]) -> list[Judgement]:
        self.asked += candidates
        self.calls += 1
        return [self._judge(candidate, self.rule(candidate)) for candidate in candidates]

    def _judge(self, candidate: Candidate, said: Said) -> Judgement:
        return Judgement(
            types={type_id: float(type_id in said.types) for type_id in self.codebook.type_ids},
            directions={other: (float(other in said.pro), float(other in said.contra)) for other in candidate.others},
            targets={other: float(other == said.target) for other in candidate.others},
            planned=float(said.planned),
        )


@pytest.fixture(autouse=True, scope="module")
def _shared_indices() -> Iterator[None]:
    """Names of a conflict are indexed once: taggers come and go in these tests."""
    shared = cache(lambda conflict: ActorIndex(load_world(), conflict))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tagger, "ActorIndex", lambda _, conflict: shared(conflict))
        yield


def entry(kind: str, text: str, *keys: str, capability: str = "a") -> str:
    return "\n".join(
        ["[[test]]", f'capability = "{capability}"', f'kind = "{kind}"', f"text = {json.dumps(text)}", *keys, ""]
    )


def make_tests(*entries: str, capabilities: Sequence[str] = ("a",), head: str = "") -> tuple[BehaviourTest, ...]:
    described = "".join(f'[[capability]]\nname = "{name}"\ndescription = "About {name}."\n' for name in capabilities)
    return parse_behaviour(TomlSource(head + described + "".join(entries), "mine.toml"))


def run(
    tests: Sequence[BehaviourTest],
    rule: Rule,
    *,
    conflicts: Sequence[Conflict],
    seed: int = 0,
    model: FakeModel | None = None,
) -> tuple[BehaviourRow, ...]:
    return run_behaviour(tests, load(model or FakeModel(rule)), conflicts=conflicts, seed=seed)


def ask(tests: Sequence[BehaviourTest], *, conflicts: Sequence[Conflict], seed: int = 0) -> list[Candidate]:
    """Return what a model is asked by the tests."""
    model = FakeModel(lambda _: SILENT)
    run(tests, model.rule, conflicts=conflicts, seed=seed, model=model)
    return model.asked


def surface(candidate: Candidate, actor: str | None = None) -> str:
    mention = candidate.mention_of(actor or candidate.actor)
    return candidate.sentence.text[mention.start - candidate.sentence.start : mention.end - candidate.sentence.start]


def first_condemns_last(candidate: Candidate) -> Said:
    """The first actor of a sentence condemns the last."""
    order = [mention.actor for mention in sorted(candidate.mentions, key=lambda mention: mention.start)]
    right = candidate.actor == order[0]
    return Said(["condemnation"], contra=order[-1:], target=order[-1]) if right else SILENT


CONDEMNS = entry("minimum", "{x} condemned {p}.", 'expect = { x = { has = "condemnation", opposes = "p" } }')


# ---- The three kinds ----


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


PASSIVE = entry(
    "invariance",
    "{x} condemned {p}.",
    'also = "{p} was condemned by {x}."',
    'expect = { x = { has = "condemnation" } }',
)


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


EXCHANGE = entry(
    "direction",
    "{x} condemned {q} and later {p}.",
    'expect = { x = { has = "condemnation" } }',
    'exchange = ["p", "q"]',
)


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


# ---- Who fills ----


@pytest.fixture(scope="module")
def duel() -> Conflict:
    """A conflict of two sides with two members each, the first of them the official principal."""
    text = """
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
    return parse_conflict(text, where="duel.toml")


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


def test_a_slot_takes_only_the_wanted_kind(conflict: Conflict) -> None:
    keys = ["expect = { x = { types = [] }, y = { types = [] } }", 'only = { x = "organisation", y = "state" }']
    tests = make_tests(entry("minimum", "{x} and {y}.", *keys))
    asked = ask(tests, conflicts=[conflict])
    states = [load_world().actors[candidate.actor].kind == "state" for candidate in asked]
    assert states == [False, True] * 4


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


def test_conflicts_take_turns(duel: Conflict) -> None:
    candidates = ask(make_tests(CONDEMNS), conflicts=[duel, load_conflict("libya")])
    named = [candidate.others[0] in ("RED", "BLUE") for candidate in candidates]
    assert named in ([True, False, True, False], [False, True, False, True])


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


# ---- Pairs ----


def test_replaced_actors_keep_their_side_and_kind(duel: Conflict) -> None:
    tests = make_tests(entry("invariance", "{x} met {p}.", 'replace = ["x", "p"]', 'same = ["x", "p"]'))
    asked = ask(tests, conflicts=[duel])
    for one, other in zip(asked[::4], asked[2::4], strict=True):
        assert one.actor != other.actor
        assert one.others[0] != other.others[0]
        assert duel.sides_of(one.others[0], None) == duel.sides_of(other.others[0], None)


def test_letters_slip_outside_of_names_alone(duel: Conflict) -> None:
    text = "[The warring {x.adjective} government](x) urgently needs weapons from {p}."
    tests = make_tests(entry("invariance", text, "typos = 2", 'same = "x"', 'only = { x = "state" }'))
    asked = ask(tests, conflicts=[duel])
    assert asked
    for plain, slipped in zip(asked[::2], asked[1::2], strict=True):
        words, others = plain.sentence.text.split(), slipped.sentence.text.split()
        assert sum(one != other for one, other in zip(words, others, strict=True)) == 2
        assert surface(plain) == surface(slipped)
        assert surface(plain, plain.others[0]) == surface(slipped, plain.others[0])


PERSON = "On Monday, {p.person} condemned it."


@pytest.mark.parametrize(
    ("how", "text", "texts"),
    [
        ("alias", PERSON, {"On Monday, Anselm Brandt condemned it.", "On Monday, Ida Vos condemned it."}),
        ("accents", PERSON, {"On Monday, Ansel Brándt condemned it.", "On Monday, Ida Vóss condemned it."}),
        ("hyphens", "The war of {q.name} and {p.person} goes on.", set()),
    ],
)
def test_names_are_respelled(how: str, text: str, texts: set[str], duel: Conflict) -> None:
    tests = make_tests(entry("invariance", text, f'respell = "{how}"', 'same = "p"', "raw = true"))
    asked = {candidate.sentence.text for seed in range(5) for candidate in ask(tests, conflicts=[duel], seed=seed)}
    assert texts <= asked
    assert bool(asked) == bool(texts)


@pytest.mark.parametrize(
    ("how", "name", "other"),
    [
        ("wraps", "Orm Valley militia", "Orm Valley\nmilitia"),
        ("hyphens", "Orm-Tarn militia", "Orm Tarn militia"),
    ],
)
def test_names_are_broken_or_joined(how: str, name: str, other: str) -> None:
    sides = {"ORM": name, "ELM": "Elm Valley militia"}
    names = "".join(f'[[invented]]\nid = "{key}"\nname = "{sides[key]}"\nside = "{key}"\n' for key in sides)
    keys = [f'respell = "{how}"', 'same = "p"', "raw = true", "invented = true"]
    tests = make_tests(entry("invariance", "On Monday {p} went home.", *keys), head=names)
    model = FakeModel(lambda _: SILENT)
    rows = run(tests, model.rule, conflicts=[], model=model)
    # Who is not found under the other spelling is not asked about, but told as an example.
    told = {text for row in rows for example in row.examples for text in example.text.split(" → ")}
    texts = {candidate.sentence.text for candidate in model.asked} | told
    assert {f"On Monday the {name} went home.", f"On Monday the {other} went home."} <= texts


def test_curly_quotes_open_and_close(duel: Conflict) -> None:
    text = """In 2020 {p} said: "We 'won' it." """
    tests = make_tests(entry("invariance", text, 'respell = "curly"', 'same = "p"', "raw = true"))
    texts = [candidate.sentence.text for candidate in ask(tests, conflicts=[duel])]
    assert any("said: “We ’won’ it.”" in text for text in texts)


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


# ---- Counting ----


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


# ---- Files ----


OK = "expect = { x = { types = [] } }"


@pytest.mark.parametrize(
    ("kind", "text", "lines", "line", "message"),
    [
        ("minimum", "{x}", ["expect = { x = { has = 'treat' } }"], 7, "unknown type 'treat'; did you mean 'threat'"),
        ("minimum", "{w}", [OK], 6, "unknown slot 'w'"),
        ("minimum", "{x.colour}", [OK], 6, "unknown form 'colour'"),
        ("minimum", "{x", [OK], 6, "stray braces"),
        ("minimum", "[the {x}", [OK], 6, "stray braces"),
        ("minimum", "{p}", [OK], 7, "unknown slot 'x'"),
        ("minimum", "{x}", ["expect = { x = { opposes = 'p' } }"], 7, "unknown slot 'p'"),
        ("minimum", "{x} {y}", ["expect = { x = { opposes = 'y' } }"], 7, "unknown slot with a side 'y'"),
        ("minimum", "{x}", ["expect = { x = { hass = 'threat' } }"], 7, "unknown key 'hass'; did you mean 'has'"),
        ("minimum", "{x}", [OK, "tpyos = 1"], 8, "unknown key 'tpyos'; did you mean 'typos'"),
        ("minimun", "{x}", [OK], 5, "kind: Input should be 'minimum', 'invariance' or 'direction'; found 'minimun'"),
        ("minimum", "{x}", ["same = 'x'"], 5, "without 'expect'"),
        ("minimum", "{x}", [OK, "typos = 1"], 5, "kind 'minimum' with 'typos'; expected none"),
        ("invariance", "{x}", [OK], 5, "kind 'invariance' with no change; expected one of 'also', 'replace'"),
        ("invariance", "{x}", [OK, "typos = 1", "replace = 'x'"], 5, "'replace' and 'typos'"),
        (
            "invariance",
            "{p} {q}",
            ["exchange = ['p', 'q']", "same = 'p'"],
            5,
            "with 'exchange'; expected one of",
        ),
        ("invariance", "{x}", ["typos = 1"], 6, "no 'expect' and no 'same'"),
        ("invariance", "{x}", [OK, "typos = 9"], 8, "less than or equal to 3"),
        ("invariance", "{x} a", [OK, "also = '{y} a'"], 7, "unknown slot 'x'"),
        ("invariance", "{x}", [OK, "respell = 'curly'"], 8, "without raw = true"),
        ("direction", "{x}", [OK, "also = '{x} b'"], 5, "'then' and kind 'direction'"),
        ("direction", "{x} {p} {p2}", [OK, "exchange = ['p', 'p2']"], 8, "expected two slots of different sides"),
        ("direction", "{x} {p} {q} {p2}", [OK, "exchange = ['p', 'q']"], 8, "who would change sides"),
        ("minimum", "{x}", [OK, "only = { x = 'stat' }"], 8, "Input should be 'state' or 'organisation'"),
        ("minimum", "{x}", [OK, "only = { y = 'state' }"], 8, "unknown slot 'y'"),
        ("minimum", "{x}", [OK, "context = '{x} b'", "raw = true"], 8, "'context' with raw = true"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    kind: str, text: str, lines: Sequence[str], line: int, message: str, tmp_path: Path
) -> None:
    head = ["[[capability]]", "name = 'a'", "description = 'A.'", "[[test]]", f"kind = '{kind}'", f"text = '{text}'"]
    path = tmp_path / "mine.toml"
    path.write_text("\n".join([*head, *lines, "capability = 'a'"]), encoding="utf-8")
    with pytest.raises(DataError, match=rf"mine\.toml:{line}: .*{re.escape(message)}"):
        load_behaviour(path)


def test_a_capability_must_be_described() -> None:
    with pytest.raises(DataError, match=r"mine\.toml:5: unknown capability 'aa'; did you mean 'a'"):
        make_tests(CONDEMNS.replace('"a"', '"aa"'))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([CONDEMNS, CONDEMNS], r"mine\.toml:12: text '{x} condemned {p}\.' stands in two \[\[test\]\] entries"),
        (
            ["[[capability]]\nname = 'a'\ndescription = 'b'\n", CONDEMNS],
            r"mine\.toml:5: name 'a' stands in two \[\[capab",
        ),
        (
            ["[[invented]]\nid = 'A'\nname = 'b'\n" * 2, CONDEMNS],
            r"mine\.toml:8: id 'A' stands in two \[\[invented\]\]",
        ),
    ],
)
def test_a_duplicate_is_told(parts: Sequence[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_tests(*parts)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.toml: cannot be read: .*; expected behavioural tests in TOML"):
        load_behaviour(tmp_path / "none.toml")


def test_a_test_knows_its_place() -> None:
    assert make_tests(CONDEMNS)[0].where == "mine.toml:7"


# ---- The shipped file ----


SHIPPED = load_behaviour()


def test_the_shipped_file_speaks_of_types_of_the_shipped_codebook() -> None:
    assert {type_id for test in SHIPPED for type_id in test.types} == set(load_codebook().type_ids)


def test_no_shipped_text_stands_twice_even_with_other_slots() -> None:
    texts = [re.sub(r"\{[^}]*\}", "_", text) for test in SHIPPED for text in test.template.wordings]
    assert sorted(set(texts)) == sorted(texts)


def test_each_shipped_capability_has_enough_templates_and_a_known_first_answer() -> None:
    counts: dict[str, int] = {}
    for test in SHIPPED:
        counts[test.template.capability] = counts.get(test.template.capability, 0) + 1
        assert test.template.expect, test.where
    assert min(counts.values()) >= 8
    assert len(counts) == 17


def test_each_shipped_template_can_be_filled() -> None:
    conflicts = [load_conflict(conflict_id) for conflict_id in ("libya", "ukraine")]
    apart = [replace(test, template=test.template.model_copy(update={"capability": test.where})) for test in SHIPPED]
    kinds = {(row.capability, row.kind) for row in run(apart, lambda _: SILENT, conflicts=conflicts)}
    assert kinds == {(test.where, kind) for test in SHIPPED for kind in ("minimum", test.template.kind)}


def test_the_file_of_the_page_is_read_and_run(conflict: Conflict, tmp_path: Path) -> None:
    page = (DOCS / "behaviour.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "mine.toml"
    path.write_text(code, encoding="utf-8")
    rows = run(load_behaviour(path), lambda _: SILENT, conflicts=[conflict])
    assert {row.capability for row in rows} == {"hedges", "word order"}


def test_the_page_names_every_shipped_capability() -> None:
    page = (DOCS / "behaviour.md").read_text(encoding="utf-8")
    for name in {test.template.capability for test in SHIPPED}:
        assert f"| {name} |" in page
