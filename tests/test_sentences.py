from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelib.paragraphs import split_paragraphs
from stancelib.reading import make_document
from stancelib.regions import mark_regions
from stancelib.sentences import split_sentences
from stancelib.types import Document, Region


def _sentences(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(Document("d", text))]


@pytest.mark.parametrize(
    "sentences",
    [
        # Quotations.
        ['"We will fight.', 'They will lose," he said.'],
        ["‘We will fight.", "They will lose,’ the rebels’ leader said.", "‘Never,’ he added."],
        ["'We will fight.", "They will lose,' the rebels' leader said."],
        ['"Stop!" she said.'],
        ['"Stop!" Ada Quill said.', '"Why?" Norlandic Foreign Minister Ada Quill told reporters.'],
        ['"Stop!"', "Then he left."],
        ['"Is this war?" asked Gen. Quill.', '"No," he said.'],
        ['"Is this war?" asked Q.', '"No," he said.'],
        ['"We want peace," Quill said.', '"But not at any price."'],
        ['"Peace is near," said the U.N.', '"We know," it said.'],
        ["They saw “Stop. Look. Listen” in Paris."],
        ['He asked them: "Who knows?"', "Al-Nour denied it."],
        ['"They attacked us." Quill said.', '"We left."'],
        ["«We go.", "They stay», he said."],
        # Titles, abbreviations, initials.
        ["Gen. Ada Quill met Lt. Col. Ivo J. Marsh and J.K. Rowe.", "Brig. Gen. An Do left."],
        ["Rep. An Do met Sen. He Weilin.", "The talks failed."],
        ["He came at 5 a.m. Monday.", "At 6 p.m. Norland fell."],
        ["He came at 6 p.m.", "Norland fell."],
        ["The pact of Jan. 8 names No. 2 and St. Ann.", "That was no. 5.", "No.", "That is all."],
        ["U.S. President Ada Quill met the U.N.-backed Mr. [Ivo] Marsh in the U.K. Parliament."],
        ["He arrived in the U.S.", "The minister said no."],
        ["Quill Inc. Chief Ada Quill left Marsh Corp.", "It failed."],
        ["See, e.g., Quill vs. Marsh, i.e. Art. 5 and Res. 2254.", "It holds."],
        ["Robert K. Marsh Jr. met Ada Q. Lee.", "He died."],
        # Numbers, ellipses, brackets, labels.
        ["It rose 3.5 percent in 2020.", "12 people saw it."],
        ["We... we cannot.", "We tried...", "But it failed."],
        ["The firm (He left. She stayed.) was shut.", "(It opened later.)"],
        ["1. First comes peace.", "2. Then comes bread."],
        ["Is that so?!", "Yes."],
        ["al-Nour denied it.", "al-Nour left."],
        ["He joined the EU.", "Norland left."],
    ],
)
def test_sentences_are_split_as_newswire_writes_them(sentences: list[str]) -> None:
    assert _sentences(" ".join(sentences)) == sentences


def test_a_missing_blank_after_a_stop_is_forgiven_before_an_ordinary_start() -> None:
    assert _sentences("He left.The troops stayed. See Gazeta.Ru now.") == [
        "He left.",
        "The troops stayed.",
        "See Gazeta.Ru now.",
    ]


def test_line_breaks_inside_a_paragraph_end_no_sentence() -> None:
    assert _sentences("The envoys met in a\nsmall town.\n\nHeadline\n\nIt ended") == [
        "The envoys met in a\nsmall town.",
        "Headline",
        "It ended",
    ]


def test_a_line_break_inside_a_known_name_ends_no_sentence() -> None:
    """Nothing else says that the line goes on: it ends in a capitalised word, and so does a headline."""
    text = "After two rounds of voting and weeks of hesitation, the United\nStates agreed to sell it helicopters."
    assert _sentences(text) == [text]


def test_sentences_carry_their_place_and_number() -> None:
    text = "  One is here.  Two is there.\n"
    sentences = split_sentences(Document("d9", text))
    assert [(s.doc_id, s.index) for s in sentences] == [("d9", 0), ("d9", 1)]
    assert all(text[s.start : s.end] == s.text for s in sentences)


def test_no_sentence_for_date_and_dateline_and_one_of_its_own_for_other_regions() -> None:
    text = (
        "2021-05-04 MOSTAR, May 4 (Reuters) - Norland left the talks on Monday. It came back.\n\n"
        "(Reporting by Ada Quill)\n"
    )
    assert [s.text for s in split_sentences(make_document(text))] == [
        "Norland left the talks on Monday.",
        "It came back.",
        "(Reporting by Ada Quill)",
    ]


def test_a_region_inside_a_paragraph_cuts_it() -> None:
    text = "A soldier walks (AP Photo/Quill) NORVIK -- Troops left."
    regions = (Region("caption", 0, 32), Region("dateline", 33, 42))
    document = Document("d", text, regions=regions)
    assert [s.text for s in split_sentences(document)] == ["A soldier walks (AP Photo/Quill)", "Troops left."]


def test_other_languages_are_left_to_the_splitter() -> None:
    document = Document("d", "Der Minister kam. Er blieb.", language="de")
    assert [s.text for s in split_sentences(document)] == ["Der Minister kam.", "Er blieb."]


@pytest.mark.parametrize("text", ["", " \n "])
def test_no_text_has_no_sentences(text: str) -> None:
    assert _sentences(text) == []


_TEXTS = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=st.sampled_from("aBIU1 .,!?…\n\r\"'“”‘’()[]-–é😀\u0301\u00a0。"), max_size=80),
    st.lists(
        st.sampled_from(
            ['"We go.', "U.S.", "Gen.", "said.", "No. 2", 'left,"', "He", "(AP)", "\n\n", "\n", "KYIV --", "…"]
        ),
        max_size=20,
    ).map(" ".join),
)


@given(_TEXTS)
def test_every_character_of_running_text_is_in_one_sentence(text: str) -> None:
    document = Document("d", text, regions=mark_regions(text))
    sentences = split_sentences(document)
    assert all(text[s.start : s.end] == s.text == s.text.strip() != "" for s in sentences)
    assert all(a.end <= b.start for a, b in pairwise(sentences))
    skipped = [r for r in document.regions if r.kind in {"date", "dateline"}]
    running = {
        i
        for start, end in split_paragraphs(text)
        for i in range(start, end)
        if not text[i].isspace() and not any(r.start <= i < r.end for r in skipped)
    }
    assert running == {i for s in sentences for i in range(s.start, s.end) if not text[i].isspace()}
