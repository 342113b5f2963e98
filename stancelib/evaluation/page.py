"""The page of an evaluation: a report and its worst errors as one HTML file that needs nothing else, for people.

Bars and curves are inline SVG that macros of the template draw, not pictures of a plotting library: they take the
colours and the theme of the page, stay sharp on any screen, are read by screen readers, and cost no dependency.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from stancelib.evaluation.judged import Judged
from stancelib.evaluation.measures import LOWER_IS_BETTER
from stancelib.evaluation.report import Difference, Interval, Report, Slice
from stancelib.types import Mention, StanceTag

if TYPE_CHECKING:  # a tenth of a second that only the page needs
    from jinja2 import Environment

_FOLDER = Path(__file__).parent.parent / "data"

_HEADLINE = (
    *("types_macro_f1", "types_micro_f1", "side_macro_f1", "target_f1", "exact_match", "types_ece", "side_ece"),
    *("end_to_end_stance_f1", "end_to_end_side_f1", "end_to_end_target_f1", "end_to_end_actor_f1"),
)
"""Metrics that stand large, in this order; the others stand in a table."""

_COIN = math.log(2)
"""The loss of a wrong target or status, of which a tag holds no probability: that of a coin."""

_SUREST = 0.001
"""Probabilities are held this far from 0 and 1, so that no single decision has an endless loss."""

_MARGIN = 120
"""Characters that are shown around a mention outside the sentence; pieces nearer to each other are joined."""

_CEILINGS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 2.0)
"""Where an axis may end."""

_N_SIDE_LOOKS = 6
"""As many sides of one conflict have a colour of their own."""

_SPACE = re.compile(r"\s+")
_IMPOSSIBLE = re.compile(r"[\0\ud800-\udfff]")

Kind = Literal["missed", "invented", "side", "target", "status"]
Outcome = Literal["hit", "missed", "invented"]


def render_page(report: Report, judged: Sequence[Judged] = (), *, max_errors: int = 500) -> str:
    """Return the page of a report, with the judged pairs that are wrong, the surest first.

    A pair is wrong if any key that was judged is answered otherwise. Its loss is the sum, over its wrong decisions, of
    the log loss ``-ln p`` of the probability that the right answer was given: for each type that was missed or
    invented, for each side whose class (supports, opposes, neither) is wrong; a wrong target or status counts as much
    as a coin, ln 2. The sum, and not the mean: several errors in one pair are worse than one.

    Args:
        report: What is shown.
        judged: The pairs that the report is about; empty where it is of raw text (``end-to-end``).
        max_errors: How many wrong pairs are listed; the page says how many there are.
    """
    template = _environment().get_template("report.html.jinja")
    return template.render(
        report=report,
        facts=[_fact(part) for part in report.signature.split("|")],
        headline=[name for name in _HEADLINE if report.metrics.get(name) is not None],
        differences=_worst_first(report.comparison.differences if report.comparison else ()),
        slices=_slices_worst_first(report.slices),
        errors=_list_errors(judged, most=max_errors),
        assets={name: _asset(name) for name in ("style", "script")},
    )


class TypeAnswer(NamedTuple):
    """A type that the labels or the model name, and its probability."""

    type: str
    outcome: Outcome
    p: float

    @property
    def loss(self) -> float:
        """The log loss of a wrong decision."""
        return {"hit": 0.0, "missed": _loss(self.p), "invented": _loss(1 - self.p)}[self.outcome]


class SideAnswer(NamedTuple):
    """What the labels and the model say of a side, and the probability of both answers."""

    side: str
    gold: str
    said: str
    p_gold: float
    p_said: float

    @property
    def loss(self) -> float:
        """The log loss of a wrong decision."""
        return 0.0 if self.gold == self.said else _loss(self.p_gold)


class Answer(NamedTuple):
    """What the labels and the model say, without a probability."""

    gold: str
    said: str
    right: bool


class Piece(NamedTuple):
    """A stretch of the text: where it stands, who is named by it, and whose mentions end with it.

    ``look`` is "side" and its place in the conflict, "third", "judged of-" and the side, or empty: nobody is named.
    """

    text: str
    role: Literal["context", "sentence", "gap"]
    look: str = ""
    names: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """A label beside its answer, decision by decision; None where the key was not judged."""

    judged: Judged
    types: tuple[TypeAnswer, ...] | None
    sides: tuple[SideAnswer, ...] | None
    target: Answer | None
    status: Answer | None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is wrong; empty: nothing."""
        outcomes = {answer.outcome for answer in self.types or ()}
        wrong: dict[Kind, bool] = {
            "missed": "missed" in outcomes,
            "invented": "invented" in outcomes,
            "side": any(answer.gold != answer.said for answer in self.sides or ()),
            "target": self.target is not None and not self.target.right,
            "status": self.status is not None and not self.status.right,
        }
        return tuple(kind for kind, holds in wrong.items() if holds)

    @property
    def loss(self) -> float:
        """The sum of the losses of what is wrong."""
        coins = sum(answer is not None and not answer.right for answer in (self.target, self.status))
        losses = [*(answer.loss for answer in self.types or ()), *(answer.loss for answer in self.sides or ())]
        return sum(losses) + coins * _COIN

    def types_that_are(self, outcome: str) -> list[str]:
        """Return the types of an outcome."""
        return [answer.type for answer in self.types or () if answer.outcome == outcome]

    @property
    def conflict_id(self) -> str:
        """The id of the conflict; empty: none."""
        return self.judged.gold.conflict.id if self.judged.gold.conflict else ""

    @property
    def conflict_name(self) -> str:
        """The name of the conflict."""
        return self.judged.gold.conflict.name if self.judged.gold.conflict else "no conflict"

    @property
    def pieces(self) -> list[Piece]:
        """The sentence, and the text around it in which one of its actors is named."""
        return list(_pieces(self.judged))

    @property
    def side_looks(self) -> dict[str, str]:
        """The sides whose members the sentence names, and how these look."""
        gold = self.judged.gold
        sides = {side for mention in gold.candidate.mentions for side in gold.sides_of(mention.actor)}
        return {side: _side_look(self.judged, side) for side in sorted(sides)}


