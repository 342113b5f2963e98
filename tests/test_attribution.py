"""Invented stories in, attributed actors out: ``ID via words`` for each mention that attribution adds to the names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancelib.actors import ActorIndex
from stancelib.attribution import attribute
from stancelib.conflict import parse_conflict
from stancelib.reading import make_document
from stancelib.sentences import split_sentences
from stancelib.tomlsource import TomlSource
from stancelib.types import Document, Mention
from stancelib.world import parse_world

_WORLD = """
[[actor]]
id = "NOR"
name = "Norland"
kind = "state"
adjectives = ["Norlandic"]
capitals = ["Norburg"]
[[actor]]
id = "SUD"
name = "Sudovia"
kind = "state"
adjectives = ["Sudovian"]
capitals = ["Sudograd"]
[[actor]]
id = "WES"
name = "Westmark"
kind = "state"
adjectives = ["Westmarker"]
[[actor]]
id = "LEAGUE"
name = "Coastal League"
kind = "bloc"
[[actor]]
id = "COUNCIL"
name = "Peace Council"
kind = "organisation"
[[person]]
actor = "NOR"
name = "Karl Varga"
short = ["Varga"]
offices = [{ title = "president" }]
[[person]]
actor = "NOR"
name = "Olga Brandt"
short = ["Brandt"]
offices = [{ title = "foreign minister" }]
[[person]]
actor = "SUD"
name = "Ivan Petrak"
short = ["Petrak"]
offices = [{ title = "president" }]
[[person]]
actor = "WES"
name = "Angela Holm"
short = ["Holm"]
offices = [{ title = "prime minister" }]
"""

_CONFLICT = """
id = "norland"
name = "War in Norland"
[[side]]
id = "gov"
name = "Government"
[[side]]
id = "front"
name = "Front"
[[actor]]
id = "NOR"
side = "gov"
[[actor]]
id = "FRONT"
name = "Highland Front"
kind = "armed_group"
side = "front"
aliases = ["Highland Front"]
people = [{ name = "Daud Mirza", short = ["Mirza"] }]
"""

INDEX = ActorIndex(parse_world([TomlSource(_WORLD, "world.toml")]), parse_conflict(_CONFLICT, where="norland.toml"))


def added(text: str) -> list[list[str]]:
    """Return what attribution adds to each sentence."""
    document = make_document(text)
    sentences = split_sentences(document)
    found = attribute(document, sentences, INDEX.find(document), index=INDEX)
    return [
        [
            f"{m.actor} {m.via} {text[m.start : m.end]}"
            for m in own
            if m.via != "name" and "sides" not in text[m.start : m.end]
        ]
        for own in found
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '"The truce must hold. It is the last chance," Varga said.',
            [["NOR quote Varga"], []],
            id="after",
        ),
        pytest.param('"The truce must hold. Peace is near," said Petrak.', [["SUD quote Petrak"], []], id="inverted"),
        pytest.param('Petrak said: "The truce must hold. Peace is near."', [[], ["SUD quote Petrak"]], id="before"),
        pytest.param(
            'According to Petrak, "the truce must hold. Peace is near."', [[], ["SUD quote Petrak"]], id="according-to"
        ),
        pytest.param(
            '"The truce must hold," Petrak told reporters. "The war is over."',
            [[], ["SUD quote Petrak"]],
            id="goes-on-after-its-attribution",
        ),
        pytest.param(
            '"The truce," Petrak said, "must hold. Peace is near."', [[], ["SUD quote Petrak"]], id="interrupted"
        ),
        pytest.param(
            '"The truce must hold. Peace is near," Petrak was quoted as saying by state television.',
            [["SUD quote Petrak"], []],
            id="quoted-as-saying",
        ),
        pytest.param(
            '"The truce must hold. Peace is near," Petrak wrote on Telegram.', [["SUD quote Petrak"], []], id="wrote"
        ),
        pytest.param(
            '"The truce must hold. Peace is near," Varga and Petrak said in a joint statement.',
            [["NOR quote Varga", "SUD quote Petrak"], []],
            id="joint",
        ),
        pytest.param(
            'Petrak criticised the plan, saying it was weak.\n\n"The truce must hold."\n\n"Peace is near."',
            [[], ["SUD quote Petrak"], ["SUD quote Petrak"]],
            id="paragraphs-of-quotation",
        ),
        pytest.param(
            '"The truce must hold.\n\n"Peace is near," Petrak said.', [["SUD quote Petrak"], []], id="runs-on"
        ),
        pytest.param(
            '"The truce must hold." Petrak was speaking in Norburg.', [["SUD quote Petrak"], []], id="was-speaking"
        ),
        pytest.param(
            '"The truce must hold. Peace is near," a spokesman for Norland said.',
            [["NOR quote spokesman for Norland"], []],
            id="spokesman",
        ),
        pytest.param('"The truce must hold. Peace is near," said a resident of Sudograd.', [[], []], id="resident"),
        pytest.param('"The truce must hold. Peace is near," Petrak\'s critics said.', [[], []], id="critics"),
        pytest.param('"The truce must hold. Peace is near," Norland analysts said.', [[], []], id="analysts"),
        pytest.param(
            'Petrak welcomed the truce. Ahmed Salem, a teacher, said: "Nobody believes it. We are afraid."',
            [[], [], []],
            id="stranger",
        ),
    ],
)
def test_quoted_sentence_belongs_to_its_speaker(text: str, expected: list[list[str]]) -> None:
    assert added(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"We defend our land," Varga said.', ["NOR pronoun We", "NOR pronoun our"]),
        ('"Leave us alone," the Sudovian president said.', ["SUD pronoun us"]),
        ('"I will not go," Petrak said.', ["SUD pronoun I"]),
        (
            '"We want peace," Varga and Petrak said.',
            ["NOR pronoun We", "SUD pronoun We"],
        ),
        ('"We want peace," a teacher said.', []),
        ("We know little of the talks.", []),
        ('Petrak called the plan "very bad," adding "we are not fools."', ["SUD pronoun we"]),
    ],
)
def test_first_person_is_the_speaker(text: str, expected: list[str]) -> None:
    assert added(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Petrak said he would come.", [["SUD pronoun he"]]),
        ("Petrak arrived. He said nothing.", [[], ["SUD pronoun He"]]),
        ("Varga met Petrak. He said nothing.", [[], ["NOR pronoun He"]]),
        ("Varga and Petrak met. He said nothing.", [[], []]),
        ("Varga and Petrak met. They promised peace.", [[], ["NOR pronoun They", "SUD pronoun They"]]),
        ("Holm arrived. He said nothing.", [[], []]),
        ("Holm arrived. She said nothing.", [[], ["WES pronoun She"]]),
        ("A teacher spoke of Petrak. He said nothing.", [[], []]),
        ("Petrak came to Norburg. Varga received him.", [[], ["SUD pronoun him"]]),
        ("Norland said it would send its troops.", [["NOR pronoun it", "NOR pronoun its"]]),
        ("Norland sent troops. It was not clear why.", [[], []]),
        ("Norland sent troops. It said they were needed.", [[], ["NOR pronoun It"]]),
        ("Norland fought the Highland Front. It was the worst day.", [[], []]),
        ("Mirza's forces advanced, and his Highland Front celebrated.", [["FRONT pronoun his"]]),
        ("Norland condemned Sudovia for its attack.", [[]]),
    ],
)
def test_pronoun_stands_for_whom_the_text_settles(text: str, expected: list[list[str]]) -> None:
    assert added(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Norlandic Foreign Ministry spoke. The ministry denied all.", [[], ["NOR pronoun The ministry"]]),
        (
            "The Norlandic Foreign Ministry met the Sudovian Foreign Ministry. The ministry denied all.",
            [[], []],
        ),
        ("Brandt arrived in the city. The minister was tired.", [[], ["NOR pronoun The minister"]]),
        ("Brandt arrived in the city. The president was tired.", [[], []]),
        ("The Highland Front attacked. The group claimed success.", [[], ["FRONT pronoun The group"]]),
        ("Norland attacked. The group claimed success.", [[], []]),
        ("The Coastal League met. The bloc rejected the plan.", [[], ["LEAGUE pronoun The bloc"]]),
        (
            "Varga met Petrak. The two presidents agreed.",
            [[], ["NOR list The two presidents", "SUD list The two presidents"]],
        ),
        (
            "Norland and Sudovia agreed. Both countries are poor.",
            [[], ["NOR list Both countries", "SUD list Both countries"]],
        ),
        ("Holm arrived. Both leaders smiled.", [[], []]),
        (
            'Varga and Petrak issued a statement, saying all was well. "Peace is near," the statement said.',
            [[], ["NOR pronoun the statement", "SUD pronoun the statement"]],
        ),
    ],
)
def test_description_stands_for_the_one_that_fits(text: str, expected: list[list[str]]) -> None:
    assert added(text) == expected


def test_caption_leaves_nobody_to_refer_to() -> None:
    text = "Petrak waves in the capital. (AP Photo/Jo Doe)\n\nHe arrived on Monday in the town."
    assert added(text)[-1] == []


def test_order_is_by_start_and_without_duplicates() -> None:
    text = '"We will win," Petrak said. "We always do. We are many."'
    document = make_document(text)
    found = attribute(document, split_sentences(document), INDEX.find(document), index=INDEX)
    for own in found:
        assert list(own) == sorted(own, key=lambda m: (m.start, m.end, m.via))
        assert len(set(own)) == len(own)


def test_nothing_gives_nothing() -> None:
    assert attribute(Document("d", ""), [], [], index=INDEX) == []


_PIECES = st.lists(
    st.sampled_from(
        [
            "Varga",
            "Petrak",
            "said",
            "he",
            "they",
            '"',
            "“",
            "”",
            ",",
            ".",
            "\n\n",
            "We",
            "the group",
            "and",
            "it",
            "İ",
            "é",
            "🙂",
            "'s",
        ]
    ),
    max_size=40,
).map(" ".join)


@settings(deadline=None)  # the first call loads the language detector
@given(st.one_of(_PIECES, st.text(max_size=120)))
def test_any_text_keeps_names_and_points_inside(text: str) -> None:
    document = make_document(text)
    sentences = split_sentences(document)
    mentions = INDEX.find(document)
    found = attribute(document, sentences, mentions, index=INDEX)
    assert len(found) == len(sentences)
    for sentence, own in zip(sentences, found, strict=True):
        inside: list[Mention] = [m for m in mentions if sentence.start <= m.start and m.end <= sentence.end]
        assert set(inside) <= set(own)
        for mention in own:
            assert 0 <= mention.start < mention.end <= len(text)
            is_inside = sentence.start <= mention.start and mention.end <= sentence.end
            assert is_inside or mention.via == "quote"
    assert found == attribute(document, sentences, mentions, index=INDEX)
