"""Whether one model is worse or better than another on the same labels: paired tests, and which answers changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from stancelib import metrics
from stancelib.errors import DataError
from stancelib.evaluation.baseline import Baseline, answer_before, find_before, has_side_scores
from stancelib.evaluation.judged import UNJUDGED, Answers, Judged, collect_answers
from stancelib.evaluation.measures import LOWER_IS_BETTER, measure
from stancelib.evaluation.report import Change, Comparison, Difference, Estimate, Verdict
from stancelib.evaluation.resampling import ALPHA, Documents, Estimates, correct_holm, interval_of, p_value, resample
from stancelib.evaluation.slices import assign_slices, describe, slice_metrics, sums_of_answers
from stancelib.evaluation.stages import QUESTIONS, JudgedArticle, measure_articles
from stancelib.metrics import Values, Weights

_MIN_SUPPORT = 10
"""Types with positives in fewer documents are not compared one by one."""

_COMPARED = (
    *("types_macro_f1", "types_micro_f1", "types_average_precision", "types_ece", "types_brier_skill", "any_stance_f1"),
    *("side_macro_f1", "side_ece", "side_brier_skill", "target_f1", "status_macro_f1", "exact_match"),
)
_OF_SCORES = ("side_ece", "side_brier_skill")
_SLICED = ("types_micro_f1", "side_micro_f1")
_MAX_CHANGES = 200
_MIN_RESAMPLES = 200

Bools = npt.NDArray[np.bool_]
Both = Callable[[Weights], Mapping[str, tuple[Values, Values]]]
"""From weights to the values of this model and of the baseline, by metric."""


@dataclass(frozen=True)
class Decisions:
    """Whether the single decisions behind a metric are right, of both models."""

    now: Bools
    before: Bools

    def test(self) -> float:
        """Return the two-sided p-value of McNemar's exact test; 1 where no decision differs."""
        lost, won = int((self.before & ~self.now).sum()), int((self.now & ~self.before).sum())
        return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


@dataclass(frozen=True)
class Pairing:
    """What is compared: the values of both models by metric, and the decisions behind those that have such."""

    values: Both
    decisions: Mapping[str, Decisions] = field(default_factory=dict)


def compare(
    judged: Sequence[Judged], answers: Answers, baseline: Baseline, *, documents: Documents, tolerance: float = 0.0
) -> Comparison:
    """Compare the answers to labelled actors with those of a baseline.

    Compared are the main metrics, the F1 of each type, and types and sides of each conflict. A metric is worse (better)
    where the difference goes beyond the tolerance by more than chance, after Holm's correction over all of them.

    Args:
        judged: The labels, answered.
        answers: The same, as arrays.
        baseline: What they are compared with.
        documents: The document of each label, for the bootstrap.
        tolerance: A difference up to this is none.

    Raises:
        DataError: The baseline is not of the same labels and types.
    """
    _need_documents(documents)
    earlier = answer_before(judged, baseline, type_ids=answers.codebook.type_ids)
    before = collect_answers(earlier, answers.codebook)
    scored = has_side_scores(earlier)
    pairing = _pair_answers(judged, (answers, before), documents, scored=scored)
    changes = [_change(now, old) for now, old in zip(judged, earlier, strict=True)]
    right, was_right, typed = answers.exact, before.exact, answers.typed
    gains, losses = np.flatnonzero(typed & right & ~was_right), np.flatnonzero(typed & was_right & ~right)
    other = typed & ~right & ~was_right & _differ(answers, before)
    return Comparison(
        folder=str(baseline.folder),
        signature=baseline.signature,
        tolerance=tolerance,
        differences=_differences(pairing, documents, tolerance),
        n_gains=len(gains),
        n_losses=len(losses),
        n_other=int(other.sum()),
        gains=tuple(changes[row] for row in gains[:_MAX_CHANGES]),
        losses=tuple(changes[row] for row in losses[:_MAX_CHANGES]),
    )


def compare_articles(
    judged: Sequence[JudgedArticle], baseline: Baseline, *, documents: Documents, tolerance: float = 0.0
) -> Comparison:
    """Compare what was found in raw text with what a baseline found; see ``compare``."""
    _need_documents(documents)
    earlier = find_before(judged, baseline)
    names = [f"end_to_end_{question}_f1" for question in QUESTIONS]

    def values(weights: Weights) -> dict[str, tuple[Values, Values]]:
        now, before = measure_articles(judged, weights), measure_articles(earlier, weights)
        return {name: (now[name], before[name]) for name in names}

    gains, losses = (list(_found_changes(a, b)) for a, b in ((judged, earlier), (earlier, judged)))
    return Comparison(
        folder=str(baseline.folder),
        signature=baseline.signature,
        tolerance=tolerance,
        differences=_differences(Pairing(values), documents, tolerance),
        n_gains=len(gains),
        n_losses=len(losses),
        n_other=0,
        gains=tuple(gains[:_MAX_CHANGES]),
        losses=tuple(change.model_copy(update=_swapped(change)) for change in losses[:_MAX_CHANGES]),
    )


