"""A report as JSON, for programs: everything that the other formats show, and more."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from benchmark.gate import GateReport, Outcome, Verdict
from benchmark.reports.gate.wording import sentence

VERSION = 1


def as_json(report: GateReport) -> str:
    """Return the report as a JSON object; scores are fractions of 1, distances are points."""
    found = {
        "schema_version": VERSION,
        "passed": report.passed,
        "baseline": str(report.baseline),
        "direction": report.direction,
        "significant": report.significant,
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "verdicts": [_verdict(verdict) for verdict in report.verdicts],
    }
    # The standard library's encoder spells out whatever is not ASCII: safe on any terminal.
    return json.dumps(found, indent=2, allow_nan=False)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(verdict, enc_hook=str)
    units = {"difference": "difference_points", "tolerance": "tolerance_points"}
    named = {units.get(name, name): value for name, value in found.items()}
    return {**named, "failed": verdict.failed, "message": sentence(verdict)}
