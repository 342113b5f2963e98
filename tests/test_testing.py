from __future__ import annotations

from pathlib import Path

import pytest

from stancelib.evaluation.run import EvaluationSettings
from stancelib.testing import assert_stance_quality

QUICK = EvaluationSettings(resamples=200)


def test_a_good_model_passes_and_the_evaluation_comes_back(
    labels_path: Path, model_dir: Path, conflict_path: Path
) -> None:
    found = assert_stance_quality(
        labels_path,
        model=model_dir,
        conflicts=[conflict_path],
        minimum={"types_macro_f1": 0.5},
        maximum={"types_ece": 0.5},
        settings=QUICK,
    )
    assert len(found.judged) == 50


def test_failed_gates_are_told_and_the_report_is_there(
    labels_path: Path, model_dir: Path, conflict_path: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        AssertionError, match=r"2 gates failed:\n  types_macro_f1 is .* below the gate of 1\.5\n"
    ) as end:
        assert_stance_quality(
            labels_path,
            model=model_dir,
            conflicts=[conflict_path],
            minimum={"types_macro_f1": 1.5},
            maximum={"types_ece": 0.0},
            report=tmp_path / "r",
            settings=QUICK,
        )
    assert "types_ece is" in str(end.value)
    assert (tmp_path / "r/junit.xml").is_file()


def test_a_baseline_is_compared(labels_path: Path, model_dir: Path, conflict_path: Path, tmp_path: Path) -> None:
    options = {"model": model_dir, "conflicts": [conflict_path], "settings": QUICK}
    assert_stance_quality(labels_path, report=tmp_path / "old", **options)
    found = assert_stance_quality(labels_path, baseline=tmp_path / "old", **options)
    assert found.report.comparison is not None
    assert all(gate.kind == "baseline" and gate.passed for gate in found.report.gates)


def test_the_fixture_comes_with_the_installation(
    pytester: pytest.Pytester, labels_path: Path, model_dir: Path, conflict_path: Path
) -> None:
    arguments = f"{str(labels_path)!r}, model={str(model_dir)!r}, conflicts=[{str(conflict_path)!r}]"
    pytester.makepyfile(
        f"""
        def test_good(assert_stance_quality):
            assert_stance_quality({arguments}, minimum={{"types_macro_f1": 0.5}})

        def test_bad(assert_stance_quality):
            assert_stance_quality({arguments}, minimum={{"types_macro_f1": 1.5}})
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*types_macro_f1 is * below the gate of 1.5*"])