class Choice(NamedTuple):
    """A value that errors may be filtered by: its number in the page, and how many have it."""

    number: int
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class ErrorList:
    """The listed errors, and what they may be filtered by."""

    shown: Sequence[ComparedPair]
    n_wrong: int
    n_judged: int
    kinds: Mapping[str, int]
    types: Mapping[str, Choice]
    conflicts: Mapping[str, Choice]
    actors: Mapping[str, Choice]


def _list_errors(judged: Sequence[Judged], *, most: int) -> ErrorList:
    wrong = sorted((pair for pair in map(_compare, judged) if pair.kinds), key=lambda pair: -pair.loss)
    shown = wrong[:most]
    answers = [pair.judged.tag for pair in shown]
    types = [{t: t for t in (*pair.types_that_are("missed"), *pair.types_that_are("invented"))} for pair in shown]
    return ErrorList(
        shown,
        n_wrong=len(wrong),
        n_judged=len(judged),
        kinds=Counter(kind for pair in shown for kind in pair.kinds),
        types=_choices(types),
        conflicts=_choices([{pair.conflict_id: pair.conflict_name} for pair in shown]),
        actors=_choices([{tag.actor.id: tag.actor.name} for tag in answers]),
    )


def _choices(values: Iterable[Mapping[str, str]]) -> dict[str, Choice]:
    """Return the values that the errors have (each a mapping from an id to its name), the most frequent first."""
    found = list(values)
    names = {key: name for value in found for key, name in value.items()}
    counts = Counter(key for value in found for key in value)
    return {key: Choice(number, names[key], n) for number, (key, n) in enumerate(counts.most_common())}


def _compare(item: Judged) -> ComparedPair:
    label, tag = item.gold.label, item.tag
    return ComparedPair(
        item,
        types=None if label.types is None else tuple(_type_answers(label.types, tag)),
        sides=tuple(_side_answers(item)) or None,
        target=None if label.target is None else _target_answer(label.target, tag),
        status=Answer(label.status, tag.status, label.status == tag.status) if label.status and tag.status else None,
    )


