from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from html_pages import Element, PageParser, find_policies
from judging import TEXT, make_article, make_judged

from stancelib.conflict import ConflictActor
from stancelib.evaluation.judged import Judged
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
from stancelib.evaluation.run import EvaluationSettings, evaluate
from stancelib.evaluation.writing import write_report
from stancelib.tagger import StanceTagger
from stancelib.tomlsource import Term
from stancelib.types import Mention

HOSTILE = '<script>alert("x")</script></p><b onclick=\'y\'>&amp; "\u202eشجب\u2069 a\nb\tc'
WORST_FIRST = ["Sides, macro-F1", "Types, calibration error", "Target right", "Types, macro-F1"]


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
    make_judged({"types": ("condemnation",)}),
    make_judged({"types": ()}, types=("demand",)),
    make_judged({"types": (), "supports": (), "opposes": ("reds",)}),
    make_judged({"types": (), "target": ("RED",)}),
)

ALL_SECTIONS = [
    *("figures", "baseline", "types", "classes", "confusions", "calibration"),
    *("slices", "parity", "stages", "behaviour", "errors", "astray", "reading"),
]


ARTICLES = (make_article(),)


def _page(report: Report | None = None, judged: tuple[Judged, ...] = (), **options: Any) -> PageParser:
    return PageParser(render_page(report or _minimal(), judged, **options))


def _errors(*judged: Judged, **options: Any) -> list[Element]:
    return _page(None, judged, **options).find("li", class_="error")


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(_full(), WRONG, articles=ARTICLES)


@pytest.fixture(scope="module")
def parsed(page: str) -> PageParser:
    return PageParser(page)


def test_a_full_report_has_every_section_in_order(parsed: PageParser) -> None:
    assert parsed.sections == ALL_SECTIONS


def test_a_minimal_report_has_its_figures_only() -> None:
    assert _page().sections == ["figures", "reading"]


def test_an_end_to_end_report_without_articles_has_its_stages_and_no_errors() -> None:
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
    page = _page(_full().model_copy(update=empty), WRONG, articles=ARTICLES)
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
    assert "errors" not in _page(None, (make_judged({"types": ()}),)).sections


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


def test_surely_worse_slices_are_marked(parsed: PageParser) -> None:
    rows = {row.text.split()[0]: row.text for row in parsed.find("tr", within="slice-rows")}
    assert {name: "▼ surely worse" in text for name, text in rows.items()} == {"negation": True, "w": False}
    assert "gap −0.20 (−0.30 to −0.10)" in rows["negation"]


def test_slices_stand_in_the_order_of_the_report() -> None:
    slices = tuple(_slice(name, gap) for name, gap in (("b", -0.3), ("a", 0.1), ("c", -0.1)))
    rows = _page(_minimal(slices=slices)).find("tr", within="slice-rows")
    assert [row.text.split()[0] for row in rows] == ["b", "a", "c"]


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


def test_what_was_not_judged_is_not_shown_as_wrong() -> None:
    judged = make_judged({"target": ("RED",)}, types=("threat",), opposes="reds", status="done")
    rows = [row.words for row in _page(None, (judged,)).find("div", within="e1")]
    assert rows == ["typesnot judged", "targetlabels RED said none"]


def test_more_errors_than_are_shown_are_counted() -> None:
    judged = tuple(make_judged({"types": ("threat",)}, proba={"threat": p}) for p in (0.3, 0.01, 0.2))
    page = _page(None, judged, max_errors=2)
    assert [re.findall(r"loss ([\d.]+)", error.text) for error in page.find("li", class_="error")] == [
        ["4.61"],
        ["1.61"],
    ]
    assert "The 2 surest of 3; all in predictions.jsonl." in page.find("p", within="errors", class_="note")[0].text


def test_all_errors_that_are_shown_need_no_count() -> None:
    page = _page(None, WRONG)
    assert "surest of" not in page.find("section", id="errors")[0].text


def test_errors_carry_what_they_are_filtered_by() -> None:
    page = _page(None, (make_judged({"types": ("threat",)}, types=("demand",)), *WRONG[:2]))
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
        make_judged({"types": (type_id,)})
        for type_id in ("condemnation", "threat", "threat", "threat", "demand", "demand")
    ]
    options = [option.text for option in _page(None, tuple(wrong)).find("option")]
    assert options[:4] == ["any type", "threat · 3", "demand · 2", "condemnation · 1"]


