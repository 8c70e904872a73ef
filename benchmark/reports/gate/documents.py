"""A report for programs: JUnit XML, one test suite a model and one test case a task; and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from benchmark.gate import CheckedScore, GateReport, Outcome
from benchmark.one_line import one_line
from benchmark.reports.gate.sentences import circumstances, points, score, sentence

NAME = "regression gate"
JSON_VERSION = 1


def as_junit(report: GateReport) -> str:
    """Return the report in the form that CI servers read (Jenkins, GitLab, pytest's).

    A score that fails is a ``failure``, one without a baseline is ``skipped``. ``one_line``
    spells out every character that XML cannot hold.
    """
    suites = ET.Element("testsuites", {"name": NAME, **_counted(report.scores)})
    for model in dict.fromkeys(checked.model for checked in report.scores):
        scores = [checked for checked in report.scores if checked.model == model]
        suite = ET.SubElement(suites, "testsuite", {"name": one_line(model), **_counted(scores)})
        _add_properties(suite, report, scores)
        for checked in scores:
            _add_case(suite, checked)
    ET.indent(suites)
    written: str = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}'


def as_json(report: GateReport) -> str:
    """Return the report as a JSON object; scores are fractions of 1, distances are points."""
    found = {
        "schema_version": JSON_VERSION,
        "passed": report.passed,
        "baseline": str(report.baseline),
        "direction": report.direction,
        "significant": report.significant,
        "unidentified": list(report.unidentified),
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "verdicts": [_plain(checked) for checked in report.scores],
    }
    # The standard library's encoder spells out whatever is not ASCII: safe on any terminal.
    return json.dumps(found, indent=2, allow_nan=False)


def _counted(scores: Sequence[CheckedScore]) -> dict[str, str]:
    return {
        "tests": str(len(scores)),
        "failures": str(sum(checked.failed for checked in scores)),
        "errors": "0",
        "skipped": str(sum(checked.outcome is Outcome.NEW for checked in scores)),
        "time": f"{sum(checked.seconds for checked in scores):.3f}",
    }


def _add_properties(suite: ET.Element, report: GateReport, scores: Sequence[CheckedScore]) -> None:
    values: dict[str, dict[str, None]] = {
        "baseline": {str(report.baseline): None},
        "direction": {report.direction: None},
        "significant": {"yes" if report.significant else "no": None},
    }
    if any(checked.unidentified for checked in scores):
        values["identified"] = {"no, its encoder has no version": None}
    for checked in scores:
        for name, value in sorted(checked.environment.items()):
            values.setdefault(name, {})[value] = None
    parent = ET.SubElement(suite, "properties")
    for name, several in values.items():
        found = {"name": one_line(name), "value": one_line(", ".join(several))}
        ET.SubElement(parent, "property", found)


def _add_case(suite: ET.Element, checked: CheckedScore) -> None:
    names = {"classname": one_line(checked.model), "name": one_line(checked.task)}
    case = ET.SubElement(suite, "testcase", {**names, "time": f"{checked.seconds:.3f}"})
    if checked.failed:
        about = {"message": sentence(checked), "type": checked.outcome.value}
        ET.SubElement(case, "failure", about).text = "\n".join(_details(checked))
    elif checked.outcome is Outcome.NEW:
        ET.SubElement(case, "skipped", {"message": sentence(checked)})
    else:
        ET.SubElement(case, "system-out").text = sentence(checked)


def _details(checked: CheckedScore) -> list[str]:
    place = "" if checked.path is None else one_line(str(checked.path))
    lines = {
        "expected": score(checked.expected),
        "actual": score(checked.score),
        "delta": points(checked.difference, "+"),
        "tolerance": points(checked.tolerance),
        **{
            one_line(change.field): one_line(f"{change.before} -> {change.after}")
            for change in checked.changes
        },
        "baseline": f"{place}{f', line {checked.line}' if checked.line else ''}",
    }
    hint = circumstances(checked)
    return [f"{name}: {value}" for name, value in lines.items()] + ([hint] if hint else [])


def _plain(checked: CheckedScore) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(checked, enc_hook=str)
    units = {"difference": "difference_points", "tolerance": "tolerance_points"}
    named = {units.get(name, name): value for name, value in found.items()}
    return {**named, "failed": checked.failed, "message": sentence(checked)}
