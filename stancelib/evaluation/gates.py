"""Conditions on an evaluation: limits of metrics, and no metric worse than the baseline's."""

from __future__ import annotations

from collections.abc import Mapping

from stancelib.errors import DataError, UnknownNameError
from stancelib.evaluation.report import Comparison, Difference, Gate, Report


def check_limits(report: Report, *, minimum: Mapping[str, float], maximum: Mapping[str, float]) -> tuple[Gate, ...]:
    """Return a gate for each limit.

    Args:
        report: What was found.
        minimum: The least value of a metric, by name: those of the report, ``f1[TYPE]``, and
            ``behaviour_pass_rate[CAPABILITY]``.
        maximum: The greatest value of a metric.

    Raises:
        UnknownNameError: There is no metric of a name.
        DataError: The labels do not define it.
    """
    values = named_values(report)
    gates = [_limit(values, name, limit, is_minimum=True) for name, limit in minimum.items()]
    gates += [_limit(values, name, limit, is_minimum=False) for name, limit in maximum.items()]
    return tuple(gates)


def check_baseline(comparison: Comparison) -> tuple[Gate, ...]:
    """Return a gate for each metric that was compared."""
    return tuple(
        Gate(
            name=difference.metric,
            kind="baseline",
            value=difference.value,
            limit=difference.baseline,
            passed=difference.verdict != "worse",
            message=_tell(difference, comparison),
        )
        for difference in comparison.differences
    )


def named_values(report: Report) -> dict[str, float | None]:
    """Return everything that a gate may name, with its value."""
    types = {f"f1[{type_id}]": row.f1 for type_id, row in report.by_type.items()}
    behaviour: dict[str, list[int]] = {}
    for row in report.behaviour:
        counts = behaviour.setdefault(row.capability, [0, 0])
        counts[0] += row.cases - row.failed
        counts[1] += row.cases
    rates = {f"behaviour_pass_rate[{name}]": passed / cases for name, (passed, cases) in behaviour.items()}
    return {**report.metrics, **types, **rates}


def _limit(values: Mapping[str, float | None], name: str, limit: float, *, is_minimum: bool) -> Gate:
    if name not in values:
        raise UnknownNameError("metric", name, values)
    value = values[name]
    if value is None:
        raise DataError(f"metric {name!r} is not defined on these labels; expected labels that it can judge")
    passed = value >= limit if is_minimum else value <= limit
    place = "below" if is_minimum else "above"
    told = f"{name} is {value:.4f}"
    return Gate(
        name=name,
        kind="minimum" if is_minimum else "maximum",
        value=value,
        limit=limit,
        passed=passed,
        message=f"{told}, within the gate of {limit}"
        if passed
        else f"{told}, {abs(limit - value):.4f} {place} the gate of {limit}",
    )


def _tell(difference: Difference, comparison: Comparison) -> str:
    told = f"{difference.metric} is {difference.value:.4f}"
    than = f"the {difference.baseline:.4f} of {comparison.folder}"
    if difference.verdict == "no difference shown":
        return f"{told}, no difference shown to {than} (p = {difference.p_holm:.3f})"
    amount = abs(difference.value - difference.baseline)
    interval = difference.difference.interval
    spread = f"95 % interval of the difference {interval[0]:+.4f} to {interval[1]:+.4f}, " if interval else ""
    return f"{told}, {difference.verdict} than {than} by {amount:.4f} ({spread}p = {difference.p_holm:.3g})"
