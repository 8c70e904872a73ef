"""A report as a table with what there is to say below it: for a terminal, and in Markdown.

What an update changed in a baseline is said here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmark.escaping import markdown_text
from benchmark.gate import CheckedScore, GateReport, Update
from benchmark.one_line import one_line
from benchmark.reports.gate.sentences import (
    STATES,
    doubtful,
    of_unidentified,
    points,
    probability,
    remarks,
    score,
    summary,
)
from benchmark.results import marked
from benchmark.sheet import Row, Section, Sheet
from benchmark.sheet import as_text as table_of

HEADINGS = ("State", "Model", "Task", "Score", "Baseline", "Difference", "Tolerance")

SUMMARY_BYTES = 1_048_576
"""GitHub drops a step's summary whole when it is larger than this."""

_RESERVE = 200
"""Room for the lines that close a report that was cut."""


def as_text(report: GateReport) -> str:
    """Return a table of all scores, a line for each that fails or is worth a note, a summary."""
    columns = "lll" + "r" * (len(_headings(report)) - 3)
    rows = tuple(Row(_cells(report, checked)) for checked in report.scores)
    table = table_of(Sheet((), (Section("", _headings(report), columns, rows),)))
    unidentified = "\n".join(f"- {of_unidentified(model)}" for model in doubtful(report))
    parts = [table, "\n".join(_lines_of_remarks(report)), unidentified, summary(report)]
    return "\n\n".join(part for part in parts if part)


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
        *_bullets("Failed", report.failures),
        *_bullets("To note", report.notices),
        *_unidentified(report),
        *_table(report),
    ]
    return "\n".join(_within(lines, limit))


def update_text(update: Update) -> str:
    """Return a line for each entry that changed, and a summary."""
    entries = update.baseline.entries
    unidentified = {
        model: None
        for model, task in (*update.added, *update.changed)
        if entries[model, task].provenance.fingerprint is None
    }
    lines = [
        f"{one_line(model)}: its encoder has no version; the gate will compare its scores alone"
        for model in unidentified
    ]
    counts = {
        "added": len(update.added),
        "changed": len(update.changed),
        "as before": len(update.unchanged),
        "kept though not run": len(update.not_run),
        "removed": len(update.removed),
    }
    said = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
    return "\n".join([*_changes(update), *lines, f"{said}: {one_line(str(update.baseline.path))}"])


def _headings(report: GateReport) -> tuple[str, ...]:
    """Return the headings of a table of scores."""
    return (*HEADINGS, "p") if report.significant else HEADINGS


def _cells(report: GateReport, checked: CheckedScore) -> tuple[str, ...]:
    """Return the row of a score in that table, nothing escaped but what a line cannot hold."""
    row = (
        STATES[checked.outcome],
        one_line(marked(checked.model, approximate=checked.approximate)),
        one_line(checked.task),
        score(checked.score),
        score(checked.expected),
        points(checked.difference, "+"),
        points(checked.tolerance),
    )
    return (*row, probability(checked.p_value)) if report.significant else row


def _lines_of_remarks(report: GateReport) -> Iterator[str]:
    for sentence, hint in remarks((*report.failures, *report.notices)):
        # A line that began with a name could begin with ::, a command to GitHub's runner.
        yield f"- {sentence}"
        if hint:
            yield f"  {hint}"


def _bullets(title: str, scores: Sequence[CheckedScore]) -> Iterator[str]:
    if not scores:
        return
    yield f"**{title}**"
    yield ""
    for sentence, hint in remarks(scores):
        yield f"- {markdown_text(sentence + (f'; {hint}' if hint else ''))}"
    yield ""


def _unidentified(report: GateReport) -> Iterator[str]:
    models = doubtful(report)
    if not models:
        return
    yield "**Not identified**"
    yield ""
    yield from (f"- {markdown_text(of_unidentified(model))}" for model in models)
    yield ""


def _table(report: GateReport) -> Iterator[str]:
    yield _row(_headings(report))
    yield _row(["---"] * 3 + ["---:"] * (len(_headings(report)) - 3))
    ordered = sorted(report.scores, key=lambda checked: not checked.failed)
    yield from (_row(map(markdown_text, _cells(report, checked))) for checked in ordered)


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


def _changes(update: Update) -> Iterator[str]:
    entries = update.baseline.entries
    for model, task in update.added:
        yield f"added    {_name(model, task)}  {score(entries[model, task].score)}"
    for (model, task), (old, new) in update.changed.items():
        scores = f"{score(old.score)} -> {score(new.score)}"
        difference = points(100 * (new.score - old.score), "+")
        yield f"changed  {_name(model, task)}  {scores} ({difference})"
    for model, task in update.removed:
        yield f"removed  {_name(model, task)}"


def _name(model: str, task: str) -> str:
    return f"{one_line(model)} {one_line(task)}"
