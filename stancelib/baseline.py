"""Whether a model is worse than an earlier one on the same labels: a paired bootstrap over documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ValidationError

from stancelib.errors import DataError
from stancelib.evaluation import METRICS_FILE, PREDICTIONS_FILE, Evaluation
from stancelib.measures import Answers, Judged, collect_answers, measure_answers
from stancelib.records import read_json_lines
from stancelib.types import SideScore, StanceTag, Target

_UNCOMPARED = ("side_ece", "status_macro_f1")
"""Metrics of what a predictions file does not hold."""

_LOWER_IS_BETTER = ("types_ece",)
_CERTAINTY = 0.95


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier report: the labels it was made of, and a prediction for each of them.

    Attributes:
        folder: Where it was read.
        signature: What was evaluated on what.
        predictions: The lines of its predictions file, in order.
    """

    folder: Path
    signature: str
    predictions: Sequence[_Prediction]


class _Prediction(BaseModel):
    id: str
    sentence: str = ""
    actor: str
    types: dict[str, float]
    type_proba: dict[str, float]
    supports: str | None
    opposes: str | None
    target: str | None


def load_baseline(folder: Path) -> Baseline:
    """Read the folder that an earlier evaluation wrote as its report.

    Raises:
        DataError: The folder lacks a file, or a file is not of the format.
    """
    path = folder / METRICS_FILE
    try:
        signature = json.loads(path.read_text(encoding="utf-8"))["signature"]
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected a folder that --report wrote") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: no metrics with a signature; expected a file that --report wrote") from error
    return Baseline(folder, str(signature), tuple(_read_predictions(folder / PREDICTIONS_FILE)))


def find_worse(evaluation: Evaluation, baseline: Baseline, *, resamples: int = 1000, seed: int = 0) -> list[str]:
    """Return a line for each metric that is worse than the baseline's with 95 % certainty.

    Both are measured on the same documents drawn with replacement; a metric is surely worse where it is so in 95 % of
    the draws.

    Args:
        evaluation: What is judged.
        baseline: What it is compared with.
        resamples: How many draws.
        seed: Of the draws.

    Raises:
        DataError: The two are not of the same labels, or of fewer than two documents.
    """
    pairs = _pair(evaluation, baseline)
    type_ids = list(evaluation.by_type)
    now, before = collect_answers([new for new, _ in pairs], type_ids), collect_answers([o for _, o in pairs], type_ids)
    values, earlier = _compared(now), _compared(before)
    names = [name for name in values if values[name] is not None and earlier.get(name) is not None]
    losses = _losses(now, before, names, draws=draw_rows([new for new, _ in pairs], resamples, seed=seed))
    lines = []
    for name, column in zip(names, losses.T, strict=True):
        known = column[~np.isnan(column)]
        least = float(np.quantile(known, 1 - _CERTAINTY)) if len(known) else 0.0
        if least > 0:
            lines.append(
                f"{name} is {values[name]:.4f}, worse than the {earlier[name]:.4f} of {baseline.folder} "
                f"(by {least:.4f} or more with {_CERTAINTY:.0%} certainty)"
            )
    return lines


def _read_predictions(path: Path) -> Iterator[_Prediction]:
    for number, raw in read_json_lines(path):
        try:
            yield _Prediction.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise DataError(f"{path}:{number}: {place}: {first['msg']}; expected a predictions file") from error


def _pair(evaluation: Evaluation, baseline: Baseline) -> list[tuple[Judged, Judged]]:
    """Return each judged label with the same label as the baseline answered it."""
    data, earlier = _data_of(evaluation.signature), _data_of(baseline.signature)
    if data != earlier:
        raise DataError(f"{baseline.folder}: a report on {earlier}, not on {data}; expected one of the same labels")
    keys = [_key(item.to_dict()) for item in evaluation.judged]
    if keys != [(line.id, line.sentence, line.actor) for line in baseline.predictions]:
        raise DataError(
            f"{baseline.folder}: {len(baseline.predictions)} predictions that are not of the {len(keys)} labels judged "
            "here; expected one for each label, in order"
        )
    if len({item.gold.document_id for item in evaluation.judged}) < 2:
        raise DataError("--baseline compares over documents; expected labels of two documents or more")
    types = set(evaluation.by_type)
    for line in baseline.predictions:
        if set(line.type_proba) != types:
            raise DataError(f"{baseline.folder}: its types are not those of this model; expected the same codebook")
    return [
        (item, replace(item, tag=_answered(item, line)))
        for item, line in zip(evaluation.judged, baseline.predictions, strict=True)
    ]


def _answered(item: Judged, line: _Prediction) -> StanceTag:
    return replace(
        item.tag,
        types=line.types,
        type_proba=line.type_proba,
        supports=SideScore(line.supports, 1.0) if line.supports else None,
        opposes=SideScore(line.opposes, 1.0) if line.opposes else None,
        target=Target(line.target, 0, 0) if line.target else None,
    )


def _key(line: Mapping[str, Any]) -> tuple[str, str, str]:
    return line["id"], line.get("sentence", ""), line["actor"]


def _data_of(signature: str) -> str:
    """Return what a signature says of the labels: hash, split and way of judging, without the file's name."""
    parts = signature.split("|")
    data = next((part.rpartition("#")[2] for part in parts if part.startswith("data:")), "unknown labels")
    split = next((part for part in parts if part.startswith("split:")), "")
    return " ".join(filter(None, (f"labels {data}", split, parts[-1])))


def _compared(answers: Answers) -> dict[str, float | None]:
    return {name: value for name, value in measure_answers(answers).items() if name not in _UNCOMPARED}


def draw_rows(judged: Sequence[Judged], resamples: int, *, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the rows of documents drawn with replacement, as many documents as there are."""
    groups: dict[str, list[int]] = {}
    for row, item in enumerate(judged):
        groups.setdefault(item.gold.document_id, []).append(row)
    rows = [np.array(group, dtype=np.int64) for group in groups.values()]
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.concatenate([rows[number] for number in rng.integers(0, len(rows), len(rows))])


def _losses(
    now: Answers, before: Answers, names: Sequence[str], *, draws: Iterator[npt.NDArray[np.int64]]
) -> npt.NDArray[np.float64]:
    """Return by how much each metric is worse in each draw, shape ``(n_draws, n_names)``; NaN where it is undefined."""
    signs = np.array([-1.0 if name in _LOWER_IS_BETTER else 1.0 for name in names])
    losses = []
    for rows in draws:
        new, old = measure_answers(now.take(rows)), measure_answers(before.take(rows))
        pairs = [(old[name], new[name]) for name in names]
        losses.append([np.nan if o is None or n is None else o - n for o, n in pairs])
    return np.asarray(np.array(losses, dtype=np.float64).reshape(-1, len(names)) * signs)
