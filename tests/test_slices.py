from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict
from stancelib.evaluation import slices
from stancelib.evaluation.judged import Judged, collect_answers
from stancelib.evaluation.measures import measure
from stancelib.evaluation.report import Slice
from stancelib.evaluation.resampling import number_documents
from stancelib.evaluation.slices import (
    Membership,
    assign_slices,
    describe,
    measure_article_slices,
    measure_slices,
    slice_metrics,
    sums_of_answers,
)
from stancelib.evaluation.stages import Answered, JudgedArticle
from stancelib.labelled import LabelledCandidate
from stancelib.metrics import once
from stancelib.types import (
    Actor,
    ArticleSentence,
    Candidate,
    Label,
    LabelledArticle,
    Mention,
    Sentence,
    SideScore,
    StanceTag,
    Target,
)

CODEBOOK = Codebook("tiny", 1, exclusive=False, types=(StanceType("x", "", 1), StanceType("y", "", 3)))
TEXT = "Talvia named Morvia."
SIDES = ("reds", "blues", "greens")
METRICS = ("types_micro_f1", "side_micro_f1", "target_f1", "exact_match")


def _gold(label: Label, *, mentions: tuple[Mention, ...] = (), **facts: Any) -> LabelledCandidate:
    sentence = Sentence("d", 0, 0, len(TEXT), TEXT)
    candidate = Candidate(sentence, label.actor, (Mention(label.actor, 0, 6), *mentions))
    known = {"conflict": None, "date": None, "text": TEXT, "sentence_id": "d", "document_id": "d", **facts}
    return LabelledCandidate(candidate, label, **known)


def _tag(*types: str, actor: str = "TALVIA", text: str = TEXT, **answer: Any) -> StanceTag:
    said = {
        "types": dict.fromkeys(types, 0.9),
        "type_proba": {type_id: 0.9 if type_id in types else 0.1 for type_id in CODEBOOK.type_ids},
        **{"supports": None, "opposes": None, "sides": {}, "target": None, "status": None, **answer},
    }
    place = ("d", None, 0, 0, len(text), text, Actor(actor, actor.title(), "state"), Mention(actor, 0, 6), "Talvia")
    return StanceTag(*place, **said, conflict=None, model="m@1", codebook="tiny@1")


def _item(document: str, *, right: bool, year: int = 2020, **facts: Any) -> Judged:
    """A label of type x that is answered by x, or by y."""
    gold = _gold(Label("TALVIA", ("x",)), document_id=document, date=date(year, 1, 1), **facts)
    return Judged(gold, _tag("x" if right else "y"))


