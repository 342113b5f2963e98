"""What an evaluation found, as values: the content of ``metrics.json``, which every other form of a report shows.

The flat keys of the file are the point values of the metrics; what stands beside them is documented here, field by
field, and as JSON Schema by ``report_schema``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stancelib.errors import DataError

FORMAT_VERSION: Literal[1] = 1

Interval = tuple[float, float]
"""Lower and upper end of a 95 % bootstrap interval over documents."""

Mode = Literal["gold actors", "end-to-end"]
"""Whether the labelled actors were given, or the raw text of articles was tagged."""

Verdict = Literal["worse", "no difference shown", "better"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Estimate(_Part):
    """A value with its interval; None where the labels do not define it."""

    value: float | None
    interval: Interval | None = None


class Counts(_Part):
    """How much was judged."""

    documents: int
    sentences: int
    pairs: int
    stances: int = Field(description="Pairs whose actor takes a stance.")


class ClassRow(_Part):
    """One class of a question: a type, a side class, a quad class, a PLOVER code, a status."""

    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    f1_interval: Interval | None = None
    average_precision: float | None = None
    average_precision_interval: Interval | None = None
    ece: float | None = None
    brier_skill: float | None = None


class Confusion(_Part):
    """Counts of gold classes (rows) against answers (columns)."""

    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


class TypeConfusion(_Part):
    """How often a type was missed and another one said instead; an empty string is "none"."""

    gold: str
    said: str
    n: int


class Bin(_Part):
    """A bin of a reliability curve: probabilities near each other, and how often they came true."""

    proba: float = Field(description="Mean probability.")
    rate: float = Field(description="Share of positives.")
    n: int
    rate_interval: Interval | None = None


class CoveragePoint(_Part):
    """A point of the risk-coverage curve: what is wrong among the surest answers."""

    coverage: float = Field(description="Share of the pairs that are answered, the surest first.")
    risk: float = Field(description="Share of wrong ones among them.")
    confidence: float = Field(description="Confidence of the least sure of them.")
    risk_interval: Interval | None = None


class Slice(_Part):
    """A part of the pairs, and how it differs from all others."""

    dimension: str
    name: str
    documents: int
    pairs: int
    metrics: dict[str, Estimate]
    gaps: dict[str, Estimate] = Field(description="The metric of the slice less that of all other pairs.")
    surely_worse: tuple[str, ...] = Field(
        description="Metrics whose gap is below 0 after Holm's correction over all slices."
    )


class SideParity(_Part):
    """Whether a model treats a side as the labels do.

    ``kindness`` is the mean over (pair, side) of what is said (supports 1, neither 0, opposes -1) less what is right.
    """

    conflict: str
    side: str
    pairs: int
    kindness: Estimate
    gap: Estimate = Field(description="Kindness less that towards the other sides of the conflict.")
    missed_support: Estimate
    missed_opposition: Estimate
    false_support: Estimate
    false_opposition: Estimate


class ActorParity(_Part):
    """Whether a model is right about an actor as often as about the others."""

    conflict: str
    actor: str
    name: str
    pairs: int
    exact_match: Estimate
    gap: Estimate = Field(description="Exact match less that of all other actors.")
    stance_excess: Estimate = Field(description="Share of pairs that are said to take a stance, less the right share.")


class StageRow(_Part):
    """Where end-to-end tuples were lost, or invented: sentence, actor, attribution, type, side."""

    question: Literal["stance", "side"]
    stage: Literal["sentence", "actor", "attribution", "type", "side"]
    lost: int = Field(description="Right tuples that were not found because of this stage.")
    invented: int = Field(description="Wrong tuples that were said because of this stage.")
    f1_without: float | None = Field(description="The F1 if this stage had made no error and all others the same.")


class BehaviourExample(_Part):
    """A case that failed."""

    text: str
    actor: str
    expected: str
    said: str


class BehaviourRow(_Part):
    """The cases of one capability."""

    capability: str
    kind: Literal["minimum", "invariance", "direction"]
    description: str
    cases: int
    failed: int
    rate: Estimate = Field(description="Share of failed cases; interval by template.")
    examples: tuple[BehaviourExample, ...]


class Difference(_Part):
    """A metric of this model beside the baseline's."""

    metric: str
    value: float
    baseline: float
    difference: Estimate
    p_bootstrap: float = Field(description="Two-sided, paired bootstrap over documents.")
    p_mcnemar: float | None = Field(description="Two-sided exact McNemar over single decisions, where there are such.")
    p_holm: float = Field(description="p_bootstrap after Holm's correction over all that was compared.")
    p_mcnemar_holm: float | None = Field(
        default=None, description="p_mcnemar after Holm's correction over all of them."
    )
    verdict: Verdict


