from __future__ import annotations

import tomllib
from importlib import resources

from stancelib.lexicon import load_common_words, load_lexicon


def test_words_are_lower_case_without_stops() -> None:
    raw = tomllib.loads(resources.files("stancelib").joinpath("data/lexicon.toml").read_text(encoding="utf-8"))
    for name, words in raw.items():
        if name != "homonym":
            assert [word for word in words if word != word.lower() or word.endswith(".")] == [], name


def test_heads_titles_and_calendar_are_unions() -> None:
    lexicon = load_lexicon()
    assert {"troops", "minister", "ministers", "parliament"} <= lexicon.heads
    assert "fighters" in lexicon.group_heads - lexicon.heads
    assert {"gen", "president", "mr"} <= lexicon.titles
    assert {"tuesday", "jan"} <= lexicon.calendar


def test_common_words_hold_no_names() -> None:
    words = load_common_words()
    assert {"the", "army", "us", "who"} <= words
    assert not {"turkey", "russia", "nato", "hamas"} & words
