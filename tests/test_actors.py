"""Sentences in, marked actors out: ``[ID words]`` marks what is to be found."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancelib.actors import ActorIndex, unknown_names
from stancelib.conflict import parse_conflict
from stancelib.tomlsource import TomlSource
from stancelib.types import Document, Region
from stancelib.world import parse_world

_WORLD = """
[[actor]]
id = "TUR"
name = "Turkey"
kind = "state"
aliases = ["Türkiye", "Turkish Grand National Assembly"]
adjectives = ["Turkish"]
demonyms = ["Turks"]
capitals = ["Ankara"]
[[actor]]
id = "RUS"
name = "Russia"
kind = "state"
adjectives = ["Russian"]
capitals = ["Moscow"]
metonyms = ["Kremlin"]
[[actor]]
id = "USA"
name = "United States"
kind = "state"
aliases = ["U.S.", "US"]
adjectives = ["American"]
capitals = ["Washington"]
metonyms = ["White House"]
[[actor]]
id = "GEO"
name = "Georgia"
kind = "state"
adjectives = ["Georgian"]
capitals = ["Tbilisi"]
[[actor]]
id = "JOR"
name = "Jordan"
kind = "state"
adjectives = ["Jordanian"]
capitals = ["Amman"]
[[actor]]
id = "SYR"
name = "Syria"
kind = "state"
adjectives = ["Syrian"]
capitals = ["Damascus"]
[[actor]]
id = "LBY"
name = "Libya"
kind = "state"
adjectives = ["Libyan"]
capitals = ["Tripoli"]
[[actor]]
id = "FRA"
name = "France"
kind = "state"
adjectives = ["French"]
demonyms = ["French"]
capitals = ["Paris"]
[[actor]]
id = "EU"
name = "European Union"
kind = "bloc"
aliases = ["EU"]
[[actor]]
id = "UN"
name = "United Nations"
kind = "organisation"
aliases = ["U.N.", "UN"]
[[actor]]
id = "WHO"
name = "World Health Organization"
kind = "organisation"
aliases = ["WHO"]
[[person]]
actor = "TUR"
name = "Kemal Aydin"
spellings = ["Kemal T. Aydin"]
short = ["Aydin"]
offices = [{ title = "president", from = 2015-01-01 }]
[[person]]
actor = "TUR"
name = "Orhan Demir"
short = ["Demir"]
offices = [{ title = "president", from = 2008-01-01, to = 2015-01-01 }]
[[person]]
actor = "FRA"
name = "Luc May"
offices = [{ title = "prime minister", from = 2010-01-01 }]
[[person]]
actor = "EU"
name = "Ines Robles"
offices = [{ title = "foreign policy chief", from = 2014-01-01 }]
[[not_actor]]
text = "Washington Post"
"""

_CONFLICT = """
id = "coast"
name = "Coast war"
[[side]]
id = "gov"
[[side]]
id = "army"
[[actor]]
id = "ACCORD"
name = "Government of Accord"
side = "gov"
stands_for = [{ actor = "LBY", from = 2016-01-01, to = 2021-01-01 }]
aliases = ["U.N.-backed government", { text = "the government", from = 2016-01-01, to = 2021-01-01 }, "Tripoli"]
[[actor]]
id = "COASTARMY"
name = "Coast Army"
side = "army"
aliases = ["eastern government", { text = "the government", from = 2021-01-01 }]
people = [{ name = "Salim al-Hadi", spellings = ["Salim Hadi"], short = ["Hadi"] }]
"""

_INDEX = ActorIndex(parse_world([TomlSource(_WORLD, "w")]), parse_conflict(_CONFLICT, where="c"))
_PLAIN = ActorIndex(parse_world([TomlSource(_WORLD, "w")]))
_DAY = date(2018, 5, 5)
_MARK = re.compile(r"\[([A-Z+]+)(\|list)? ([^\]]*)\]")


def _marked(document: Document, index: ActorIndex) -> str:
    spans: dict[tuple[int, int], list[str]] = {}
    vias = {}
    for mention in index.find(document):
        spans.setdefault((mention.start, mention.end), []).append(mention.actor)
        vias[mention.start, mention.end] = mention.via
    text, done = "", 0
    for (start, end), actors in sorted(spans.items()):
        via = "|list" if vias[start, end] == "list" else ""
        text += f"{document.text[done:start]}[{'+'.join(actors)}{via} {document.text[start:end]}]"
        done = end
    return text + document.text[done:]


def _check(marked: str, index: ActorIndex, day: date | None = _DAY) -> None:
    plain = _MARK.sub(r"\3", marked)
    assert _marked(Document("d", plain, day), index) == marked


@pytest.mark.parametrize(
    "marked",
    [
        "[TUR Turkey] and [RUS Russia] met [TUR Türkiye]’s neighbours.",
        "The [TUR Turkish Grand National Assembly] voted.",
        "[RUS The Kremlin] thanked [TUR Turkey's parliament] and [RUS Moscow].",
        "Analysts in the U.S. spoke to us.",
        "They came from the [USA U.S.], she said.",
        "A turkey is no Turkeyish bird; Nigeria is not Niger.",
    ],
)
def test_names(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "[TUR Turkish troops] and [TUR the Turkish foreign minister] left; Turkish tea stayed.",
        "The [TUR Turkish], [RUS Russian] and [FRA French ministers] met.",
        "[USA U.S.] and [TUR Turkish troops] met senior [RUS Russian military officials].",
        "[RUS Russian airstrikes] hit a school.",
        "[TUR The Turks] left, some Turks stayed, [FRA the French] said; the French economy grew.",
        "Turkish opposition leader Can Ates and former Turkish minister Ali Ok spoke.",
        "All Syrian political forces met.",
    ],
)
def test_adjectives_need_a_head(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "[TUR President Kemal Aydin] spoke. [TUR Aydin] left with [TUR Mr. Aydin's aides].",
        "[TUR Turkish President Kemal Aydin] met [FRA Prime Minister May]; in May it rained.",
        "[EU EU foreign policy chief Ines Robles] spoke. Later [EU Robles] left.",
        "Luis Robles left. Robles spoke.",
        "[TUR Turkey's President Kemal Aydin] spoke.",
        "[TUR Turkish Defence Minister Hasan Okur] spoke, and [TUR Okur's forces] left. [TUR Hasan Okur] won.",
        "[TUR Hasan Ozal], [TUR the Turkish defence minister], left. [TUR Ozal] spoke.",
        "[RUS The Russian leader], [RUS Oleg Petrenkov], left. [RUS Petrenkov] spoke.",
        "The ministers of [FRA France], [TUR Turkey] and [RUS Russia] met [TUR the president of Turkey].",
        "Former Turkish President Orhan Demir spoke; Demir left.",
        "Leyla Aydin, an actress, waved.",
        "Turkey's former president left.",
        "[EU EU envoy Orhan Demir] spoke. [EU Demir] left.",
        "[EU European Union foreign policy chief Ines Robles] left.",
        "[TUR Turkey] then attacked.",
        "A spokesman for the United States Olympic Committee left the border with Russia.",
    ],
)
def test_persons_and_offices(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "Talks in Libya, Syria and Jordan failed; in Turkey and across Russia, too.",
        "In Libya, [TUR Turkey] has sent soldiers.",
        "Confidence in [TUR Turkey] fell, strikes on [RUS Russia] rose, help came from [FRA France].",
        "Fighting near Damascus and the siege of Tripoli went on; talks in Paris failed.",
        "[SYR The government in Damascus] and [RUS authorities in Moscow] agreed.",
        "A [TUR spokesman for Turkey] spoke of Libya talks and the Syria conflict.",
        "She lives in Amman, Jordan, and in Springfield, Georgia.",
        "[UN The U.N. envoy] for Syria left.",
        "U.N.-backed, Turkish-backed and pro-Russian groups fought Turkey-led ones in a Russia-France match.",
    ],
)
def test_places_and_compounds_are_no_actors(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "Michael Jordan met Jordan Petersen and Denzel Washington of the Washington Post at Georgia Tech.",
        "Georgia's governor spoke.",
        "On Tuesday [GEO Georgia] spoke. Meanwhile [JOR Jordan] slept. [TUR Turkey] Wednesday left.",
        "[TUR Turkey] Says It Will Send More Troops Next Week",
        "[TUR TURKEY] SENDS TROOPS AS WHO TELLS US ALL",
        "[WHO WHO] spoke.",
    ],
)
def test_names_of_other_things(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "[ACCORD The U.N.-backed government] fled [COASTARMY Hadi's forces].",
        "[COASTARMY Libya's Gen. Salim Hadi] spoke. [COASTARMY Commander Salim al-Hadi] left.",
        "[COASTARMY Forces loyal to Salim Hadi] took it from [ACCORD the government in Tripoli].",
        "[COASTARMY The eastern government] met [ACCORD Libya] and [ACCORD Libyan Foreign Minister Adel Zway].",
        "[ACCORD The government] spoke; [SYR the government in Damascus] did not.",
        "[ACCORD+COASTARMY|list Both sides] met; [ACCORD+COASTARMY|list the warring parties] signed.",
        "Both sides of the river flooded.",
        "[ACCORD+COASTARMY|list Both sides] of the Libyan conflict agreed.",
        "The [COASTARMY Coast Army] ([COASTARMY CA]) left. The [COASTARMY CA] won; [COASTARMY CA spokesman] spoke.",
    ],
)
def test_the_conflict_says_who_is_who(marked: str) -> None:
    _check(marked, _INDEX)


def test_dates_choose_the_holder() -> None:
    text = "They met the government in secret."
    found = {year: [m.actor for m in _INDEX.find(Document("d", text, date(year, 1, 1)))] for year in (2010, 2018, 2022)}
    assert found == {2010: [], 2018: ["ACCORD"], 2022: ["COASTARMY"]}
    assert _INDEX.find(Document("d", text)) == []


def test_a_state_is_itself_again_when_nobody_stands_for_it() -> None:
    assert [m.actor for m in _INDEX.find(Document("d", "Libya spoke.", date(2014, 1, 1)))] == ["LBY"]
    assert [m.actor for m in _INDEX.find(Document("d", "Libya spoke.", _DAY))] == ["ACCORD"]


def test_regions_are_passed_over() -> None:
    text = "ANKARA, Turkey (XX) - Russia spoke."
    document = Document("d", text, _DAY, regions=(Region("dateline", 0, 22),))
    assert [(m.actor, m.start) for m in _PLAIN.find(document)] == [("RUS", 22)]


def test_actor_is_known_or_made_up() -> None:
    assert _INDEX.actor("TUR").name == "Turkey"
    assert _INDEX.actor("COASTARMY").name == "Coast Army"
    assert _INDEX.actor("NOBODY").name == "NOBODY"
    assert _INDEX.knows("ACCORD")
    assert not _INDEX.knows("NOBODY")


def test_unknown_names_are_counted() -> None:
    text = "The Zorvan Brigade fought in Libya. President Kemal Aydin blamed the Zorvan Brigade on Monday."
    document = Document("d", text, _DAY)
    names = unknown_names(document, _PLAIN.find(document), index=_PLAIN)
    assert names == {"Zorvan Brigade": 2}


@given(
    st.lists(
        st.sampled_from(
            [
                "Turkey",
                "Turkish",
                "the",
                "Türkiye’s",
                "troops",
                "President",
                "Kemal Aydin",
                "in",
                ",",
                "and",
                "U.S.",
                "\n\n",
            ]
        )
        | st.text(max_size=5)
    )
)
def test_mentions_lie_in_the_text_in_order(parts: list[str]) -> None:
    text = " ".join(parts)
    end = 0
    for mention in _PLAIN.find(Document("d", text, _DAY)):
        assert end <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end].strip() == text[mention.start : mention.end]
        end = mention.end


@pytest.mark.parametrize(
    "marked",
    [
        "A pilot flew to Ankara; [TUR Turkey] sold drones to [RUS Russia].",
        "The road to Damascus was cut, and buses went back to Turkey.",
        "He told reporters from Tbilisi that he would leave for Moscow.",
        "The mayor said in a statement from Paris that [RUS Moscow] was wrong.",
        "[FRA France] lashed out at [TUR Ankara]; its envoy landed at Ankara.",
        "Drones were heard over Moscow, but [TUR Turkey] won a victory over [RUS Moscow].",
        "Syria's war has killed his sons; [RUS Russia]'s war plans changed.",
        "Syria has been at war for years.",
        "Clara Stein, the charity's Syria director, wept.",
        "Clara Stein, the Syria [EU envoy of the EU's council], wept.",
        "[TUR Turkey] denied sending mercenaries to Syria.",
        "ANKARA\n\n[TUR Turkey] left.",
    ],
)
def test_more_places(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "The king thanked his [FRA French], [TUR Turkish] and [RUS Russian colleagues].",
        "[FRA France] wrote to its [TUR Turkish ally].",
        "Rebels stopped a [RUS Russian raiding party] and a [TUR Turkish column].",
        "They feared [TUR the Turkish occupier] and [RUS Russian judges].",
        "[TUR Turkey]'s allies and [RUS Russia]'s neighbours wept.",
        "Three Syrian mercenaries and a Turkish birthday party left.",
    ],
)
def test_relations_complete_adjectives_alone(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "A [TUR spokesman for the Turkish army] spoke.",
        "[RUS The representative of Russia] and [FRA the army of France] left.",
        "A [EU spokeswoman for the EU Foreign Council] left.",
        "Spies of any government in Moscow and their EU ally, or an EU member state, left.",
        "A Russia-backed [TUR Turkish minister] spoke.",
        "[EU Undersecretary for Trade Policy Ines Robles] spoke.",
    ],
)
def test_who_is_spoken_for(marked: str) -> None:
    _check(marked, _PLAIN)


@pytest.mark.parametrize(
    "marked",
    [
        "[ACCORD+COASTARMY|list Neither side] spoke.",
        "[ACCORD+COASTARMY|list Both camps] spoke, and [ACCORD+COASTARMY|list each party] left.",
        "Trees stand on either side of the road.",
        "During the talks, the two sides drank tea. Both sides exchanged views on tea.",
    ],
)
def test_rivals_in_the_singular(marked: str) -> None:
    _check(marked, _INDEX)


def test_both_are_the_two_sides_named_last() -> None:
    conflict = """
