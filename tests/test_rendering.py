from __future__ import annotations

import pytest

from stancelib.rendering import BOTH, OTHER, SELF, SPEAKER, TARGET, RoledSentence, render_sentence, stem
from stancelib.types import Candidate, Mention, Sentence


def _candidate(text: str, *names: tuple[str, str], outside: tuple[Mention, ...] = ()) -> Candidate:
    """Make a candidate for the first actor; a name is marked where it first stands, 100 characters into a document."""
    sentence = Sentence("d", 0, 100, 100 + len(text), text)
    marks = [Mention(actor, 100 + text.index(name), 100 + text.index(name) + len(name)) for actor, name in names]
    return Candidate(sentence, names[0][0] if names else outside[0].actor, (*outside, *marks))


def _view(candidate: Candidate, target: str | None = None) -> list[str]:
    return render_sentence(candidate).view(candidate.actor, target)


def test_names_become_roles_and_words_become_stems() -> None:
    candidate = _candidate("Talvia condemned the Red League.", ("A", "Talvia"), ("B", "Red League"))
    assert _view(candidate) == [SELF, "condemn", "the", OTHER, "."]
    assert _view(candidate, "B") == [SELF, "condemn", "the", TARGET, "."]
    assert render_sentence(candidate).view("B", "A") == [TARGET, "condemn", "the", SELF, "."]


def test_a_list_is_self_and_target_at_once() -> None:
    candidate = _candidate("Both sides met.", ("A", "Both sides"), ("B", "Both sides"), ("C", "Both sides"))
    assert _view(candidate, "B") == [BOTH, "met", "."]
    assert _view(candidate) == [SELF, "met", "."]
    assert len(render_sentence(candidate).actors) == 3


def test_overlapping_mentions_are_one_token() -> None:
    candidate = _candidate("The Talvian army chief left.", ("A", "Talvian army"), ("B", "army chief"))
    assert render_sentence(candidate).actors == ((), ("A", "B"), (), ())


def test_a_speaker_elsewhere_stands_in_front() -> None:
    speaker = Mention("A", 3, 9, "quote")
    candidate = _candidate("We condemn Morvia.", ("B", "Morvia"), outside=(speaker,))
    rendered = render_sentence(candidate)
    assert rendered.view("A", "B") == [SELF, SPEAKER, "we", "condemn", TARGET, "."]
    assert rendered.view("B", "A") == [TARGET, SPEAKER, "we", "condemn", SELF, "."]


def test_a_speaker_who_is_also_named_in_the_sentence_is_not_told_twice() -> None:
    speaker = Mention("A", 3, 9, "quote")
    candidate = _candidate("We of Talvia fight.", ("A", "Talvia"), outside=(speaker,))
    assert SPEAKER not in _view(candidate)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A cease-fire", ["a", "ceasefir"]),
        ("an army", ["a", "armi"]),
        ("The army’s “here”", ["the", "armi", '"', "here", '"']),
        ("1,500 men in 2016", ["#", "men", "in", "#"]),
        ("U.N.-backed talks", ["u.n", ".", "-", "back", "talk"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    candidate = _candidate(text, outside=(Mention("A", 0, 1),))
    assert _view(candidate)[2:] == words


def test_a_stem_is_the_same_for_all_forms() -> None:
    assert {stem(word) for word in ("condemn", "condemns", "condemned", "condemning")} == {"condemn"}
    assert stem("ceasefire") == stem("cease-fire")


def test_a_view_leaves_the_sentence_as_it_is() -> None:
    rendered = RoledSentence(("", "met", ""), (("A",), (), ("B",)))
    assert rendered.view("A") == [SELF, "met", OTHER]
    assert rendered.view("B") == [OTHER, "met", SELF]
    assert rendered.words == ("", "met", "")
