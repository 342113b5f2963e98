from __future__ import annotations

import base64
import hashlib
import math
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from stancelib.codebook import Codebook, StanceType
from stancelib.conflict import Conflict, ConflictActor, Side
from stancelib.evaluation.judged import Judged
from stancelib.evaluation.measures import measure_judged
from stancelib.evaluation.page import render_page
from stancelib.evaluation.report import (
    ActorParity,
    BehaviourExample,
    BehaviourRow,
    Bin,
    Change,
    ClassRow,
    Comparison,
    Confusion,
    Counts,
    CoveragePoint,
    Difference,
    Estimate,
    Gate,
    Report,
    SideParity,
    Slice,
    StageRow,
    TypeConfusion,
    Verdict,
)
from stancelib.labelled import LabelledCandidate
from stancelib.tomlsource import Term
from stancelib.types import Actor, Candidate, Label, Mention, Sentence, SideScore, StanceTag, Target

VOID = {"meta", "br", "input"}
TYPES = ("condemnation", "demand", "threat")
BOOK = Codebook("b", 1, exclusive=False, types=tuple(StanceType(name, "", 1) for name in TYPES))
HOSTILE = '<script>alert("x")</script></p><b onclick=\'y\'>&amp; "\u202eشجب\u2069 a\nb\tc'
WORST_FIRST = ["Sides, macro-F1", "Types, calibration error", "Target right", "Types, macro-F1"]