def describe_label(item: Judged) -> str:
    """Return in a line what the coder said; a question that was not judged is left out."""
    label = item.gold.label
    parts = [_list(label.types, none="no stance")] if label.types is not None else []
    parts += [f"supports {_list(label.supports)}"] if label.supports else []
    parts += [f"opposes {_list(label.opposes)}"] if label.opposes else []
    parts += [f"target {_list(label.target)}"] if label.target else []
    return "; ".join(parts) or "not judged"


def describe_answer(item: Judged) -> str:
    """Return in a line what the model said."""
    tag = item.tag
    parts = [_list(tag.types, none="no stance")]
    parts += [f"supports {tag.supports.side}"] if tag.supports else []
    parts += [f"opposes {tag.opposes.side}"] if tag.opposes else []
    parts += [f"target {tag.target.actor}"] if tag.target else []
    return "; ".join(parts)


def _need_documents(documents: Documents) -> None:
    if documents.count < 2 or documents.resamples < _MIN_RESAMPLES:
        raise DataError(
            f"--baseline compares over documents that are drawn, but there are {documents.count} and "
            f"{documents.resamples} draws; expected labels of two documents or more, and {_MIN_RESAMPLES} draws or more"
        )


def _list(names: Iterable[str] | None, *, none: str = "") -> str:
    return ", ".join(names or ()) or none


def _pair_answers(
    judged: Sequence[Judged], both: tuple[Answers, Answers], documents: Documents, *, scored: bool
) -> Pairing:
    answers, before = _on_same_status(*both)
    names = [name for name in _COMPARED if scored or name not in _OF_SCORES]
    positives = ((answers.types_gold & answers.typed[:, None])[:, k] for k in range(answers.types_gold.shape[1]))
    supported = [k for k, has in enumerate(positives) if len(np.unique(documents.numbers[has])) >= _MIN_SUPPORT]
    membership = assign_slices([describe(item) for item in judged], documents)
    sums = [sums_of_answers(each) for each in (answers, before)]
    conflicts = [k for k, dimension in enumerate(membership.dimensions) if dimension == "conflict"]
    table = membership.table[conflicts]

    def values(weights: Weights) -> dict[str, tuple[Values, Values]]:
        now, old = measure(answers, weights), measure(before, weights)
        found = {name: (now[name], old[name]) for name in names}
        f1 = [_type_f1(each, weights) for each in (answers, before)]
        found |= {_of_type(answers, k): (f1[0][k], f1[1][k]) for k in supported}
        parts = [slice_metrics(each, table, weights) for each in sums]
        for row, k in enumerate(conflicts):
            found |= {f"{n}[{membership.names[k]}]": (parts[0][n][row], parts[1][n][row]) for n in _SLICED}
        return found

    decisions = _decisions(answers, before)
    decisions |= {_of_type(answers, k): _type_decisions(answers, before, [k]) for k in supported}
    for k in conflicts:
        inside = np.zeros(len(judged), dtype=np.bool_)
        inside[membership.table[[k]].indices] = True
        decisions[f"types_micro_f1[{membership.names[k]}]"] = _type_decisions(answers, before, None, inside=inside)
        decisions[f"side_micro_f1[{membership.names[k]}]"] = _side_decisions(answers, before, inside=inside)
    return Pairing(values, decisions)


def _on_same_status(answers: Answers, before: Answers) -> tuple[Answers, Answers]:
    """Return both with the status judged where both say one: who says fewer is not to be judged on the easy ones."""
    known = (answers.status_gold != UNJUDGED) & (before.status_gold != UNJUDGED)
    now, old = (replace(each, status_gold=np.where(known, each.status_gold, UNJUDGED)) for each in (answers, before))
    return now, old


def _of_type(answers: Answers, k: int) -> str:
    return f"f1[{answers.codebook.type_ids[k]}]"


def _type_f1(answers: Answers, weights: Weights) -> Values:
    typed = answers.typed
    return metrics.f1_of(*metrics.class_counts(answers.types_gold[typed], answers.types_said[typed], weights[typed]))


def _decisions(answers: Answers, before: Answers) -> dict[str, Decisions]:
    typed, targeted = answers.typed, answers.target_right != UNJUDGED
    return {
        "types_micro_f1": _type_decisions(answers, before, None),
        "side_macro_f1": _side_decisions(answers, before),
        "target_f1": Decisions(answers.target_right[targeted] == 1, before.target_right[targeted] == 1),
        "exact_match": Decisions(answers.exact[typed], before.exact[typed]),
    }


