"""A report as Markdown, for the summary page of a CI step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmark.gate import GateReport, Verdict
from benchmark.reports.escaping import markdown_text
from benchmark.reports.gate.text import cells, headings
from benchmark.reports.gate.wording import remarks, summary

SUMMARY_BYTES = 1_048_576
"""GitHub drops a step's summary whole when it is larger than this."""

_RESERVE = 200
"""Room for the lines that close a report that was cut."""


def as_markdown(report: GateReport, limit: int = SUMMARY_BYTES) -> str:
    """Return the summary, what failed and what is worth a note, and a table of all scores.

    Args:
        report: what to show; its failures come first, so that a limit cuts what passed.
        limit: most bytes, in UTF-8; rows that do not fit are counted instead.
    """
    mark = "✅" if report.passed else "❌"
    lines = [
        f"### {mark} Regression gate",
        "",
        markdown_text(summary(report)),
        "",
        *_remarks("Failed", report.failures),
        *_remarks("To note", report.notices),
        *_table(report),
    ]
    return "\n".join(_within(lines, limit))


def _remarks(title: str, verdicts: Sequence[Verdict]) -> Iterator[str]:
    if not verdicts:
        return
    yield f"**{title}**"
    yield ""
    for sentence, hint in remarks(verdicts):
        yield f"- {markdown_text(sentence + (f'; {hint}' if hint else ''))}"
    yield ""


def _table(report: GateReport) -> Iterator[str]:
    yield _row(headings(report))
    yield _row(["---"] * 3 + ["---:"] * (len(headings(report)) - 3))
    ordered = sorted(report.verdicts, key=lambda verdict: not verdict.failed)
    yield from (_row(map(markdown_text, cells(report, verdict))) for verdict in ordered)


def _row(columns: Iterable[str]) -> str:
    return f"| {' | '.join(columns)} |"


def _within(lines: Sequence[str], limit: int) -> Iterator[str]:
    left = limit - _RESERVE
    for place, line in enumerate(lines):
        left -= len(line.encode()) + 1
        if left < 0:
            yield ""
            yield f"... and {len(lines) - place:,} more lines, which the limit of this page cut off"
            return
        yield line
