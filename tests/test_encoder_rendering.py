from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from encoder_kit import make_candidates, make_renderer, make_tokenizer
from hypothesis import given
from hypothesis import strategies as st

from stancelib.encoder.rendering import END_TOKEN, N_ROLES, ROLE_TOKENS, STYLES, RenderedSentence, RoleRenderer, Style
from stancelib.types import Candidate, Mention, Sentence

TEXT = "Talvia condemned the Red League, and Morvia praised Talvia."
SPANS = [("TALVIA", "Talvia"), ("RED", "Red League"), ("MORVIA", "Morvia")]
KINDS = {"TALVIA": "state", "RED": "armed_group"}

RENDERER = make_renderer([TEXT, "an a party state armed group both sides we will", "the lawful government of"])


def _render(text: str, spans: Sequence[tuple[str, str]], style: Style = "marked", before: str = "") -> RenderedSentence:
    return RENDERER.render(make_candidates(text, spans, before=before)[0], style=style)


def _tokens(rendered: RenderedSentence, renderer: RoleRenderer = RENDERER) -> list[str]:
    return [renderer.tokenizer.id_to_token(number) for number in rendered.ids]


def _words(rendered: RenderedSentence) -> str:
    return " ".join(_tokens(rendered)[1:-1])


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("marked", "[R0] talvia [/R] condemned the [R1] red league [/R] , and [R2] morvia [/R] praised talvia ."),
        ("masked", "[R0] condemned the [R1] , and [R2] praised talvia ."),
        ("typed", "[R0] state condemned the [R1] armed group , and [R2] party praised talvia ."),
    ],
)
def test_each_style_renders_a_mention_its_own_way(style: Style, expected: str) -> None:
    """The second "Talvia" is no mention here, so its name stays whatever the style."""
    candidate = replace(make_candidates(TEXT, SPANS)[0], kinds=KINDS)
    rendered = RENDERER.render(candidate, style=style)
    assert _words(rendered) == expected
    assert (_tokens(rendered)[0], _tokens(rendered)[-1]) == ("[CLS]", "[SEP]")


@pytest.mark.parametrize("style", STYLES)
def test_every_actor_has_the_places_of_its_role(style: Style) -> None:
    again = TEXT.rindex("Talvia")
    candidate = make_candidates(TEXT, SPANS)[0]
    candidate = replace(candidate, mentions=(*candidate.mentions, Mention("TALVIA", again, again + 6)))
    rendered = RENDERER.render(candidate, style=style)
    tokens = _tokens(rendered)
    assert list(rendered.places) == ["TALVIA", "RED", "MORVIA"]
    for number, places in enumerate(rendered.places.values()):
        assert [place for place, token in enumerate(tokens) if token == ROLE_TOKENS[number]] == list(places)
    assert len(rendered.places["TALVIA"]) == 2


NAME = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12).map(str.capitalize)


def _about(first: str, second: str) -> Candidate:
    """Return a sentence in which an article, which fits the name, stands before either name."""
    one, two = (f"{'an' if name[0] in 'AEIOU' else 'a'} {name}" for name in (first, second))
    text = f"{one[0].upper()}{one[1:]} envoy said that {two} attack was condemned."
    places = text.index(f" {first} ") + 1, text.rindex(f" {second} ") + 1
    mentions = tuple(
        Mention(actor, place, place + len(name))
        for actor, place, name in zip(("A", "B"), places, (first, second), strict=True)
    )
    return Candidate(Sentence("d", 0, 0, len(text), text), "A", mentions)


@given(first=NAME, second=NAME, style=st.sampled_from(("masked", "typed")))
def test_names_that_are_left_out_leave_no_trace(first: str, second: str, style: Style) -> None:
    expected = RENDERER.render(_about("Ulmia", "Talvia"), style=style)
    assert RENDERER.render(_about(first, second), style=style) == expected
    assert RENDERER.render(_about(second, first), style=style) == expected
    assert "an" not in _tokens(expected)


