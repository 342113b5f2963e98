from __future__ import annotations

import pytest

from stancelib.errors import DataError, UnknownNameError
from stancelib.evaluation.gates import check_baseline, check_limits
from stancelib.evaluation.report import (
    BehaviourRow,
    ClassRow,
    Comparison,
    Counts,
    Difference,
    Estimate,
    Report,
    Verdict,
)


def _report(**metrics: float | None) -> Report:
    return Report(
        signature="",
        mode="gold actors",
        metrics=metrics,
        intervals={},
        counts=Counts(documents=0, sentences=0, pairs=0, stances=0),
        by_type={"x": ClassRow(precision=1.0, recall=0.25, f1=0.4, support=8)},
        behaviour=tuple(
            BehaviourRow(
                capability="negation",
                kind=kind,
                description="",
                cases=cases,
                failed=failed,
                rate=Estimate(value=failed / cases),
                examples=(),
            )
            for kind, cases, failed in (("minimum", 6, 1), ("invariance", 2, 1))
        ),
    )


@pytest.mark.parametrize(
    ("minimum", "maximum", "failed"),
    [
        ({}, {}, []),
        ({"a": 0.5}, {"a": 0.5}, []),
        ({"a": 0.5001}, {}, ["a is 0.5000, 0.0001 below the gate of 0.5001"]),
        ({}, {"a": 0.4}, ["a is 0.5000, 0.1000 above the gate of 0.4"]),
        ({"a": 0.6, "f1[x]": 0.5}, {}, ["a is 0.5000, 0.1000 below", "f1[x] is 0.4000, 0.1000 below"]),
        # 8 cases, 2 failed
        ({"behaviour_pass_rate[negation]": 0.75}, {"behaviour_pass_rate[negation]": 0.75}, []),
        ({"behaviour_pass_rate[negation]": 0.8}, {}, ["behaviour_pass_rate[negation] is 0.7500, 0.0500 below"]),
    ],
)
def test_limits(minimum: dict[str, float], maximum: dict[str, float], failed: list[str]) -> None:
    gates = check_limits(_report(a=0.5), minimum=minimum, maximum=maximum)
    assert len(gates) == len(minimum) + len(maximum)
    messages = [gate.message for gate in gates if not gate.passed]
    assert len(messages) == len(failed)
    assert all(message.startswith(start) for message, start in zip(messages, failed, strict=True))


def test_a_limit_of_an_unknown_or_undefined_metric_is_refused() -> None:
    report = _report(types_ece=0.5, b=None)
    with pytest.raises(UnknownNameError, match="unknown metric 'types_ec'; did you mean 'types_ece'"):
        check_limits(report, minimum={"types_ec": 0.1}, maximum={})
    with pytest.raises(DataError, match="metric 'b' is not defined on these labels"):
        check_limits(report, minimum={}, maximum={"b": 0.1})


def _difference(verdict: Verdict) -> Difference:
    return Difference(
        metric="a",
        value=0.4,
        baseline=0.5,
        difference=Estimate(value=-0.1, interval=(-0.15, -0.05)),
        p_bootstrap=0.001,
        p_mcnemar=None,
        p_holm=0.01,
        verdict=verdict,
    )


@pytest.mark.parametrize(
    ("verdict", "passed", "message"),
    [
        (
            "worse",
            False,
            "a is 0.4000, worse than the 0.5000 of old by 0.1000 "
            "(95 % interval of the difference -0.1500 to -0.0500, p = 0.01)",
        ),
        ("no difference shown", True, "a is 0.4000, no difference shown to the 0.5000 of old (p = 0.010)"),
    ],
)
def test_a_baseline_is_a_gate_for_each_metric(verdict: Verdict, passed: bool, message: str) -> None:
    comparison = Comparison(
        folder="old",
        signature="",
        tolerance=0.0,
        differences=(_difference(verdict),),
        n_gains=0,
        n_losses=0,
        n_other=0,
        gains=(),
        losses=(),
    )
    (gate,) = check_baseline(comparison)
    assert (gate.kind, gate.passed, gate.message) == ("baseline", passed, message)
