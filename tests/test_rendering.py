from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelib.rendering import BOTH, OTHER, SELF, SPEAKER, TARGET, RoledSentence, Token, render_sentence
from stancelib.types import Candidate, Mention, Sentence, Via


def _candidate(text: str, *names: tuple[str, str], outside: tuple[Mention, ...] = (), via: Via = "name") -> Candidate:
    """Make a candidate for the first actor; a name is marked where it first stands, 100 characters into a document."""
    sentence = Sentence("d", 0, 100, 100 + len(text), text)
    marks = [Mention(actor, 100 + text.index(name), 100 + text.index(name) + len(name), via) for actor, name in names]
    return Candidate(sentence, names[0][0] if names else outside[0].actor, (*outside, *marks))


def _view(candidate: Candidate, target: str | None = None) -> list[str]:
    return render_sentence(candidate).view(candidate.actor, target).tokens


def _marked(text: str) -> Candidate:
    """Make a candidate in which each single capital letter is an actor of that name."""
    return _candidate(text, *((word, word) for word in dict.fromkeys(text) if word.isupper()))


def _lists(candidate: Candidate) -> list[tuple[str, ...]]:
    return [token.actors for token in render_sentence(candidate).tokens if token.members]


def _quoted(text: str) -> list[str]:
    view = render_sentence(_marked(text)).view("A")
    return [token for token, quoted in zip(view.tokens, view.quoted, strict=True) if quoted and token != '"']


def test_names_become_roles_and_words_become_stems() -> None:
    candidate = _candidate("Talvia condemned the Red League.", ("A", "Talvia"), ("B", "Red League"))
    assert _view(candidate) == [SELF, "condemn", "the", OTHER, "."]
    assert _view(candidate, "B") == [SELF, "condemn", "the", TARGET, "."]
    assert render_sentence(candidate).view("B", "A").tokens == [TARGET, "condemn", "the", SELF, "."]


def test_a_group_mention_is_self_and_target_at_once() -> None:
    candidate = _candidate("Both sides met.", ("A", "Both sides"), ("B", "Both sides"), ("C", "Both sides"))
    assert _view(candidate, "B") == [BOTH, "met", "."]
    assert _view(candidate) == [SELF, "met", "."]
    assert len(render_sentence(candidate).tokens) == 3


def test_overlapping_mentions_are_one_token() -> None:
    candidate = _candidate("The Talvian army chief left.", ("A", "Talvian army"), ("B", "army chief"))
    assert [token.actors for token in render_sentence(candidate).tokens] == [(), ("A", "B"), (), ()]


def test_a_speaker_elsewhere_stands_in_front() -> None:
    speaker = Mention("A", 3, 9, "quote")
    candidate = _candidate("We condemn Morvia.", ("B", "Morvia"), outside=(speaker,))
    rendered = render_sentence(candidate)
    assert rendered.view("A", "B").tokens == [SELF, SPEAKER, "we", "condemn", TARGET, "."]
    assert rendered.view("B", "A").tokens == [TARGET, SPEAKER, "we", "condemn", SELF, "."]


def test_a_speaker_who_is_also_named_in_the_sentence_is_not_told_twice() -> None:
    speaker = Mention("A", 3, 9, "quote")
    candidate = _candidate("We of Talvia fight.", ("A", "Talvia"), outside=(speaker,))
    assert SPEAKER not in _view(candidate)


