from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stancelib.conflict import Conflict, load_conflict
from stancelib.errors import DataError, ModelFormatError, UnknownNameError
from stancelib.reading import make_document
from stancelib.tagger import StanceTagger, load
from stancelib.types import Document, Example, Mark, SideScore, StanceTag

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = ("Talvia", "Morvia", "the Red League", "The Blue Front", "the Green Guard", "all sides", "France", "the U.N.")
VERBS = (
    " condemned ",
    " praised ",
    " will send weapons to ",
    " met ",
    ' said: "We condemn ',
    " and ",
    " has not praised ",
)
ENDS = (". ", '." ', "!\n", ".\n\n", ", ", " ", ' on Monday." ')

clauses = st.tuples(*(st.sampled_from(choices) for choices in (NAMES, VERBS, NAMES, ENDS))).map("".join)
stories = st.lists(clauses, min_size=1, max_size=5).map("".join)
noise = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
texts = st.lists(st.one_of(clauses, noise), max_size=8).map("".join)


def _answers(tags: Sequence[StanceTag]) -> list[dict[str, object]]:
    return [{**tag.to_dict(), "proba": dict(tag.type_proba)} for tag in tags]


def _mark(actor: str, name: str, text: str, *, in_context: bool = False) -> Mark:
    return Mark(actor, text.index(name), text.index(name) + len(name), in_context=in_context)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("Talvia condemned the Red League.", [("TALVIA", "condemnation", None, "reds", "RED", "done")]),
        ("Morvia praised the Green Guard.", [("MORVIA", "endorsement", "greens", None, "GREEN", "done")]),
        (
            "Talvia will send weapons to the Blue Front.",
            [("TALVIA", "military_support", "blues", None, "BLUE", "planned")],
        ),
        ("Talvia is a small country with many lakes.", []),
        ("", []),
        ("   \n", []),
    ],
)
def test_a_text_is_tagged(text: str, answers: list[tuple[object, ...]], tagger: StanceTagger) -> None:
    found = [
        (
            tag.actor.id,
            next(iter(tag.types)),
            tag.supports.side if tag.supports else None,
            tag.opposes.side if tag.opposes else None,
            tag.target.actor if tag.target else None,
            tag.status,
        )
        for tag in tagger.tag(text)
    ]
    assert found == answers


def test_a_tag_says_where_and_who(tagger: StanceTagger) -> None:
    text = "Rain fell.\n\nOn Monday Talvia condemned the Red League."
    (tag,) = tagger.tag(text, date=date(2016, 5, 1), doc_id="a.txt")
    assert (tag.doc_id, tag.date, tag.sentence, tag.text) == ("a.txt", date(2016, 5, 1), 1, text[12:])
    assert (tag.actor.name, tag.actor.kind) == ("Talvia", "state")
    assert (tag.mention_text, text[tag.mention.start : tag.mention.end], tag.mention.via) == (
        "Talvia",
        "Talvia",
        "name",
    )
    assert tag.target is not None
    assert text[tag.target.start : tag.target.end] in ("Red League", "the Red League")


def test_the_speaker_of_a_quotation_is_named_where_it_stands(tagger: StanceTagger) -> None:
    text = '"We condemn the Red League. We condemn the Blue Front," Brandt told reporters.'
    first = next(tag for tag in tagger.tag(text, keep_all=True) if tag.actor.id == "TALVIA")
    assert text[first.mention.start : first.mention.end] == first.mention_text


def test_keep_all_keeps_those_without_a_stance(tagger: StanceTagger) -> None:
    tags = tagger.tag("Talvia condemned the Red League.", keep_all=True)
    assert [(tag.actor.id, bool(tag.types)) for tag in tags] == [("TALVIA", True), ("RED", False)]
    assert set(tags[1].type_proba) == set(tagger.model.codebook.type_ids)


def test_without_a_conflict_there_are_types_and_targets_only(model_dir: Path) -> None:
    plain = load(model_dir)
    (tag,) = plain.tag("France condemned Germany for the attack.")
    assert (tag.actor.id, tag.conflict, tag.sides, tag.supports, tag.opposes) == ("FRA", None, {}, None, None)
    assert tag.target is not None
    assert tag.target.actor == "DEU"


def test_a_document_may_name_its_conflict(model_dir: Path, conflict: Conflict) -> None:
    tagger = load(model_dir, conflicts=[conflict])
    text = "Talvia condemned the Red League."
    named = make_document(text, conflict="veldmark")
    first, second = tagger.pipe([named, text])
    assert [tag.conflict for tag in first] == ["veldmark@3"]
    assert second == []
    with pytest.raises(DataError, match="document 'd7': unknown conflict 'veldmarc'; did you mean 'veldmark'"):
        list(tagger.pipe([make_document(text, id="d7", conflict="veldmarc")]))


def test_a_day_may_be_given_as_text(tagger: StanceTagger) -> None:
    text = "Talvia condemned the Red League."
    assert tagger.tag(text, "2016-05-01") == tagger.tag(text, date=date(2016, 5, 1))
    with pytest.raises(ValueError, match="bad date 'soon'; expected YYYY-MM-DD"):
        tagger.tag(text, date="soon")


