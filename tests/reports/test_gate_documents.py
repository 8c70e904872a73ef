"""JUnit XML and JSON, read back by another project's reader and by the standard library's."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import junitparser
import pytest

from benchmark.one_line import one_line
from benchmark.reports.gate import as_json, as_junit
from tests.gate.samples import HOSTILE
from tests.reports.gate_samples import HOSTILE_REPORT, REPORT, many_failures

CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "properties": ["property"],
    "property": [],
    "testcase": ["skipped", "error", "failure", "system-out", "system-err"],
    "failure": [],
    "skipped": [],
    "system-out": [],
}
REQUIRED = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "property": {"name", "value"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "skipped": {"message"},
}
"""The schema that Jenkins' JUnit plug-in and pytest agree on: which elements may hold which."""


def cases(report):
    return {
        case.name: case
        for suite in junitparser.JUnitXml.fromstring(as_junit(report))
        for case in suite
    }


def test_one_suite_a_model_one_case_a_task():
    read = junitparser.JUnitXml.fromstring(as_junit(many_failures(3)))
    assert [suite.name for suite in read] == ["model-0000", "model-0001", "model-0002"]
    assert [case.name for suite in read for case in suite] == ["STS12"] * 3


def test_the_counts_are_those_of_the_cases():
    read = junitparser.JUnitXml.fromstring(as_junit(REPORT))
    written = (read.tests, read.failures, read.errors, read.skipped, read.time)
    assert written == (7, 4, 0, 1, 0.75)
    read.update_statistics()
    assert (read.tests, read.failures, read.errors, read.skipped, read.time) == written
    [suite] = read
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (7, 4, 0, 1)


def test_a_failure_tells_expected_actual_and_delta():
    [failure] = cases(REPORT)["STS13"].result
    assert isinstance(failure, junitparser.Failure)
    assert failure.type == "dropped"
    assert "1.0100 points below the baseline" in failure.message
    for line in ("expected: 70.0000", "actual: 68.9900", "delta: -1.0100", "tolerance: 0.0500"):
        assert line in failure.text.splitlines()
    assert "baseline: baseline.toml, line 20" in failure.text


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ("STS15", "not comparable"),
        ("STS16", "other encoder"),
        ("STSBenchmark", "missing"),
    ],
)
def test_every_kind_of_failure_is_one(task: str, kind: str):
    [failure] = cases(REPORT)[task].result
    assert failure.type == kind


def test_no_baseline_is_skipped_and_the_rest_passes():
    found = cases(REPORT)
    assert found["SICKRelatedness"].is_skipped
    assert found["STS12"].is_passed
    assert found["STS14"].is_passed
    assert "an update raises the baseline" in found["STS14"].system_out


def test_time_and_environment_are_there():
    assert cases(REPORT)["STS12"].time == 0.125
    [suite] = junitparser.JUnitXml.fromstring(as_junit(REPORT))
    properties = {found.name: found.value for found in suite.properties()}
    assert properties == {
        "baseline": "baseline.toml",
        "direction": "drop",
        "significant": "no",
        "benchmark": "0.1.0",
        "device": "cpu",
    }


@pytest.mark.parametrize("report", [REPORT, HOSTILE_REPORT], ids=["plain", "hostile"])
def test_elements_and_attributes_are_those_of_the_schema(report):
    waiting = [ET.fromstring(as_junit(report))]
    while waiting:
        element = waiting.pop()
        assert [child.tag for child in element if child.tag not in CHILDREN[element.tag]] == []
        assert set(element.attrib) >= REQUIRED.get(element.tag, set())
        order = [CHILDREN[element.tag].index(child.tag) for child in element]
        assert order == sorted(order)
        waiting.extend(element)


def test_a_hostile_name_is_text():
    [suite] = junitparser.JUnitXml.fromstring(as_junit(HOSTILE_REPORT))
    assert suite.name == one_line(HOSTILE)
    assert {case.classname for case in suite} == {one_line(HOSTILE)}


# --- JSON -----------------------------------------------------------------------------------------


def test_json_has_everything():
    found = json.loads(as_json(REPORT))
    assert found["schema_version"] == 1
    assert (found["passed"], found["baseline"]) == (False, "baseline.toml")
    assert (found["direction"], found["significant"]) == ("drop", False)
    assert sum(found["counts"].values()) == len(found["verdicts"]) == 7
    verdict = found["verdicts"][1]
    assert verdict["message"].startswith("68.9900 is 1.0100 points below")
    expected = {
        "model": "tiny-bert",
        "task": "STS13",
        "outcome": "dropped",
        "failed": True,
        "expected": 0.7,
        "score": 0.6899,
        "difference_points": -1.01,
        "tolerance_points": 0.05,
        "p_value": None,
        "changes": [],
        "hint": "",
        "reason": "tiny-bert",
        "path": "baseline.toml",
        "line": 20,
        "seconds": 0.125,
        "environment": {"benchmark": "0.1.0", "device": "cpu"},
    }
    assert {key: verdict[key] for key in expected} == expected


def test_json_names_the_fields_that_differ():
    changes = {v["task"]: v["changes"] for v in json.loads(as_json(REPORT))["verdicts"]}
    [change] = changes["STS16"]
    assert change == {"field": "prompt", "before": "none", "after": "tiny-bert"}


def test_in_json_a_hostile_name_is_the_name_and_safe_on_a_terminal():
    text = as_json(HOSTILE_REPORT)
    assert all(line.isprintable() and line.isascii() for line in text.splitlines())
    assert {verdict["model"] for verdict in json.loads(text)["verdicts"]} == {HOSTILE}
