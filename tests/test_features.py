from __future__ import annotations

import pytest

from stancelib.cues import find_cues
from stancelib.features import actor_features, pair_features
from stancelib.rendering import RoledSentence, Token, render_sentence
from stancelib.types import Candidate, Mention, Sentence


def _rendered(text: str) -> RoledSentence:
    """Make a sentence of stems and actors; a word in capitals is an actor, "A+B" is a group mention."""
    words = text.split()
    return RoledSentence(
        tuple(
            Token("", tuple(word.split("+"))) if word.isupper() else Token(word, cues=cues)
            for word, cues in zip(words, find_cues(words), strict=True)
        )
    )


def _from_text(text: str, *, speaker: str | None = None) -> RoledSentence:
    """Render a sentence in which each single capital letter is an actor of that name."""
    marks = [Mention(letter, 100 + place, 101 + place) for place, letter in enumerate(text) if letter.isupper()]
    if speaker:
        marks.append(Mention(speaker, 3, 9, "quote"))
    return render_sentence(Candidate(Sentence("d", 0, 100, 100 + len(text), text), marks[0].actor, tuple(marks)))


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
    rendered = _rendered("A @speaker we condemn B")
    assert actor_features(rendered, "A") - actor_features(rendered, "B")


def test_a_pair_of_one_group_is_the_same_both_ways() -> None:
    rendered = _rendered("A+B met")
    assert pair_features(rendered, "B", "A") == pair_features(rendered, "A", "B")


@pytest.mark.parametrize("text", ["A", "A B", "A+B", "A said C met B and A", ", A ,", "A @speaker", '" A "'])
def test_the_shortest_sentences_have_features(text: str) -> None:
    rendered = _rendered(text)
    assert actor_features(rendered, "A")
    if any("B" in token.actors for token in rendered.tokens):
        assert pair_features(rendered, "A", "B")


def test_names_leave_no_trace() -> None:
    first = _rendered("A condemn B and C")
    second = _rendered("X condemn Y and Z")
    assert actor_features(first, "A") == actor_features(second, "X")
    assert pair_features(first, "A", "C") == pair_features(second, "X", "Z")


def test_members_of_a_list_have_the_features_of_one_that_stands_alone() -> None:
    listed, alone = _from_text("A, B and C denounced D."), _from_text("A denounced D.")
    for name in "ABC":
        assert actor_features(listed, name) == actor_features(alone, "A")
        assert pair_features(listed, name, "D") == pair_features(alone, "A", "D")
        assert pair_features(listed, "D", name) == pair_features(alone, "D", "A")


def test_a_pair_within_a_list_knows_who_comes_first() -> None:
    listed = _from_text("A and B met.")
    assert {"order=st", "mst=and"} <= pair_features(listed, "A", "B")
    assert {"order=ts", "mts=and"} <= pair_features(listed, "B", "A")


def test_a_word_that_is_new_shares_the_class_of_a_known_one() -> None:
    known, new = _from_text("A denounced B"), _from_text("A lambasted B")
    shared = {"agent=@self:condemn", "patient=@other:condemn", "a=condemn", "ac=condemn"}
    assert shared <= actor_features(known, "A") & actor_features(new, "A")
    assert "amst=condemn" in pair_features(known, "A", "B") & pair_features(new, "A", "B")


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("A denounced B", "agent=@self:condemn"),
        ("B denounced A", "agent=@other:condemn"),
        ("A was denounced by B", "agent=by@other:condemn"),
        ("A was denounced", "agent=passive@self:condemn"),
        ("denounced A", "agent=after@self:condemn"),
        ("the envoy of B to A denounced it", "agent=@self:condemn"),
    ],
)
def test_whose_act_it_seems(text: str, feature: str) -> None:
    assert feature in actor_features(_from_text(text), "A")


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("A has not denounced B", True),
        ("A hasn’t denounced B", True),
        ("A refused to denounce B", True),
        ("A never denounced B", True),
        ("A denounced B", False),
    ],
)
def test_negation_shows(text: str, *, negated: bool) -> None:
    for features in (actor_features(_from_text(text), "A"), pair_features(_from_text(text), "A", "B")):
        assert any(f.startswith("n=") and f.endswith("_denounc") for f in features) is negated


def test_negation_holds_for_its_clause() -> None:
    assert "mode=negate:@self:condemn" in actor_features(_from_text("A has not denounced B"), "A")
    assert "mode=negate:@self:condemn" not in actor_features(_from_text("A has not left, but denounced B"), "A")


@pytest.mark.parametrize(
    "text",
    [
        'A said "we denounce it"',
        'A said, "we denounce it.',
        'we denounce it," said A.',
        "„we denounce it“, said A",
        "“we denounce it,” the leader of A said",
    ],
)
def test_what_the_actor_says_in_quotation_shows(text: str) -> None:
    assert {"says", "q=condemn", "qw=denounc"} <= actor_features(_from_text(text), "A")


def test_what_follows_said_is_what_the_actor_says() -> None:
    features = actor_features(_from_text("A said it denounced B"), "A")
    assert {"says", "i=condemn"} <= features
    assert not {feature for feature in features if feature.startswith(("q=", "qw="))}


def test_what_another_says_is_not_what_the_actor_says() -> None:
    features = actor_features(
        _from_text('B said "we denounce it", as its men shelled a village, then fled from A'), "A"
    )
    assert not {"says", "q=condemn", "i=condemn"} & features


def test_a_speaker_elsewhere_says_all() -> None:
    rendered = _from_text("we denounce B", speaker="A")
    assert "i=condemn" in actor_features(rendered, "A")
    assert "i=condemn" not in actor_features(rendered, "B")


def test_a_hyphen_does_not_part_an_actor_from_its_act() -> None:
    rendered = _from_text("A-backed men denounced B")
    assert "ac=condemn" in actor_features(rendered, "A")
    assert "same-clause" in pair_features(rendered, "A", "B")
    assert "same-clause" not in pair_features(_from_text("A left - men denounced B"), "A", "B")
