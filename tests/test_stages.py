from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from stancelib.evaluation.baseline import Baseline, find_before
from stancelib.evaluation.report import StageRow
from stancelib.evaluation.resampling import Documents
from stancelib.evaluation.stages import (
    QUESTIONS,
    STAGES,
    Answered,
    JudgedArticle,
    Question,
    Stage,
    count_tuples,
    judge_articles,
    measure_article_types,
    measure_articles,
    measure_stages,
)
from stancelib.metrics import once
from stancelib.tagger import StanceTagger
from stancelib.types import (
    Actor,
    ArticleSentence,
    Document,
    Label,
    LabelledArticle,
    Mark,
    Mention,
    SideScore,
    StanceTag,
    Target,
    Via,
)

FIRST = "Talvia condemned the Red League."
SECOND = "It praised the Green Guard on Monday."
TEXT = f"{FIRST} {SECOND}"
CONDEMNS = Label("TALVIA", ("condemnation",), (), ("reds",), ("RED",))
PRAISES = Label("TALVIA", ("endorsement",), ("greens",), (), ("GREEN",))
STANCE: Question = "stance"
SIDE: Question = "side"


@dataclass(frozen=True)
class FixedTagger:
    """Finds in every document what it was given, and keeps the documents."""

    tags: Sequence[StanceTag]
    documents: list[Document] = field(default_factory=list)

    def pipe(self, documents: Iterable[Document], *, keep_all: bool) -> Iterator[list[StanceTag]]:
        for document in documents:
            self.documents.append(document)
            yield [tag for tag in self.tags if keep_all or tag.types]


def _sentence(part: str, *marks: Mark, labels: Sequence[Label] = (), text: str = TEXT) -> ArticleSentence:
    start = text.index(part)
    return ArticleSentence(start, start + len(part), marks, tuple(labels))


def _mark(actor: str, surface: str, *, via: Via | None = None, text: str = TEXT) -> Mark:
    start = text.index(surface)
    return Mark(actor, start, start + len(surface), via=via)


def _tag(
    actor: str, surface: str, *types: str, inside: str, index: int = 0, via: Via = "name", **answer: Any
) -> StanceTag:
    """Return what is found of an actor in a sentence, ``inside``; both are looked up in the text of ``answer``."""
    text = answer.pop("text", TEXT)
    start, place = text.index(inside), text.index(surface)
    mention = Mention(actor, place, place + len(surface), via)
    span = (start, start + len(inside), inside)
    said = {"supports": None, "opposes": None, "target": None, **answer}
    return StanceTag(
        *("art", None, index, *span, Actor(actor, actor), mention, surface),
        types=dict.fromkeys(types, 0.9),
        type_proba={},
        sides={},
        status=None,
        conflict=None,
        model="m@1",
        codebook="b@1",
        supports=said["supports"] and SideScore(said["supports"], 0.9),
        opposes=said["opposes"] and SideScore(said["opposes"], 0.9),
        target=said["target"] and Target(said["target"], 0, 1),
    )


TALVIA, RED, IT = _mark("TALVIA", "Talvia"), _mark("RED", "Red League"), _mark("TALVIA", "It")
FINDS_FIRST = _tag("TALVIA", "Talvia", "condemnation", inside=FIRST, opposes="reds", target="RED")
FINDS_SECOND = _tag(
    "TALVIA", "It", "endorsement", inside=SECOND, index=1, via="pronoun", supports="greens", target="GREEN"
)


def _judge(sentences: Sequence[ArticleSentence], *tags: StanceTag, text: str = TEXT) -> JudgedArticle:
    article = LabelledArticle("art", text, tuple(sentences))
    (judged,) = judge_articles([article], cast("StanceTagger", FixedTagger(tags)))
    return judged


def _article() -> list[ArticleSentence]:
    return [
        _sentence(FIRST, TALVIA, RED, labels=[CONDEMNS]),
        _sentence(SECOND, IT, labels=[PRAISES]),
    ]


