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
[[actor]]
id = "OST"
name = "Ostreich"
kind = "state"
[[actor]]
id = "HOUSE"
name = "Chamber of Representatives"
kind = "organisation"
[[person]]
actor = "OST"
name = "Philip of Ostreich"
offices = [{ title = "king" }]
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
        # Whatever words a name is made of, and whoever is named after it: it is one thing.
        ("Ostreich said it would send its troops.", [["OST pronoun it", "OST pronoun its"]]),
        ("The Chamber of Representatives said it would vote.", [["HOUSE pronoun it"]]),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Norland, Sudovia and Westmark met. The three countries smiled.",
            [[], ["NOR list The three countries", "SUD list The three countries", "WES list The three countries"]],
            id="three",
        ),
        pytest.param(
            'Varga met with his Sudovian and Westmarker colleagues. "The three of us agree," Varga said.',
            [
                ["NOR pronoun his"],
                ["NOR list The three of us", "SUD list The three of us", "WES list The three of us", "NOR pronoun us"],
            ],
            id="three of us",
        ),
        pytest.param(
            'Norland and Sudovia signed. "We wish both countries well," Holm said.',
            [[], ["WES pronoun We", "NOR list both countries", "SUD list both countries"]],
            id="joined before a quotation",
        ),
        pytest.param(
            "The winners, Norland, Sudovia and the Westmarker minister, met. The two countries smiled.",
            [[], []],
            id="three are no two",
        ),
    ],
)
def test_several_as_one(text: str, expected: list[list[str]]) -> None:
    assert [sorted(own) for own in added(text)] == [sorted(own) for own in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Highland Front took a hill. Rain fell. Norland sent help. Snow fell. Hail fell. Ice fell. Fog fell. "
            "Soldiers fled from the rebels.",
            [[], [], [], [], [], [], [], ["FRONT pronoun the rebels"]],
            id="the only group",
        ),
        pytest.param(
            "Peace Council met. Rain fell. Snow fell. Hail fell. A guard told the council that doors were shut.",
            [[], [], [], [], ["COUNCIL pronoun the council"]],
            id="the only council",
        ),
        pytest.param(
            "The Peace Council met. The 15-nation body called for calm.",
            [[], ["COUNCIL pronoun The 15-nation body"]],
            id="counted body",
        ),
        pytest.param(
            'Sudovia opposes such steps. "We say no," foreign ministry spokesman Ilya Bor said.',
            [[], ["SUD pronoun We", "SUD pronoun foreign ministry spokesman"]],
            id="voice of the state before",
        ),
        pytest.param(
            "NORBURG, May 3 (Reuters) - Sudovia and Norland closed a bridge. Rain fell. The Foreign Ministry wept.",
            [[], [], ["NOR pronoun The Foreign Ministry"]],
            id="ministry of the dateline",
        ),
        pytest.param(
            "NORBURG, May 3 (Reuters) - Norland shut a bridge. Sudovia shelled it. A foreign ministry spokesman sat.",
            [[], [], []],
            id="voice of the dateline or of the state before",
        ),
        pytest.param(
            "Brandt met her Sudovian counterpart Mila Rosen. Rosen frowned. The minister said no.",
            [["NOR pronoun her"], [], ["SUD pronoun The minister"]],
            id="counterpart",
        ),
        pytest.param(
            "Petrak wept. In his first speech, Varga smiled.", [[], ["NOR pronoun his"]], id="pronoun before its name"
        ),
        pytest.param(
            "The representative of Sudovia rose. His country, he said, was poor.",
            [[], ["SUD pronoun His", "SUD pronoun he"]],
            id="his country",
        ),
        pytest.param(
            "Peace Council envoy Ann Lind spoke. The Sudovian diplomat said no.",
            [[], ["COUNCIL pronoun The Sudovian diplomat"]],
            id="national of an organisation",
        ),
        pytest.param(
            "Sudovia wept. Peace Council envoy Ann Lind spoke. The Sudovian diplomat said no.",
            [[], [], []],
            id="national of a state in the story",
        ),
        pytest.param(
            '3/ President Varga on X: "We shall stay. Petrak must go."',
            [["NOR pronoun We"], ["NOR quote President Varga"]],
            id="post in a thread",
        ),
    ],
)
def test_further_descriptions(text: str, expected: list[list[str]]) -> None:
    assert added(text) == expected


def test_two_countries_of_a_conflict() -> None:
    conflict = """
id = "bridge"
name = "Bridge war"
side = [{ id = "a" }, { id = "b" }]
actor = [{ id = "NOR", side = "a" }, { id = "SUD", side = "b" }]
"""
    index = ActorIndex(parse_world([TomlSource(_WORLD, "w.toml")]), parse_conflict(conflict, where="b.toml"))
    document = make_document(
        "Norland wept. Rain fell. Sudovia wept. Snow fell. Westmark sent tents to the two countries."
    )
    sentences = split_sentences(document)
    found = attribute(document, sentences, index.find(document), index=index)
    assert [mention.actor for mention in found[-1]] == ["WES", "NOR", "SUD"]


