"""What people look at: every result in every format it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from benchmark.errors import UsageError
from benchmark.printable import Printable
from benchmark.reports.runs import render_runs
from benchmark.results import Results
from benchmark.sheet import FORMATS

__all__ = ["FORMATS", "render"]

_RENDERERS: Mapping[str, tuple[str, str, str]] = {
    "Parity": ("parity", "render_parity", "table"),
    "Comparison": ("comparison", "render_comparison", "table"),
    "FamilyComparison": ("comparison", "render_comparison", "table"),
    "SeveralComparisons": ("comparison", "render_comparison", "table"),
    "Explanation": ("comparison", "render_explanation", "table"),
    "LearningCurves": ("curves", "render_curves", "table"),
    "QuotedComparison": ("comparison", "render_quoted", "table"),
    "Sensitivity": ("families", "render_families", "table"),
    "GateReport": ("gate", "render_gate", "text"),
    "Leaderboard": ("leaderboard", "render_leaderboard", "markdown"),
    "ReproductionReport": ("reproduction", "render_reproduction", "table"),
}
"""By class of results: module here, function, and the format where none is asked for."""


def render(result: Printable | Sequence[Results], form: str | None = None) -> str:
    """Return a result in a format: what ``print`` shows, or another.

    Args:
        result: of `benchmark.evaluate`, `records`, `compare`, `compare_published`, `explain`,
            `families`, `curve`, `parity`, `check`, `rank` or `reproduce`, or a list of runs.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``. The report of a check has
            ``text``, ``markdown``, ``junit``, ``github`` and ``json``; a leaderboard has no table.
            Default: the first of them, Markdown for a leaderboard.

    Raises:
        UsageError: an unknown format, or nothing that has one.
    """
    if isinstance(result, Results):
        return render_runs([result], form or "table")
    if isinstance(result, Sequence) and all(isinstance(run, Results) for run in result):
        return render_runs(result, form or "table")
    name = type(result).__name__
    if name not in _RENDERERS or not isinstance(result, Printable):
        raise UsageError(f"`render`: {name} is no result that has a format")
    # What writes is loaded when it is used.
    module, function, first = _RENDERERS[name]
    written: str = getattr(import_module(f"{__name__}.{module}"), function)(result, form or first)
    return written
