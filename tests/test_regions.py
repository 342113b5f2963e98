import time
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelib.regions import document_date, mark_regions

BODY = "Norland said on Monday it would send troops to the north of the country. The minister agreed with the plan."


def _marked(text: str) -> list[tuple[str, str]]:
    return [(region.kind, text[region.start : region.end]) for region in mark_regions(text)]


@pytest.mark.parametrize(
    "dateline",
    [
        "NORVIK --",
        "NORVIK (AP) —",
        "NORVIK—",
        "NORVIK, June 16. /TASS/.",
        "NORVIK, Norland (AP) —",
        "Norvik (Norland) (AFP) -",
        "Norvik City (Norlandic Marches) (AFP) —",
        "NORVIK, Oct. 3 (Xinhua) --",
        "NORVIK (Reuters) -",
        "NORVIK Jan 3 (Reuters) -",
        "NORVIK/SUDPORT, Jan 3 (Reuters) -",
        "NORVIK, Jan 3 -",
        "Norvik, 4 March 2020 –",
        "NORVIK (4 March 2020) –",
        "Norvik (ICRC) –",
        "NORVIK. Jan 3 (Interfax) -",
        "NORVIK, June 16 - RIA Novosti.",
        "UNITED NATIONS, Jan 3 (Reuters) -",
        "NORVIK:",
        "New Norvik, Jan 3 (PTI)",
        "Norvik, SANA-",
        "Norvik, March 4, IRNA –",
        "Norvik, Norland –",
        "NORVIK, D.C. —",
        "(Reuters) -",
        "(CNN)",
        "PORT-AU-NORD, Norland, 3rd January, 2020 (WAM) --",
        "McNORVIK, Va. (AP) _",
        "N'ORVIK, Norland (AP) –",
    ],
)
def test_datelines_of_many_agencies(dateline: str) -> None:
    assert _marked(f"{dateline} {BODY}") == [("dateline", dateline)]


@pytest.mark.parametrize(
    "text",
    [
        "NATO - Europe's main alliance - said it would stay out of the war.",
        "UN: The council met today and said it would go on with all of the talks in the north.",
        "Norland - A country torn apart by war for years, analysts say in a report.",
        "On Jan 3 - the day of the vote - the troops left.",
        "Government of National Peace (GNP) – the body – said so.",
        "Quill (LNA) - the commander - said so on Monday.",
        "UPDATE 1-Norland sends troops to Sudland",
        "NORLAND SENDS TROOPS TO SUDLAND - REPORTS",
        "9 January 2020 was a dark day for Norland.",
        "By Monday the troops had left Norland.",
        "Read more than one book, he said.",
        "The attack contributed to this report's delay, officials said.",
        "Reporting by the group shows that 20 died.",
        "The envoy left Norvik (via Sudport).",
        "This report was rejected by Norland as false.",
        "Copyright law was changed in Norland.",
        "This article of the treaty was violated by Norland.",
        "The minister (pictured) said so.",
        "ADA QUILL: We will stay here as long as it takes, and so will they, I can tell you.\n\nHOST: Will you?",
    ],
)
def test_running_text_is_left_alone(text: str) -> None:
    assert _marked(text) == []


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("date 2020-01-09", date(2020, 1, 9)),
        ("2020-01-09", date(2020, 1, 9)),
        ("2020-01-09T10:30:00Z", date(2020, 1, 9)),
        ("9 January 2020", date(2020, 1, 9)),
        ("Jan. 9, 2020", date(2020, 1, 9)),
        ("Thursday, 9th January 2020", date(2020, 1, 9)),
        ("Published: January 9, 2020 10:30 AM EST", date(2020, 1, 9)),
        ("Last updated on 22/01/2020", date(2020, 1, 22)),
        ("Updated 01/02/2020", None),
        ("2020-13-09", None),
    ],
)
def test_a_leading_date_dates_the_document_unless_in_doubt(head: str, expected: object) -> None:
    text = f" {head}\n\n{BODY}"
    regions = mark_regions(text)
    assert [(r.kind, text[r.start : r.end]) for r in regions] == [("date", head)]
    assert document_date(text, regions) == expected


def test_a_leading_date_may_stand_on_the_first_line_of_text() -> None:
    assert _marked(f"date 2020-01-09 {BODY}") == [("date", "date 2020-01-09")]
    assert _marked(f"date 2020-06-16 NORVIK, June 16. /TASS/. {BODY}") == [
        ("date", "date 2020-06-16"),
        ("dateline", "NORVIK, June 16. /TASS/."),
    ]


def test_a_dateline_with_a_year_dates_the_document() -> None:
    text = f"Norvik, 4 March 2020 – {BODY}"
    assert document_date(text, mark_regions(text)) == date(2020, 3, 4)
    text = f"NORVIK, March 4 – {BODY}"
    assert document_date(text, mark_regions(text)) is None


