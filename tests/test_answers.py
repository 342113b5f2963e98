from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from stancelib.answers import joint_confidence, make_tag, pick_sides, pick_target, pick_types, score_sides
from stancelib.calibration import Thresholds
from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict, parse_conflict
from stancelib.model import StanceModel
from stancelib.types import Actor, Candidate, Document, Judgement, Mention, Sentence, SideScore, StanceTag

BOOK = Codebook("b", 1, False, tuple(StanceType(name, "", 0) for name in ("x", "y", "z")))
EXCLUSIVE = Codebook("b", 1, True, BOOK.types)
TEXT = "Talvia named the Red League, the Blue Front and Morvia."
NAMES = {"TALVIA": "Talvia", "RED": "Red League", "BLUE": "Blue Front", "MORVIA": "Morvia"}


def _candidate(actor: str = "TALVIA") -> Candidate:
    mentions = tuple(Mention(id_, TEXT.index(name), TEXT.index(name) + len(name)) for id_, name in NAMES.items())
    return Candidate(Sentence("d", 0, 0, len(TEXT), TEXT), actor, mentions)


def _judgement(
    types: Mapping[str, float] | None = None,
    *,
    directions: Mapping[str, tuple[float, float]] | None = None,
    targets: Mapping[str, float] | None = None,
    planned: float = 0.0,
) -> Judgement:
    return Judgement(types or {"x": 0.9, "y": 0.1, "z": 0.6}, directions or {}, targets or {}, planned)


@pytest.mark.parametrize(
    ("proba", "thresholds", "picked"),
    [
        ({"x": 0.6, "y": 0.4, "z": 0.9}, {}, ["z", "x"]),
        ({"x": 0.5, "y": 0.5, "z": 0.5}, {}, ["x", "y", "z"]),
        ({"x": 0.6, "y": 0.4, "z": 0.9}, {"x": 0.7, "y": 0.3}, ["z", "y"]),
        ({"x": 0.1, "y": 0.1, "z": 0.1}, {}, []),
    ],
)
def test_types_over_their_thresholds_are_picked(
    proba: Mapping[str, float], thresholds: Mapping[str, float], picked: list[str]
) -> None:
    found = pick_types(proba, codebook=BOOK, thresholds=Thresholds(thresholds))
    assert list(found) == picked
    assert all(found[type_id] == proba[type_id] for type_id in picked)


def test_an_exclusive_codebook_always_gives_the_most_likely_type() -> None:
    found = pick_types({"x": 0.3, "y": 0.36, "z": 0.34}, codebook=EXCLUSIVE, thresholds=Thresholds({"y": 0.9}))
    assert found == {"y": 0.36}


def test_a_side_has_the_score_of_its_strongest_member(conflict: Conflict) -> None:
    directions = {"RED": (0.1, 0.8), "BLUE": (0.7, 0.2), "MORVIA": (0.9, 0.9)}
    scores = score_sides(_candidate(), _judgement(directions=directions), conflict=conflict, on=None)
    assert list(scores) == ["reds", "blues", "greens"]
    assert scores["reds"] == {"supports": 0.1, "opposes": 0.8}
    assert scores["blues"] == {"supports": 0.7, "opposes": 0.2}
    assert scores["greens"] == {"supports": 0.0, "opposes": 0.0}


def test_two_members_of_a_side_give_the_stronger_of_both() -> None:
    text = 'id = "c"\nname = "C"\n[[side]]\nid = "s"\n' + "".join(
        f'[[actor]]\nid = "{name}"\nname = "{name}"\nside = [{{ id = "s", to = 2020-01-01 }}]\n' for name in ("M", "N")
    )
    conflict = parse_conflict(text, where="c.toml")
    judgement = _judgement(directions={"M": (0.2, 0.5), "N": (0.6, 0.4)})
    assert score_sides(_candidate(), judgement, conflict=conflict, on=date(2019, 1, 1)) == {
        "s": {"supports": 0.6, "opposes": 0.5}
    }
    later = score_sides(_candidate(), judgement, conflict=conflict, on=date(2021, 1, 1))
    assert later == {"s": {"supports": 0.0, "opposes": 0.0}}


