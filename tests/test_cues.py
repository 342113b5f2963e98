from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from stancelib.cues import find_cues
from stancelib.stems import stem


def _find(text: str) -> list[tuple[str, ...]]:
    return find_cues([stem(word) for word in text.split()])


@pytest.mark.parametrize("word", ["condemn", "condemned", "condemning", "denounces"])
def test_every_form_of_a_word_speaks_of_its_class(word: str) -> None:
    assert "condemn" in _find(word)[0]


def test_a_phrase_counts_where_it_begins() -> None:
    assert "coerce" in _find("they rounded up people")[1]
    assert _find("they round the corner")[1] == ()


def test_a_phrase_may_end_the_sentence_and_must_be_whole() -> None:
    assert "urge" in _find("call for")[0]
    assert _find("call")[0] == ()


def test_a_mention_interrupts_a_phrase() -> None:
    assert find_cues(["call", "", "for"]) == [(), (), ()]


def test_a_word_may_speak_of_several_classes_and_of_each_once() -> None:
    (classes,) = _find("withdraw")
    assert "yield" in classes
    for found in _find("killed kill seized point out hand over walk out"):
        assert len(found) == len(set(found))
    assert {"attack", "coerce"} <= set(_find("seized")[0])


def test_there_is_one_answer_for_each_token() -> None:
    words = ["", "said", "xyzzy", "@speaker", '"']
    assert [bool(classes) for classes in find_cues(words)] == [False, True, False, False, False]
    assert find_cues([]) == []


def test_every_entry_of_the_data_is_found() -> None:
    raw = tomllib.loads(resources.files("stancelib").joinpath("data/cues.toml").read_text(encoding="utf-8"))
    for name, entries in raw.items():
        for entry in entries.split(", "):
            assert name in _find(entry)[0], entry
