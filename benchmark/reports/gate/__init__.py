"""What the regression gate says, for people, CI servers and programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmark.gate import GateReport
from benchmark.reports.gate.annotations import as_github
from benchmark.reports.gate.checked import SUMMARY_BYTES, as_markdown, as_text, update_text
from benchmark.reports.gate.documents import as_json, as_junit
from benchmark.reports.gate.sentences import summary
from benchmark.sheet import require_format

GATE_FORMATS: dict[str, Callable[[GateReport], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "junit": as_junit,
    "github": as_github,
    "json": as_json,
}

__all__ = [
    "GATE_FORMATS",
    "SUMMARY_BYTES",
    "as_github",
    "as_json",
    "as_junit",
    "as_markdown",
    "as_text",
    "render_gate",
    "summary",
    "update_text",
]


def render_gate(report: GateReport, form: str = "text", root: Path | None = None) -> str:
    """Return a report in a format.

    Args:
        report: of `benchmark.gate.check`.
        form: ``text``, ``markdown``, ``junit``, ``github`` or ``json``.
        root: folder of the checkout, for the file names of GitHub's annotations.

    Raises:
        UsageError: an unknown format.
    """
    if require_format(form, GATE_FORMATS) == "github":
        return as_github(report, root)
    return GATE_FORMATS[form](report)
