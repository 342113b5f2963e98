from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelib.paragraphs import split_paragraphs


def _paragraphs(text: str) -> list[str]:
    return [text[start:end] for start, end in split_paragraphs(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("One.\r\n \r\nTwo.\r\n", ["One.", "Two."]),
        ("One\u2029Two", ["One", "Two"]),
        ("First paragraph ends.\nSecond one ends.", ["First paragraph ends.", "Second one ends."]),
        ("Talks open in Norland\nThe delegates met.", ["Talks open in Norland", "The delegates met."]),
        ("Delegates met in a\nsmall town.", ["Delegates met in a\nsmall town."]),
        ("It was opened by the\nNorlandic envoy.", ["It was opened by the\nNorlandic envoy."]),
        ("It was led by Gen.\nAda Quill.", ["It was led by Gen.\nAda Quill."]),
        ("The aims:\n- peace\n- bread\n* work", ["The aims:", "- peace", "- bread", "* work"]),
    ],
)
def test_a_blank_line_or_a_finished_line_ends_a_paragraph(text: str, expected: object) -> None:
    assert _paragraphs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "On Monday the United\nStates left.",
        "He spoke of the European\nUnion's aims.",
        "It was said by Angela\nMerkel, who left.",
        "Talks in Kuala\nLumpur failed.",
    ],
)
def test_a_line_break_inside_a_name_ends_no_paragraph(text: str) -> None:
    assert _paragraphs(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Guns fall silent in Libya\nArmy units left.",
        "Leaders meet at African Union\nCommission staff left.",
        "They saw it in the United.\nStates left.",
    ],
)
def test_a_line_break_after_a_whole_name_or_a_stop_ends_a_paragraph(text: str) -> None:
    assert _paragraphs(text) == text.split("\n")


def test_a_text_wrapped_at_a_fixed_width_keeps_its_paragraphs() -> None:
    text = (
        "Peace talks open in Norland\n"
        "The delegates of the two countries met on\n"
        "Monday in a small town near the border of\n"
        "Norland and Sudland. Nobody knew what was\n"
        "said there.\n"
        "The next round begins on Friday."
    )
    first, second, third = _paragraphs(text)
    assert first == "Peace talks open in Norland"
    assert second.endswith("said there.")
    assert third == "The next round begins on Friday."


@given(st.text(alphabet=st.sampled_from("aB. \n\r\t-•\u2028é😀"), max_size=80))
def test_paragraphs_hold_every_character_but_white_space_once(text: str) -> None:
    spans = split_paragraphs(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(a < b and text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