def _lost(judged: JudgedArticle) -> dict[tuple[Question, Stage], int]:
    return dict(Counter((question, stage) for (question, _), stage in judged.lost.items()))


def _invented(judged: JudgedArticle) -> dict[tuple[Question, Stage], int]:
    return dict(Counter((question, stage) for (question, _), stage in judged.invented.items()))


def _row(judged: Sequence[JudgedArticle], question: Question, stage: Stage) -> StageRow:
    return next(row for row in measure_stages(judged) if (row.question, row.stage) == (question, stage))


def test_where_all_is_found_nothing_is_lost_or_invented() -> None:
    judged = _judge(_article(), FINDS_FIRST, FINDS_SECOND, _tag("RED", "Red League", inside=FIRST))
    assert judged.lost == judged.invented == {}
    for question in QUESTIONS:
        assert judged.answers[question].gold == judged.answers[question].found
    assert judged.answers["side"].gold == {(0, "TALVIA", "opposes", "reds"), (1, "TALVIA", "supports", "greens")}
    assert judged.answers["target"].gold == {(0, "TALVIA", "RED"), (1, "TALVIA", "GREEN")}
    assert judged.answers["actor"].gold == {(0, "TALVIA"), (0, "RED"), (1, "TALVIA")}


def test_the_tagger_sees_the_text_of_an_article_and_what_is_known_of_it() -> None:
    tagger = FixedTagger([])
    article = LabelledArticle("art", TEXT, tuple(_article()), conflict="veldmark", date=date(2016, 5, 1))
    judge_articles([article], cast("StanceTagger", tagger))
    (seen,) = tagger.documents
    assert (seen.id, seen.text, seen.conflict, seen.date) == ("art", TEXT, "veldmark", date(2016, 5, 1))


def test_an_actor_that_is_not_found_by_name_is_lost_as_an_actor() -> None:
    judged = _judge(_article(), FINDS_SECOND)
    assert _lost(judged) == {(STANCE, "actor"): 1, (SIDE, "actor"): 1}
    assert _invented(judged) == {}


@pytest.mark.parametrize("via", [None, "pronoun"])
def test_a_pronoun_that_is_not_resolved_is_lost_in_attribution(via: Via | None) -> None:
    """Without ``via`` a bare pronoun is a pronoun, as label files have it."""
    second = _sentence(SECOND, _mark("TALVIA", "It", via=via), labels=[PRAISES])
    judged = _judge([_article()[0], second], FINDS_FIRST)
    assert _lost(judged) == {(STANCE, "attribution"): 1, (SIDE, "attribution"): 1}


@pytest.mark.parametrize("marks", [(), (TALVIA,), (_mark("TALVIA", "It", via="quote"),)])
def test_a_speaker_whose_name_stands_elsewhere_is_lost_in_attribution(marks: tuple[Mark, ...]) -> None:
    judged = _judge([_article()[0], _sentence(SECOND, *marks, labels=[PRAISES])], FINDS_FIRST)
    assert _lost(judged) == {(STANCE, "attribution"): 1, (SIDE, "attribution"): 1}


def test_a_group_that_is_not_found_is_lost_as_an_actor() -> None:
    second = _sentence(SECOND, _mark("TALVIA", "It", via="list"), labels=[PRAISES])
    assert _lost(_judge([_article()[0], second], FINDS_FIRST)) == {(STANCE, "actor"): 1, (SIDE, "actor"): 1}


def test_a_missed_type_loses_the_side_too() -> None:
    judged = _judge(_article(), _tag("TALVIA", "Talvia", inside=FIRST), FINDS_SECOND)
    assert _lost(judged) == {(STANCE, "type"): 1, (SIDE, "type"): 1}