@pytest.mark.parametrize(
    "byline",
    [
        "By Ada Quill and Ivo Marsh",
        "By ADA QUILL, Associated Press",
        "By Ada Quill | Reuters",
        "BY AHMED EL-NOUR and Ana de la Cruz, The Norvik Times",
        "By Ada Q. Quill in Norvik",
    ],
)
def test_bylines(byline: str) -> None:
    assert _marked(f"{byline}\n\n{BODY}") == [("byline", byline)]
    assert _marked(f"Big news from the north\n{byline}\n{BODY}") == [("byline", byline)]


def test_byline_affiliation_date_and_place_each_on_a_line() -> None:
    text = f"By ADA QUILL\nAssociated Press\nJan. 9, 2020\n\nNORVIK\n\n{BODY}"
    assert [kind for kind, _ in _marked(text)] == ["byline", "byline", "date", "dateline"]


def test_a_byline_before_a_dateline_on_one_line() -> None:
    assert _marked(f"By Ada Quill NORVIK, Jan 3 (Reuters) - {BODY}") == [
        ("byline", "By Ada Quill"),
        ("dateline", "NORVIK, Jan 3 (Reuters) -"),
    ]


@pytest.mark.parametrize(
    "caption",
    [
        "FILE - In this Jan. 3, 2020 file photo, Ada Quill speaks. (AP Photo/Ivo Marsh, File)",
        "A soldier walks. He smiles. (AP Photo/Ivo Marsh)",
        "Smoke rises over Norvik. (Photo by Ivo Marsh/Getty Images)",
        "A soldier walks in Norvik [Ivo Marsh/AFP]",
        "A soldier walks. Credit: Ivo Marsh",
        "FILE PHOTO: A soldier walks, January 3, 2020. REUTERS/Ivo Marsh/File Photo",
        "A soldier walks in Norvik. Photograph: Ivo Marsh/AP",
    ],
)
def test_captions(caption: str) -> None:
    assert _marked(f"{caption}\n\n{BODY}") == [("caption", caption)]


def test_a_caption_may_be_glued_to_the_date_before_and_the_text_after() -> None:
    text = f"date 2020-01-09 A soldier walks. He smiles. (AP Photo/Ivo Marsh) NORVIK -- {BODY}"
    assert _marked(text) == [
        ("date", "date 2020-01-09"),
        ("caption", "A soldier walks. He smiles. (AP Photo/Ivo Marsh)"),
        ("dateline", "NORVIK --"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Information for this article was contributed by Ada Quill of The Norvik Press.",
        "Reporting by Ada Quill; Editing by Ivo Marsh",
        "(Reporting by Ada Quill in Norvik and Ivo Marsh; Editing by Bo Li)",
        "Our Standards: The Norvik Trust Principles.",
        "Copyright 2020 The Norvik Press. All rights reserved.",
        "© 2020 AFP",
        "Read more",
        "Sign up for our newsletter",
        "Subscribe",
        "A Section on 01/09/2020",
        "Associated Press writers Ada Quill in Norvik and Ivo Marsh contributed to this report.",
        "(Adds details, background)",
        "This story has been corrected to show that Norvik is in Norland.",
        "___",
        "Advertisement",
    ],
)
def test_boilerplate(line: str) -> None:
    assert _marked(f"{BODY}\n\n{line}") == [("boilerplate", line)]


def test_credits_glued_to_the_last_paragraph() -> None:
    assert _marked(f"{BODY} (Reporting by Ada Quill)") == [("boilerplate", "(Reporting by Ada Quill)")]
    thanks = "Ada Quill in Norvik contributed to this report."
    assert _marked(f"{BODY} {thanks}") == [("boilerplate", thanks)]


def test_a_note_before_a_dateline() -> None:
    assert _marked(f"(Adds details) NORVIK, Jan 3 (Reuters) - {BODY}") == [
        ("boilerplate", "(Adds details)"),
        ("dateline", "NORVIK, Jan 3 (Reuters) -"),
    ]


@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from(
                [
                    "By",
                    "Ada",
                    "NORVIK",
                    "(AP)",
                    "--",
                    "Jan.",
                    "3,",
                    "2020",
                    "\n",
                    "\n\n",
                    "(AP Photo/Quill)",
                    "said.",
                    ":",
                    "/TASS/",
                ]
            ),
            max_size=15,
        ).map(" ".join),
    )
)
def test_regions_lie_in_the_text_in_order(text: str) -> None:
    regions = mark_regions(text)
    assert all(0 <= r.start < r.end <= len(text) for r in regions)
    assert all(a.end <= b.start for a, b in pairwise(regions))
    assert all(text[r.start : r.end] == text[r.start : r.end].strip() for r in regions)


@pytest.mark.parametrize(
    "piece", ["Aa, ", "By Aa Bb and ", "(", "A ", "By Aa, ", "(AP/", "- ", "reported from ", "x by ", "3 ", "'a "]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * 4000
    before = time.process_time()
    mark_regions(text)
    assert time.process_time() - before < 2
