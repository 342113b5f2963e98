"""Model cards: what a model learnt from, and how well it does, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stancelib.encoder.model import EncoderModel
from stancelib.linear import LinearModel

_SLICES = {"by_conflict": "conflict", "by_phenomenon": "phenomenon"}


def write_card(
    model: LinearModel | EncoderModel,
    *,
    n_sentences: int,
    n_examples: int,
    n_dev: int,
    type_counts: Mapping[str, int],
    data_sha256: str,
    measured: Mapping[str, Any],
    notes: str,
) -> str:
    """Return a model's card.

    Args:
        model: The trained model.
        n_sentences: Labelled sentences that it learnt from.
        n_examples: Judged (sentence, actor) pairs that it learnt from.
        n_dev: Pairs that temperatures and thresholds were fitted on; 0: cross-validated predictions were used.
        type_counts: Positive pairs of each type.
        data_sha256: Of the label files.
        measured: By the name of the data its metrics, with intervals and counts; parts without ``by_type`` are left
            out.
        notes: What else the card is to say, in Markdown.
    """
    rows = "\n".join(
        f"| {type_id} | {n} | {model.thresholds.types[type_id]:.2f} |" for type_id, n in type_counts.items()
    )
    calibration = f"{n_dev} held-out pairs" if n_dev else "cross-validated predictions"
    parts = [
        f"""# {model.name}

A stance model of stancelib ({model.family} family), version {model.version}, for the codebook {model.codebook.label}.

- trained on {n_sentences} sentences with {n_examples} judged (sentence, actor) pairs
- temperatures and thresholds fitted on {calibration}
- sha256 of the training data: `{data_sha256}`

| type | positive pairs | threshold |
|---|---|---|
{rows}
""",
        *([f"\n{notes.strip()}\n"] if notes else []),
        *(_measured_part(n, part) for n, part in measured.items() if isinstance(part, Mapping) and "by_type" in part),
    ]
    return "".join(parts)


def _measured_part(name: str, part: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {metric} | {value:.3f} | {_interval(part['intervals'][metric])} |"
        for metric, value in part["metrics"].items()
        if value is not None
    )
    types = "\n".join(
        f"| {type_id} | {' | '.join(_cell(row.get(key)) for key in ('precision', 'recall', 'f1'))} | {row['support']} |"
        for type_id, row in part["by_type"].items()
    )
    return f"""
## Measured: {name.replace("_", " ")}

{part["n_sentences"]} sentences, {part["n_pairs"]} pairs; 95 % bootstrap intervals over documents.

| metric | value | interval |
|---|---|---|
{rows}

| type | precision | recall | F1 | support |
|---|---|---|---|---|
{types}
{"".join(_slices_part(title, part.get(key, {})) for key, title in _SLICES.items())}"""


def _slices_part(title: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table of parts of the data, a row each; nothing where there are none."""
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["metrics"]))
    lines = [
        f"| {label} | {row['pairs']} | {' | '.join(_estimate(row['metrics'].get(name)) for name in names)} |"
        for label, row in rows.items()
    ]
    head = f"| {title} | pairs | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}\n"
    return f"\n{head}" + "\n".join(lines) + "\n"


def _estimate(found: Mapping[str, Any] | None) -> str:
    if found is None or found["value"] is None:
        return "-"
    bounds = found.get("interval")
    return f"{found['value']:.2f}" + (f" ({bounds[0]:.2f} - {bounds[1]:.2f})" if bounds else "")


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.3f} - {bounds[1]:.3f}"
