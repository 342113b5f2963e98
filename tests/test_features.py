from __future__ import annotations

import pytest

from stancelib.features import actor_features, pair_features
from stancelib.rendering import RoledSentence


def _rendered(text: str) -> RoledSentence:
    """Make a sentence of words and actors; a word in capitals is an actor, "A+B" is a list."""
    tokens = text.split()
    return RoledSentence(
        tuple("" if token.isupper() else token for token in tokens),
        tuple(tuple(token.split("+")) if token.isupper() else () for token in tokens),
    )


def test_an_actor_is_told_from_the_other_by_its_place() -> None:
    rendered = _rendered("A condemn B .")
    assert "sR=condemn" in actor_features(rendered, "A")
    assert "sL=condemn" in actor_features(rendered, "B")
    assert actor_features(rendered, "A") != actor_features(rendered, "B")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("A condemn B", "A has not condemn B"),
        ("A condemn B", "B condemn A"),
        ("A slept , while B fought", "B slept , while A fought"),
    ],
)
def test_what_a_sentence_says_of_a_pair_shows(left: str, right: str) -> None:
    assert actor_features(_rendered(left), "A") != actor_features(_rendered(right), "A")
    assert pair_features(_rendered(left), "A", "B") != pair_features(_rendered(right), "A", "B")


def test_a_speaker_elsewhere_sees_the_sentence_otherwise_than_the_one_named() -> None:
    rendered = RoledSentence(("", "@speaker", "we", "condemn", ""), (("A",), (), (), (), ("B",)))
    assert actor_features(rendered, "A") - actor_features(rendered, "B")


def test_a_pair_of_one_list_is_the_same_both_ways() -> None:
    rendered = _rendered("A+B met")
    assert pair_features(rendered, "B", "A") == pair_features(rendered, "A", "B")


@pytest.mark.parametrize("text", ["A", "A B", "A+B", "A said C met B and A", ", A ,"])
def test_the_shortest_sentences_have_features(text: str) -> None:
    rendered = _rendered(text)
    assert actor_features(rendered, "A")
    if any("B" in ids for ids in rendered.actors):
        assert pair_features(rendered, "A", "B")


def test_names_leave_no_trace() -> None:
    first = _rendered("A condemn B and C")
    second = _rendered("X condemn Y and Z")
    assert actor_features(first, "A") == actor_features(second, "X")
    assert pair_features(first, "A", "C") == pair_features(second, "X", "Z")