def test_a_type_links_to_its_errors() -> None:
    page = _page(_full(), WRONG)
    [link] = [a for a in page.find("a", within="type-rows") if "condemnation" in a.attributes["aria-label"]]
    assert (link.attributes["href"], link.text) == ("#errors", "1")


def test_every_answer_says_what_was_right() -> None:
    judged = make_judged(
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
    judged = make_judged({"types": ("threat",)})
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
    page = _page(None, (make_judged({"types": ("threat",)}, text=text, mentions=mentions),))
    assert _texts(page) == [text]
    assert _marks(page) == [(f"m {look}", words) for look, words in marks]


@pytest.mark.parametrize(
    "text", [HOSTILE, "\r\n\r one\x0btwo ", "<!--", "]]>", "{{ 7 * 7 }}{% raw %}", "&#0;", "e\u0301 🙂"]
)
def test_a_text_is_shown_as_it_is(text: str) -> None:
    assert _texts(_page(None, (make_judged({"types": ("threat",)}, text=text, mentions=()),))) == [text]


def test_a_carriage_return_is_written_so_that_browsers_keep_it() -> None:
    page = render_page(_minimal(), (make_judged({"types": ("threat",)}, text="a\rb", mentions=()),))
    assert "a&#13;b" in page
    assert "\r" not in page


@pytest.mark.parametrize("impossible", ["\0", "\ud800"])
def test_a_character_that_no_page_can_hold_is_replaced(impossible: str) -> None:
    page = render_page(
        _full(f"a{impossible}b"), (make_judged({"types": ("threat",)}, text=f"a{impossible}b", mentions=()),)
    )
    assert impossible not in page
    assert _texts(PageParser(page)) == ["a\ufffdb"]
    assert page.encode()


def test_a_hostile_report_has_the_elements_of_a_harmless_one() -> None:
    """Texts, names and ids become text and values, never an element or an attribute."""
    pages = [
        _page(
            _full(words),
            (make_judged({"types": ("threat",)}, text=words, mentions=(Mention("TALVIA", 0, 1),), words=words),),
            articles=(make_article(words=words),),
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
    page = _page(_full(HOSTILE), (make_judged({"types": ("threat",)}, text=HOSTILE, mentions=(), words=HOSTILE),))
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
    said, wanted = find_policies(parsed)
    assert said == wanted
    assert len(parsed.find("style")) == len(parsed.find("script")) == 1


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


def _strays(page: PageParser) -> list[list[str]]:
    """Return the words of the rows of each sentence."""
    entries = [e for e in page.find("li", within="astray-list")]
    return [[row.words for row in page.find("div", within=e.attributes["id"])] for e in entries]


def test_what_was_lost_and_invented_is_listed_with_its_stage_and_probability() -> None:
    page = _page(articles=ARTICLES)
    assert page.sections == ["figures", "astray", "reading"]
    assert _strays(page) == [
        ["✗ lost at attributionTALVIA condemnation not found"],
        ["✗ invented at sideMORVIA opposes reds 0.60", "right✓ MORVIA threat 0.80"],
        ["✗ invented at sentenceMORVIA threat 0.30"],
    ]


def test_a_sentence_of_an_article_is_shown_with_its_mentions() -> None:
    page = _page(articles=ARTICLES)
    texts = [e.text for e in page.find("p", within="astray-list", class_="text")]
    assert texts == ["Talvia condemned the Reds.", "Morvia threatened Talvia.", "Rain fell on Morvia."]
    marks = [
        (e.attributes["class"], e.text) for e in page.find("span", within="astray-list") if "title" in e.attributes
    ]
    assert marks == [
        ("m astray", "Talvia"),
        ("m named", "the Reds"),
        ("m astray", "Morvia"),
        ("m named", "Talvia"),
        ("m astray", "Morvia"),
    ]


def test_a_sentence_that_the_labels_do_not_have_is_said_to_be_so() -> None:
    notes = [e.words for e in _page(articles=ARTICLES).find("p", within="astray-list", class_="meta")]
    assert notes == [*["war · 2016-05-01"] * 2, "a sentence that the labels do not have · war · 2016-05-01"]


def test_a_text_that_was_not_kept_is_said_to_be_so() -> None:
    page = _page(articles=(replace(ARTICLES[0], tags={}),))
    assert [e.text for e in page.find("p", within="astray-list", class_="soft")] == ["its text was not kept"]


def test_what_went_astray_carries_what_it_is_filtered_by() -> None:
    page = _page(articles=ARTICLES)
    numbers = {}
    for option in page.find("option", within="astray-filter"):
        numbers[option.text.split(" ·")[0]] = option.attributes["value"]
    [_, row, _] = page.find("div", within="astray-list", class_="stray wrong")
    assert row.attributes == {
        "class": "stray wrong",
        "data-fate": "invented",
        "data-question": numbers["side"],
        "data-stage": numbers["side"],
        "data-type": "",
        "data-actor": numbers["Morvia (MORVIA)"],
    }
    pills = [e.text for e in page.find("label", within="astray-filter", class_="pill")]
    assert pills == ["all 3", "lost 1", "invented 2"]
    assert {"condemnation", "threat", "attribution", "sentence", "stance"} <= numbers.keys()


def test_more_sentences_than_are_shown_are_counted() -> None:
    page = _page(articles=ARTICLES * 2, max_errors=2)
    assert len(_strays(page)) == 2
    note = page.find("p", within="astray", class_="note")[0].text
    assert note.startswith("The 2 worst of 6 sentences. 6 stances or sides went astray in 6 sentences of 2 articles.")
    assert [e.text for e in page.find("output", within="astray-filter")] == ["2 of 2 shown"]


def test_articles_in_which_nothing_is_wrong_leave_no_section() -> None:
    assert "astray" not in _page(articles=(replace(ARTICLES[0], lost={}, invented={}),)).sections


def test_a_stage_and_a_type_link_to_what_went_astray() -> None:
    stages = (
        StageRow(question="stance", stage="attribution", lost=1, invented=0, f1_without=0.8),
        StageRow(question="side", stage="side", lost=0, invented=1, f1_without=0.8),
    )
    page = _page(_minimal(stages=stages, by_type={"threat": _row()}), articles=ARTICLES)
    links = page.find("a", within="stages")
    rows = page.find("div", within="astray-list", class_="stray wrong")[:2]
    for name in ("data-fate", "data-question", "data-stage"):
        assert [link.attributes[name] for link in links] == [row.attributes[name] for row in rows]
    assert [(link.attributes["href"], link.text) for link in links] == [("#astray", "1")] * 2
    assert [link.attributes["aria-label"] for link in links] == [
        *("1 stance lost at attribution", "1 side invented at side"),
    ]
    [link] = page.find("a", within="type-rows")
    assert (link.attributes["href"], link.attributes["aria-label"]) == ("#astray", "1 error with threat")


def test_a_report_of_raw_text_is_written_with_what_went_astray(tagger: StanceTagger, tmp_path: Path) -> None:
    row = {
        "id": "a",
        "text": "Talvia condemned the Red League.",
        "conflict": "veldmark",
        "sentences": [
            {
                "start": 0,
                "end": 32,
                "actors": [{"id": "TALVIA", "start": 0, "end": 6}],
                "labels": [{"actor": "TALVIA", "types": ["demand"]}],
            }
        ],
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    found = evaluate(tmp_path / "a.jsonl", tagger=tagger, settings=EvaluationSettings(end_to_end=True, resamples=0))
    write_report(found, tmp_path / "out")
    page = PageParser((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    [rows] = _strays(page)
    assert [words.rsplit(" ", 1)[0] for words in rows] == [
        "✗ lost at typeTALVIA demand",
        "✗ invented at typeTALVIA condemnation",
    ]


def test_every_value_that_the_script_reads_is_in_the_page(page: str, parsed: PageParser) -> None:
    script = parsed.find("script")[0].text
    read = {f"data-{name}" for name in re.findall(r"dataset\.([a-z0-9]+)", script)} - {"data-ready"}
    assert read - {name for element in parsed.elements for name in element.attributes} == set()
    assert len(read) > 5


def test_two_renderings_are_equal(page: str) -> None:
    assert render_page(_full(), WRONG, articles=ARTICLES) == page
