"""A report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.gate import GateReport, Verdict
from benchmark.one_line import one_line
from benchmark.reports.gate.wording import (
    STATES,
    points,
    probability,
    remarks,
    score,
    summary,
)
from benchmark.reports.sheet import Row, Section, Sheet
from benchmark.reports.sheet import as_text as table_of
from benchmark.results import marked

HEADINGS = ("State", "Model", "Task", "Score", "Baseline", "Difference", "Tolerance")


def as_text(report: GateReport) -> str:
    """Return a table of all scores, a line for each that fails or is worth a note, a summary."""
    columns = "lll" + "r" * (len(headings(report)) - 3)
    rows = tuple(Row(cells(report, verdict)) for verdict in report.verdicts)
    table = table_of(Sheet((), (Section("", headings(report), columns, rows),)))
    parts = [table, "\n".join(_remarks(report)), summary(report)]
    return "\n\n".join(part for part in parts if part)


def headings(report: GateReport) -> tuple[str, ...]:
    """Return the headings of a table of verdicts."""
    return (*HEADINGS, "p") if report.significant else HEADINGS


def cells(report: GateReport, verdict: Verdict) -> tuple[str, ...]:
    """Return the row of a verdict in that table, nothing escaped but what a line cannot hold."""
    row = (
        STATES[verdict.outcome],
        one_line(marked(verdict.model, approximate=verdict.approximate)),
        one_line(verdict.task),
        score(verdict.score),
        score(verdict.expected),
        points(verdict.difference, "+"),
        points(verdict.tolerance),
    )
    return (*row, probability(verdict.p_value)) if report.significant else row


def _remarks(report: GateReport) -> Iterator[str]:
    for sentence, hint in remarks((*report.failures, *report.notices)):
        # A line that began with a name could begin with ::, a command to GitHub's runner.
        yield f"- {sentence}"
        if hint:
            yield f"  {hint}"