@pytest.mark.parametrize("given", ["Talvia condemned it.", make_document("Talvia condemned it.")])
def test_pipe_refuses_one_document_at_once(given: Any, tagger: StanceTagger) -> None:
    with pytest.raises(TypeError, match="is given; expected several"):
        tagger.pipe(given)


def test_pipe_refuses_what_is_no_document(tagger: StanceTagger) -> None:
    with pytest.raises(TypeError, match="document 1 is a dict; expected a Document or a str"):
        list(tagger.pipe(["Talvia condemned it.", {"text": "x"}]))  # type: ignore[list-item]


def test_a_text_of_another_language_is_left_untagged_unless_asked_for(tagger: StanceTagger) -> None:
    text = "Talvia hat den Angriff gestern scharf verurteilt, und das ist auch gut so."
    assert make_document(text).language == "de"
    assert tagger.tag(text, keep_all=True) == []
    assert tagger.tag(text, keep_all=True, any_language=True) != []


def test_pipe_streams(tagger: StanceTagger) -> None:
    taken = 0

    def documents() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield "Talvia condemned the Red League."

    stream = tagger.pipe(documents())  # type: ignore[arg-type]
    assert [tag.doc_id for tag in next(stream)] == ["0"]
    assert taken <= 64


def test_unknown_names_are_counted(tagger: StanceTagger) -> None:
    documents = [make_document("The rebels of Zorbania met Talvia. Zorbania slept.")] * 2
    assert tagger.unknown(documents) == {"Zorbania": 4}


@pytest.mark.parametrize("as_value", [True, False])
def test_load_takes_names_paths_and_values(as_value: bool, model_dir: Path, conflict_path: Path) -> None:
    by_path = load(str(model_dir), conflict=str(conflict_path))
    given = load(by_path.model, conflict=load_conflict(conflict_path)) if as_value else load(model_dir)
    assert given.model.name == "tiny"
    assert by_path.conflict is not None
    assert load(model_dir, conflict="libya").conflict == load_conflict("libya")


def test_load_refuses_what_is_not_there(model_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown conflict 'lybia'; did you mean .*libya"):
        load(model_dir, conflict="lybia")
    with pytest.raises(DataError, match=r"gone\.toml: cannot be read"):
        load(model_dir, conflict=tmp_path / "gone.toml")
    with pytest.raises(UnknownNameError, match="unknown model"):
        load(tmp_path / "gone")
    with pytest.raises(ModelFormatError, match=r"config\.json: cannot be read"):
        load(tmp_path)


def test_examples_are_answered_in_their_order(tagger: StanceTagger) -> None:
    text = "Talvia condemned the Red League."
    marks = (_mark("TALVIA", "Talvia", text), _mark("RED", "Red League", text))
    examples = [Example(text, marks, actor, id=f"e-{actor}") for actor in ("RED", "TALVIA", "RED")]
    tags = tagger.predict(examples)
    assert [(tag.doc_id, tag.actor.id) for tag in tags] == [("e-RED", "RED"), ("e-TALVIA", "TALVIA"), ("e-RED", "RED")]
    assert (tags[1].start, tags[1].end, tags[1].text) == (0, len(text), text)
    assert tags[1].target is not None
    assert text[tags[1].target.start : tags[1].target.end] == "Red League"
    assert tags[1].opposes is not None
    assert tagger.predict([]) == []


def test_a_speaker_in_the_context_stands_before_the_text(tagger: StanceTagger) -> None:
    context, text = "Brandt spoke.", '"We condemn the Red League."'
    marks = (_mark("TALVIA", "Brandt", context, in_context=True), _mark("RED", "Red League", text))
    (tag,) = tagger.predict([Example(text, marks, "TALVIA", context=context)])
    assert tag.start == 0
    assert tag.text == text
    assert list(tag.types) == ["condemnation"]
    whole = f"{context} {text}"
    shift = len(context) + 1
    assert whole[tag.mention.start + shift : tag.mention.end + shift] == tag.mention_text


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (Example("Talvia slept.", (Mark("TALVIA", 0, 6),), "RED", id="e7"), "example e7: unknown actor 'RED'"),
        (Example("Talvia slept.", (Mark("TALVIA", 0, 14),), "TALVIA"), "example 1: mark of 'TALVIA' spans 0-14"),
        (Example("Talvia slept.", (Mark("TALVIA", 0, 1, in_context=True),), "TALVIA"), r"expected start < end <= 0"),
        (Example("A B", (Mark("A", 0, 1),), "A", conflict="libia"), "unknown conflict 'libia'"),
    ],
)
def test_a_wrong_example_is_refused(example: Example, message: str, tagger: StanceTagger) -> None:
    good = Example("Talvia slept.", (Mark("TALVIA", 0, 6),), "TALVIA")
    with pytest.raises(DataError, match=message):
        tagger.predict([good, example])


