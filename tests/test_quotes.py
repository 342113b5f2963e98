import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelib.quotes import find_quotes, follows_attribution


def _contents(text: str) -> list[str]:
    return [text[quote.content_start : quote.content_end] for quote in find_quotes(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"We will fight," he said. "They will lose."', ["We will fight,", "They will lose."]),
        ("“We will fight,” he said.", ["We will fight,"]),
        ("«We will fight», he said.", ["We will fight"]),
        ("„We will fight“, he said.", ["We will fight"]),
        ("``We will fight,'' he said.", ["We will fight,"]),
        ("'We will fight,' the rebels' leader said.", ["We will fight,"]),
        ("‘It’s the rebels’ war,’ she said.", ["It’s the rebels’ war,"]),
        ("'The rebels' camp isn't ours,' she said. 'No.'", ["The rebels' camp isn't ours,", "No."]),
        ("Norland's troops left the soldiers' camp.", []),
        ("Let 'em go back to the '90s, 'til it's over.", []),
        ("He is 6' 2\" tall and she 5' 6\".", []),
        ('The shell was 5" wide, "a big one," he said.', ["a big one,"]),
        ('They fear a "no fly zone" there.', ["no fly zone"]),
        ('"He said “go away” to us," she said.', ["He said “go away” to us,", "go away"]),
        ("\"He said 'go away' to us,\" she said.", ["He said 'go away' to us,", "go away"]),
        ("‘He said “go away” to us,’ she said.", ["He said “go away” to us,", "go away"]),
        ('"He said "go away" to us," she said.', ['He said "go away" to us,', "go away"]),
        ("", []),
    ],
)
def test_quotations_are_found_and_apostrophes_are_not(text: str, expected: object) -> None:
    assert _contents(text) == expected


def test_the_marks_are_part_of_the_span_and_not_of_the_content() -> None:
    text = 'He said "no" twice.'
    (quote,) = find_quotes(text)
    assert text[quote.start : quote.end] == '"no"'
    assert quote.closed


def test_a_quotation_over_paragraphs_is_closed_in_the_last_only() -> None:
    text = "“We came here.\n\n“We stayed.\n\n“We go,” he said."
    assert [(quote.closed, text[quote.content_start : quote.content_end]) for quote in find_quotes(text)] == [
        (False, "We came here."),
        (False, "We stayed."),
        (True, "We go,"),
    ]


def test_a_quotation_in_single_marks_may_run_over_paragraphs() -> None:
    text = "'We came here.\n\n'We stayed,' he said."
    assert [quote.closed for quote in find_quotes(text)] == [False, True]


def test_an_unclosed_quotation_ends_with_its_paragraph() -> None:
    text = 'She said: "We came here.\n\nNobody else spoke.'
    (quote,) = find_quotes(text)
    assert not quote.closed
    assert text[quote.start : quote.end] == '"We came here.'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('It could be the "last chance" for peace.', False),
        ('They fear a "no fly zone" there.', False),
        ('He called it "very dangerous" and left.', False),
        ('She read "War and Peace" at night.', False),
        ('"No," he said.', True),
        ('"Never!" the minister said.', True),
        ('He said, "Not now."', True),
        ('He added "we are near the end."', True),
        ('They chanted "down with the king" there.', True),
        ("'We fight', he said.", True),
        ('The plan "is not what the two sides had asked for" then.', True),
        ('"Go away."', True),
    ],
)
def test_speech_is_told_from_scare_quotes(text: str, expected: object) -> None:
    (quote,) = find_quotes(text)
    assert quote.is_speech is expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (" he said.", True),
        (" said the Norlandic minister.", True),
        (", Ada Quill told reporters.", True),
        (" and fled. He said no.", False),
    ],
)
def test_attribution_is_looked_for_in_the_clause_only(after: str, expected: object) -> None:
    assert follows_attribution(after, 0) is expected


@given(st.text(alphabet=st.sampled_from("aBs1 .,\n\"'“”‘’«»„`😀é"), max_size=60))
def test_quotes_lie_in_the_text_and_in_order(text: str) -> None:
    quotes = find_quotes(text)
    assert all(0 <= q.start < q.content_start < q.content_end <= q.end <= len(text) for q in quotes)
    assert [q.start for q in quotes] == sorted(q.start for q in quotes)
    assert all(q.closed is (q.content_end < q.end) for q in quotes)
