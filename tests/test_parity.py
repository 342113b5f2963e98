from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict
from stancelib.evaluation import parity
from stancelib.evaluation.judged import Judged, collect_answers
from stancelib.evaluation.parity import measure_actors, measure_sides
from stancelib.evaluation.report import ActorParity, SideParity
from stancelib.evaluation.resampling import number_documents
from stancelib.labelled import LabelledCandidate
from stancelib.types import Actor, Candidate, Label, Mention, Sentence, SideScore, StanceTag

CODEBOOK = Codebook("tiny", 1, exclusive=False, types=(StanceType("x", "", 1), StanceType("y", "", 3)))
TEXT = "Talvia named Morvia."
RATES = ("missed_support", "missed_opposition", "false_support", "false_opposition")


def _judged(
    label: Label, *said: str, conflict: Conflict | None, document: str = "d", supports: str = "", opposes: str = ""
) -> Judged:
    sentence, mention = Sentence("d", 0, 0, len(TEXT), TEXT), Mention(label.actor, 0, 6)
    gold = LabelledCandidate(
        Candidate(sentence, label.actor, (mention,)), label, conflict, None, TEXT, document, document
    )
    answer: dict[str, Any] = {
        "types": dict.fromkeys(said, 0.9),
        "type_proba": {type_id: 0.9 if type_id in said else 0.1 for type_id in CODEBOOK.type_ids},
        "supports": SideScore(supports, 0.9) if supports else None,
        "opposes": SideScore(opposes, 0.9) if opposes else None,
    }
    actor = Actor(label.actor, label.actor.title())
    place = (document, None, 0, 0, len(TEXT), TEXT, actor, mention, "Talvia")
    tag = StanceTag(*place, **answer, sides={}, target=None, status=None, conflict=None, model="m@1", codebook="tiny@1")
    return Judged(gold, tag)


def _sides(judged: list[Judged], *, resamples: int = 0) -> tuple[SideParity, ...]:
    documents = number_documents([item.gold.document_id for item in judged], resamples=resamples)
    return measure_sides(judged, collect_answers(judged, CODEBOOK), documents)