def test_a_speaker_elsewhere_is_no_member_of_a_list() -> None:
    candidate = _candidate("And B and C left.", ("B", "B"), ("C", "C"), outside=(Mention("D", 3, 9, "quote"),))
    assert _lists(candidate) == [("B", "C")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A cease-fire", ["a", "ceasefir"]),
        ("an army", ["a", "armi"]),
        ("The army’s “here”", ["the", "armi", '"', "here", '"']),
        ("1,500 men in 2016", ["#", "men", "in", "#"]),
        ("U.N.-backed talks", ["u.n", ".", "-", "back", "talk"]),
        ("", []),
        ("It didn’t and won't; it can't", ["it", "did", "not", "and", "will", "not", ";", "it", "cannot"]),
        ("fighting -- and - talks", ["fight", "–", "–", "and", "–", "talk"]),
        ("„here“ «here» ``here'' ‟here”", ['"', "here", '"'] * 4),
        ("cease\u00adfire\u200b", ["ceasefir"]),
        ("_ ²", ["#"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    candidate = _candidate(text, outside=(Mention("A", 0, 1),))
    assert _view(candidate)[2:] == words


def test_a_hyphen_after_a_name_is_no_dash() -> None:
    candidate = _candidate("Talvian-backed fighters - men", ("A", "Talvian"))
    assert _view(candidate) == [SELF, "-", "back", "fighter", "–", "men"]


def test_a_view_leaves_the_sentence_as_it_is() -> None:
    tokens = (Token("", ("A",)), Token("met"), Token("", ("B",)))
    rendered = RoledSentence(tokens)
    assert rendered.view("A").tokens == [SELF, "met", OTHER]
    assert rendered.view("B").tokens == [OTHER, "met", SELF]
    assert rendered.tokens == tokens


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("A and B met", ["AB"]),
        ("A, B and C met", ["ABC"]),
        ("A, B, and C met", ["ABC"]),
        ("A, B as well as C met", ["ABC"]),
        ("A as well as B met", ["AB"]),
        ("A & B or C met", ["ABC"]),
        ("the foreign ministers of A and B met", ["AB"]),
        ("the presidents of A, of B and of the C met", ["ABC"]),
        ("A's and B's armies met", ["AB"]),
        ("A’s army and B's met", ["AB"]),
        ("A’s president and the leader of B met", ["AB"]),
        ("both A and B met", ["AB"]),
        ("A and B blamed C and D", ["AB", "CD"]),
        ("brokered by A and B, C and D signed", ["AB", "CD"]),
        ("as agreed by A and B, C left", ["AB"]),
        ("as agreed by A, B and C, D left", ["ABC"]),
        ("after talks of A and B, and with C", ["AB"]),
        ("A condemned B, and C left", []),
        ("A, foreign minister of B, left", []),
        ("A, B met", []),
        ("A's ally B", []),
        ("A and its ally B", []),
        ("A attacked and B fled", []),
        ('"A" and "B" met', []),
        ("A met", []),
    ],
)
def test_lists(text: str, lists: list[str]) -> None:
    assert _lists(_marked(text)) == [tuple(names) for names in lists]


def test_a_pronoun_is_no_member_of_a_list() -> None:
    text = "Talvia blamed Morvia and it left"
    marks = (Mention("A", 100, 106), Mention("B", 114, 120), Mention("A", 125, 127, "pronoun"))
    assert _lists(Candidate(Sentence("d", 0, 100, 100 + len(text), text), "A", marks)) == []


def test_each_member_of_a_list_is_seen_as_if_it_stood_alone() -> None:
    rendered = render_sentence(_marked("A, B and the leaders of C blamed D"))
    alone = [SELF, "blame", OTHER]
    assert [rendered.view(name).tokens for name in "ABC"] == [_stems(alone)] * 3
    assert rendered.view("D").tokens == _stems([OTHER, "blame", SELF])
    assert rendered.view("B", "D").tokens == _stems([SELF, "blame", TARGET])
    assert rendered.view("D", "C").tokens == _stems([TARGET, "blame", SELF])


def _stems(tokens: list[str]) -> list[str]:
    return [token if token[0] == "@" else token.removesuffix("e") + "e" for token in tokens]


def test_a_list_of_both_actor_and_target_stays_expanded() -> None:
    rendered = render_sentence(_marked("A, B and C met D and E"))
    expected = [SELF, ",", OTHER, "and", TARGET, "met", OTHER]
    assert rendered.view("A", "C").tokens == expected
    assert rendered.view("D", "E").tokens == [OTHER, "met", SELF, "and", TARGET]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('A said "we left" today', ["we", "left"]),
        ("A said “we left” today", ["we", "left"]),
        ("A said «we left» today", ["we", "left"]),
        ("A said „we left“ today", ["we", "left"]),
        ("A said ``we left'' today", ["we", "left"]),
        ('we left," said A.', ["we", "left", ","]),
        ("we left,” said A.", ["we", "left", ","]),
        ('A said, "we left.', ["we", "left", "."]),
        ("A said, “we left.", ["we", "left", "."]),
        ('we left," A said. "we won', ["we", "left", ",", "we", "won"]),
        ('"we left," A said, "at noon."', ["we", "left", ",", "at", "noon", "."]),
        ('A said:"we left"today', ["we", "left"]),
        ('A said ( "we" )', ["we"]),
        ('the "B" of A', [OTHER]),
        ("A’s men left", []),
    ],
)
def test_what_stands_in_quotation_marks(text: str, quoted: list[str]) -> None:
    assert _quoted(text) == quoted


def test_words_carry_their_cues() -> None:
    view = render_sentence(_marked("A denounced B")).view("A")
    assert view.cues[0] == view.cues[2] == ()
    assert "condemn" in view.cues[1]


@given(st.text(alphabet="AB,\"“”„'’`-–n't \u00ad1aé&", max_size=40))
def test_any_text_can_be_rendered(text: str) -> None:
    candidate = _candidate(text, ("A", text[:1]), ("B", text[-1:]))
    for target in (None, "B"):
        view = render_sentence(candidate).view("A", target)
        assert len(view.tokens) == len(view.cues) == len(view.quoted)
        assert {SELF, BOTH}.intersection(view.tokens)


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("A and the foreign ministers of B , C and D condemned E .", [("A", "B", "C", "D")]),
        ("X is backed by A and B , as well as C and D .", [("A", "B", "C", "D")]),
        ("agreed by A and B , C left .", [("A", "B")]),
    ],
)
def test_lists_within_lists_and_late_members(text: str, lists: list[tuple[str, ...]]) -> None:
    assert _lists(_marked(text)) == lists