def test_interview_in_questions_and_answers() -> None:
    text = (
        "Karl Varga of Norland spoke to us.\n\nQ: Do you trust Sudovia?\n\n"
        "A: No. We trust our friends.\n\nQ: What do we do?\n\nA: Wait."
    )
    assert added(text) == [
        [],
        [],
        ["NOR quote Karl Varga"],
        ["NOR quote Karl Varga", "NOR pronoun We", "NOR pronoun our"],
        [],
        ["NOR quote Karl Varga"],
    ]


def test_briefing_with_names_and_colons() -> None:
    text = "Briefing.\n\nVARGA: We are ready. Time is short.\n\nMR POOL: Are we late?\n\nHOLM: My train is."
    assert added(text) == [[], ["NOR pronoun We"], ["NOR quote VARGA"], [], ["WES pronoun My"]]


def test_operative_paragraphs() -> None:
    text = (
        "The Peace Council, meeting in the harbour,\n\nDeeply concerned by the fall of President Varga;\n\n"
        "1. Demands that Sudovia leave;\n\n2. STRONGLY CONDEMNS the raid.\n\nDone in the harbour. Calls went on."
    )
    council = "COUNCIL quote Peace Council"
    assert [council in own for own in added(text)] == [False, True, True, True, False, False]


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Norland wept. Rain fell. Rebel fighters shelled army checkpoints, and government troops fled.",
            [[], [], ["NOR pronoun army checkpoints", "NOR pronoun government troops"]],
            id="armed without an article",
        ),
        pytest.param(
            "Norland wept. Rain fell. Snow fell. Hail fell. The army fled.",
            [[], [], [], [], ["NOR pronoun The army"]],
            id="army at home",
        ),
        pytest.param(
            "Sudovia closed the port. Rain fell. Defense Minister Ilya Bor quit. Bor wept.",
            [[], [], [], []],
            id="office of nobody in sight",
        ),
        pytest.param(
            'Norland shut a port. Rain fell. Later Defense Minister Ilya Bor quit. "We weep," Bor said.',
            [[], [], ["NOR pronoun Defense Minister"], ["NOR pronoun We"]],
            id="office at home",
        ),
        pytest.param(
            'Sudovia, too, was angry: Foreign Minister Ilya Bor quit. "We left," Bor said.',
            [["SUD pronoun Foreign Minister"], ["SUD pronoun We"]],
            id="office of the state just spoken of",
        ),
        pytest.param(
            "Peace Council prosecutor Ann Lind spoke. Rain fell. Snow fell. Hail fell. Ice fell. "
            "Varga cursed the prosecutor.",
            [[], [], [], [], [], ["COUNCIL pronoun the prosecutor"]],
            id="the only holder of an office",
        ),
        pytest.param(
            "Highland Front took a hill. Norland blamed the rebels for the fire.",
            [[], ["FRONT pronoun the rebels"]],
            id="rebels for",
        ),
        pytest.param(
            "NORBURG, May 3 (Reuters) - Norland shelled Sudovia, the Defense Ministry reported. "
            '"All is well," the statement reads. The ministry added more.',
            [["NOR pronoun the Defense Ministry"], ["NOR pronoun the statement"], ["NOR pronoun The ministry"]],
            id="source at the end",
        ),
        pytest.param(
            'Norland wept. Sudovia smiled. "Our house is old," sighed Naser Abidi, a plumber.',
            [[], [], []],
            id="first person of a stranger",
        ),
        pytest.param(
            "Varga met Petrak on Monday, and the two agreed to dig.",
            [["NOR list the two", "SUD list the two"]],
            id="the two of one sentence",
        ),
        pytest.param(
            'The Peace Council met. Varga rose. "I thank the council," he said.',
            [[], [], ["COUNCIL pronoun the council", "NOR pronoun I", "NOR pronoun he"]],
            id="body inside a quotation",
        ),
    ],
)
def test_bare_institutions(text: str, expected: list[list[str]]) -> None:
    assert [sorted(own) for own in added(text)] == [sorted(own) for own in expected]


def test_two_that_a_story_without_a_conflict_is_about() -> None:
    index = ActorIndex(parse_world([TomlSource(_WORLD, "w.toml")]))
    document = make_document(
        "Norland shelled Sudovia. Sudovia wept. Norland ate. Sudovia slept. Norland drank. Rain fell. Snow fell. "
        "Hail fell. Westmark wrote to both governments."
    )
    sentences = split_sentences(document)
    found = attribute(document, sentences, index.find(document), index=index)
    assert {mention.actor for mention in found[-1]} == {"NOR", "SUD", "WES"}
