"""A report as JUnit XML: one test suite a model, one test case a task."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from benchmark.gate import GateReport, Outcome, Verdict
from benchmark.one_line import one_line
from benchmark.reports.gate.wording import circumstances, points, score, sentence

NAME = "regression gate"


def as_junit(report: GateReport) -> str:
    """Return the report in the form that CI servers read (Jenkins, GitLab, pytest's).

    A score that fails is a ``failure``, one without a baseline is ``skipped``. ``one_line``
    spells out every character that XML cannot hold.
    """
    suites = ET.Element("testsuites", {"name": NAME, **_counted(report.verdicts)})
    for model in dict.fromkeys(verdict.model for verdict in report.verdicts):
        verdicts = [verdict for verdict in report.verdicts if verdict.model == model]
        suite = ET.SubElement(suites, "testsuite", {"name": one_line(model), **_counted(verdicts)})
        _add_properties(suite, report, verdicts)
        for verdict in verdicts:
            _add_case(suite, verdict)
    ET.indent(suites)
    written: str = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}'


def _counted(verdicts: Sequence[Verdict]) -> dict[str, str]:
    return {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict.failed for verdict in verdicts)),
        "errors": "0",
        "skipped": str(sum(verdict.outcome is Outcome.NEW for verdict in verdicts)),
        "time": f"{sum(verdict.seconds for verdict in verdicts):.3f}",
    }


def _add_properties(suite: ET.Element, report: GateReport, verdicts: Sequence[Verdict]) -> None:
    values: dict[str, dict[str, None]] = {
        "baseline": {str(report.baseline): None},
        "direction": {report.direction: None},
        "significant": {"yes" if report.significant else "no": None},
    }
    for verdict in verdicts:
        for name, value in sorted(verdict.environment.items()):
            values.setdefault(name, {})[value] = None
    parent = ET.SubElement(suite, "properties")
    for name, several in values.items():
        found = {"name": one_line(name), "value": one_line(", ".join(several))}
        ET.SubElement(parent, "property", found)


def _add_case(suite: ET.Element, verdict: Verdict) -> None:
    names = {"classname": one_line(verdict.model), "name": one_line(verdict.task)}
    case = ET.SubElement(suite, "testcase", {**names, "time": f"{verdict.seconds:.3f}"})
    if verdict.failed:
        about = {"message": sentence(verdict), "type": verdict.outcome.value}
        ET.SubElement(case, "failure", about).text = "\n".join(_details(verdict))
    elif verdict.outcome is Outcome.NEW:
        ET.SubElement(case, "skipped", {"message": sentence(verdict)})
    else:
        ET.SubElement(case, "system-out").text = sentence(verdict)


def _details(verdict: Verdict) -> list[str]:
    place = "" if verdict.path is None else one_line(str(verdict.path))
    lines = {
        "expected": score(verdict.expected),
        "actual": score(verdict.score),
        "delta": points(verdict.difference, "+"),
        "tolerance": points(verdict.tolerance),
        **{
            one_line(change.field): one_line(f"{change.before} -> {change.after}")
            for change in verdict.changes
        },
        "baseline": f"{place}{f', line {verdict.line}' if verdict.line else ''}",
    }
    hint = circumstances(verdict)
    return [f"{name}: {value}" for name, value in lines.items()] + ([hint] if hint else [])