def test_a_wrong_type_is_lost_and_invented_by_the_type() -> None:
    found = _tag("TALVIA", "Talvia", "threat", inside=FIRST, opposes="reds")
    judged = _judge(_article(), found, FINDS_SECOND)
    assert _lost(judged) == {(STANCE, "type"): 1}
    assert _invented(judged) == {(STANCE, "type"): 1}


def test_a_missed_side_is_lost_by_the_side() -> None:
    judged = _judge(_article(), _tag("TALVIA", "Talvia", "condemnation", inside=FIRST), FINDS_SECOND)
    assert _lost(judged) == {(SIDE, "side"): 1}
    assert _invented(judged) == {}


@pytest.mark.parametrize(("supports", "opposes"), [(None, "blues"), ("reds", None)])
def test_a_wrong_side_is_lost_and_invented_by_the_side(supports: str | None, opposes: str | None) -> None:
    found = _tag("TALVIA", "Talvia", "condemnation", inside=FIRST, supports=supports, opposes=opposes)
    judged = _judge(_article(), found, FINDS_SECOND)
    assert _lost(judged) == _invented(judged) == {(SIDE, "side"): 1}


def test_the_side_of_an_invented_stance_is_invented_by_the_type() -> None:
    sentences = [_sentence(FIRST, TALVIA, labels=[Label("TALVIA", (), (), ())]), _article()[1]]
    assert _invented(_judge(sentences, FINDS_FIRST, FINDS_SECOND)) == {(STANCE, "type"): 1, (SIDE, "type"): 1}


@pytest.mark.parametrize(
    ("via", "stage"), [("name", "actor"), ("list", "actor"), ("pronoun", "attribution"), ("quote", "attribution")]
)
def test_a_stance_of_somebody_not_there_is_invented_by_what_found_them(via: Via, stage: Stage) -> None:
    found = _tag("RED", "Red League", "threat", inside=FIRST, via=via, opposes="blues", target="TALVIA")
    sentences = [_sentence(FIRST, TALVIA, labels=[CONDEMNS]), _article()[1]]
    judged = _judge(sentences, FINDS_FIRST, FINDS_SECOND, found)
    assert _invented(judged) == {(STANCE, stage): 1, (SIDE, stage): 1}
    assert _lost(judged) == {}
    assert judged.answers["actor"].found - judged.answers["actor"].gold == {(0, "RED")}
    assert (0, "RED", "TALVIA") in judged.answers["target"].found


def test_a_sentence_that_is_split_differently_loses_and_invents() -> None:
    """The labels have three sentences, of which the first found one, of 32 characters, shares 14, 16 and none."""
    thirds = [TEXT[:14], TEXT[16:50], TEXT[50:]]
    sentences = [_sentence(part) for part in thirds]
    sentences[0] = _sentence(thirds[0], TALVIA, labels=[CONDEMNS])
    judged = _judge(sentences, FINDS_FIRST)
    assert _lost(judged) == _invented(judged) == {(STANCE, "sentence"): 1, (SIDE, "sentence"): 1}
    assert judged.answers["stance"].found == {(-1, "TALVIA", "condemnation")}


def test_what_stands_in_the_smaller_part_of_a_split_sentence_is_lost_and_invented_by_the_sentence() -> None:
    """The labels have one sentence of 55 characters, of which the first found one has 37."""
    first, second = "Morvia praised the Green Guard twice.", "Brell slept since."
    text = f"{first} {second}"
    label = Label("BRELL", ("rejection",))
    mark = _mark("BRELL", "Brell", text=text)
    whole = ArticleSentence(0, len(text), (mark,), (label,))
    judged = _judge([whole], _tag("BRELL", "Brell", "rejection", inside=second, index=1, text=text), text=text)
    assert _lost(judged) == _invented(judged) == {(STANCE, "sentence"): 1}


