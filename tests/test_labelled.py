from __future__ import annotations

from datetime import date

from stancelib.conflict import Conflict
from stancelib.labelled import IndexLookup, label_candidates
from stancelib.records import conflict_lookup
from stancelib.training import index_lookup
from stancelib.types import ArticleSentence, Label, LabelledArticle, LabelledSentence, Mark

ACTORS = (Mark("TALVIA", 0, 6), Mark("RED", 17, 27))
TEXT = "Talvia praised a Red League. "


def _indices(conflict: Conflict) -> IndexLookup:
    return index_lookup(conflict_lookup([conflict]))


def test_each_label_of_a_sentence_gets_its_candidate(conflict: Conflict) -> None:
    labels = (Label("RED", ()), Label("TALVIA", ("endorsement",)))
    row = LabelledSentence("r1", TEXT, ACTORS, labels, "veldmark", date=date(2016, 5, 1), phenomena=("passive",))
    found = label_candidates([row], _indices(conflict))
    assert [(item.candidate.actor, item.label) for item in found] == [("RED", labels[0]), ("TALVIA", labels[1])]
    assert {(item.sentence_id, item.document_id, item.phenomena) for item in found} == {("r1", "r1", ("passive",))}
    assert found[0].conflict is conflict
    assert found[0].sides_of("RED") == ("reds",)
    assert found[0].sides_of("TALVIA") == ()


def test_a_row_without_labels_gives_nothing(conflict: Conflict) -> None:
    assert label_candidates([LabelledSentence("r1", TEXT, ACTORS)], _indices(conflict)) == []


def test_a_row_without_a_conflict_has_no_sides(conflict: Conflict) -> None:
    (item,) = label_candidates([LabelledSentence("r", TEXT, ACTORS, (Label("RED", ()),))], _indices(conflict))
    assert item.conflict is None
    assert item.sides_of("RED") == ()


def test_offsets_count_in_the_text_with_its_context(conflict: Conflict) -> None:
    row = LabelledSentence("r", TEXT, ACTORS, (Label("RED", ()),), "veldmark", context="Rain fell.")
    (item,) = label_candidates([row], _indices(conflict))
    mention = item.candidate.mention
    assert item.text[mention.start : mention.end] == "Red League"
    assert item.text[item.candidate.sentence.start :] == TEXT


def test_sentences_of_an_article_are_numbered(conflict: Conflict) -> None:
    text = TEXT * 2
    sentences = tuple(
        ArticleSentence(at, at + 28, (Mark("RED", at + 17, at + 27),), (Label("RED", ()),)) for at in (0, len(TEXT))
    )
    found = label_candidates([LabelledArticle("art", text, sentences, "veldmark")], _indices(conflict))
    assert [(item.sentence_id, item.document_id) for item in found] == [("art#0", "art"), ("art#1", "art")]
    assert all(text[item.candidate.mention.start : item.candidate.mention.end] == "Red League" for item in found)
