"""Candidates of documents and of labelled rows."""

from __future__ import annotations

import pytest

from stancelib.actors import ActorIndex
from stancelib.candidates import article_candidates, find_candidates, row_candidates, row_document
from stancelib.reading import make_document
from stancelib.tomlsource import TomlSource
from stancelib.types import ArticleSentence, Label, LabelledArticle, LabelledSentence, Mark
from stancelib.world import parse_world

_WORLD = """
[[actor]]
id = "NOR"
name = "Norland"
kind = "state"
adjectives = ["Norlandic"]
[[actor]]
id = "SUD"
name = "Sudovia"
kind = "state"
adjectives = ["Sudovian"]
[[person]]
actor = "NOR"
name = "Karl Varga"
short = ["Varga"]
offices = [{ title = "president" }]
"""

INDEX = ActorIndex(parse_world([TomlSource(_WORLD, "world.toml")]))


def _mark(actor: str, surface: str, text: str, *, in_context: bool = False) -> Mark:
    start = text.index(surface)
    return Mark(actor, start, start + len(surface), in_context=in_context)


def test_candidates_come_in_reading_order_and_share_their_mentions() -> None:
    document = make_document("Sudovia praised Norland. Norland thanked nobody.")
    candidates = find_candidates(document, INDEX)
    assert [(c.sentence.index, c.actor) for c in candidates] == [(0, "SUD"), (0, "NOR"), (1, "NOR")]
    assert candidates[0].mentions is candidates[1].mentions
    assert candidates[0].sentence is candidates[1].sentence
    assert [document.text[c.mention.start : c.mention.end] for c in candidates] == ["Sudovia", "Norland", "Norland"]


def test_speaker_elsewhere_gives_a_candidate() -> None:
    document = make_document('"The truce must hold. Peace is near," Varga said.')
    first = find_candidates(document, INDEX)[0]
    assert (first.sentence.index, first.actor, first.mention.via) == (0, "NOR", "quote")
    assert first.mention.start >= first.sentence.end


def test_boilerplate_gives_no_candidate() -> None:
    document = make_document(
        "Sudovia praised Norland on Monday.\n\nReporting by Jo Doe in Norland; Editing by Ann Roe in Sudovia"
    )
    assert {candidate.sentence.index for candidate in find_candidates(document, INDEX)} == {0}


def test_nothing_gives_no_candidate() -> None:
    assert find_candidates(make_document(""), INDEX) == []


def test_row_gives_its_labelled_actors_in_order() -> None:
    text = "Sudovia praised Norland and the Reds."
    marks = (_mark("REDS", "the Reds", text), _mark("SUD", "Sudovia", text), _mark("NOR", "Norland", text))
    row = LabelledSentence("r", text, marks, (Label("NOR"), Label("SUD")))
    candidates = row_candidates(row, INDEX)
    assert [candidate.actor for candidate in candidates] == ["NOR", "SUD"]
    assert candidates[0].mentions is candidates[1].mentions
    assert [m.actor for m in candidates[0].mentions] == ["SUD", "NOR", "REDS"]
    unlabelled = LabelledSentence("r", text, marks)
    assert [candidate.actor for candidate in row_candidates(unlabelled, INDEX)] == ["REDS", "SUD", "NOR"]


def test_marks_beat_what_is_found() -> None:
    text = "Sudovia praised Norland."
    row = LabelledSentence("r", text, (_mark("REDS", "Sudovia praised", text),), (Label("REDS"),))
    (candidate,) = row_candidates(row, INDEX)
    assert [m.actor for m in candidate.mentions] == ["REDS", "NOR"]


def test_row_offsets_count_in_the_joined_text() -> None:
    context, text = "Ivo Reed, the Red leader, spoke. ", "He thanked Sudovia."
    marks = (_mark("REDS", "Ivo Reed, the Red leader", context, in_context=True), _mark("REDS", "He", text))
    row = LabelledSentence("r", text, marks, (Label("REDS"),), context=context)
    (candidate,) = row_candidates(row, INDEX)
    assert candidate.sentence.text == text
    assert row_document(row).text[candidate.sentence.start : candidate.sentence.end] == text
    own = candidate.mention
    assert (own.via, own.start - candidate.sentence.start, own.end - candidate.sentence.start) == ("pronoun", 0, 2)


@pytest.mark.parametrize(
    ("text", "via"),
    [
        pytest.param('"We will help Sudovia."', "pronoun", id="we"),
        pytest.param('"Sudovia deserves help."', "quote", id="quotation"),
        pytest.param("He will help Sudovia.", "pronoun", id="he"),
        pytest.param("Sudovia deserves help.", "quote", id="nothing-found"),
    ],
)
def test_actor_of_the_context_alone_gets_a_mention(text: str, via: str) -> None:
    context = "Varga spoke to reporters, saying this."
    row = LabelledSentence(
        "r", text, (_mark("NOR", "Varga", context, in_context=True),), (Label("NOR"),), context=context
    )
    (candidate,) = row_candidates(row, INDEX)
    assert candidate.mention.via == via
    if via == "quote":
        assert candidate.mention.end <= candidate.sentence.start


def test_first_person_of_a_text_is_the_only_speaker() -> None:
    context, text = "Varga came to the podium.", '"We will win, and our children will see it."'
    row = LabelledSentence(
        "r", text, (_mark("NOR", "Varga", context, in_context=True),), (Label("NOR"),), context=context
    )
    (candidate,) = row_candidates(row, INDEX)
    start = candidate.sentence.start
    own = [(m.via, text[m.start - start : m.end - start]) for m in candidate.mentions if m.start >= start]
    assert own == [("pronoun", "We"), ("pronoun", "our")]


def test_labelled_actor_without_a_mark_is_refused() -> None:
    row = LabelledSentence("r", "Norland slept.", (_mark("NOR", "Norland", "Norland slept."),), (Label("SUD"),))
    with pytest.raises(ValueError, match="'SUD' is labelled and not marked"):
        row_candidates(row, INDEX)


def test_article_keeps_its_sentences_and_marks() -> None:
    text = 'The Reds arrived. "Go home. Leave us," Ivo Reed said.'
    reds = _mark("REDS", "The Reds", text)
    speaker = Mark("REDS", text.index("Ivo"), text.index(" said"), via="quote")
    article = LabelledArticle(
        "a",
        text,
        (
            ArticleSentence(0, 17, (reds,), (Label("REDS"),)),
            ArticleSentence(18, 27, (speaker,), (Label("REDS"),)),
            ArticleSentence(28, len(text), (speaker,), ()),
        ),
    )
    first, second, third = article_candidates(article, INDEX)
    assert [c.actor for c in (*first, *second, *third)] == ["REDS", "REDS", "REDS"]
    assert second[0].mention.via == "quote"
    assert text[second[0].mention.start : second[0].mention.end] == "Ivo Reed"
    assert [c.sentence.index for c in (*first, *second, *third)] == [0, 1, 2]


def test_article_without_sentences_gives_nothing() -> None:
    assert article_candidates(LabelledArticle("a", "Norland.", ()), INDEX) == []