def test_what_stands_in_a_found_sentence_beyond_the_labelled_one_is_lost_and_invented_by_the_sentence() -> None:
    """The labels have two sentences of 21 and 13 characters, which are found as one: it matches the first."""
    text = "Morvia praised Talvia; Brell refused."
    first, second = "Morvia praised Talvia", "Brell refused"
    mark = _mark("BRELL", "Brell", text=text)
    sentences = [
        _sentence(first, _mark("MORVIA", "Morvia", text=text), text=text),
        _sentence(second, mark, labels=[Label("BRELL", ("rejection",))], text=text),
    ]
    judged = _judge(sentences, _tag("BRELL", "Brell", "rejection", inside=text, text=text), text=text)
    assert _lost(judged) == _invented(judged) == {(STANCE, "sentence"): 1}


def test_a_labelled_actor_that_is_not_marked_is_there() -> None:
    found = _tag("TALVIA", "Talvia", "endorsement", inside=SECOND, index=1, via="quote")
    judged = _judge([_sentence(SECOND, labels=[PRAISES])], found)
    assert judged.answers["actor"] == Answered(frozenset({(0, "TALVIA")}), frozenset({(0, "TALVIA")}))


@pytest.mark.parametrize(("n_characters", "stage"), [(16, None), (15, "sentence")])
def test_sentences_are_the_same_from_half_an_overlap_on(n_characters: int, stage: Stage | None) -> None:
    """The found sentence has 32 characters."""
    sentences = [_sentence(FIRST[:n_characters], TALVIA, labels=[CONDEMNS]), _article()[1]]
    judged = _judge(sentences, FINDS_FIRST, FINDS_SECOND)
    assert _lost(judged) == ({(STANCE, stage): 1, (SIDE, stage): 1} if stage else {})


def test_a_found_sentence_is_the_labelled_one_that_it_overlaps_most() -> None:
    """The labels have the first 20 of 32 characters, all 32, and the last 20."""
    sentences = [
        _sentence(FIRST[:20], TALVIA),
        _sentence(FIRST, TALVIA, labels=[CONDEMNS]),
        _sentence(FIRST[12:], TALVIA),
    ]
    assert _judge(sentences, FINDS_FIRST).answers["stance"].found == {(1, "TALVIA", "condemnation")}


@pytest.mark.parametrize(
    ("label", "question"),
    [
        (Label("TALVIA"), "stance"),
        (Label("TALVIA", ("condemnation",)), "side"),
        (Label("TALVIA", ("condemnation",), supports=()), "side"),
        (Label("TALVIA", ("condemnation",), (), ()), "target"),
    ],
)
def test_what_was_not_judged_counts_nowhere(label: Label, question: Question) -> None:
    judged = _judge([_sentence(FIRST, TALVIA, labels=[label])], FINDS_FIRST)
    assert judged.answers[question] == Answered(frozenset(), frozenset())
    assert judged.lost == {}
    assert not any(asked == question for asked, _ in judged.invented)


def test_a_marked_actor_without_a_label_was_not_judged() -> None:
    judged = _judge([_sentence(FIRST, TALVIA)], FINDS_FIRST)
    assert judged.invented == {}
    assert judged.answers["actor"] == Answered(frozenset({(0, "TALVIA")}), frozenset({(0, "TALVIA")}))
    assert all(judged.answers[question].found == frozenset() for question in QUESTIONS[1:])


def test_the_f1_without_a_stage_by_hand() -> None:
    """Of two right stances one is found, and one is said wrongly: F1 2 * 1 / (2 + 2).

    The actor is lost by name; without this: 2 * 2 / (2 + 3). The wrong one comes from a pronoun; without this:
    2 * 1 / (2 + 1). The other stages change nothing.
    """
    wrong = _tag("RED", "Red League", "threat", inside=SECOND, index=1, via="pronoun")
    judged = [_judge(_article(), FINDS_SECOND, wrong)]
    found = {stage: _row(judged, "stance", stage).f1_without for stage in STAGES[:-1]}
    assert found == {
        "sentence": 0.5,
        "actor": pytest.approx(4 / 5),
        "attribution": pytest.approx(2 / 3),
        "type": 0.5,
    }
    assert measure_articles(judged, once(1))["end_to_end_stance_f1"] == pytest.approx([0.5])


