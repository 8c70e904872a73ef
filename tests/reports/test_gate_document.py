"""The report for programs."""

from __future__ import annotations

import json

from benchmark.reports.gate import as_json
from tests.gate.samples import HOSTILE
from tests.reports.gate_samples import HOSTILE_REPORT, REPORT


def test_everything_is_there():
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


def test_fields_that_differ_are_named():
    changes = {v["task"]: v["changes"] for v in json.loads(as_json(REPORT))["verdicts"]}
    [change] = changes["STS16"]
    assert change == {"field": "prompt", "before": "none", "after": "tiny-bert"}


def test_a_hostile_name_is_the_name_and_safe_on_a_terminal():
    text = as_json(HOSTILE_REPORT)
    assert all(line.isprintable() and line.isascii() for line in text.splitlines())
    assert {verdict["model"] for verdict in json.loads(text)["verdicts"]} == {HOSTILE}