def _type_answers(gold: Sequence[str], tag: StanceTag) -> Iterator[TypeAnswer]:
    for type_id in dict.fromkeys((*gold, *tag.types)):
        outcome: Outcome = "missed" if type_id not in tag.types else "hit" if type_id in gold else "invented"
        yield TypeAnswer(type_id, outcome, tag.type_proba[type_id])


def _side_answers(item: Judged) -> Iterator[SideAnswer]:
    label, tag, conflict = item.gold.label, item.tag, item.gold.conflict
    if conflict is None or label.supports is None or label.opposes is None:
        return
    supported, opposed = (score.side if score else None for score in (tag.supports, tag.opposes))
    for side in conflict.sides:
        scores = tag.sides[side.id]
        p_for, p_against = scores["supports"], scores["opposes"]
        p = {"supports": p_for, "opposes": p_against, "neither": max(0.0, 1.0 - p_for - p_against)}
        gold = "supports" if side.id in label.supports else "opposes" if side.id in label.opposes else "neither"
        said = "supports" if side.id == supported else "opposes" if side.id == opposed else "neither"
        yield SideAnswer(side.id, gold, said, p[gold], p[said])


def _target_answer(gold: Sequence[str], tag: StanceTag) -> Answer:
    said = tag.target.actor if tag.target else ""
    return Answer(", ".join(gold), said, said in gold if gold else not said)


def _loss(p: float) -> float:
    return -math.log(min(max(p, _SUREST), 1.0))


def _pieces(item: Judged) -> Iterator[Piece]:
    """Yield the sentence and the text around its further mentions, with a gap wherever text is left out there."""
    text, sentence = item.gold.text, item.gold.candidate.sentence
    windows = _windows(text, (sentence.start, sentence.end), mentions=item.gold.candidate.mentions)
    for number, (first, last) in enumerate(windows):
        if number or 0 < first < sentence.start:
            yield Piece("", "gap")
        yield from _cut(item, (first, last))
    if sentence.end < windows[-1][1] < len(text):
        yield Piece("", "gap")


def _cut(item: Judged, window: tuple[int, int]) -> Iterator[Piece]:
    """Yield a stretch of the text in pieces, cut where a mention or the sentence begins or ends."""
    gold, sentence, mentions = item.gold, item.gold.candidate.sentence, item.gold.candidate.mentions
    edges = {edge for mention in mentions for edge in (mention.start, mention.end)} | {sentence.start, sentence.end}
    inner = {edge for edge in edges if window[0] < edge < window[1]}
    for start, end in pairwise(sorted({*window, *inner})):
        named = [mention for mention in mentions if mention.start <= start and end <= mention.end]
        yield Piece(
            gold.text[start:end],
            "sentence" if sentence.start <= start < sentence.end else "context",
            look=_look(item, [mention.actor for mention in named]),
            names="; ".join(dict.fromkeys(_describe(item, mention.actor) for mention in named)),
            closes=" ".join(m.actor for m in named if m.end == end and m.actor != gold.candidate.actor),
        )