class Change(_Part):
    """A pair that one model answers rightly and the other does not."""

    id: str
    sentence: str
    actor: str
    text: str
    gold: str
    baseline: str
    said: str


class Comparison(_Part):
    """This model against the baseline, on the same labels."""

    folder: str
    signature: str
    tolerance: float
    differences: tuple[Difference, ...]
    n_gains: int
    n_losses: int
    n_other: int = Field(description="Pairs that both answer wrongly, in different ways.")
    gains: tuple[Change, ...]
    losses: tuple[Change, ...]


class Gate(_Part):
    """A condition on the evaluation."""

    name: str
    kind: Literal["minimum", "maximum", "baseline"]
    value: float | None
    limit: float
    passed: bool
    message: str


class Report(_Part):
    """All that an evaluation found, without the single answers (these are in ``predictions.jsonl``)."""

    format_version: Literal[1] = FORMAT_VERSION
    signature: str
    mode: Mode
    metrics: dict[str, float | None] = Field(exclude=True)
    intervals: dict[str, Interval | None]
    counts: Counts
    by_type: dict[str, ClassRow] = Field(default_factory=dict)
    by_side_class: dict[str, ClassRow] = Field(default_factory=dict)
    by_quad: dict[str, ClassRow] = Field(default_factory=dict)
    by_plover: dict[str, ClassRow] = Field(default_factory=dict)
    by_status: dict[str, ClassRow] = Field(default_factory=dict)
    side_confusion: Confusion | None = None
    type_confusions: tuple[TypeConfusion, ...] = ()
    types_reliability: tuple[Bin, ...] = ()
    side_reliability: tuple[Bin, ...] = ()
    risk_coverage: tuple[CoveragePoint, ...] = ()
    slices: tuple[Slice, ...] = ()
    side_parity: tuple[SideParity, ...] = ()
    actor_parity: tuple[ActorParity, ...] = ()
    stages: tuple[StageRow, ...] = ()
    behaviour: tuple[BehaviourRow, ...] = ()
    comparison: Comparison | None = None
    gates: tuple[Gate, ...] = ()

    def estimate(self, name: str) -> Estimate:
        """Return a metric with its interval; KeyError if there is none of that name."""
        return Estimate(value=self.metrics[name], interval=self.intervals.get(name))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``metrics.json``: the metrics as flat keys, then the rest."""
        rest = self.model_dump(mode="json")
        head = {name: rest.pop(name) for name in ("format_version", "signature", "mode")}
        return {**head, **self.metrics, **rest}


def parse_report(content: object, *, where: str) -> Report:
    """Read the content of a ``metrics.json``.

    Raises:
        DataError: It is not of the form, or of another format version.
    """
    head = check_head(content, where=where)
    flat = {name: value for name, value in head.items() if name not in Report.model_fields}
    try:
        return Report.model_validate({**head, "metrics": flat})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DataError(f"{where}: {place}: {first['msg']}; expected a file that --report wrote") from error


def check_head(content: object, *, where: str) -> Mapping[str, Any]:
    """Return the content of a ``metrics.json`` that has a signature and is of the format that is read here.

    Raises:
        DataError: It is not.
    """
    if not isinstance(content, Mapping) or "signature" not in content:
        raise DataError(f"{where}: no metrics with a signature; expected a file that --report wrote")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise DataError(f"{where}: format version {version!r}, but this stancelib reads {FORMAT_VERSION}")
    return content


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``metrics.json``."""
    schema = Report.model_json_schema(mode="serialization")
    schema["additionalProperties"] = {"type": ["number", "null"], "description": "The point value of a metric."}
    return schema
