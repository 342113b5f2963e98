from __future__ import annotations

from collections.abc import Sequence

import pytest

from stancelib.evaluation.excerpts import Excerpt, Look, Piece, cut_excerpt
from stancelib.types import Mention

BEFORE = "Old news. " * 40
NEAR = "Talvia's envoy spoke. "
FAR = "The Reds marched by. " + "Rain fell. " * 60
SENTENCE = "We will strike."
AFTER = " Rain fell, Talvia said." + " More rain fell." * 40


def _look(actors: Sequence[str]) -> Look:
    return Look("+".join(actors), " and ".join(actors))


def _cut(text: str, span: tuple[int, int], *mentions: Mention, subjects: frozenset[str] = frozenset()) -> list[Piece]:
    return list(cut_excerpt(Excerpt(text, span, mentions, _look, subjects)))


def _text(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("spans", "looks"),
    [
        ([("A", 3, 16), ("B", 7, 10)], [("A", "one "), ("A+B", "two"), ("A", " three")]),
        ([("A", 3, 10), ("B", 7, 16)], [("A", "one "), ("A+B", "two"), ("B", " three")]),
        ([("A", 3, 6), ("B", 3, 6)], [("A+B", "one")]),
        ([("A", 3, 6), ("B", 6, 10)], [("A", "one"), ("B", " two")]),
        ([("A", 0, 22)], [("A", "So one two three said.")]),
        ([], []),
    ],
)
def test_pieces_are_cut_where_mentions_begin_or_end(
    spans: list[tuple[str, int, int]], looks: list[tuple[str, str]]
) -> None:
    text = "So one two three said."
    pieces = _cut(text, (0, len(text)), *(Mention(*span) for span in spans))
    assert _text(pieces) == text
    assert [(piece.look, piece.text) for piece in pieces if piece.look] == looks


def test_a_mention_that_ends_says_whose_it_was_but_of_the_subject() -> None:
    text = "So one two three said."
    mentions = [Mention("A", 3, 16), Mention("B", 7, 10), Mention("C", 11, 16)]
    pieces = _cut(text, (0, len(text)), *mentions, subjects=frozenset("C"))
    assert [(piece.text, piece.closes) for piece in pieces if piece.closes] == [("two", "B"), ("three", "A")]


@pytest.mark.parametrize(
    ("before", "words", "shown"),
    [
        ("", (), SENTENCE),
        (BEFORE, (), SENTENCE),
        (NEAR, ("Talvia",), NEAR + SENTENCE),
        (NEAR + BEFORE[:200], ("Talvia",), NEAR + BEFORE[:200] + SENTENCE),
        (BEFORE + NEAR, ("Talvia",), (BEFORE + NEAR)[-(len(NEAR) + 120) :] + SENTENCE),
    ],
)
def test_the_text_before_is_shown_where_it_names_an_actor(before: str, words: tuple[str, ...], shown: str) -> None:
    text = before + SENTENCE + " Rain fell."
    mentions = [Mention("TALVIA", text.index(w), text.index(w) + len(w)) for w in words]
    pieces = _cut(text, (len(before), len(before + SENTENCE)), *mentions)
    assert _text(pieces) == shown
    around = _text([piece for piece in pieces if piece.role == "context"])
    assert around == shown.removesuffix(SENTENCE)
    assert sum(piece.role == "gap" for piece in pieces) == (around not in ("", before))


def test_what_lies_between_far_mentions_is_left_out() -> None:
    text = FAR + SENTENCE + AFTER
    start, said = len(FAR), text.index("Talvia")
    mentions = [Mention("RED", 0, 8), Mention("TALVIA", said, said + 6, "quote")]
    pieces = _cut(text, (start, start + len(SENTENCE)), *mentions)
    shown = _text(pieces)
    assert shown.startswith("The Reds marched by. Rain fell.")
    assert f"{SENTENCE} Rain fell, Talvia said. More rain fell." in shown
    assert len(shown) < 420
    assert [piece.role for piece in pieces].count("gap") == 2