def _type_decisions(
    answers: Answers, before: Answers, columns: Sequence[int] | None, *, inside: Bools | None = None
) -> Decisions:
    rows = answers.typed if inside is None else answers.typed & inside
    chosen = slice(None) if columns is None else list(columns)
    now, old = ((x.types_gold == x.types_said)[rows][:, chosen].ravel() for x in (answers, before))
    return Decisions(now, old)


def _side_decisions(answers: Answers, before: Answers, *, inside: Bools | None = None) -> Decisions:
    sided = answers.sided if inside is None else answers.sided & inside[:, None]
    return Decisions(*((x.sides_gold == x.sides_said)[sided] for x in (answers, before)))


def _differences(pairing: Pairing, documents: Documents, tolerance: float) -> tuple[Difference, ...]:
    """Return the differences of all metrics that both models have, the surest losses first."""

    def statistic(weights: Weights) -> dict[str, Values]:
        return {name: np.stack(both) for name, both in pairing.values(weights).items()}

    found = {name: _without_gaps(estimates) for name, estimates in resample(statistic, documents).items()}
    known = {name: estimates for name, estimates in found.items() if not np.isnan(estimates.point).any()}
    p_values, mcnemar, parts = [], {}, []
    for name, estimates in known.items():
        value, baseline = map(float, estimates.point)
        draws = estimates.draws[0] - estimates.draws[1]
        beyond = max(0.0, abs(value - baseline) - tolerance)
        p_values.append(p_value(beyond, draws, n_documents=documents.count))
        if name in pairing.decisions:
            mcnemar[name] = pairing.decisions[name].test()
        parts.append((name, value, baseline, interval_of(draws)))
    corrected = correct_holm(p_values)
    mcnemar_corrected = dict(zip(mcnemar, correct_holm(list(mcnemar.values())), strict=True))
    rows = [
        Difference(
            metric=name,
            value=value,
            baseline=baseline,
            difference=Estimate(value=value - baseline, interval=interval),
            p_bootstrap=p,
            p_mcnemar=mcnemar.get(name),
            p_holm=p_holm,
            p_mcnemar_holm=mcnemar_corrected.get(name),
            verdict=_verdict(name, value - baseline, p_holm),
        )
        for (name, value, baseline, interval), p, p_holm in zip(parts, p_values, corrected, strict=True)
    ]
    order = {"worse": 0, "better": 1, "no difference shown": 2}
    return tuple(sorted(rows, key=lambda row: (order[row.verdict], row.p_bootstrap)))


def _without_gaps(estimates: Estimates) -> Estimates:
    """Return the values with 0 where only the baseline has one: a model that falls silent is worse."""
    point, draws = estimates.point.copy(), estimates.draws.copy()
    point[0] = 0.0 if np.isnan(point[0]) and not np.isnan(point[1]) else point[0]
    draws[0] = np.where(np.isnan(draws[0]) & ~np.isnan(draws[1]), 0.0, draws[0])
    return Estimates(point, draws)


def _verdict(name: str, difference: float, p: float) -> Verdict:
    if p >= ALPHA:
        return "no difference shown"
    return "worse" if (difference > 0) == (name in LOWER_IS_BETTER) else "better"


def _differ(answers: Answers, before: Answers) -> Bools:
    types = (answers.types_said != before.types_said).any(axis=1)
    return np.asarray(types | ((answers.sides_said != before.sides_said) & answers.sided).any(axis=1))


def _change(now: Judged, before: Judged) -> Change:
    return Change(
        id=now.gold.document_id,
        sentence=now.gold.sentence_id,
        actor=now.gold.label.actor,
        text=now.tag.text,
        gold=describe_label(now),
        baseline=describe_answer(before),
        said=describe_answer(now),
    )


def _found_changes(better: Sequence[JudgedArticle], worse: Sequence[JudgedArticle]) -> Iterable[Change]:
    """Yield the stances and sides that one of two found rightly and the other did not."""
    for one, other in zip(better, worse, strict=True):
        for question in ("stance", "side"):
            ours, theirs = one.answers[question], other.answers[question]
            for entry in sorted((ours.found & ours.gold) - theirs.found):
                sentence = one.article.sentences[entry[0]]
                yield Change(
                    id=one.article.id,
                    sentence=f"{one.article.id}#{entry[0]}",
                    actor=entry[1],
                    text=one.article.text[sentence.start : sentence.end],
                    gold=" ".join(map(str, entry[2:])),
                    baseline="not found",
                    said="found",
                )


def _swapped(change: Change) -> dict[str, Any]:
    return {"baseline": change.said, "said": change.baseline}
