from __future__ import annotations

import pytest

from stancelib.stems import stem


def test_a_stem_is_the_same_for_all_forms() -> None:
    assert {stem(word) for word in ("condemn", "condemns", "condemned", "condemning")} == {"condemn"}
    assert stem("ceasefire") == stem("cease-fire")


@pytest.mark.parametrize("figure", ["1", "1,500", "2016", "3.5"])
def test_figures_are_one_token(figure: str) -> None:
    assert stem(figure) == "#"


@pytest.mark.parametrize("mark", ["-", "--", ",", '"', "'s", ""])
def test_marks_stay(mark: str) -> None:
    assert stem(mark) == mark
