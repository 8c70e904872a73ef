"""What people look at: every result in every format it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmark.errors import UsageError
from benchmark.printable import Printable
from benchmark.reports.runs import render_runs
from benchmark.results import Results
from benchmark.sheet import FORMATS

if TYPE_CHECKING:
    from benchmark.comparisons import QuotedComparison, Sensitivity

__all__ = ["FORMATS", "render"]


def render(result: Printable | Sequence[Results], form: str | None = None) -> str:
    """Return a result in a format: what ``print`` shows, or another.

    Args:
        result: of `benchmark.evaluate`, `records`, `compare`, `compare_published`, `explain`,
            `families`, `parity`, `check`, `rank` or `reproduce`, or a list of runs.
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
    # What judges is loaded when it was used.
    from benchmark.comparisons import Comparison, Explanation, QuotedComparison, Sensitivity
    from benchmark.equivalence import Parity
    from benchmark.gate import GateReport
    from benchmark.leaderboard import Leaderboard
    from benchmark.reproduction import ReproductionReport

    if isinstance(result, Parity):
        from benchmark.reports.parity import render_parity

        return render_parity(result, form or "table")
    if isinstance(result, Comparison | Explanation):
        from benchmark.reports.comparison import render_comparison, render_explanation

        if isinstance(result, Comparison):
            return render_comparison(result, form or "table")
        return render_explanation(result, form or "table")
    if isinstance(result, QuotedComparison | Sensitivity):
        return _render_worth(result, form or "table")
    if isinstance(result, GateReport):
        from benchmark.reports.gate import render_gate

        return render_gate(result, form or "text")
    if isinstance(result, Leaderboard):
        from benchmark.reports.leaderboard import leaderboard_format

        return leaderboard_format(form or "markdown").render(result)
    if isinstance(result, ReproductionReport):
        from benchmark.reports.reproduction import render_reproduction

        return render_reproduction(result, form or "table")
    raise UsageError(f"`render`: {type(result).__name__} is no result that has a format")


def _render_worth(result: QuotedComparison | Sensitivity, form: str) -> str:
    from benchmark.comparisons import QuotedComparison
    from benchmark.reports.comparison import render_quoted
    from benchmark.reports.families import render_families

    return (
        render_quoted(result, form)
        if isinstance(result, QuotedComparison)
        else render_families(result, form)
    )