def test_the_f1_of_sides_without_their_stage_by_hand() -> None:
    """Both types are right and one of two sides is wrong: F1 1/2, and 1 without the stage."""
    judged = [_judge(_article(), _tag("TALVIA", "Talvia", "condemnation", inside=FIRST, opposes="blues"), FINDS_SECOND)]
    row = _row(judged, "side", "side")
    assert (row.lost, row.invented, row.f1_without) == (1, 1, 1.0)
    assert _row(judged, "side", "type").f1_without == 0.5


def test_stages_of_several_articles_are_added_up() -> None:
    """One article loses its first stance, one both. Of four one is found; with the two first ones: 2 * 3 / (4 + 3)."""
    judged = [_judge(_article(), FINDS_SECOND), _judge(_article())]
    assert _row(judged, "stance", "actor").lost == 2
    assert _row(judged, "stance", "attribution").lost == 1
    assert _row(judged, "stance", "actor").f1_without == pytest.approx(2 * 3 / (4 + 3))


def test_each_question_has_its_stages_in_order() -> None:
    rows = [(row.question, row.stage) for row in measure_stages([_judge(_article())])]
    assert rows == [*((STANCE, stage) for stage in STAGES[:-1]), *((SIDE, stage) for stage in STAGES)]


def test_without_tuples_there_is_no_f1_without_a_stage() -> None:
    judged = [_judge([_sentence(FIRST, TALVIA)])]
    assert {row.f1_without for row in measure_stages(judged)} == {None}


def _random_article(rng: np.random.Generator) -> JudgedArticle:
    """An article of four sentences, the labels of which are split at random, and tags of random actors in them."""
    names = ("Talvia", "Morvia", "Brell")
    parts = [f"{names[k % 3]} answered {names[(k + 1) % 3]} on day {k}." for k in range(4)]
    text = " ".join(parts)
    cuts = sorted({0, len(text), *map(int, rng.integers(1, len(text), 3))})
    starts = [text.index(part) for part in parts]
    spans = list(pairwise(cuts if rng.random() < 0.5 else [*starts, len(text)]))
    ids = [name.upper() for name in names]
    sentences = []
    for start, end in spans:
        chosen = [name for name in ids if rng.random() < 0.6]
        types = [("threat",) if rng.random() < 0.7 else () for _ in chosen]
        labels = [Label(name, own, (), ("reds",) if own else ()) for name, own in zip(chosen, types, strict=True)]
        sentences.append(
            ArticleSentence(start, end, tuple(Mark(name, start, start + 1) for name in chosen), tuple(labels))
        )
    tags = [
        _tag(
            name.upper(),
            name,
            *(["threat"] if rng.random() < 0.6 else []),
            inside=part,
            index=index,
            via=rng.choice(["name", "pronoun"]),
            opposes="reds" if rng.random() < 0.5 else None,
            text=text,
        )
        for index, part in enumerate(parts)
        for name in names
        if rng.random() < 0.7
    ]
    return _judge(sentences, *tags, text=text)


@pytest.mark.parametrize("seed", range(8))
def test_all_that_is_lost_and_invented_has_one_stage(seed: int) -> None:
    rng = np.random.default_rng(seed)
    judged = [_random_article(rng) for _ in range(5)]
    rows = measure_stages(judged)
    for question in (STANCE, SIDE):
        n_gold, n_found, n_hits = count_tuples(judged, question).sum(axis=1)
        own = [row for row in rows if row.question == question]
        assert sum(row.lost for row in own) == n_gold - n_hits
        assert sum(row.invented for row in own) == n_found - n_hits
        f1 = 2 * n_hits / (n_gold + n_found)
        assert all(row.f1_without is not None and row.f1_without >= f1 - 1e-12 for row in own)


