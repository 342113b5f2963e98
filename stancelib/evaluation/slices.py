"""Where a model is worse than elsewhere: metrics of parts of the labels, beside those of all the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from stancelib import metrics
from stancelib.evaluation.judged import SIDE_CLASSES, UNJUDGED, Answers, Judged
from stancelib.evaluation.report import Slice
from stancelib.evaluation.resampling import ALPHA, Documents, Estimates, correct_holm, p_value, resample
from stancelib.evaluation.stages import QUESTIONS, JudgedArticle, count_tuples
from stancelib.metrics import Values, Weights
from stancelib.reading import document_agency

MIN_PAIRS = 20
"""Smaller slices say nothing, and are left out."""

MIN_DECISIONS = 10
"""Metrics of a slice that rest on fewer gold types, or sides, say nothing either."""

MIN_DOCUMENTS = 10
"""So are slices of fewer documents: drawing one or two again and again does not show how others would differ."""

_LENGTHS = ((15, "to 15 words"), (25, "16 to 25 words"), (35, "26 to 35 words"))
_LONGEST = "36 words and more"


Sums = Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]]
"""Of each metric what every row adds to its numerator, to its denominator, and to what the labels have of it (types,
sides, judged targets, judged types), whatever a model says; shape ``(n_rows,)`` each."""


@dataclass(frozen=True)
class Membership:
    """Which rows belong to which slices.

    Attributes:
        dimensions: What each slice is about.
        names: What it is called within its dimension.
        table: Shape ``(n_slices, n_rows)``, 1 where a row belongs to a slice; a row is a label, or an article.
        n_pairs: Shape ``(n_rows,)``: how many labels a row holds.
    """

    dimensions: tuple[str, ...]
    names: tuple[str, ...]
    table: sparse.csr_matrix
    n_pairs: npt.NDArray[np.int64]


def describe(item: Judged) -> dict[str, tuple[str, ...]]:
    """Return what a label belongs to, by dimension; a label may belong to several slices of one, or to none."""
    gold, candidate = item.gold, item.gold.candidate
    n_actors = len(candidate.others) + 1
    return {
        "conflict": (gold.conflict.id if gold.conflict else "(none)",),
        "agency": (gold.source,) if gold.source else (),
        "phenomenon": gold.phenomena,
        "actor kind": (item.tag.actor.kind,),
        "actor role": ("principal" if gold.sides_of(candidate.actor) else "third party",) if gold.conflict else (),
        "actors in sentence": (str(n_actors) if n_actors < 4 else "4 and more",),
        "sentence length": (_length(item.tag.text),),
        "via": (candidate.mention.via,),
        "year": (str(gold.date.year),) if gold.date else (),
    }


def describe_article(item: JudgedArticle) -> dict[str, tuple[str, ...]]:
    """Return what an article belongs to, by dimension."""
    article = item.article
    source = article.source or document_agency(article.text)
    return {
        "conflict": (article.conflict or "(none)",),
        "agency": (source,) if source else (),
        "year": (str(article.date.year),) if article.date else (),
    }


def assign_slices(
    descriptions: Sequence[Mapping[str, Sequence[str]]],
    documents: Documents,
    n_pairs: npt.NDArray[np.int64] | None = None,
) -> Membership:
    """Return the slices that have enough pairs of enough documents, and leave as many out.

    Args:
        descriptions: What each row belongs to, by dimension.
        documents: The document of each row.
        n_pairs: How many pairs each row holds; None: one.
    """
    sizes = np.ones(len(descriptions), dtype=np.int64) if n_pairs is None else n_pairs
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, description in enumerate(descriptions):
        for dimension, names in description.items():
            for name in dict.fromkeys(names):
                members[dimension, name].append(row)
    everything = np.arange(len(sizes))
    kept = {
        key: rows
        for key, rows in members.items()
        if all(_is_enough(part, sizes, documents) for part in (rows, np.setdiff1d(everything, rows)))
    }
    places = [number for number, rows in enumerate(kept.values()) for _ in rows]
    columns = [row for rows in kept.values() for row in rows]
    table = sparse.csr_matrix((np.ones(len(places)), (places, columns)), shape=(len(kept), len(sizes)))
    return Membership(tuple(key[0] for key in kept), tuple(key[1] for key in kept), table, sizes)


def measure_slices(judged: Sequence[Judged], answers: Answers, documents: Documents) -> tuple[Slice, ...]:
    """Return the slices with their metrics and how far they are from the rest, the surely and the most worse first."""
    return _measure(assign_slices([describe(item) for item in judged], documents), sums_of_answers(answers), documents)


def measure_article_slices(judged: Sequence[JudgedArticle], documents: Documents) -> tuple[Slice, ...]:
    """Return slices of articles with the F1 of what was found in them; see ``measure_slices``."""
    n_pairs = [sum(len(sentence.labels) for sentence in item.article.sentences) for item in judged]
    membership = assign_slices([describe_article(item) for item in judged], documents, np.array(n_pairs))
    sums = {}
    for question in QUESTIONS:
        n_gold, n_found, n_hits = count_tuples(judged, question)
        sums[f"end_to_end_{question}_f1"] = (2 * n_hits, n_gold + n_found, n_gold)
    return _measure(membership, sums, documents)


def slice_metrics(sums: Sums, table: sparse.csr_matrix, weights: Weights) -> dict[str, Values]:
    """Return metrics of each slice, shape ``(n_slices, n_draws)``, and, called ``gap NAME``, that less the rest's.

    A metric is not defined where the labels of the slice have fewer than ``MIN_DECISIONS`` of what it is about, nor is
    its gap where those of the rest have.
    """
    values: dict[str, Values] = {}
    for name, (part, whole, right) in sums.items():
        inside = table.multiply(part) @ weights, table.multiply(whole) @ weights
        overall = metrics.sums(np.column_stack([part, whole]), weights)
        # Of a few decisions a slice may have none right in every draw, and would look sure of it.
        n_gold = np.asarray(table @ right)[:, None]
        values[name] = np.where(n_gold >= MIN_DECISIONS, metrics.ratio(*inside), np.nan)
        rest = metrics.ratio(overall[0] - inside[0], overall[1] - inside[1])
        values[f"gap {name}"] = values[name] - np.where(right.sum() - n_gold >= MIN_DECISIONS, rest, np.nan)
    return values


def sums_of_answers(answers: Answers) -> Sums:
    """Return of each metric that is a ratio of sums what each label adds to both."""
    typed, sided, targeted = answers.typed, answers.sided, answers.target_right != UNJUDGED
    gold, said = answers.types_gold & typed[:, None], answers.types_said & typed[:, None]
    ours, theirs = answers.sides_gold, answers.sides_said
    neither = SIDE_CLASSES.index("neither")
    hits = (sided & (ours == theirs) & (ours != neither)).sum(axis=1)
    n_ours, n_theirs = ((sided & (side != neither)).sum(axis=1) for side in (ours, theirs))
    n_gold, n_said = gold.sum(axis=1), said.sum(axis=1)
    columns = {
        "types_micro_f1": (2 * (gold & said).sum(axis=1), n_gold + n_said, n_gold),
        "side_micro_f1": (2 * hits, n_ours + n_theirs, n_ours),
        "target_f1": (targeted & (answers.target_right == 1), targeted, targeted),
        "exact_match": (typed & answers.exact, typed, typed),
    }
    return {
        name: (part.astype(np.float64), whole.astype(np.float64), right.astype(np.float64))
        for name, (part, whole, right) in columns.items()
    }


def _measure(membership: Membership, sums: Sums, documents: Documents) -> tuple[Slice, ...]:
    if not membership.names:
        return ()
    found = resample(lambda weights: slice_metrics(sums, membership.table, weights), documents)
    slices = [_slice(number, membership, found, documents) for number in range(len(membership.names))]
    return _rank(slices, found)


def _is_enough(rows: Sequence[int] | npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], documents: Documents) -> bool:
    n_documents = len(np.unique(documents.numbers[rows]))
    return bool(sizes[rows].sum() >= MIN_PAIRS and n_documents >= MIN_DOCUMENTS)


def _slice(number: int, membership: Membership, found: Mapping[str, Estimates], documents: Documents) -> Slice:
    rows = membership.table[[number]].indices
    names = [name for name in found if not name.startswith("gap ")]
    return Slice(
        dimension=membership.dimensions[number],
        name=membership.names[number],
        documents=len(np.unique(documents.numbers[rows])),
        pairs=int(membership.n_pairs[rows].sum()),
        metrics={name: found[name].at(number) for name in names},
        gaps={name: found[f"gap {name}"].at(number) for name in names},
        surely_worse=(),
    )


def _rank(slices: Sequence[Slice], found: Mapping[str, Estimates]) -> tuple[Slice, ...]:
    keys = [
        (number, name) for number, part in enumerate(slices) for name, gap in part.gaps.items() if gap.value is not None
    ]
    p_values = [
        p_value(
            slices[number].gaps[name].value or 0.0,
            found[f"gap {name}"].draws[number],
            n_documents=slices[number].documents,
        )
        for number, name in keys
    ]
    worse: dict[int, list[str]] = defaultdict(list)
    for (number, name), p in zip(keys, correct_holm(p_values), strict=True):
        if p < ALPHA and (slices[number].gaps[name].value or 0.0) < 0:
            worse[number].append(name)
    marked = [part.model_copy(update={"surely_worse": tuple(worse[n])}) for n, part in enumerate(slices)]
    return tuple(sorted(marked, key=lambda part: (-len(part.surely_worse), _worst_gap(part))))


def _worst_gap(part: Slice) -> float:
    return min((gap.value for gap in part.gaps.values() if gap.value is not None), default=0.0)


def _length(text: str) -> str:
    n_words = len(text.split())
    return next((name for limit, name in _LENGTHS if n_words <= limit), _LONGEST)
