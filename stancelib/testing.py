"""Quality of a stance model as an assertion, for people who gate by tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stancelib.conflict import Conflict, load_conflict
from stancelib.evaluation.behaviour import load_behaviour
from stancelib.evaluation.run import Evaluation, EvaluationSettings, evaluate
from stancelib.evaluation.writing import write_report


def assert_stance_quality(
    labels: Path | str | Sequence[Path | str],
    *,
    model: Path | str | None = None,
    conflicts: Sequence[Conflict | Path | str] = (),
    minimum: Mapping[str, float] | None = None,
    maximum: Mapping[str, float] | None = None,
    baseline: Path | str | None = None,
    report: Path | str | None = None,
    settings: EvaluationSettings | None = None,
) -> Evaluation:
    """Evaluate a model, and fail where a gate does; what ``stancelib evaluate`` does, inside a test.

    Args:
        labels: Labelled sentences or articles: a file, or several.
        model: A shipped model's name or a folder; None: the shipped default.
        conflicts: Conflict files, or values, that rows may name.
        minimum: The least value of a metric, by name.
        maximum: The greatest value of a metric.
        baseline: An earlier report's folder: a metric that is surely worse fails.
        report: A folder for the report, which is written before anything fails.
        settings: Split, seed, tolerance and the rest; its gates hold too.

    Returns:
        The evaluation, for further assertions.

    Raises:
        AssertionError: A gate failed; the message has a line for each.
        DataError: The labels cannot be judged.
    """
    chosen = settings or EvaluationSettings()
    chosen = replace(
        chosen, minimum={**chosen.minimum, **(minimum or {})}, maximum={**chosen.maximum, **(maximum or {})}
    )
    if report is not None and not chosen.behaviour and not chosen.end_to_end:
        chosen = replace(chosen, behaviour=load_behaviour())
    loaded = [conflict if isinstance(conflict, Conflict) else load_conflict(conflict) for conflict in conflicts]
    found = evaluate(labels, model=model, conflicts=loaded, baseline=baseline, settings=chosen)
    if report is not None:
        write_report(found, Path(report))
    if found.failures:
        lines = "\n".join(f"  {line}" for line in found.failures)
        raise AssertionError(f"{len(found.failures)} gates failed:\n{lines}\n  ({found.signature})")
    return found