@few
@given(text=texts)
def test_offsets_point_at_sentence_and_mention_in_any_text(text: str, tagger: StanceTagger) -> None:
    for tag in tagger.tag(text, keep_all=True, any_language=True):
        assert text[tag.start : tag.end] == tag.text
        assert tag.text.strip()
        assert text[tag.mention.start : tag.mention.end] == tag.mention_text
        assert tag.mention_text
        if tag.mention.via in ("name", "list"):
            assert tag.start <= tag.mention.start < tag.mention.end <= tag.end
        if tag.target:
            assert 0 <= tag.target.start < tag.target.end <= len(text)


@few
@given(several=st.lists(texts, max_size=4), random=st.randoms(use_true_random=False))
def test_what_stands_beside_a_document_changes_nothing(
    several: list[str], random: object, tagger: StanceTagger
) -> None:
    documents = [make_document(text, id=str(number)) for number, text in enumerate(several)]
    alone = {document.id: _answers(next(tagger.pipe([document], keep_all=True))) for document in documents}
    together = list(tagger.pipe(documents, keep_all=True))
    assert [_answers(tags) for tags in together] == [alone[document.id] for document in documents]
    shuffled = documents * 3
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = tagger.pipe(shuffled, keep_all=True)
    assert [_answers(tags) for tags in found] == [alone[document.id] for document in shuffled]


def test_more_documents_than_a_batch_change_nothing(tagger: StanceTagger) -> None:
    text = "Talvia condemned the Red League. Morvia and Talvia praised all sides."
    documents = [Document(str(number), text) for number in range(150)]
    found = list(tagger.pipe(documents, keep_all=True))
    assert len(found) == 150
    first = [replace(tag, doc_id="") for tag in found[0]]
    assert all([replace(tag, doc_id="") for tag in tags] == first for tags in found)


@few
@given(actors=st.lists(st.sampled_from(["RED", "TALVIA", "MORVIA"]), max_size=6))
def test_predict_gives_one_tag_for_each_example_in_order(actors: list[str], tagger: StanceTagger) -> None:
    text = "Talvia and Morvia condemned the Red League."
    marks = tuple(_mark(actor, name, text) for actor, name in NAMED.items())
    tags = tagger.predict([Example(text, marks, actor, id=str(i)) for i, actor in enumerate(actors)])
    assert [(tag.doc_id, tag.actor.id) for tag in tags] == [(str(i), actor) for i, actor in enumerate(actors)]


NAMED = {"TALVIA": "Talvia", "MORVIA": "Morvia", "RED": "Red League"}


@pytest.fixture(scope="module")
def exchanged_sides(model_dir: Path, conflict_path: Path, tmp_path_factory: pytest.TempPathFactory) -> StanceTagger:
    """The same conflict, but the Red League fights for the blues and the Blue Front for the reds."""
    path = tmp_path_factory.mktemp("conflicts") / "veldmark.toml"
    path.write_text(_exchange(conflict_path.read_text(encoding="utf-8"), 'side = "reds"', 'side = "blues"'), "utf-8")
    return load(model_dir, conflict=path)


def _exchange(text: str, one: str, other: str) -> str:
    return text.replace(one, "\0").replace(other, one).replace("\0", other)


@few
@given(story=stories)
def test_exchanging_two_sides_exchanges_the_answer(
    story: str, tagger: StanceTagger, exchanged_sides: StanceTagger
) -> None:
    other = {"reds": "blues", "blues": "reds", "greens": "greens"}

    def turned(score: SideScore | None) -> SideScore | None:
        return score and replace(score, side=other[score.side])

    expected = [
        replace(
            tag,
            supports=turned(tag.supports),
            opposes=turned(tag.opposes),
            sides={other[side]: scores for side, scores in tag.sides.items()},
        )
        for tag in tagger.tag(story, keep_all=True)
    ]
    assert exchanged_sides.tag(story, keep_all=True) == expected


@few
@given(story=stories)
def test_exchanging_two_names_exchanges_their_answers(story: str, tagger: StanceTagger) -> None:
    other = {"TALVIA": "MORVIA", "MORVIA": "TALVIA"}

    def key(tag: StanceTag, *, turn: bool) -> tuple[object, ...]:
        actor, target = tag.actor.id, tag.target and tag.target.actor
        if turn:
            actor, target = other.get(actor, actor), other.get(target or "", target)
        span = (tag.sentence, tag.start, tag.end, tag.mention)
        mention = replace(tag.mention, actor=actor)
        answer = (tuple(tag.type_proba.items()), tuple(tag.types), tag.supports, tag.opposes, target, tag.status)
        return (*span[:3], mention, actor, answer)

    before = tagger.tag(story, keep_all=True)
    after = tagger.tag(_exchange(story, "Talvia", "Morvia"), keep_all=True)
    assert sorted(map(repr, (key(tag, turn=True) for tag in before))) == sorted(
        map(repr, (key(tag, turn=False) for tag in after))
    )