id = "isle"
name = "Isle war"
side = [{ id = "crown" }, { id = "north" }, { id = "south" }]
[[actor]]
id = "CROWN"
name = "Isle Crown"
side = "crown"
[[actor]]
id = "NORTH"
name = "North Guard"
side = "north"
[[actor]]
id = "SOUTH"
name = "South Guard"
side = "south"
"""
    index = ActorIndex(parse_world([TomlSource(_WORLD, "w")]), parse_conflict(conflict, where="c"))
    _check("[NORTH North Guard] met [CROWN Isle Crown]. [CROWN+NORTH|list Both sides] smiled.", index)
    _check("[CROWN+NORTH+SOUTH|list Both sides] smiled.", index)
    _check("[NORTH North Guard] met [CROWN Isle Crown]. [CROWN+NORTH+SOUTH|list All sides] smiled.", index)


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param("[RUS Russia's government] and youths ran.", id="and a stranger"),
        pytest.param("Whatever comes out of Ankara is read.", id="out of"),
        pytest.param("A frigate sank off Turkey.", id="off"),
        pytest.param("Planes flew over Russia.", id="flew over"),
        pytest.param("Herds crossed the border area between Russia, Turkey and Georgia.", id="border between"),
        pytest.param("A pipeline from Moscow leaks.", id="pipeline from"),
        pytest.param("He left Turkey on foot.", id="left a state"),
        pytest.param("They met for talks on Syria.", id="talks on"),
        pytest.param("She is on a visit to Damascus.", id="visit to"),
        pytest.param("Shepherds sat on the Turkish side of the border.", id="side of the border"),
        pytest.param("[TUR The Turkish side] smiled.", id="side of talks"),
    ],
)
def test_places_and_edges(marked: str) -> None:
    _check(marked, _PLAIN)


def test_short_form_of_a_full_name_given_before() -> None:
    conflict = """
id = "isle"
name = "Isle war"
side = [{ id = "crown" }, { id = "north" }]
[[actor]]
id = "FRONT"
name = "Isle Front"
side = "crown"
aliases = ["Isle Front"]
[[actor]]
id = "LEAGUE"
name = "Moor League"
side = "north"
aliases = ["Moor League", "Fen League"]
[[actor]]
id = "GUILD"
name = "Salt League"
side = "north"
aliases = ["Salt League"]
"""
    index = ActorIndex(parse_world([TomlSource(_WORLD, "w")]), parse_conflict(conflict, where="c"))
    _check(
        "The Front rose. The [FRONT Isle Front] fell. The [FRONT Front] rose. The Unity Front sat. Cooks' Front ate.",
        index,
    )
    _check("The [LEAGUE Moor League] met the [GUILD Salt League]. The League smiled.", index)