def test_a_principal_does_not_support_its_own_side(conflict: Conflict) -> None:
    judgement = _judgement(directions={"RED": (0.9, 0.1)})
    assert score_sides(_candidate("RED"), judgement, conflict=conflict, on=None)["reds"]["supports"] == 0.0
    assert score_sides(_candidate(), judgement, conflict=None, on=None) == {}


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ({}, (None, None)),
        ({"a": (0.6, 0.1), "b": (0.7, 0.9)}, (None, ("b", 0.9))),
        ({"a": (0.8, 0.1), "b": (0.2, 0.9)}, (("a", 0.8), ("b", 0.9))),
        ({"a": (0.8, 0.8)}, (("a", 0.8), None)),
        ({"a": (0.4, 0.49)}, (None, None)),
        ({"a": (0.5, 0.0), "b": (0.5, 0.0)}, (("a", 0.5), None)),
    ],
)
def test_the_top_sides_are_picked(
    sides: Mapping[str, tuple[float, float]], expected: tuple[tuple[str, float] | None, tuple[str, float] | None]
) -> None:
    found = pick_sides({side: {"supports": s, "opposes": o} for side, (s, o) in sides.items()}, threshold=0.5)
    assert found == tuple(None if answer is None else SideScore(*answer) for answer in expected)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [({}, None), ({"RED": 0.4, "BLUE": 0.3}, None), ({"RED": 0.6, "BLUE": 0.7}, "BLUE"), ({"RED": 0.5}, "RED")],
)
def test_the_most_likely_target_is_picked(targets: Mapping[str, float], expected: str | None) -> None:
    found = pick_target(_candidate(), _judgement(targets=targets), threshold=0.5)
    assert (found.actor if found else None) == expected
    if found:
        assert TEXT[found.start : found.end] == NAMES[found.actor]


def _tag(judgement: Judgement, conflict: Conflict | None, model: StanceModel) -> StanceTag:
    actor, document = Actor("TALVIA", "Talvia", "state"), Document("d", TEXT)
    return make_tag(_candidate(), judgement, actor=actor, document=document, conflict=conflict, model=model)


def test_a_candidate_without_a_type_takes_no_stance(model: StanceModel, conflict: Conflict) -> None:
    types = dict.fromkeys(model.codebook.type_ids, 0.0)
    sure = {"directions": {"RED": (0.0, 1.0)}, "targets": {"RED": 1.0}}
    without = _tag(_judgement(types, **sure, planned=1.0), conflict, model)  # type: ignore[arg-type]
    assert (without.types, without.supports, without.opposes, without.target, without.status) == ({}, *[None] * 4)
    assert without.sides["reds"]["opposes"] == 1.0
    types["threat"] = 1.0
    with_one = _tag(_judgement(types, **sure, planned=1.0), conflict, model)  # type: ignore[arg-type]
    assert with_one.types == {"threat": 1.0}
    assert with_one.opposes == SideScore("reds", 1.0)
    assert with_one.target is not None
    assert with_one.target.actor == "RED"
    assert with_one.status == "planned"
    assert _tag(_judgement(types, **sure), conflict, model).status == "done"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("types", "opposes"),
    [
        (("ceasefire_call", "diplomacy"), None),
        (("ceasefire_call", "demand"), SideScore("reds", 0.9)),
    ],
)
def test_types_that_are_neither_for_nor_against_a_side_name_none(
    types: tuple[str, ...], opposes: SideScore | None, model: StanceModel, conflict: Conflict
) -> None:
    proba = {type_id: float(type_id in types) for type_id in model.codebook.type_ids}
    tag = _tag(_judgement(proba, directions={"RED": (0.0, 0.9)}), conflict, model)
    assert set(tag.types) == set(types)
    assert tag.opposes == opposes


def test_a_tag_carries_the_versions(model: StanceModel, conflict: Conflict) -> None:
    types = dict.fromkeys(model.codebook.type_ids, 1.0)
    tag = _tag(_judgement(types), conflict, model)
    assert (tag.conflict, tag.model, tag.codebook) == ("veldmark@3", "tiny@1", "conflict-stance@1")
    assert _tag(_judgement(types), None, model).conflict is None


def test_a_tie_of_sides_is_broken_by_the_text_and_not_by_the_file(model: StanceModel, conflict: Conflict) -> None:
    types = dict.fromkeys(model.codebook.type_ids, 1.0)
    directions = {"BLUE": (0.0, 0.9), "RED": (0.0, 0.9)}
    assert _tag(_judgement(types, directions=directions), conflict, model).opposes == SideScore("blues", 0.9)
    directions = {"RED": (0.0, 0.9), "BLUE": (0.0, 0.9)}
    assert _tag(_judgement(types, directions=directions), conflict, model).opposes == SideScore("reds", 0.9)


def test_joint_confidence_multiplies_what_was_said_and_what_was_not() -> None:
    proba = {"threat": 0.9, "protest": 0.2, "mediation": 0.5}

    assert joint_confidence(proba, {"threat": 0.9}, exclusive=False) == pytest.approx(0.9 * 0.8 * 0.5)
    assert joint_confidence(proba, {}, exclusive=False) == pytest.approx(0.1 * 0.8 * 0.5)
    assert joint_confidence(proba, {"threat": 0.9}, exclusive=True) == pytest.approx(0.9)
