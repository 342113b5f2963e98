"""An earlier report read again: its answers beside the labels that are judged now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from stancelib.errors import DataError
from stancelib.evaluation.judged import Judged
from stancelib.evaluation.report import check_head
from stancelib.evaluation.signature import describe_data
from stancelib.evaluation.stages import Answered, JudgedArticle, Question
from stancelib.records import read_json_lines
from stancelib.types import SideScore, StanceTag, Status, Target

METRICS_FILE = "metrics.json"
PREDICTIONS_FILE = "predictions.jsonl"
"""What of a report folder a comparison needs."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier report: what it was made of, and the lines of its predictions file.

    Attributes:
        folder: Where it was read.
        signature: What was evaluated on what.
        lines: The lines, with their numbers, in order.
    """

    folder: Path
    signature: str
    lines: Sequence[tuple[int, Mapping[str, Any]]]

    @property
    def predictions_path(self) -> Path:
        """The file that the lines were read from."""
        return self.folder / PREDICTIONS_FILE


_Probability = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class _Prediction(BaseModel):
    id: str
    sentence: str = ""
    actor: str
    types: dict[str, _Probability]
    type_proba: dict[str, _Probability]
    supports: str | None
    opposes: str | None
    target: str | None
    status: Status | None = None
    sides: dict[str, dict[Literal["supports", "opposes"], _Probability]] = Field(default_factory=dict)


class _ArticlePrediction(BaseModel):
    id: str
    found: dict[Question, list[list[int | str]]]


_Line = TypeVar("_Line", bound=BaseModel)


def load_baseline(folder: Path) -> Baseline:
    """Read the folder that an earlier evaluation wrote as its report.

    Raises:
        DataError: The folder lacks a file, or a file is not of the format.
    """
    signature = check_head(read_metrics(folder), where=str(folder / METRICS_FILE))["signature"]
    return Baseline(folder, str(signature), tuple(read_json_lines(folder / PREDICTIONS_FILE)))


def read_metrics(folder: Path) -> object:
    """Return what the metrics file of a report folder holds, whatever it is.

    Raises:
        DataError: The file cannot be read, or is not JSON.
    """
    path = folder / METRICS_FILE
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; expected a folder that --report wrote") from error
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}; expected a file that --report wrote") from error


def check_same_data(baseline: Baseline, signature: str) -> None:
    """See that a baseline was made of the labels that a signature names, in the same way.

    Raises:
        DataError: It was not.
    """
    data, earlier = describe_data(signature), describe_data(baseline.signature)
    if data != earlier:
        raise DataError(f"{baseline.folder}: a report on {earlier}, not on {data}; expected one of the same labels")


def answer_before(judged: Sequence[Judged], baseline: Baseline, *, type_ids: Sequence[str]) -> list[Judged]:
    """Return the judged labels with the answers of the baseline.

    Raises:
        DataError: Its predictions are not of these labels and types, or not of the format.
    """
    lines = [_parse(_Prediction, raw, baseline, number) for number, raw in baseline.lines]
    keys = [_key(item.to_dict()) for item in judged]
    if keys != [(line.id, line.sentence, line.actor) for line in lines]:
        raise DataError(
            f"{baseline.folder}: {len(lines)} predictions that are not of the {len(keys)} labels judged here; "
            "expected one for each label, in order"
        )
    if any(set(line.type_proba) != set(type_ids) or not set(line.types) <= set(type_ids) for line in lines):
        raise DataError(f"{baseline.folder}: its types are not those of this model; expected the same codebook")
    return [replace(item, tag=_answered(item.tag, line)) for item, line in zip(judged, lines, strict=True)]


def find_before(judged: Sequence[JudgedArticle], baseline: Baseline) -> list[JudgedArticle]:
    """Return the judged articles with what the baseline found in them; where it lost what, is not known.

    Raises:
        DataError: Its predictions are not of these articles, or not of the format.
    """
    lines = [_parse(_ArticlePrediction, raw, baseline, number) for number, raw in baseline.lines]
    if [line.id for line in lines] != [item.article.id for item in judged]:
        raise DataError(
            f"{baseline.folder}: {len(lines)} predictions that are not of the {len(judged)} articles judged here; "
            "expected one for each article, in order"
        )
    return [_found(item, line) for item, line in zip(judged, lines, strict=True)]


def has_side_scores(judged: Sequence[Judged]) -> bool:
    """Say whether the answers have probabilities of the sides; predictions made by others may lack them."""
    return all(item.tag.sides for item in judged if item.gold.conflict is not None)


def _parse(model: type[_Line], raw: Mapping[str, Any], baseline: Baseline, number: int) -> _Line:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{baseline.predictions_path}:{number}: {place}: {first['msg']}; expected a predictions file"
        ) from error


def _answered(tag: StanceTag, line: _Prediction) -> StanceTag:
    return replace(
        tag,
        types=line.types,
        type_proba=line.type_proba,
        supports=SideScore(line.supports, 1.0) if line.supports else None,
        opposes=SideScore(line.opposes, 1.0) if line.opposes else None,
        target=Target(line.target, 0, 0) if line.target else None,
        status=line.status,
        sides=line.sides,
    )


def _found(item: JudgedArticle, line: _ArticlePrediction) -> JudgedArticle:
    answers = {
        question: Answered(answered.gold, frozenset(tuple(entry) for entry in line.found.get(question, ())))
        for question, answered in item.answers.items()
    }
    return JudgedArticle(item.article, answers, {}, {})


def _key(line: Mapping[str, Any]) -> tuple[str, str, str]:
    return line["id"], line.get("sentence", ""), line["actor"]
