"""The gates of an evaluation as JUnit XML, which CI systems show as tests."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from stancelib.evaluation.report import Gate, Report

_UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def render_junit(report: Report) -> str:
    """Return the report as one test suite: a case for the evaluation itself, and one for each gate."""
    failed = sum(not gate.passed for gate in report.gates)
    totals = {"tests": str(len(report.gates) + 1), "failures": str(failed), "errors": "0", "skipped": "0"}
    root = ET.Element("testsuites", {name: totals[name] for name in ("tests", "failures", "errors")})
    suite = ET.SubElement(root, "testsuite", {"name": "stancelib evaluate", **totals})
    properties = ET.SubElement(suite, "properties")
    known = {name: value for name, value in report.metrics.items() if value is not None}
    for name, value in {"signature": report.signature, **known}.items():
        ET.SubElement(properties, "property", {"name": name, "value": _fit(str(value))})
    ET.SubElement(suite, "testcase", {"classname": "stancelib.evaluate", "name": "evaluation"})
    for gate in report.gates:
        _add_case(suite, gate)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, gate: Gate) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": f"stancelib.gates.{gate.kind}", "name": _fit(gate.name)})
    if not gate.passed:
        failure = ET.SubElement(case, "failure", {"type": gate.kind, "message": _fit(gate.message)})
        failure.text = _fit(gate.message)


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)