@given(name=NAME)
def test_a_marked_name_stands_between_its_role_and_the_end(name: str) -> None:
    tokens = _tokens(_render(f"Yesterday {name} condemned the attack.", [("A", name)]))
    start, end = tokens.index(ROLE_TOKENS[0]), tokens.index(END_TOKEN)
    inside = "".join(token.removeprefix("##") for token in tokens[start + 1 : end])
    assert inside == name.lower()


def test_mentions_that_overlap_are_one_span_with_a_role_each() -> None:
    spans = [("RED", "both sides"), ("BLUE", "both sides"), ("GREEN", "sides of the Green Guard")]
    rendered = _render("Talvia praised both sides of the Green Guard.", spans, "masked")
    assert _words(rendered) == "talvia praised [R0] [R1] [R2] ."
    assert list(rendered.places.values()) == [(3,), (4,), (5,)]


def test_one_actor_twice_in_a_span_has_one_role_there() -> None:
    candidate = make_candidates(TEXT, [("RED", "the Red League"), ("RED", "Red League")])[0]
    assert len(RENDERER.render(candidate, style="marked").places["RED"]) == 1


def test_a_speaker_named_elsewhere_stands_in_front() -> None:
    rendered = _render('"We praised Morvia."', [("TALVIA", "Talvia"), ("MORVIA", "Morvia")], before="Talvia spoke. ")
    assert _words(rendered).startswith("[R0] said : ")
    assert rendered.places["TALVIA"] == (1,)


def test_a_speaker_with_a_mention_inside_is_not_repeated_in_front() -> None:
    spans = [("TALVIA", "Talvia"), ("TALVIA", "We"), ("MORVIA", "Morvia")]
    rendered = _render('"We praised Morvia."', spans, "masked", before="Talvia spoke. ")
    assert "said" not in _tokens(rendered)
    assert len(rendered.places["TALVIA"]) == 1


@pytest.mark.parametrize("style", STYLES)
def test_what_does_not_fit_is_cut_and_falls_back_to_the_first_place(style: Style) -> None:
    renderer = make_renderer([TEXT], max_length=8)
    rendered = renderer.render(make_candidates(TEXT, SPANS)[0], style=style)
    tokens = _tokens(rendered, renderer)
    assert (len(tokens), tokens[0], tokens[-1]) == (8, "[CLS]", "[SEP]")
    assert rendered.places["TALVIA"] == (1,)
    assert rendered.places["MORVIA"] == (0,)


@given(st.integers(3, 40))
def test_places_never_point_beyond_the_words(max_length: int) -> None:
    rendered = replace(RENDERER, max_length=max_length).render(make_candidates(TEXT, SPANS)[0], style="marked")
    assert len(rendered.ids) <= max_length
    for number, places in enumerate(rendered.places.values()):
        assert places == (0,) or all(rendered.ids[place] == RENDERER._roles[number] for place in places)


@given(st.permutations(range(N_ROLES)))
def test_an_order_deals_the_roles_anew_and_changes_nothing_else(order: list[int]) -> None:
    candidate = make_candidates(TEXT, SPANS)[0]
    plain = RENDERER.render(candidate, style="marked")
    dealt = RENDERER.render(candidate, style="marked", order=order)
    assert dealt.places == plain.places
    new_id = {RENDERER._roles[k]: RENDERER._roles[order[k]] for k in range(3)}
    assert dealt.ids == tuple(new_id.get(number, number) for number in plain.ids)


def test_more_actors_than_roles_share_them() -> None:
    names = [f"Land{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(N_ROLES + 1)]
    rendered = _render(", ".join(names), [(name, name) for name in names], "masked")
    roles = [rendered.ids[rendered.places[name][0]] for name in names]
    assert len(set(roles)) == N_ROLES
    assert roles[0] == roles[N_ROLES]
    assert rendered.places[names[0]] != rendered.places[names[N_ROLES]]


def test_all_candidates_of_a_sentence_are_rendered_alike() -> None:
    assert len({_words(RENDERER.render(one, style="marked")) for one in make_candidates(TEXT, SPANS)}) == 1


def test_a_tokenizer_without_roles_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lacks role tokens; expected '\[R0\]' to '\[/R\]'"):
        RoleRenderer(make_tokenizer([TEXT]))