class PageParser(HTMLParser):
    """Reads a page: its elements, their attributes and the text inside each; refuses wrong nesting."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[Element] = []
        self.elements: list[Element] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert len(values) == len(attrs)
        self.elements.append(Element(tag, values, [element for element in self.open if element.tag != "body"]))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def find(self, tag: str, *, within: str = "", **wanted: str) -> list[Element]:
        """Return elements by tag and attributes (``class_`` for class), of an element with some id."""
        attributes = {name.rstrip("_"): value for name, value in wanted.items()}.items()
        return [
            element
            for element in self.elements
            if element.tag == tag
            and attributes <= element.attributes.items()
            and (not within or any(outer.attributes.get("id") == within for outer in element.outer))
        ]

    @property
    def sections(self) -> list[str]:
        return [element.attributes["id"] for element in self.find("section")]

    @property
    def shape(self) -> list[tuple[str, frozenset[str]]]:
        """The elements and the names of their attributes: what a text must not change."""
        return [(element.tag, frozenset(element.attributes)) for element in self.elements]


class Element:
    """An element of a page and the text in it."""

    def __init__(self, tag: str, attributes: dict[str, str], outer: list[Element]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.outer = outer
        self.text = ""

    @property
    def words(self) -> str:
        """The text with single blanks."""
        return " ".join(self.text.split())


def _conflict(name: str = "War") -> Conflict:
    actors = (
        ConflictActor(id="RED", name=name, sides=(Term("reds"),)),
        ConflictActor(id="BLUE", name="Blue Front", sides=(Term("blues"),)),
    )
    return Conflict("war", name, 1, None, None, (Side("reds", name), Side("blues", name)), actors)


TEXT = "Talvia condemned the Reds and the Blues, Morvia said."
MENTIONS = tuple(
    Mention(actor, TEXT.index(words), TEXT.index(words) + len(words))
    for actor, words in (("TALVIA", "Talvia"), ("RED", "the Reds"), ("BLUE", "the Blues"), ("MORVIA", "Morvia"))
)


def _judged(
    label: dict[str, Any] | None = None,
    *,
    text: str = TEXT,
    span: tuple[int, int] | None = None,
    mentions: tuple[Mention, ...] = MENTIONS,
    words: str = "",
    **said: Any,
) -> Judged:
    """Return a label and an answer; ``proba`` and ``sides`` complete what is not said, ``words`` replaces all names."""
    start, end = span or (0, len(text))
    conflict = _conflict(words or "War")
    candidate = Candidate(Sentence("d", 0, start, end, text[start:end]), "TALVIA", mentions)
    gold = LabelledCandidate(
        candidate,
        Label("TALVIA", **(label or {})),
        conflict,
        date(2016, 5, 1),
        text,
        words or "d",
        words or "d",
        (words,),
    )
    types = {t: said.get("proba", {}).get(t, 0.9) for t in said.get("types", ())}
    tag = StanceTag(
        *("d", date(2016, 5, 1), 0, start, end, text[start:end], Actor("TALVIA", words or "Talvia"), MENTIONS[0], ""),
        types=types,
        type_proba={t: 0.1 for t in TYPES} | said.get("proba", {}) | types,
        supports=SideScore(said["supports"], 0.9) if "supports" in said else None,
        opposes=SideScore(said["opposes"], 0.9) if "opposes" in said else None,
        sides={
            side: {"supports": 0.1, "opposes": 0.1, **said.get("sides", {}).get(side, {})} for side in ("reds", "blues")
        },
        target=Target(said["target"], 0, 1) if "target" in said else None,
        status=said.get("status"),
        conflict="war@1",
        model="m@1",
        codebook="c@1",
    )
    return Judged(gold, tag)


def _estimate(value: float | None, width: float = 0.1) -> Estimate:
    return Estimate(value=value, interval=None if value is None else (value - width, value + width))


def _row(f1: float | None = 0.5, support: int = 20) -> ClassRow:
    interval = None if f1 is None else (f1 - 0.1, f1 + 0.1)
    return ClassRow(
        precision=0.6, recall=0.4, f1=f1, support=support, f1_interval=interval, average_precision=0.7, ece=0.1
    )


def _difference(metric: str, difference: float, verdict: Verdict = "no difference shown") -> Difference:
    estimate = _estimate(difference, 0.01)
    return Difference(
        metric=metric,
        value=0.5 + difference,
        baseline=0.5,
        difference=estimate,
        p_bootstrap=0.1,
        p_mcnemar=0.2,
        p_holm=0.3,
        verdict=verdict,
    )


def _slice(name: str, gap: float, *, worse: tuple[str, ...] = (), dimension: str = "cue") -> Slice:
    return Slice(
        dimension=dimension,
        name=name,
        documents=2,
        pairs=5,
        metrics={"exact_match": _estimate(0.5)},
        gaps={"exact_match": _estimate(gap)},
        surely_worse=worse,
    )


def _behaviour(capability: str, failed: int, text: str = "Talvia shrugged.") -> BehaviourRow:
    return BehaviourRow(
        capability=capability,
        kind="minimum",
        description=text,
        cases=10,
        failed=failed,
        rate=_estimate(failed / 10),
        examples=(BehaviourExample(text=text, actor=text, expected=text, said=text),),
    )


def _full(words: str = "w") -> Report:
    """Return a report with every part; ``words`` stands wherever a text or a name may."""
    change = Change(id=words, sentence=words, actor=words, text=words, gold=words, baseline=words, said=words)
    parity = {
        name: _estimate(0.1) for name in ("missed_support", "missed_opposition", "false_support", "false_opposition")
    }
    return Report(
        signature=f"model:{words}|data:{words}|gold actors",
        mode="gold actors",
        metrics={"types_macro_f1": 0.5, "types_ece": 0.02, "exact_match": None, words: 0.3},
        intervals={"types_macro_f1": (0.4, 0.65), "types_ece": None},
        counts=Counts(documents=3, sentences=4, pairs=5, stances=6),
        by_type={"condemnation": _row(0.6, 9), "demand": _row(), words: _row(None, 0)},
        by_side_class={"supports": _row(), "opposes": _row()},
        by_quad={words: _row()},
        by_plover={words: _row()},
        by_status={"done": _row()},
        side_confusion=Confusion(classes=("supports", "neither"), matrix=((3, 1), (0, 0))),
        type_confusions=(
            TypeConfusion(gold="", said=words, n=1),
            TypeConfusion(gold="condemnation", said="demand", n=3),
        ),
        types_reliability=(
            Bin(proba=0.1, rate=0.2, n=40, rate_interval=(0.1, 0.3)),
            Bin(proba=0.8, rate=0.7, n=39, rate_interval=(0.6, 0.9)),
        ),
        side_reliability=(Bin(proba=0.5, rate=0.5, n=1),),
        risk_coverage=(
            CoveragePoint(coverage=0.5, risk=0.1, confidence=0.9),
            CoveragePoint(coverage=1, risk=0.3, confidence=0.2, risk_interval=(0.2, 0.4)),
        ),
        slices=(_slice(words, 0.1, dimension=words), _slice("negation", -0.2, worse=("exact_match",))),
        side_parity=(
            SideParity(conflict=words, side=words, pairs=4, kindness=_estimate(0.3), gap=_estimate(-0.2), **parity),
        ),
        actor_parity=(
            ActorParity(
                conflict="",
                actor=words,
                name=words,
                pairs=4,
                exact_match=_estimate(0.3),
                gap=_estimate(-0.2),
                stance_excess=_estimate(None),
            ),
        ),
        stages=(StageRow(question="stance", stage="actor", lost=3, invented=0, f1_without=0.8),),
        behaviour=(_behaviour(words, 2, words),),
        comparison=Comparison(
            folder=words,
            signature=words,
            tolerance=0.01,
            differences=(
                _difference("types_macro_f1", 0.03, "better"),
                _difference("target_f1", -0.003),
                _difference("types_ece", 0.02, "worse"),
                _difference("side_macro_f1", -0.05, "worse"),
            ),
            n_gains=1,
            n_losses=7,
            n_other=2,
            gains=(change,),
            losses=(change,),
        ),
        gates=(
            Gate(name="a", kind="minimum", value=0.5, limit=0.4, passed=True, message=f"a is fine {words}"),
            Gate(name="b", kind="minimum", value=0.3, limit=0.4, passed=False, message=f"b is low {words}"),
        ),
    )


def _minimal(**parts: Any) -> Report:
    counts = Counts(documents=1, sentences=1, pairs=1, stances=1)
    content = {"signature": "model:m@1", "mode": "gold actors", "metrics": {"exact_match": 0.5}, "intervals": {}}
    return Report(**{**content, "counts": counts, **parts})


WRONG = (
    _judged({"types": ("condemnation",)}),
    _judged({"types": ()}, types=("demand",)),
    _judged({"types": (), "supports": (), "opposes": ("reds",)}),
    _judged({"types": (), "target": ("RED",)}),
)

ALL_SECTIONS = [
    *("figures", "baseline", "types", "classes", "confusions", "calibration"),
    *("slices", "parity", "stages", "behaviour", "errors", "reading"),
]


def _page(report: Report | None = None, judged: tuple[Judged, ...] = (), **options: Any) -> PageParser:
    return PageParser(render_page(report or _minimal(), judged, **options))


def _errors(*judged: Judged, **options: Any) -> list[Element]:
    return _page(None, judged, **options).find("li", class_="error")


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(_full(), WRONG)


@pytest.fixture(scope="module")
def parsed(page: str) -> PageParser:
    return PageParser(page)


def test_a_full_report_has_every_section_in_order(parsed: PageParser) -> None:
    assert parsed.sections == ALL_SECTIONS


def test_a_minimal_report_has_its_figures_only() -> None:
    assert _page().sections == ["figures", "reading"]


def test_an_end_to_end_report_has_its_stages_and_no_errors() -> None:
    stages = (StageRow(question="stance", stage="actor", lost=3, invented=0, f1_without=0.8),)
    metrics = {"end_to_end_stance_f1": 0.5}
    page = _page(_minimal(mode="end-to-end", metrics=metrics, stages=stages))
    assert page.sections == ["figures", "stages", "reading"]
    assert [cell.words for cell in page.find("td", within="stages")] == ["3", "0", "0.800", "+0.300"]


@pytest.mark.parametrize(
    ("section", "empty"),
    [
        ("figures", {"metrics": {}}),
        ("baseline", {"comparison": None}),
        ("types", {"by_type": {}}),
        ("classes", {"by_side_class": {}, "by_quad": {}, "by_plover": {}, "by_status": {}}),
        ("confusions", {"side_confusion": None, "type_confusions": ()}),
        ("calibration", {"types_reliability": (), "side_reliability": (), "risk_coverage": ()}),
        ("slices", {"slices": ()}),
        ("parity", {"side_parity": (), "actor_parity": ()}),
        ("stages", {"stages": ()}),
        ("behaviour", {"behaviour": ()}),
    ],
)
def test_an_empty_part_leaves_no_section_and_no_link(section: str, empty: dict[str, Any]) -> None:
    page = _page(_full().model_copy(update=empty), WRONG)
    assert page.sections == [name for name in ALL_SECTIONS if name != section]
    assert page.find("a", href=f"#{section}") == []


@pytest.mark.parametrize(
    "empty",
    [
        {"by_side_class": {}},
        {"side_confusion": None},
        {"type_confusions": ()},
        {"types_reliability": ()},
        {"risk_coverage": ()},
        {"side_parity": ()},
        {"actor_parity": ()},
    ],
)
def test_no_heading_stands_alone(empty: dict[str, Any]) -> None:
    page = render_page(_full().model_copy(update=empty), WRONG)
    assert re.findall(r"</h3>\s*(?:</div>\s*)*<(?:h2|h3|/section)", page) == []
    assert len(re.findall("<figure>", page)) == 3 - len({"types_reliability", "risk_coverage"} & empty.keys())


def test_no_error_leaves_no_section() -> None:
    assert "errors" not in _page(None, (_judged({"types": ()}),)).sections


def test_failed_gates_come_first_with_their_messages(parsed: PageParser) -> None:
    gates = [element.words for element in parsed.find("li") if element.outer[-1].attributes.get("class") == "gates"]
    assert gates == ["✗ failed b is low w", "✓ passed a is fine w"]
    [outcome] = parsed.find("p", class_="outcome")
    assert outcome.text == "✗ 1 of 2 gates failed"
    assert parsed.elements.index(outcome) < parsed.elements.index(parsed.find("main")[0])


def test_passed_gates_say_so() -> None:
    gate = Gate(name="a", kind="minimum", value=0.5, limit=0.4, passed=True, message="a is fine")
    assert [p.text for p in _page(_minimal(gates=(gate,))).find("p", class_="outcome")] == ["✓ The gate passed"]


def test_without_gates_there_is_no_verdict() -> None:
    assert _page().find("p", class_="outcome") == []


def test_a_headline_figure_stands_with_its_interval(parsed: PageParser) -> None:
    [card, _] = parsed.find("li", class_="card")
    assert "0.500" in card.words
    assert "95 %: 0.400 to 0.650" in card.words


def test_an_interval_is_drawn_where_it_lies(parsed: PageParser) -> None:
    """0.4 to 0.65 of an axis from 0 to 1: 40 % from the left, 25 % wide; the value at 50 %."""
    band, point = (
        next(e for e in parsed.find("rect", within="figures") if e.attributes["class"] == name)
        for name in ("band", "point")
    )
    assert (band.attributes["x"], band.attributes["width"]) == ("40.0%", "25.0%")
    assert point.attributes["x"] == "50.0%"


def test_a_difference_is_drawn_around_zero(parsed: PageParser) -> None:
    """-0.05 on an axis from -0.1 to 0.1 (the largest end of an interval is 0.06): 25 % from the left."""
    points = [circle.attributes["cx"] for circle in parsed.find("circle", within="baseline")]
    assert points == ["25.0%", "60.0%", "48.5%", "65.0%"]


def test_an_undefined_metric_is_said_to_be_so(parsed: PageParser) -> None:
    [row] = [row for row in parsed.find("tr", within="figures") if "exact_match" in row.text]
    assert "not defined" in row.text


def test_differences_come_worst_first_whatever_way_is_better(parsed: PageParser) -> None:
    rows = [row.words for row in parsed.find("tr", within="baseline")[1:]]
    assert [next(title for title in WORST_FIRST if row.startswith(title)) for row in rows] == WORST_FIRST


def test_of_two_calibration_errors_the_one_that_grew_more_comes_first() -> None:
    comparison = _full().comparison
    assert comparison
    differences = (_difference("types_ece", 0.01), _difference("side_ece", 0.03))
    report = _minimal(comparison=comparison.model_copy(update={"differences": differences}))
    values = [e.text for e in _page(report).find("span", within="baseline", class_="value")]
    assert values == ["+0.030", "+0.010"]


def test_a_verdict_is_a_word_and_a_sign(parsed: PageParser) -> None:
    verdicts = [e.text for e in parsed.find("span", within="baseline") if "verdict" in e.attributes.get("class", "")]
    assert verdicts == ["▼ worse", "▼ worse", "= no difference shown", "▲ better"]
    values = [e.text for e in parsed.find("span", within="baseline", class_="value")]
    assert values == ["−0.050", "+0.020", "−0.003", "+0.030"]


def test_losses_are_listed_and_counted(parsed: PageParser) -> None:
    headings = [heading.text for heading in parsed.find("h3", within="baseline")]
    assert headings == ["Losses 7, 1 of them listed", "Gains 1"]


def test_types_stand_in_the_order_of_the_codebook(parsed: PageParser) -> None:
    rows = parsed.find("tr", within="type-rows")
    assert [row.text.split("0")[0].strip() for row in rows[:2]] == ["condemnation", "demand"]
    assert [row.attributes["class"] for row in rows] == ["few", "", "few"]


def test_confusions_give_shares_of_their_row(parsed: PageParser) -> None:
    """Supports: 3 of 4 right, 1 said neither. Neither has no gold: no share."""
    cells = [(e.attributes["class"], e.words) for e in parsed.find("td", within="confusions")]
    assert cells[:3] == [("right h8", "75 % 3"), ("off h2", "25 % 1"), ("num", "4")]
    assert cells[3:5] == [("off h0", "– 0"), ("right h0", "– 0")]


def test_type_confusions_come_most_frequent_first(parsed: PageParser) -> None:
    rows = [row.words for row in parsed.find("li", within="confusions")]
    assert rows == ["condemnation → demand3", "none → w1"]


def test_surely_worse_slices_come_first_and_are_marked(parsed: PageParser) -> None:
    rows = parsed.find("tr", within="slice-rows")
    assert [row.text.split()[0] for row in rows] == ["negation", "w"]
    assert ["▼ surely worse" in row.text for row in rows] == [True, False]
    assert "gap −0.20 (−0.30 to −0.10)" in rows[0].text


def test_a_slice_that_is_surely_worse_comes_before_one_with_a_larger_gap() -> None:
    slices = (_slice("small", -0.4), _slice("sure", -0.1, worse=("exact_match",)))
    rows = _page(_minimal(slices=slices)).find("tr", within="slice-rows")
    assert [row.text.split()[0] for row in rows] == ["sure", "small"]


def test_slices_that_are_not_surely_worse_come_by_their_gap() -> None:
    slices = tuple(_slice(name, gap) for name, gap in (("a", 0.1), ("b", -0.3), ("c", -0.1)))
    rows = _page(_minimal(slices=slices)).find("tr", within="slice-rows")
    assert [row.text.split()[0] for row in rows] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("kindness", "verdict"), [(0.3, "▲ too kind"), (-0.3, "▼ too harsh"), (0.05, "= not shown"), (None, "= not shown")]
)
def test_a_side_is_treated_otherwise_only_if_the_interval_says_so(kindness: float | None, verdict: str) -> None:
    [row] = _full().side_parity
    report = _minimal(side_parity=(row.model_copy(update={"kindness": _estimate(kindness)}),))
    spans = _page(report).find("span", within="parity")
    assert [span.text for span in spans if "verdict" in span.attributes["class"]] == [verdict]


def test_behaviour_comes_worst_first_with_examples() -> None:
    report = _minimal(behaviour=(_behaviour("a", 1), _behaviour("b", 8), _behaviour("c", 3)))
    page = _page(report)
    assert [e.text.split()[0] for e in page.find("th", within="behaviour") if e.attributes["scope"] == "row"] == [
        *("b", "c", "a")
    ]
    assert len(page.find("p", within="behaviour", class_="text")) == 3


def test_bins_can_be_read_as_a_table(parsed: PageParser) -> None:
    cells = [cell.words for cell in parsed.find("td", within="calibration")]
    assert cells[:8] == ["0.100", "0.200", "0.10 to 0.30", "40", "0.800", "0.700", "0.60 to 0.90", "39"]


def test_a_point_of_a_curve_lies_where_its_figures_say(parsed: PageParser) -> None:
    """The plot is 300 wide from 56, and 300 high up from 310: 0.1 is at 86, and 0.2 at 250."""
    circle = parsed.find("circle", within="calibration")[0]
    assert (circle.attributes["cx"], circle.attributes["cy"]) == ("86.0", "250.0")


NOTHING: dict[str, Any] = {"types": (), "supports": (), "opposes": (), "target": ()}


@pytest.mark.parametrize(
    ("label", "said", "kinds"),
    [
        ({"types": ("threat",)}, {"types": ("threat",)}, ""),
        ({"types": ("threat",)}, {}, "missed"),
        ({"types": ()}, {"types": ("threat",)}, "invented"),
        ({"types": ("threat",)}, {"types": ("demand",)}, "missed invented"),
        ({"supports": (), "opposes": ("reds",)}, {"opposes": "reds"}, ""),
        ({"supports": (), "opposes": ("reds",)}, {"opposes": "blues"}, "side"),
        ({"supports": ("reds",), "opposes": ()}, {"opposes": "reds"}, "side"),
        ({"supports": (), "opposes": ()}, {"supports": "reds"}, "side"),
        ({"target": ()}, {"target": "RED"}, "target"),
        ({"target": ("RED",)}, {}, "target"),
        ({"target": ("RED", "BLUE")}, {"target": "BLUE"}, ""),
        ({"status": "planned"}, {"status": "done"}, "status"),
        ({"status": "planned"}, {"status": "planned"}, ""),
        (NOTHING, {}, ""),
    ],
)
def test_a_pair_is_wrong_in_what_is_answered_otherwise(label: dict[str, Any], said: dict[str, Any], kinds: str) -> None:
    assert [error.attributes["data-kinds"] for error in _errors(_judged(label, **said))] == ([kinds] if kinds else [])


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({}, {"types": ("threat",), "opposes": "reds", "target": "RED", "status": "done"}),
        ({"supports": ()}, {"opposes": "reds"}),
        ({"opposes": ()}, {"opposes": "reds"}),
        ({"status": "planned"}, {}),
    ],
)
def test_what_was_not_judged_is_no_error(label: dict[str, Any], said: dict[str, Any]) -> None:
    assert _errors(_judged(label, **said)) == []


def test_what_was_not_judged_is_not_shown_as_wrong() -> None:
    judged = _judged({"target": ("RED",)}, types=("threat",), opposes="reds", status="done")
    rows = [row.words for row in _page(None, (judged,)).find("div", within="e1")]
    assert rows == ["typesnot judged", "targetlabels RED said none"]


def test_the_pairs_that_are_wrong_in_types_and_sides_are_those_without_exact_match() -> None:
    judged = (*WRONG, _judged({"types": ("threat",)}, types=("threat",)), _judged({"types": ()}))
    wrong = [e for e in _errors(*judged) if {"missed", "invented", "side"} & {*e.attributes["data-kinds"].split()}]
    assert 1 - len(wrong) / len(judged) == pytest.approx(measure_judged(judged, BOOK)["exact_match"])


def _loss_of(error: Element) -> float:
    return float(re.findall(r"loss ([\d.]+)", error.text)[0])


@pytest.mark.parametrize(
    ("label", "said", "loss"),
    [
        ({"types": ("threat",)}, {"proba": {"threat": 0.2}}, -math.log(0.2)),
        ({"types": ()}, {"types": ("threat",), "proba": {"threat": 0.7}}, -math.log(0.3)),
        ({"types": ("demand",)}, {"types": ("threat",), "proba": {"threat": 0.7}}, -math.log(0.3) - math.log(0.1)),
        ({"types": ("threat",)}, {"proba": {"threat": 0.0}}, -math.log(0.001)),
        (
            {"supports": ("reds",), "opposes": ()},
            {"sides": {"reds": {"supports": 0.25, "opposes": 0.6}}, "opposes": "reds"},
            -math.log(0.25),
        ),
        (
            {"supports": (), "opposes": ()},
            {"sides": {"reds": {"supports": 0.1, "opposes": 0.6}}, "opposes": "reds"},
            -math.log(0.3),
        ),
        ({"target": ("RED",)}, {}, math.log(2)),
        ({"target": ("RED",), "status": "planned"}, {"status": "done"}, 2 * math.log(2)),
    ],
)
def test_the_loss_of_an_error(label: dict[str, Any], said: dict[str, Any], loss: float) -> None:
    """The log loss of each wrong decision, summed; of one without a probability that of a coin."""
    [error] = _errors(_judged(label, **said))
    assert _loss_of(error) == pytest.approx(loss, abs=0.005)


def test_the_surest_errors_come_first() -> None:
    judged = [_judged({"types": ("threat",)}, proba={"threat": p}) for p in (0.3, 0.01, 0.2, 0.05)]
    assert [_loss_of(error) for error in _errors(*judged)] == [4.61, 3.0, 1.61, 1.2]


def test_more_errors_than_are_shown_are_counted() -> None:
    judged = tuple(_judged({"types": ("threat",)}, proba={"threat": p}) for p in (0.3, 0.01, 0.2))
    page = _page(None, judged, max_errors=2)
    assert [_loss_of(error) for error in page.find("li", class_="error")] == [4.61, 1.61]
    assert "The 2 surest of 3; all in predictions.jsonl." in page.find("p", within="errors", class_="note")[0].text


def test_all_errors_that_are_shown_need_no_count() -> None:
    page = _page(None, WRONG)
    assert "surest of" not in page.find("section", id="errors")[0].text


def test_errors_carry_what_they_are_filtered_by() -> None:
    page = _page(None, (_judged({"types": ("threat",)}, types=("demand",)), *WRONG[:2]))
    numbers = {}
    for option in page.find("option", within="error-filter"):
        numbers[option.text.split(" ·")[0]] = option.attributes["value"]
    error = next(e for e in page.find("li", class_="error") if e.attributes["data-kinds"] == "missed invented")
    assert error.attributes["data-missed"].split() == [numbers["threat"]]
    assert error.attributes["data-invented"].split() == [numbers["demand"]]
    assert error.attributes["data-conflict"] == numbers["War (war)"]
    assert error.attributes["data-actor"] == numbers["Talvia (TALVIA)"]
    assert "demand · 2" in [option.text for option in page.find("option")]


def test_filters_offer_the_most_frequent_first() -> None:
    wrong = [
        _judged({"types": (type_id,)}) for type_id in ("condemnation", "threat", "threat", "threat", "demand", "demand")
    ]
    options = [option.text for option in _page(None, tuple(wrong)).find("option")]
    assert options[:4] == ["any type", "threat · 3", "demand · 2", "condemnation · 1"]


def test_a_type_links_to_its_errors() -> None:
    page = _page(_full(), WRONG)
    [link] = [a for a in page.find("a", within="type-rows") if "condemnation" in a.attributes["aria-label"]]
    assert (link.attributes["href"], link.text) == ("#errors", "1")


def test_every_answer_says_what_was_right() -> None:
    judged = _judged(
        {"types": ("condemnation", "demand"), "supports": (), "opposes": ("reds",), "target": ("RED",)},
        types=("condemnation", "threat"),
        proba={"demand": 0.2, "threat": 0.6},
        opposes="blues",
        sides={"reds": {"opposes": 0.3}, "blues": {"opposes": 0.8}},
        target="BLUE",
    )
    rows = [row.words for row in _page(None, (judged,)).find("div", within="e1")]
    assert rows == [
        "typesright: ✓ condemnation 0.90 ✗ missed demand 0.20 ✗ invented threat 0.60",
        "sideslabels opposes reds 0.30 said neither 0.60 labels neither blues 0.10 said opposes 0.80",
        "targetlabels RED said BLUE",
    ]


def _texts(page: PageParser) -> list[str]:
    return [e.text for e in page.find("p", within="error-list") if e.attributes["class"] == "text"]


def _marks(page: PageParser) -> list[tuple[str, str]]:
    spans = page.find("span", within="error-list")
    return [(e.attributes["class"], e.text) for e in spans if "title" in e.attributes]


def test_every_mention_is_marked_by_its_side() -> None:
    page = _page(None, WRONG[:1])
    assert _texts(page) == [TEXT]
    assert _marks(page) == [
        ("m judged of-none", "Talvia"),
        ("m side0", "the Reds"),
        ("m side1", "the Blues"),
        ("m third", "Morvia"),
    ]
    titles = [e.attributes["title"] for e in page.find("span", within="error-list") if "title" in e.attributes]
    assert titles[1:] == ["War (RED): side reds", "Blue Front (BLUE): side blues", "MORVIA: third party"]


def test_a_judged_actor_shows_its_side() -> None:
    judged = _judged({"types": ("threat",)})
    conflict = judged.gold.conflict
    assert conflict
    actors = (*conflict.actors, ConflictActor(id="TALVIA", sides=(Term("blues"),)))
    gold = replace(judged.gold, conflict=replace(conflict, actors=actors))
    assert _marks(_page(None, (replace(judged, gold=gold),)))[0] == ("m judged of-side1", "Talvia")


@pytest.mark.parametrize(
    ("spans", "marks"),
    [
        ([("RED", 3, 16), ("BLUE", 7, 10)], [("side0", "one "), ("side0", "two"), ("side0", " three")]),
        ([("RED", 3, 10), ("BLUE", 7, 16)], [("side0", "one "), ("side0", "two"), ("side1", " three")]),
        ([("RED", 3, 6), ("TALVIA", 3, 6)], [("judged of-none", "one")]),
        ([("RED", 3, 6), ("BLUE", 6, 10)], [("side0", "one"), ("side1", " two")]),
        ([("RED", 0, 22)], [("side0", "So one two three said.")]),
        ([], []),
    ],
)
def test_mentions_that_overlap_leave_the_text_whole(
    spans: list[tuple[str, int, int]], marks: list[tuple[str, str]]
) -> None:
    text = "So one two three said."
    mentions = tuple(Mention(*span) for span in spans)
    page = _page(None, (_judged({"types": ("threat",)}, text=text, mentions=mentions),))
    assert _texts(page) == [text]
    assert _marks(page) == [(f"m {look}", words) for look, words in marks]


BEFORE = "Old news. " * 40
NEAR = "Talvia's envoy spoke. "
FAR = "The Reds marched by. " + "Rain fell. " * 60
SENTENCE = "We will strike."
AFTER = " Rain fell, Talvia said." + " More rain fell." * 40


@pytest.mark.parametrize(
    ("before", "words", "shown"),
    [
        ("", (), SENTENCE),
        (BEFORE, (), SENTENCE),
        (NEAR, ("Talvia",), NEAR + SENTENCE),
        (NEAR + BEFORE[:200], ("Talvia",), NEAR + BEFORE[:200] + SENTENCE),
        (BEFORE + NEAR, ("Talvia",), (BEFORE + NEAR)[-(len(NEAR) + 120) :] + SENTENCE),
    ],
)
def test_the_text_before_is_shown_where_it_names_an_actor(before: str, words: tuple[str, ...], shown: str) -> None:
    text = before + SENTENCE + " Rain fell."
    mentions = tuple(Mention("TALVIA", text.index(w), text.index(w) + len(w)) for w in words)
    span = (len(before), len(before + SENTENCE))
    judged = _judged({"types": ("threat",)}, text=text, span=span, mentions=mentions)
    page = _page(None, (judged,))
    assert _texts(page) == [shown]
    around = "".join(e.text for e in page.find("span", within="error-list") if "context" in e.attributes["class"])
    assert around == shown.removesuffix(SENTENCE)
    gaps = page.find("span", within="error-list", class_="gap")
    assert len(gaps) == (around != "" and around != before)


def test_what_lies_between_far_mentions_is_left_out() -> None:
    text = FAR + SENTENCE + AFTER
    start, said = len(FAR), text.index("Talvia")
    mentions = (Mention("RED", 0, 8), Mention("TALVIA", said, said + 6, "quote"))
    page = _page(None, (_judged({"types": ("threat",)}, text=text, span=(start, start + 15), mentions=mentions),))
    [shown] = _texts(page)
    assert shown.startswith("The Reds marched by. Rain fell.")
    assert f"{SENTENCE} Rain fell, Talvia said. More rain fell." in shown
    assert len(shown) < 420
    assert len(page.find("span", within="error-list", class_="gap")) == 2


@pytest.mark.parametrize(
    "text", [HOSTILE, "\r\n\r one\x0btwo ", "<!--", "]]>", "{{ 7 * 7 }}{% raw %}", "&#0;", "e\u0301 🙂"]
)
def test_a_text_is_shown_as_it_is(text: str) -> None:
    assert _texts(_page(None, (_judged({"types": ("threat",)}, text=text, mentions=()),))) == [text]


def test_a_carriage_return_is_written_so_that_browsers_keep_it() -> None:
    page = render_page(_minimal(), (_judged({"types": ("threat",)}, text="a\rb", mentions=()),))
    assert "a&#13;b" in page
    assert "\r" not in page


@pytest.mark.parametrize("impossible", ["\0", "\ud800"])
def test_a_character_that_no_page_can_hold_is_replaced(impossible: str) -> None:
    page = render_page(
        _full(f"a{impossible}b"), (_judged({"types": ("threat",)}, text=f"a{impossible}b", mentions=()),)
    )
    assert impossible not in page
    assert _texts(PageParser(page)) == ["a\ufffdb"]
    assert page.encode()


def test_a_hostile_report_has_the_elements_of_a_harmless_one() -> None:
    """Texts, names and ids become text and values, never an element or an attribute."""
    pages = [
        _page(
            _full(words),
            (_judged({"types": ("threat",)}, text=words, mentions=(Mention("TALVIA", 0, 1),), words=words),),
        )
        for words in ("harmless", HOSTILE)
    ]
    assert pages[0].shape == pages[1].shape
    assert len(pages[1].find("script")) == 1


@pytest.mark.parametrize(
    ("tag", "within", "at_least"),
    [("bdi", "baseline", 6), ("p", "baseline", 2), ("p", "behaviour", 1), ("p", "errors", 1), ("bdi", "errors", 2)],
)
def test_hostile_words_are_read_as_given(tag: str, within: str, at_least: int) -> None:
    page = _page(_full(HOSTILE), (_judged({"types": ("threat",)}, text=HOSTILE, mentions=(), words=HOSTILE),))
    assert sum(element.text == HOSTILE for element in page.find(tag, within=within)) >= at_least


def test_the_page_needs_nothing_else(page: str, parsed: PageParser) -> None:
    names = {name for element in parsed.elements for name in element.attributes}
    assert names.isdisjoint({"src", "srcset", "action", "style", "data"} | {n for n in names if n.startswith("on")})
    assert [
        word for word in ("http://", "https://", "//www", "@import", "url(", "import(", "fetch(") if word in page
    ] == []
    assert {a.attributes["href"][0] for a in parsed.find("a")} == {"#"}
    assert parsed.find("link") == parsed.find("img") == parsed.find("iframe") == []


def test_only_the_page_s_own_style_and_script_are_allowed(parsed: PageParser) -> None:
    [policy] = [e.attributes["content"] for e in parsed.find("meta") if e.attributes.get("http-equiv")]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name in ("style", "script"):
        [element] = parsed.find(name)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_every_picture_is_xml(page: str, parsed: PageParser) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == len(parsed.find("svg")) > 20
    for picture in pictures:
        ElementTree.fromstring(picture)


def test_every_curve_is_described(parsed: PageParser) -> None:
    charts = parsed.find("svg", class_="chart")
    ids = {e.attributes["id"]: e for e in parsed.elements if "id" in e.attributes}
    assert len(charts) == 3
    for chart in charts:
        assert all(ids[name].text for name in chart.attributes["aria-labelledby"].split())
    hidden = [svg.attributes.get("aria-hidden") for svg in parsed.find("svg") if svg not in charts]
    assert set(hidden) == {"true"}


def test_ids_are_unique_and_links_find_them(parsed: PageParser) -> None:
    ids = [element.attributes["id"] for element in parsed.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    named = {
        e.attributes[name] for e in parsed.elements for name in ("aria-labelledby", "data-copy") if name in e.attributes
    }
    targets = {a.attributes["href"][1:] for a in parsed.find("a")} | {part for name in named for part in name.split()}
    assert targets <= set(ids)


def test_the_contents_name_the_sections(parsed: PageParser) -> None:
    links = [a.attributes["href"][1:] for a in parsed.find("a") if any(e.tag == "nav" for e in a.outer)]
    assert links == parsed.sections


def test_headings_leave_out_no_level(parsed: PageParser) -> None:
    levels = [int(e.tag[1]) for e in parsed.elements if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_table_headers_have_a_scope(parsed: PageParser) -> None:
    assert {e.attributes.get("scope") for e in parsed.find("th")} == {"col", "row"}


def test_rows_are_as_long_as_their_heads(page: str) -> None:
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
        widths = {len(re.findall(r"<t[hd][ >]", row)) for row in rows if "colspan" not in row}
        assert len(widths) == 1


def test_controls_are_named(parsed: PageParser) -> None:
    for control in [*parsed.find("select"), *parsed.find("input")]:
        assert any(outer.tag == "label" and outer.text for outer in control.outer)
    assert all(button.text for button in parsed.find("button"))


def test_the_signature_stands_whole_at_the_end(parsed: PageParser) -> None:
    [signature] = parsed.find("code", id="signature")
    assert signature.text == _full().signature


def test_two_renderings_are_equal(page: str) -> None:
    assert render_page(_full(), WRONG) == page