def _actors(judged: list[Judged], *, resamples: int = 0) -> tuple[ActorParity, ...]:
    documents = number_documents([item.gold.document_id for item in judged], resamples=resamples)
    return measure_actors(judged, collect_answers(judged, CODEBOOK), documents)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sides and actors of two labels count."""
    monkeypatch.setattr(parity, "MIN_PAIRS", 2)


def _of_three_sides(conflict: Conflict) -> list[Judged]:
    """Four labels; what is said of them is worked out in the tests."""
    return [
        _judged(Label("TALVIA", ("x",), (), ("reds",)), "x", conflict=conflict, supports="reds"),
        _judged(Label("TALVIA", ("x",), ("reds",), ()), "x", conflict=conflict),
        _judged(Label("TALVIA", ("x",), ("blues",), ("reds",)), "x", conflict=conflict, opposes="reds"),
        _judged(Label("TALVIA", (), (), ()), "x", conflict=conflict, opposes="blues"),
    ]


@pytest.mark.usefixtures("few")
def test_the_kindness_to_each_side_by_hand(conflict: Conflict) -> None:
    """Said less right. Reds: 2, -1, 0, 0: 1/4. Blues: 0, 0, -1, -1: -1/2. Greens: 0.

    Less the mean of the two others: reds 1/4 + 1/4, blues -1/2 - 1/8, greens 0 + 1/8; the greatest first.
    """
    found = _sides(_of_three_sides(conflict))
    assert [(part.conflict, part.side, part.pairs) for part in found] == [
        ("veldmark", "blues", 4),
        ("veldmark", "reds", 4),
        ("veldmark", "greens", 4),
    ]
    assert [part.kindness.value for part in found] == [-0.5, 0.25, 0.0]
    assert [part.gap.value for part in found] == [-0.625, 0.5, 0.125]


@pytest.mark.usefixtures("few")
def test_what_is_missed_and_wrongly_said_of_each_side_by_hand(conflict: Conflict) -> None:
    """Reds: the one support missed; of two oppositions one; of three others one support; of two others no opposition.

    Blues: the one support missed; no opposition to miss; of three and of four others no support and one opposition.
    Greens: nothing to miss, and none of four wrongly.
    """
    found = {part.side: part for part in _sides(_of_three_sides(conflict))}
    rates = {side: [getattr(part, name).value for name in RATES] for side, part in found.items()}
    assert rates["reds"] == [1.0, 0.5, pytest.approx(1 / 3), 0.0]
    assert rates["blues"] == [1.0, None, 0.0, 0.25]
    assert rates["greens"] == [None, None, 0.0, 0.0]


@pytest.mark.usefixtures("few")
def test_a_label_whose_sides_were_not_judged_is_not_counted(conflict: Conflict) -> None:
    unjudged = [
        _judged(Label("TALVIA", ("x",)), "x", conflict=conflict, supports="greens"),
        _judged(Label("TALVIA", ("x",), (), ()), "x", conflict=None, supports="greens"),
    ]
    judged = _of_three_sides(conflict)
    assert _sides([*unjudged, *judged]) == _sides(judged)
    assert _sides(unjudged) == ()


def test_sides_of_fewer_than_twenty_labels_are_left_out(conflict: Conflict) -> None:
    judged = _of_three_sides(conflict) * 5
    assert [part.pairs for part in _sides(judged)] == [20, 20, 20]
    assert _sides(judged[:-1]) == ()


@pytest.mark.usefixtures("few")
def test_exchanging_two_sides_exchanges_their_parity(conflict: Conflict) -> None:
    swapped = [
        _judged(Label("TALVIA", ("x",), (), ("blues",)), "x", conflict=conflict, supports="blues"),
        _judged(Label("TALVIA", ("x",), ("blues",), ()), "x", conflict=conflict),
        _judged(Label("TALVIA", ("x",), ("reds",), ("blues",)), "x", conflict=conflict, opposes="blues"),
        _judged(Label("TALVIA", (), (), ()), "x", conflict=conflict, opposes="reds"),
    ]
    other = {"reds": "blues", "blues": "reds", "greens": "greens"}
    expected = [part.model_copy(update={"side": other[part.side]}) for part in _sides(_of_three_sides(conflict))]
    assert list(_sides(swapped)) == expected


def test_the_interval_of_a_gap_tells_a_kind_model_from_a_fair_one(conflict: Conflict) -> None:
    """60 documents: the support of reds is invented in every third one; supports of blues and greens never."""
    judged = [
        _judged(
            Label("TALVIA", ("x",), (), ()),
            "x",
            conflict=conflict,
            document=f"d{number}",
            supports="" if number % 3 else "reds",
        )
        for number in range(60)
    ]
    worst, *others = _sides(judged, resamples=200)
    low, high = worst.gap.interval or (np.nan, np.nan)
    assert worst.side == "reds"
    assert worst.gap.value == pytest.approx(1 / 3)
    assert 0.1 < low < 1 / 3 < high < 0.6
    assert [part.kindness.interval for part in others] == [(0.0, 0.0)] * 2


def _of_three_actors(conflict: Conflict) -> list[Judged]:
    """Red: right, wrong, wrong. Talvia in the conflict: right twice; elsewhere: right and wrong."""
    return [
        _judged(Label("RED", ("x",)), "x", conflict=conflict),
        _judged(Label("RED", ()), "x", conflict=conflict),
        _judged(Label("RED", ()), "y", conflict=conflict),
        _judged(Label("TALVIA", ("x",), (), ()), "x", conflict=conflict),
        _judged(Label("TALVIA", ()), conflict=conflict),
        _judged(Label("TALVIA", ("x",)), "x", conflict=None),
        _judged(Label("TALVIA", ("x", "y")), conflict=None),
    ]


@pytest.mark.usefixtures("few")
def test_how_often_the_answer_for_an_actor_is_right_by_hand(conflict: Conflict) -> None:
    """Red: 1/3 against 3/4 of the rest, and two stances too many of three. Talvia in the conflict: 1 against 2/5.

    Elsewhere: 1/2 against 3/5, and one stance of two missed.
    """
    found = _actors(_of_three_actors(conflict))
    assert [(part.conflict, part.actor, part.name, part.pairs) for part in found] == [
        ("veldmark", "RED", "Red", 3),
        ("", "TALVIA", "Talvia", 2),
        ("veldmark", "TALVIA", "Talvia", 2),
    ]
    assert [part.exact_match.value for part in found] == pytest.approx([1 / 3, 1 / 2, 1.0])
    assert [part.gap.value for part in found] == pytest.approx([1 / 3 - 3 / 4, 1 / 2 - 3 / 5, 1 - 2 / 5])
    assert [part.stance_excess.value for part in found] == pytest.approx([2 / 3, -1 / 2, 0.0])


@pytest.mark.usefixtures("few")
def test_the_answer_for_an_actor_is_wrong_where_its_side_is(conflict: Conflict) -> None:
    label = Label("RED", ("x",), (), ("blues",))
    judged = [
        _judged(label, "x", conflict=conflict, opposes="greens"),
        _judged(label, "x", conflict=conflict, opposes="blues"),
    ]
    assert _actors(judged)[0].exact_match.value == 0.5


@pytest.mark.usefixtures("few")
def test_an_actor_whose_types_were_not_judged_is_not_counted(conflict: Conflict) -> None:
    unjudged = [_judged(Label("RED", None, (), ()), "x", conflict=conflict) for _ in range(3)]
    judged = _of_three_actors(conflict)
    assert _actors([*unjudged, *judged]) == _actors(judged)
    assert _actors(unjudged) == ()


def test_actors_of_fewer_than_twenty_labels_are_left_out(conflict: Conflict) -> None:
    judged = [_judged(Label("RED", ("x",)), "x", conflict=conflict) for _ in range(20)]
    judged += [_judged(Label("BLUE", ("x",)), conflict=conflict) for _ in range(19)]
    (found,) = _actors(judged)
    assert (found.actor, found.pairs, found.gap.value) == ("RED", 20, 1.0)


@pytest.mark.usefixtures("few")
def test_an_only_actor_has_no_gap(conflict: Conflict) -> None:
    (found,) = _actors([_judged(Label("RED", ("x",)), "x", conflict=conflict) for _ in range(2)])
    assert (found.exact_match.value, found.gap.value) == (1.0, None)


def test_the_interval_of_an_actor_is_over_documents(conflict: Conflict) -> None:
    """Red is right in 15 of 30 documents, Blue in all of 30: a gap of -1/2 with a standard error of about .09."""
    judged = [
        _judged(Label("RED", ("x",)), *(["x"] if number % 2 else []), conflict=conflict, document=f"r{number}")
        for number in range(30)
    ]
    judged += [_judged(Label("BLUE", ("x",)), "x", conflict=conflict, document=f"b{number}") for number in range(30)]
    worst, best = _actors(judged, resamples=1000)
    assert (worst.actor, best.actor) == ("RED", "BLUE")
    assert worst.gap.interval == pytest.approx((-0.68, -0.32), abs=0.05)
    assert best.exact_match.interval == (1.0, 1.0)
