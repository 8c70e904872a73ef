"""The same runs as a text table, Markdown, LaTeX, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

import msgspec
from tabulate import tabulate

from benchmark.errors import UsageError
from benchmark.one_line import one_line
from benchmark.reports.escaping import code_span, csv_text, markdown_text
from benchmark.reports.footer import footer
from benchmark.reports.grid import Grid, grids
from benchmark.results import SCHEMA_VERSION, Run
from benchmark.suggestions import did_you_mean
from benchmark.tasks import table


def render(runs: Sequence[Run], form: str = "table") -> str:
    """Return runs in a format.

    Args:
        runs: one row each.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    if form not in FORMATS:
        raise UsageError(
            f"unknown format {form!r}{did_you_mean(form, FORMATS)}; there are {', '.join(FORMATS)}"
        )
    return FORMATS[form](runs)


def _table(runs: Sequence[Run]) -> str:
    tables = [_tabulated(grid, "simple") for grid in grids(runs)]
    return "\n\n".join([*tables, footer(runs)])


def _markdown(runs: Sequence[Run]) -> str:
    escaped = [_escaped(grid, markdown_text) for grid in grids(runs)]
    notes = "\n".join(f"- {code_span(line.strip())}" for line in footer(runs).splitlines())
    return "\n\n".join([*(_tabulated(grid, "pipe") for grid in escaped), notes])


def _latex(runs: Sequence[Run]) -> str:
    tables = [_tabulated(grid, "latex_booktabs") for grid in grids(runs)]
    notes = "\n".join(f"% {line}" for line in footer(runs).splitlines())
    return "\n\n".join([*tables, notes])


def _csv(runs: Sequence[Run]) -> str:
    """One line for each model and task: tables of several groups have no common columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "task", "score", "signature"])
    for run in runs:
        for task in run.tasks:
            result = run.results.get(task.id)
            score = "" if result is None else repr(result.main_score)
            writer.writerow(
                [csv_text(one_line(run.model)), task.id, score, result.signature if result else ""]
            )
    return text.getvalue().rstrip("\n")


def _json(runs: Sequence[Run]) -> str:
    document = {"schema_version": SCHEMA_VERSION, "runs": [_run_object(run) for run in runs]}
    # The standard library's encoder spells out whatever is not ASCII: safe on any terminal.
    return json.dumps(msgspec.to_builtins(document), indent=2, allow_nan=False)


def _run_object(run: Run) -> dict[str, object]:
    averages = {group: run.average(group) for group in run.groups if len(table(group)) > 1}
    return {
        "model": run.model,
        "tasks": {task.id: run.results[task.id] for task in run.tasks if task.id in run.results},
        "averages": {g: None if value is None else float(value) for g, value in averages.items()},
        "failures": {task_id: str(error) for task_id, error in run.failures.items()},
        "resumed": sorted(run.resumed),
        "timings": run.timings,
        "counts": run.counts,
    }


FORMATS: dict[str, Callable[[Sequence[Run]], str]] = {
    "table": _table,
    "markdown": _markdown,
    "latex": _latex,
    "csv": _csv,
    "json": _json,
}


def _tabulated(grid: Grid, style: str) -> str:
    align = ["left"] + ["right"] * (len(grid.headings) - 1)
    return tabulate(
        grid.rows, headers=grid.headings, tablefmt=style, disable_numparse=True, colalign=align
    )


def _escaped(grid: Grid, escape: Callable[[str], str]) -> Grid:
    rows = tuple(tuple(map(escape, row)) for row in grid.rows)
    return Grid(grid.group, tuple(map(escape, grid.headings)), rows)
