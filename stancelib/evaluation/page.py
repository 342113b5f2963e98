"""The page of an evaluation: a report and its worst errors as one HTML file that needs nothing else, for people.

Bars and curves are inline SVG that macros of the template draw, not pictures of a plotting library: they take the
colours and the theme of the page, stay sharp on any screen, are read by screen readers, and cost no dependency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from stancelib.evaluation.astray import StraySentence, find_astray
from stancelib.evaluation.excerpts import Excerpt, Look, Piece, cut_excerpt
from stancelib.evaluation.figures import figure, interval, percent, place, reach, signed
from stancelib.evaluation.judged import Judged
from stancelib.evaluation.measures import LOWER_IS_BETTER
from stancelib.evaluation.report import Difference, Report
from stancelib.evaluation.stages import STAGES, JudgedArticle
from stancelib.evaluation.wrong import ComparedPair, find_wrong
from stancelib.pages import N_SIDE_LOOKS, load_assets, make_environment

if TYPE_CHECKING:  # a tenth of a second that only the page needs
    from jinja2 import Environment

_HEADLINE = (
    *("types_macro_f1", "types_micro_f1", "side_macro_f1", "target_f1", "exact_match", "types_ece", "side_ece"),
    *("end_to_end_stance_f1", "end_to_end_side_f1", "end_to_end_target_f1", "end_to_end_actor_f1"),
)
"""Metrics that stand large, in this order; the others stand in a table."""


def render_page(
    report: Report,
    judged: Sequence[Judged] = (),
    *,
    articles: Sequence[JudgedArticle] = (),
    max_errors: int = 500,
) -> str:
    """Return the page of a report, with the judged pairs or the sentences of articles that are wrong.

    Args:
        report: What is shown.
        judged: The pairs that the report is about; empty where it is of raw text. The surest wrong come first.
        articles: The articles that the report is about, where it is of raw text (``end-to-end``). The sentences in
            which most was lost or invented come first.
        max_errors: How many wrong pairs, and how many sentences, are listed; the page says how many there are.
    """
    template = _environment().get_template("report.html.jinja")
    return template.render(
        report=report,
        facts=[_fact(part) for part in report.signature.split("|")],
        headline=[name for name in _HEADLINE if report.metrics.get(name) is not None],
        differences=_worst_first(report.comparison.differences if report.comparison else ()),
        slices=report.slices,
        errors=_list_errors(judged, most=max_errors),
        astray=_list_astray(articles, most=max_errors),
        assets=load_assets("report"),
    )


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


@dataclass(frozen=True, slots=True)
class StrayList:
    """The listed sentences of articles, and what their wrong tuples may be filtered by."""

    shown: Sequence[StraySentence]
    n_sentences: int
    n_wrong: int
    n_articles: int
    fates: Mapping[str, int]
    questions: Mapping[str, Choice]
    stages: Mapping[str, Choice]
    types: Mapping[str, Choice]
    actors: Mapping[str, Choice]

    @property
    def n_shown(self) -> int:
        """How many wrong tuples are listed."""
        return sum(self.fates.values())


def _list_errors(judged: Sequence[Judged], *, most: int) -> ErrorList:
    wrong = find_wrong(judged)
    shown = wrong[:most]
    answers = [pair.judged.tag for pair in shown]
    return ErrorList(
        shown,
        n_wrong=len(wrong),
        n_judged=len(judged),
        kinds=Counter(kind for pair in shown for kind in pair.kinds),
        types=_choices([{type_id: type_id for type_id in pair.wrong_types} for pair in shown]),
        conflicts=_choices([{pair.conflict_id: pair.conflict_name} for pair in shown]),
        actors=_choices([{tag.actor.id: tag.actor.name} for tag in answers]),
    )


def _list_astray(articles: Sequence[JudgedArticle], *, most: int) -> StrayList:
    astray = find_astray(articles)
    shown = astray[:most]
    strays = [stray for sentence in shown for stray in sentence.wrong]
    names = {actor: name for sentence in shown for actor, name in sentence.names.items()}
    stages = _choices([{stray.stage: stray.stage} for stray in strays if stray.stage])
    return StrayList(
        shown,
        n_sentences=len(astray),
        n_wrong=sum(len(sentence.wrong) for sentence in astray),
        n_articles=len(articles),
        fates=Counter(stray.fate for stray in strays),
        questions=_choices([{stray.question: stray.question} for stray in strays]),
        stages={stage: stages[stage] for stage in STAGES if stage in stages},
        types=_choices([{stray.type: stray.type} for stray in strays if stray.type]),
        actors=_choices([{stray.actor: names.get(stray.actor, stray.actor)} for stray in strays]),
    )


def _choices(values: Iterable[Mapping[str, str]]) -> dict[str, Choice]:
    """Return the values that the errors have (each a mapping from an id to its name), the most frequent first."""
    found = list(values)
    names = {key: name for value in found for key, name in value.items()}
    counts = Counter(key for value in found for key in value)
    return {key: Choice(number, names[key], n) for number, (key, n) in enumerate(counts.most_common())}


def _pair_pieces(item: Judged) -> list[Piece]:
    """Return the sentence of a pair, and the text around it in which one of its actors is named."""
    gold = item.gold
    sentence, mentions = gold.candidate.sentence, gold.candidate.mentions
    subjects = frozenset([gold.candidate.actor])

    def look(actors: Sequence[str]) -> Look:
        return Look(_look(item, actors), "; ".join(dict.fromkeys(_describe(item, actor) for actor in actors)))

    return list(cut_excerpt(Excerpt(gold.text, (sentence.start, sentence.end), mentions, look, subjects)))


def _stray_pieces(sentence: StraySentence) -> list[Piece]:
    """Return a sentence of an article, and the text around it in which one of its actors is named."""
    if sentence.span is None:
        return []
    wrong = {stray.actor for stray in sentence.wrong}

    def look(actors: Sequence[str]) -> Look:
        names = dict.fromkeys(f"{sentence.names[a]} ({a})" if a in sentence.names else a for a in actors)
        return Look(("astray" if wrong & {*actors} else "named") if actors else "", "; ".join(names))

    return list(cut_excerpt(Excerpt(sentence.article.text, sentence.span, sentence.mentions, look)))


def _look(item: Judged, actors: Sequence[str]) -> str:
    """Return how the words look that name some actors: as the judged one, of a side, a third party."""
    gold = item.gold
    judged = gold.candidate.actor in actors
    sides = [side for actor in actors if not judged or actor == gold.candidate.actor for side in gold.sides_of(actor)]
    look = _side_look(item, sides[0]) if sides else ""
    return f"judged of-{look or 'none'}" if judged else look or ("third" if actors else "")


def _side_looks(item: Judged) -> dict[str, str]:
    """Return the sides whose members the sentence names, and how these look."""
    sides = {side for mention in item.gold.candidate.mentions for side in item.gold.sides_of(mention.actor)}
    return {side: _side_look(item, side) for side in sorted(sides)}


def _side_look(item: Judged, side: str) -> str:
    places = item.gold.conflict.side_ids if item.gold.conflict else ()
    return f"side{places.index(side) % N_SIDE_LOOKS}"


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


def _fact(part: str) -> tuple[str, str]:
    """Return the name and the value of a part of a signature."""
    name, colon, value = part.partition(":")
    return (name, value) if colon else ("judged", part)


def _lower_is_better(metric: str) -> bool:
    return metric in LOWER_IS_BETTER


@cache
def _environment() -> Environment:
    environment = make_environment()
    environment.filters |= {
        "figure": figure,
        "signed": signed,
        "interval": interval,
        "percent": percent,
        "place": place,
        "reach": reach,
        "lower_is_better": _lower_is_better,
        "pair_pieces": _pair_pieces,
        "stray_pieces": _stray_pieces,
        "side_looks": _side_looks,
    }
    return environment
