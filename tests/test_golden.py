"""Articles in the styles of five agencies, written for this: what the library says of them changes only on purpose."""

from __future__ import annotations

import pytest
from golden import accept
from golden.accept import ARTICLES, Article

HOW = "run `python tests/golden/accept.py`, and read the difference before keeping it"

BY_NAME = {article.name: article for article in ARTICLES}

FAULTS = [
    ("libya_reuters", 9, {"ARE", "UN", "GNA", "LNA"}, "'all Libyan parties' are the principals"),
]


def article_id(article: Article) -> str:
    return article.name


@pytest.mark.parametrize("article", ARTICLES, ids=article_id)
def test_actors_and_speakers_are_those_of_the_golden_file(article: Article) -> None:
    assert accept.actor_rows(article) == accept.read_rows(accept.actors_path(article)), HOW


@pytest.mark.skipif(not accept.has_model(), reason="models/stance-linear is absent: its tags cannot be compared")
@pytest.mark.parametrize("article", ARTICLES, ids=article_id)
def test_tags_are_those_of_the_golden_file(article: Article) -> None:
    assert accept.tags_path(article).is_file(), HOW
    assert accept.tag_rows(article) == accept.read_rows(accept.tags_path(article)), HOW


@pytest.mark.parametrize("article", ARTICLES, ids=article_id)
def test_golden_mentions_stand_in_their_article(article: Article) -> None:
    text = article.document().text
    for row in accept.read_rows(accept.actors_path(article)):
        assert row["mention"] in text


@pytest.mark.parametrize(
    ("name", "sentence", "expected"),
    [
        pytest.param(
            name, sentence, expected, id=f"{name}-{sentence}", marks=pytest.mark.xfail(strict=True, reason=why)
        )
        for name, sentence, expected, why in FAULTS
    ],
)
def test_known_faults(name: str, sentence: int, expected: set[str]) -> None:
    rows = accept.actor_rows(BY_NAME[name])
    assert {row["actor"] for row in rows if row["sentence"] == sentence} == expected
