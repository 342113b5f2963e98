from __future__ import annotations

from collections import Counter
from dataclasses import replace

from judging import ARTICLE, make_article

from stancelib.evaluation.astray import Stray, find_astray
from stancelib.evaluation.stages import judge_articles, measure_stages
from stancelib.tagger import StanceTagger
from stancelib.types import ArticleSentence, Label, LabelledArticle, Mark

TEXT = "Talvia condemned the Red League. Morvia praised the Green Club."


def _labelled(*labels: Label, talvia: str = "TALVIA") -> LabelledArticle:
    """Return an article with the labels of its first sentence; the second has none."""
    marks = (Mark(talvia, 0, 6), Mark("RED", 17, 31))
    return LabelledArticle("a", TEXT, (ArticleSentence(0, 32, marks, labels),), "veldmark")


def test_each_wrong_tuple_stands_with_its_sentence_and_stage() -> None:
    found = {ARTICLE[slice(*sentence.span)]: sentence for sentence in find_astray([make_article()]) if sentence.span}
    assert {text: sentence.wrong for text, sentence in found.items()} == {
        "Talvia condemned the Reds.": [Stray("stance", "lost", "attribution", "TALVIA", "condemnation", None)],
        "Morvia threatened Talvia.": [Stray("side", "invented", "side", "MORVIA", "opposes reds", 0.6)],
        "Rain fell on Morvia.": [Stray("stance", "invented", "sentence", "MORVIA", "threat", 0.3)],
    }


def test_what_is_right_stands_beside_it() -> None:
    right = [sentence.right for sentence in find_astray([make_article()])]
    assert right == [[], [Stray("stance", "right", None, "MORVIA", "threat", 0.8)], []]


def test_a_sentence_in_which_all_is_right_is_not_listed() -> None:
    article = make_article()
    assert [sentence.number for sentence in find_astray([replace(article, invented={})])] == [0]


def test_a_sentence_that_the_labels_do_not_have_has_no_number() -> None:
    assert [sentence.number for sentence in find_astray([make_article()])] == [0, 1, None]


def test_a_sentence_whose_tags_were_not_kept_has_no_span() -> None:
    sentences = find_astray([replace(make_article(), tags={})])
    assert [sentence.span for sentence in sentences] == [(0, 26), (27, 52), None]
    assert [stray.p for sentence in sentences for stray in sentence.strays] == [None] * 4


def test_sentences_with_most_wrong_tuples_come_first() -> None:
    article = make_article()
    more = {("stance", (1, "MORVIA", "demand")): "type", **article.lost}
    order = [(s.article.id, s.number) for s in find_astray([article, replace(article, lost=more)])]
    assert order == [("art", 1), ("art", 0), ("art", 1), ("art", None), ("art", 0), ("art", None)]


def test_stances_stand_before_sides_and_what_was_lost_before_what_was_invented() -> None:
    article = make_article()
    lost = {("side", (1, "MORVIA", "supports", "reds")): "side", ("stance", (1, "MORVIA", "demand")): "type"}
    [sentence, *_] = find_astray([replace(article, lost=lost)])
    assert [(stray.fate, stray.said) for stray in sentence.strays] == [
        ("lost", "demand"),
        ("lost", "supports reds"),
        ("invented", "opposes reds"),
        ("right", "threat"),
    ]


def test_mentions_of_the_labels_and_of_the_tags_are_there_once() -> None:
    mentions = {s.number: [(m.actor, m.start) for m in s.mentions] for s in find_astray([make_article()])}
    assert mentions == {0: [("TALVIA", 0), ("RED", 17)], 1: [("MORVIA", 27), ("TALVIA", 45)], None: [("MORVIA", 66)]}


def test_an_article_that_was_judged_keeps_what_each_stage_did(tagger: StanceTagger) -> None:
    """Talvia's demand is wrong, its condemnation right, and nothing of the second sentence is in the labels."""
    label = Label("TALVIA", types=("condemnation", "demand"))
    [judged] = judge_articles([_labelled(label)], tagger)
    assert judged.lost == {("stance", (0, "TALVIA", "demand")): "type"}
    assert {stage for stage in judged.invented.values()} == {"sentence"}
    assert {entry[:2] for _, entry in judged.invented} == {(-2, "MORVIA")}


def test_an_actor_that_stands_by_name_and_is_not_found_is_lost_at_actor(tagger: StanceTagger) -> None:
    [judged] = judge_articles([_labelled(Label("ZED", types=("threat",)), talvia="ZED")], tagger)
    assert judged.lost == {("stance", (0, "ZED", "threat")): "actor"}
    assert judged.invented["stance", (0, "TALVIA", "condemnation")] == "actor"


def test_the_table_of_stages_counts_what_is_listed(tagger: StanceTagger) -> None:
    articles = judge_articles([_labelled(Label("TALVIA", types=("demand",), supports=("reds",), opposes=()))], tagger)
    listed = Counter((s.question, s.stage, s.fate) for sentence in find_astray(articles) for s in sentence.wrong)
    rows = measure_stages(articles)
    counted = {(row.question, row.stage, "lost"): row.lost for row in rows}
    counted |= {(row.question, row.stage, "invented"): row.invented for row in rows}
    assert +Counter(counted) == listed
    assert len(listed) > 3