def _windows(text: str, sentence: tuple[int, int], *, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Return what is shown of a text, in order: the sentence, and a margin around each mention outside it."""
    start, end = sentence
    spans = [sentence]
    for mention in mentions:
        if mention.start < start:
            spans.append((_word_start(text, mention.start), min(mention.end + _MARGIN, start)))
        elif mention.end > end:
            spans.append((max(mention.start - _MARGIN, end), _word_end(text, mention.end)))
    windows: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if windows and first - windows[-1][1] <= _MARGIN:
            first, last = windows[-1][0], max(last, windows.pop()[1])
        windows.append((first, last))
    return windows


def _word_start(text: str, place: int) -> int:
    """Return where the words begin that stand in the margin before a place."""
    margin = max(0, place - _MARGIN)
    space = _SPACE.search(text, margin - 1, place) if margin else None
    return space.end() if space else margin


def _word_end(text: str, place: int) -> int:
    """Return where the words end that stand in the margin after a place."""
    margin = min(len(text), place + _MARGIN)
    space = max(text.rfind(" ", place, margin), text.rfind("\n", place, margin)) if margin < len(text) else -1
    return space if space >= 0 else margin


def _look(item: Judged, actors: Sequence[str]) -> str:
    """Return how the words look that name some actors: as the judged one, of a side, a third party."""
    gold = item.gold
    judged = gold.candidate.actor in actors
    sides = [side for actor in actors if not judged or actor == gold.candidate.actor for side in gold.sides_of(actor)]
    look = _side_look(item, sides[0]) if sides else ""
    return f"judged of-{look or 'none'}" if judged else look or ("third" if actors else "")


def _side_look(item: Judged, side: str) -> str:
    places = item.gold.conflict.side_ids if item.gold.conflict else ()
    return f"side{places.index(side) % _N_SIDE_LOOKS}"


def _describe(item: Judged, actor_id: str) -> str:
    conflict = item.gold.conflict
    actor = conflict.actor(actor_id) if conflict else None
    name = f"{actor.name} ({actor_id})" if actor and actor.name else actor_id
    sides = ", ".join(item.gold.sides_of(actor_id))
    return f"{name}: {'side ' + sides if sides else 'third party'}"


def _worst_first(differences: Iterable[Difference]) -> list[Difference]:
    verdicts = ("worse", "no difference shown", "better")
    signs = {True: -1.0, False: 1.0}
    return sorted(
        differences,
        key=lambda row: (
            verdicts.index(row.verdict),
            signs[_lower_is_better(row.metric)] * (row.value - row.baseline),
        ),
    )


def _slices_worst_first(slices: Iterable[Slice]) -> list[Slice]:
    def gap(part: Slice) -> float:
        return min((gap.value for gap in part.gaps.values() if gap.value is not None), default=0.0)

    return sorted(slices, key=lambda part: (-len(part.surely_worse), gap(part)))


def _fact(part: str) -> tuple[str, str]:
    """Return the name and the value of a part of a signature."""
    name, colon, value = part.partition(":")
    return (name, value) if colon else ("judged", part)


def _lower_is_better(metric: str) -> bool:
    return metric in LOWER_IS_BETTER


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only the page needs it

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_exact,
        loader=FileSystemLoader(_FOLDER),
    )
    environment.filters |= {
        "figure": _figure,
        "signed": _signed,
        "interval": _interval,
        "percent": _percent,
        "place": _place,
        "reach": _reach,
        "lower_is_better": _lower_is_better,
    }
    return environment


def _exact(value: Any) -> Any:
    """Escape a text so that a browser shows every character of it."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with jinja2

    # "\r" by itself would be read as "\n"; NUL and lone surrogates cannot stand in a page at all.
    return Markup(_IMPOSSIBLE.sub("\ufffd", str(escape(value))).replace("\r", "&#13;"))


class Asset(NamedTuple):
    """The style or the script of the page, and the hash by which the page allows it."""

    text: str
    sha256: str


@cache
def _asset(name: str) -> Asset:
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    text = (_FOLDER / f"report_{name}.html.jinja").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(Markup(text), Markup(f"sha256-{digest}"))


def _figure(value: float | None, *, digits: int = 2) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def _signed(value: float | None, *, digits: int = 2) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:+.{digits}f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if 0 < share < 0.1 else 0}f} %"


def _interval(ends: Interval | None, *, digits: int = 2) -> str:
    return f"{_figure(ends[0], digits=digits)} to {_figure(ends[1], digits=digits)}" if ends else ""


def _place(value: float, *, low: float = 0.0, high: float = 1.0) -> float:
    """Return where a value lies between two ends, in per cent; beyond them: at the end."""
    return round(100 * min(max((value - low) / (high - low), 0.0), 1.0), 2)


def _reach(values: Iterable[float | Interval | None]) -> float:
    """Return where an axis ends that holds all values and intervals, whatever their sign."""
    known = [abs(x) for value in values if value is not None for x in (value if isinstance(value, tuple) else (value,))]
    largest = max(known, default=0.0)
    return next((ceiling for ceiling in _CEILINGS if largest <= ceiling), _CEILINGS[-1])
