from __future__ import annotations

from dataclasses import replace

import pytest
from judging import TAG, TAGGED_TEXT

from stancelib.runs import Score, ShownTag, cut_blocks, short_name
from stancelib.types import Mention, StanceTag

OPPOSES = (Score("−", "opposes", "reds", 0.75, 0),)


def _shown(tag: StanceTag = TAG, number: int = 0, scores: tuple[Score, ...] = OPPOSES) -> ShownTag:
    return ShownTag(number, tag, number, scores)


def test_a_sentence_with_tags_is_a_block_between_two_others() -> None:
    blocks = list(cut_blocks(TAGGED_TEXT, [_shown()]))
    assert ["".join(run.text for run in block.runs) for block in blocks] == [
        "Rain fell. ",
        "Talvia condemned the Reds.",
        " More rain.",
    ]
    assert [len(block.tags) for block in blocks] == [0, 1, 0]


def test_runs_say_whose_mention_they_are_and_who_is_directed_at_them() -> None:
    runs = list(cut_blocks(TAGGED_TEXT, [_shown()]))[1].runs
    assert [(run.text, len(run.mentions), len(run.targets), run.opens) for run in runs] == [
        ("Talvia", 1, 0, True),
        (" condemned ", 0, 0, False),
        ("the Reds", 0, 1, True),
        (".", 0, 0, False),
    ]


def test_a_mention_that_goes_on_after_another_ended_does_not_open_again() -> None:
    inner = replace(TAG, mention=Mention("TALVIA", 13, 15), target=None)
    outer = replace(TAG, target=None)
    runs = list(cut_blocks(TAGGED_TEXT, [_shown(outer, 0), _shown(inner, 1)]))[1].runs
    assert [(run.text, run.opens, run.looks) for run in runs[:3]] == [
        ("Ta", True, [0]),
        ("lv", True, [0, 1]),
        ("ia", False, [0]),
    ]


@pytest.mark.parametrize("text", ["", "Rain.", "\r\n"])
def test_a_text_without_tags_is_one_block(text: str) -> None:
    [block] = cut_blocks(text, [])
    assert "".join(run.text for run in block.runs) == text
    assert not block.has_stance


def test_a_block_knows_its_sides_once_and_whether_there_is_a_stance() -> None:
    supports = (Score("+", "supports", "blues", 0.5, 1), *OPPOSES)
    [_, block, _] = cut_blocks(TAGGED_TEXT, [_shown(scores=OPPOSES), _shown(number=1, scores=supports)])
    assert (block.looks, block.has_stance) == ([0, 1], True)
    [_, block, _] = cut_blocks(TAGGED_TEXT, [_shown(replace(TAG, types={}), scores=())])
    assert (block.looks, block.has_stance) == ([], False)


@pytest.mark.parametrize(
    ("types", "scores", "label"),
    [
        ({"threat": 0.4}, OPPOSES, "Talvia −reds"),
        ({"threat": 0.4, "demand": 0.3}, (), "Talvia threat"),
        ({}, (), "Talvia no stance"),
    ],
)
def test_a_label_names_the_sides_or_else_the_first_type(
    types: dict[str, float], scores: tuple[Score, ...], label: str
) -> None:
    assert _shown(replace(TAG, types=types), scores=scores).label == label


def test_a_summary_says_all_of_a_tag() -> None:
    assert _shown().summary == "Talvia: condemnation 0.91, threat 0.40, opposes reds 0.75, target RED, done"
    bare = replace(TAG, types={}, target=None, status=None)
    assert _shown(bare, scores=()).summary == "Talvia: no stance"


def test_a_long_name_gives_way_to_the_id() -> None:
    assert [short_name("LNA", name) for name in ("N" * 16, "N" * 17)] == ["N" * 16, "LNA"]