def test_precision_recall_and_f1_are_those_of_the_weighted_tuples() -> None:
    """Found of stances: 2 of 2; 1 of 2 and one wrong. All once: 3 hits of 4 and 4. The second twice: 2 of 4."""
    wrong = _tag("TALVIA", "Talvia", "threat", inside=FIRST)
    judged = [_judge(_article(), FINDS_FIRST, FINDS_SECOND), _judge(_article(), wrong, FINDS_SECOND)]
    assert count_tuples(judged, "stance").tolist() == [[2, 2], [2, 2], [2, 1]]
    found = measure_articles(judged, np.array([[1.0, 0.0], [1.0, 2.0]]))
    assert set(found) == {f"end_to_end_{q}_{m}" for q in QUESTIONS for m in ("precision", "recall", "f1")}
    for name in ("precision", "recall", "f1"):
        assert found[f"end_to_end_stance_{name}"] == pytest.approx([3 / 4, 2 / 4])
    assert found["end_to_end_side_precision"] == pytest.approx([1.0, 1.0])
    assert found["end_to_end_side_recall"] == pytest.approx([3 / 4, 2 / 4])


def test_nothing_found_has_a_recall_and_no_precision() -> None:
    found = measure_articles([_judge(_article())], once(1))
    assert found["end_to_end_stance_recall"] == found["end_to_end_stance_f1"] == [0.0]
    assert np.isnan(found["end_to_end_stance_precision"]).all()


def test_types_of_articles_by_hand() -> None:
    """Condemnation is found in one of two articles, a threat is invented in the other; endorsement is found in both."""
    wrong = _tag("TALVIA", "Talvia", "threat", inside=FIRST)
    judged = [_judge(_article(), FINDS_FIRST, FINDS_SECOND), _judge(_article(), wrong, FINDS_SECOND)]
    types = ("condemnation", "threat", "endorsement", "protest")
    found = measure_article_types(judged, types, Documents(np.arange(2), 100))
    assert tuple(found) == types
    rows = {name: (row.precision, row.recall, row.f1, row.support) for name, row in found.items()}
    assert rows == {
        "condemnation": (1.0, 0.5, pytest.approx(2 / 3), 2),
        "threat": (0.0, None, 0.0, 0),
        "endorsement": (1.0, 1.0, 1.0, 2),
        "protest": (None, None, None, 0),
    }
    assert found["condemnation"].f1_interval == (0.0, 1.0)
    assert found["endorsement"].f1_interval == (1.0, 1.0)
    assert found["protest"].f1_interval is None


def test_a_line_of_predictions_gives_the_found_tuples_again() -> None:
    judged = _judge(_article(), FINDS_FIRST, FINDS_SECOND, _tag("RED", "Red League", inside=FIRST))
    line = json.loads(json.dumps(judged.to_dict()))
    assert line == {
        "id": "art",
        "found": {
            "actor": [[0, "RED"], [0, "TALVIA"], [1, "TALVIA"]],
            "stance": [[0, "TALVIA", "condemnation"], [1, "TALVIA", "endorsement"]],
            "side": [[0, "TALVIA", "opposes", "reds"], [1, "TALVIA", "supports", "greens"]],
            "target": [[0, "TALVIA", "RED"], [1, "TALVIA", "GREEN"]],
        },
    }
    (again,) = find_before([judged], Baseline(Path("report"), "", [(1, line)]))
    assert _all_answers(again) == _all_answers(judged)


@pytest.mark.parametrize("seed", range(3))
def test_predictions_of_sentences_that_match_none_are_read_again(seed: int) -> None:
    judged = _random_article(np.random.default_rng(seed))
    line = json.loads(json.dumps(judged.to_dict()))
    (again,) = find_before([judged], Baseline(Path("report"), "", [(1, line)]))
    assert _all_answers(again) == _all_answers(judged)


def _all_answers(judged: JudgedArticle) -> Mapping[Question, Answered]:
    return dict(judged.answers)
