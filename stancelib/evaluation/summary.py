"""A report as Markdown: short enough for a comment on a pull request, or the summary of a CI job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stancelib.evaluation.report import Comparison, Estimate, Report

HEADLINES = (
    *("types_macro_f1", "types_micro_f1", "side_macro_f1", "target_f1", "target_f1_three_actors", "exact_match"),
    *("types_ece", "side_ece", "types_brier_skill", "status_macro_f1"),
    *("end_to_end_actor_f1", "end_to_end_stance_f1", "end_to_end_side_f1", "end_to_end_target_f1"),
)
_N_ROWS = 8


def render_summary(report: Report) -> str:
    """Return the gates, the main metrics, what changed, and where the model is weakest."""
    parts = [
        f"### {_verdict(report)}",
        _failures(report),
        _table(("metric", "value", "95 % interval"), _headlines(report)),
        _comparison(report.comparison) if report.comparison else "",
        _section("Weakest types", ("type", "F1", "95 % interval", "support"), _types(report)),
        _section("Weakest slices", ("slice", "pairs", "metric", "value", "gap to the rest"), _slices(report)),
        _section(
            "Where end-to-end tuples go", ("question", "stage", "lost", "invented", "F1 without"), _stages(report)
        ),
        _section("Behavioural tests", ("capability", "kind", "failed", "rate"), _behaviour(report)),
        _code(report.signature, in_table=False),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(report: Report) -> str:
    n_gates, failed = len(report.gates), sum(not gate.passed for gate in report.gates)
    if not n_gates:
        return "stancelib evaluate: no gates"
    told = f"{failed} of {n_gates} gates failed" if failed else f"{n_gates} of {n_gates} gates passed"
    return f"stancelib evaluate: {told}"


def _failures(report: Report) -> str:
    return "\n".join(f"- **failed:** {_escape(gate.message)}" for gate in report.gates if not gate.passed)


def _headlines(report: Report) -> list[Sequence[str]]:
    names = [name for name in HEADLINES if report.metrics.get(name) is not None]
    return [(_code(name), *_cells(report.estimate(name))) for name in names]


def _comparison(comparison: Comparison) -> str:
    told = [row for row in comparison.differences if row.verdict != "no difference shown"]
    rows = [
        (_code(row.metric), f"{row.baseline:.3f}", f"{row.value:.3f}", _signed(row.difference), f"**{row.verdict}**")
        for row in told
    ]
    rest = len(comparison.differences) - len(told)
    text = (
        f"#### Against {_code(comparison.folder)}\n\n{comparison.n_gains} answers became right, "
        f"{comparison.n_losses} became wrong. No difference shown in {rest} of {len(comparison.differences)} metrics."
    )
    return "\n\n".join(filter(None, (text, _table(("metric", "before", "now", "difference", "verdict"), rows))))


def _types(report: Report) -> list[Sequence[str]]:
    known = [(name, row) for name, row in report.by_type.items() if row.support and row.f1 is not None]
    weakest = sorted(known, key=lambda item: item[1].f1 or 0.0)[:_N_ROWS]
    return [
        (_code(name), *_cells(Estimate(value=row.f1, interval=row.f1_interval)), str(row.support))
        for name, row in weakest
    ]


def _slices(report: Report) -> list[Sequence[str]]:
    rows = [(part, name) for part in report.slices for name in part.surely_worse]
    return [
        (
            _escape(f"{part.dimension}: {part.name}"),
            str(part.pairs),
            _code(name),
            _cells(part.metrics[name])[0],
            _signed(part.gaps[name]),
        )
        for part, name in rows[:_N_ROWS]
    ]


def _stages(report: Report) -> list[Sequence[str]]:
    return [
        (row.question, row.stage, str(row.lost), str(row.invented), _cells(Estimate(value=row.f1_without))[0])
        for row in report.stages
    ]


def _behaviour(report: Report) -> list[Sequence[str]]:
    return [
        (_escape(row.capability), row.kind, f"{row.failed} of {row.cases}", " ".join(_cells(row.rate)))
        for row in report.behaviour
    ]


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"<details><summary>{title}</summary>\n\n{_table(heads, rows)}\n\n</details>" if rows else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if len(lines) > 2 else ""


def _cells(estimate: Estimate) -> tuple[str, str]:
    value = "–" if estimate.value is None else f"{estimate.value:.3f}"
    interval = estimate.interval
    return value, "–" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def _signed(estimate: Estimate) -> str:
    interval = estimate.interval
    spread = f" ({interval[0]:+.3f} to {interval[1]:+.3f})" if interval else ""
    return "–" if estimate.value is None else f"{estimate.value:+.3f}{spread}"


def _code(text: str, *, in_table: bool = True) -> str:
    """Return a text as it is, as code; a stroke would end a table's cell even there."""
    plain = " ".join(text.replace("`", "'").split())
    return f"`{plain.replace('|', chr(92) + '|') if in_table else plain}`"


def _escape(text: str) -> str:
    """Return a text that neither ends a table's cell nor is taken for markup."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