def _measured(judged: list[Judged], *, resamples: int = 300) -> tuple[Slice, ...]:
    documents = number_documents([item.gold.document_id for item in judged], resamples=resamples)
    return measure_slices(judged, collect_answers(judged, CODEBOOK), documents)


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let slices of one label count."""
    monkeypatch.setattr(slices, "MIN_PAIRS", 1)
    monkeypatch.setattr(slices, "MIN_DOCUMENTS", 1)
    monkeypatch.setattr(slices, "MIN_DECISIONS", 0)


def test_a_label_is_described_by_what_is_known_of_it(conflict: Conflict) -> None:
    gold = _gold(
        Label("TALVIA", ("x",)),
        mentions=(Mention("MORVIA", 13, 19), Mention("TALVIA", 13, 19)),
        conflict=conflict,
        date=date(2016, 5, 1),
        phenomena=("negation", "quote"),
        source="Veld Wire",
    )
    assert describe(Judged(gold, _tag())) == {
        "conflict": ("veldmark",),
        "agency": ("Veld Wire",),
        "phenomenon": ("negation", "quote"),
        "actor kind": ("state",),
        "actor role": ("third party",),
        "actors in sentence": ("2",),
        "sentence length": ("to 15 words",),
        "via": ("name",),
        "year": ("2016",),
    }


def test_what_is_not_known_of_a_label_puts_it_in_no_slice() -> None:
    found = describe(Judged(_gold(Label("TALVIA")), _tag()))
    assert found["conflict"] == ("(none)",)
    assert found["agency"] == found["phenomenon"] == found["actor role"] == found["year"] == ()


@pytest.mark.parametrize(("actor", "role"), [("RED", "principal"), ("TALVIA", "third party"), ("BRELL", "third party")])
def test_an_actor_with_a_side_is_a_principal(actor: str, role: str, conflict: Conflict) -> None:
    assert describe(Judged(_gold(Label(actor), conflict=conflict), _tag()))["actor role"] == (role,)


@pytest.mark.parametrize(
    ("n_words", "name"),
    [
        (15, "to 15 words"),
        (16, "16 to 25 words"),
        (25, "16 to 25 words"),
        (26, "26 to 35 words"),
        (35, "26 to 35 words"),
        (36, "36 words and more"),
    ],
)
def test_the_length_of_a_sentence_counts_its_words(n_words: int, name: str) -> None:
    tag = _tag(text=" ".join(["word"] * n_words))
    assert describe(Judged(_gold(Label("TALVIA")), tag))["sentence length"] == (name,)


@pytest.mark.parametrize(("n_others", "name"), [(0, "1"), (2, "3"), (3, "4 and more"), (6, "4 and more")])
def test_the_actors_of_a_sentence_are_counted(n_others: int, name: str) -> None:
    mentions = tuple(Mention(f"A{number}", 13, 19) for number in range(n_others))
    assert describe(Judged(_gold(Label("TALVIA"), mentions=mentions), _tag()))["actors in sentence"] == (name,)


@pytest.mark.usefixtures("small_slices")
def test_a_label_is_in_all_its_slices_and_in_each_once() -> None:
    """Phenomena of three labels: "a" twice and "b", none, "b". What all labels have is no slice."""
    judged = [
        _item(f"d{number}", right=True, phenomena=phenomena)
        for number, phenomena in enumerate([("a", "b", "a"), (), ("b",)])
    ]
    found = _assigned(judged)
    assert (found.dimensions, found.names) == (("phenomenon", "phenomenon"), ("a", "b"))
    assert found.table.toarray().tolist() == [[1, 0, 0], [1, 0, 1]]


@pytest.mark.parametrize(
    ("n_inside", "n_outside", "kept"), [(20, 20, True), (19, 40, False), (40, 19, False), (60, 20, True)]
)
def test_a_slice_has_twenty_labels_and_leaves_twenty_out(n_inside: int, n_outside: int, kept: bool) -> None:
    judged = [_item(f"d{number}", right=True, year=2020) for number in range(n_inside)]
    judged += [_item(f"e{number}", right=True, year=2021) for number in range(n_outside)]
    found = _assigned(judged)
    names = {name for dimension, name in zip(found.dimensions, found.names, strict=True) if dimension == "year"}
    assert ("2020" in names) is kept


@pytest.mark.parametrize(("n_inside", "n_outside", "kept"), [(10, 10, True), (9, 10, False), (10, 9, False)])
def test_a_slice_has_ten_documents_and_leaves_ten_out(n_inside: int, n_outside: int, kept: bool) -> None:
    judged = [_item(f"d{number % n_inside}", right=True, year=2020) for number in range(40)]
    judged += [_item(f"e{number % n_outside}", right=True, year=2021) for number in range(40)]
    assert ("2020" in _assigned(judged).names) is kept


def _assigned(judged: list[Judged]) -> Membership:
    documents = number_documents([item.gold.document_id for item in judged])
    return assign_slices([describe(item) for item in judged], documents)


def _by_hand(conflict: Conflict) -> list[Judged]:
    """Three labels of 2020 and two of 2021; see the test that uses them."""
    early: dict[str, Any] = {"conflict": conflict, "date": date(2020, 1, 1)}
    later: dict[str, Any] = {"conflict": conflict, "date": date(2021, 1, 1)}
    reds = SideScore("reds", 0.9)
    return [
        Judged(
            _gold(Label("TALVIA", ("x",), (), ("reds",), ("RED",)), **early),
            _tag("x", opposes=reds, target=Target("RED", 0, 1)),
        ),
        Judged(_gold(Label("TALVIA", ("x", "y"), ("blues",), (), ("BLUE",)), **early), _tag("x", supports=reds)),
        Judged(_gold(Label("TALVIA", target=()), **early), _tag("y", opposes=reds)),
        Judged(_gold(Label("TALVIA", ("y",), (), ()), **later), _tag("y", opposes=reds)),
        Judged(_gold(Label("TALVIA", ("y",)), **later), _tag("y")),
    ]


@pytest.mark.usefixtures("small_slices")
def test_the_metrics_of_a_slice_and_of_the_rest_by_hand(conflict: Conflict) -> None:
    """2020: types 2 hits of 3 and 2: 4/5; sides 1 hit of 2 and 2: 1/2; targets right, wrong, right; 1 of 2 exact.

    2021: types 2 hits of 2 and 2: 1; sides no hit of 0 and 1: 0; no target; 1 of 2 exact, as "opposes" is wrong where
    it was judged. The third label judges neither types nor sides, the last one no sides.
    """
    judged = _by_hand(conflict)
    found = {(part.dimension, part.name): part for part in _measured(judged, resamples=0)}
    early, late = found["year", "2020"], found["year", "2021"]
    assert [early.metrics[name].value for name in METRICS] == pytest.approx([4 / 5, 1 / 2, 2 / 3, 1 / 2])
    assert [late.metrics[name].value for name in METRICS] == [1.0, 0.0, None, 0.5]
    assert [early.gaps[name].value for name in METRICS] == [pytest.approx(-1 / 5), 0.5, None, 0.0]
    assert [late.gaps[name].value for name in METRICS] == [pytest.approx(1 / 5), -0.5, None, 0.0]
    assert (early.pairs, late.pairs) == (3, 2)


def _random_item(rng: np.random.Generator, conflict: Conflict) -> Judged:
    def some(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if rng.random() < 0.4)

    def one(names: tuple[str, ...]) -> SideScore | None:
        return SideScore(str(rng.choice(names)), 0.9) if rng.random() < 0.6 else None

    supports, opposes = (some(SIDES), ()) if rng.random() < 0.8 else (None, None)
    types = some(("x", "y")) if rng.random() < 0.8 else None
    label = Label("TALVIA", types, supports, opposes, some(("MORVIA", "RED")) if rng.random() < 0.7 else None)
    gold = _gold(label, conflict=conflict, date=date(int(rng.integers(2018, 2021)), 1, 1))
    tag = _tag(*some(("x", "y")), supports=one(SIDES), opposes=one(SIDES), target=Target("MORVIA", 13, 19))
    return Judged(gold, tag)


@pytest.mark.usefixtures("small_slices")
def test_the_metrics_of_a_slice_are_those_of_its_labels_alone(conflict: Conflict) -> None:
    rng = np.random.default_rng(0)
    judged = [_random_item(rng, conflict) for _ in range(60)]
    membership = _assigned(judged)
    weights = rng.integers(0, 3, (60, 4)).astype(np.float64)
    found = slice_metrics(sums_of_answers(collect_answers(judged, CODEBOOK)), membership.table, weights)
    for number in range(len(membership.names)):
        inside = membership.table[[number]].toarray()[0] > 0
        alone, rest = (
            measure(
                collect_answers([judged[row] for row in np.flatnonzero(rows)], CODEBOOK), weights[np.flatnonzero(rows)]
            )
            for rows in (inside, ~inside)
        )
        for name in METRICS:
            np.testing.assert_allclose(found[name][number], alone[name])
            np.testing.assert_allclose(found[f"gap {name}"][number], alone[name] - rest[name], atol=1e-12)


def test_a_planted_weakness_is_surely_worse_and_comes_first(conflict: Conflict) -> None:
    """All of one conflict are wrong, all others right: also a gap that every draw shows alike is found."""
    judged = [_item(f"d{number}", right=True) for number in range(40)]
    judged += [_item(f"e{number}", right=False, conflict=conflict) for number in range(30)]
    worst, same, other = _measured(judged)
    assert (worst.dimension, worst.name, worst.pairs, worst.documents) == ("conflict", "veldmark", 30, 30)
    assert worst.surely_worse == ("types_micro_f1", "exact_match")
    assert worst.gaps["exact_match"].value == -1.0
    assert (same.name, same.surely_worse) == ("third party", worst.surely_worse)
    assert (other.name, other.surely_worse) == ("(none)", ())


def test_a_planted_weakness_is_found_among_errors_elsewhere() -> None:
    """A quarter wrong elsewhere, all but a fifth wrong in 2019: -.55 with a standard error below .1."""
    judged = [_item(f"d{number}", right=number % 4 > 0, year=2020) for number in range(100)]
    judged += [_item(f"e{number}", right=number % 5 == 0, year=2019) for number in range(40)]
    parts = _measured(judged)
    assert [(part.name, part.surely_worse) for part in parts] == [
        ("2019", ("types_micro_f1", "exact_match")),
        ("2020", ()),
    ]
    low, high = parts[0].gaps["exact_match"].interval or (np.nan, np.nan)
    assert low < -0.55 < high < 0


def test_slices_that_are_not_surely_worse_are_sorted_by_their_worst_gap() -> None:
    """Wrong are 10, 12 and 9 of 30: 1/3 against the 21/60 of the rest, 2/5 against 19/60, 3/10 against 22/60."""
    judged = [
        _item(f"{year}-{number}", right=number >= n_wrong, year=year)
        for year, n_wrong in ((2020, 10), (2021, 12), (2022, 9))
        for number in range(30)
    ]
    parts = _measured(judged)
    assert [(part.name, part.surely_worse) for part in parts] == [("2021", ()), ("2020", ()), ("2022", ())]
    gaps = [part.gaps["exact_match"].value for part in parts]
    assert gaps == pytest.approx([19 / 60 - 2 / 5, 21 / 60 - 1 / 3, 22 / 60 - 3 / 10])


def test_noise_is_nearly_never_surely_worse() -> None:
    """30 data sets of 20 years, whose ten documents of two labels are equally hard: expected are at most 1.5 alarms."""
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(30):
        judged = [
            _item(f"{year}-{number % 10}", right=bool(rng.random() < 0.7), year=year)
            for year in range(2000, 2020)
            for number in range(20)
        ]
        alarms += any(part.surely_worse for part in _measured(judged, resamples=200))
    assert alarms <= 4


def test_a_slice_of_one_document_is_not_taken_for_a_weakness() -> None:
    """Twenty years of one document each, some better by chance: none has enough documents to be told apart."""
    rng = np.random.default_rng(6)
    judged = [
        _item(str(year), right=bool(rng.random() < 0.7), year=year) for year in range(2000, 2020) for _ in range(25)
    ]
    assert _measured(judged) == ()


@pytest.mark.parametrize(
    ("right", "said", "value"),
    [
        ((), None, 1.0),
        ((), "RED", 0.0),
        (("RED",), "RED", 1.0),
        (("RED", "BLUE"), "BLUE", 1.0),
        (("RED",), "BLUE", 0.0),
        (("RED",), None, 0.0),
        (None, "RED", None),
    ],
)
@pytest.mark.usefixtures("small_slices")
def test_a_target_is_right_if_the_label_has_it(
    right: tuple[str, ...] | None, said: str | None, value: float | None
) -> None:
    gold = _gold(Label("TALVIA", target=right), date=date(2019, 1, 1))
    judged = [Judged(gold, _tag(target=Target(said, 0, 1) if said else None)), _item("d", right=True)]
    part = next(part for part in _measured(judged) if part.name == "2019")
    assert part.metrics["target_f1"].value == value


def test_without_draws_nothing_is_surely_worse() -> None:
    judged = [_item(f"d{number}", right=number < 20, year=2020 + number // 20) for number in range(40)]
    parts = _measured(judged, resamples=0)
    assert parts[0].gaps["exact_match"].value == -1.0
    assert {part.surely_worse for part in parts} == {()}


def test_without_slices_there_is_nothing_to_measure() -> None:
    assert _measured([_item("d", right=True)]) == ()


def test_labels_are_not_slices_of_a_metric_they_do_not_judge(conflict: Conflict) -> None:
    """A slice whose labels judge only targets has no F1 of types; the gap has none either."""
    judged = [_item(f"d{number}", right=True) for number in range(20)]
    label = Label("TALVIA", target=())
    judged += [Judged(_gold(label, conflict=conflict, document_id=f"e{number}"), _tag("x")) for number in range(20)]
    part = next(part for part in _measured(judged) if part.name == "veldmark")
    assert part.metrics["types_micro_f1"].value is part.gaps["types_micro_f1"].value is None
    assert part.metrics["target_f1"].value == 1.0


def test_slice_metrics_have_a_value_for_each_slice_and_draw(conflict: Conflict) -> None:
    judged = _by_hand(conflict)
    membership = _assigned(judged)
    found = slice_metrics(sums_of_answers(collect_answers(judged, CODEBOOK)), membership.table, np.tile(once(5), 3))
    assert {values.shape for values in found.values()} == {(0, 3)}
    assert set(found) == {*METRICS, *(f"gap {name}" for name in METRICS)}


def test_a_metric_of_few_decisions_is_left_out(conflict: Conflict) -> None:
    """Twenty labels of 2020 of which one has a type; 2 x 1 decisions about types, 20 exact matches."""
    judged = [_item(f"d{number}", right=True, year=2021) for number in range(20)]
    empty = Judged(_gold(Label("TALVIA", ()), date=date(2020, 1, 1)), _tag())
    judged += [
        replace(empty, gold=replace(empty.gold, document_id=f"e{number}", sentence_id=f"e{number}"))
        for number in range(20)
    ]
    (part,) = (part for part in _measured(judged, resamples=50) if part.name == "2020")
    assert part.metrics["types_micro_f1"].value is None
    assert part.gaps["types_micro_f1"].value is None
    assert part.metrics["exact_match"].value == 1.0


def test_slices_of_articles_have_the_f1_of_what_was_found() -> None:
    """Twelve articles of one agency in which one of two stances is found (F1 2/3), twelve of another with both."""

    def article(number: int, source: str, found: set[tuple[int, str, str]]) -> JudgedArticle:
        gold = frozenset({(0, "A", "x"), (0, "B", "x")})
        labels = (Label("A", ("x",)), Label("B", ("x",)))
        row = LabelledArticle(str(number), "Text.", (ArticleSentence(0, 5, (), labels),), source=source)
        nothing = Answered(frozenset(), frozenset())
        answers = dict.fromkeys(("actor", "side", "target"), nothing) | {"stance": Answered(gold, frozenset(found))}
        return JudgedArticle(row, answers, {}, {})

    judged = [article(n, "Wire", {(0, "A", "x")}) for n in range(12)]
    judged += [article(n, "Post", {(0, "A", "x"), (0, "B", "x")}) for n in range(12, 24)]
    found = measure_article_slices(judged, number_documents([item.article.id for item in judged], resamples=50))
    wire, post = ({part.name: part for part in found}[name] for name in ("Wire", "Post"))
    assert (wire.dimension, wire.pairs, wire.documents) == ("agency", 24, 12)
    assert wire.metrics["end_to_end_stance_f1"].value == pytest.approx(2 / 3)
    assert post.metrics["end_to_end_stance_f1"].value == 1.0
    assert wire.gaps["end_to_end_stance_f1"].value == pytest.approx(-1 / 3)
    assert wire.metrics["end_to_end_side_f1"].value is None
    assert found[0] == wire
    assert wire.surely_worse == ("end_to_end_stance_f1",)
