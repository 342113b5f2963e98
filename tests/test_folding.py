from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelib.folding import fold, fold_alias


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Erdoğan", "Erdogan"),
        (unicodedata.normalize("NFD", "Erdoğan"), "Erdogan"),
        ("Élysée", "Elysee"),
        ("Łódź, Đakovo, Åse, ıssız", "Lodz, Dakovo, Ase, issiz"),
        ("Russia’s “army”", 'Russia\'s "army"'),
        ("U.N.‑backed", "U.N.-backed"),
        ("cease\u00adfire\u200b", "ceasefire"),
        ("a  b\tc\nd", "a b c d"),
        ("a\n\n b", "a\nb"),
        ("Turkey—a member", "Turkey--a member"),
        ("한국", "한국"),
        ("", ""),
    ],
)
def test_fold_gives_plain_letters(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_plain_text_comes_back_as_it_is() -> None:
    text = "Plain words, with single blanks."
    folded = fold(text)
    assert folded.text is text
    assert folded.span(0, 5) == (0, 5)


def test_span_covers_the_combining_mark() -> None:
    text = unicodedata.normalize("NFD", "Erdoğan spoke")
    start, end = fold(text).span(0, len("Erdogan"))
    assert unicodedata.normalize("NFC", text[start:end]) == "Erdoğan"


def test_alias_is_stripped() -> None:
    assert fold_alias("  São  Tomé ") == "Sao Tome"


@given(st.text())
def test_every_span_maps_into_the_text(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.text.lower())
    previous = 0
    for position in range(len(folded.text)):
        start, end = folded.span(position, position + 1)
        assert 0 <= start < end <= len(text)
        assert start >= previous
        previous = start


@given(st.text(alphabet="ab \n\t\u00a0é\u0301-"))
def test_white_space_never_runs_on(text: str) -> None:
    folded = fold(text).text
    assert "  " not in folded
    assert "\n\n" not in folded
    assert "\t" not in folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text in (once, once.replace("\n", " "))
