"""Reports on two models compared, and on where scores come from: text, Markdown, JSON."""

from __future__ import annotations

from benchmark.comparisons.comparison import Comparison
from benchmark.comparisons.explain import Explanation
from benchmark.errors import UsageError
from benchmark.reports.comparison.compared import comparison_sheet
from benchmark.reports.comparison.document import comparison_document, explanation_document
from benchmark.reports.comparison.explained import explanation_sheet
from benchmark.reports.comparison.sheet import WIDTH, as_markdown, as_text
from benchmark.suggestions import did_you_mean

FORMATS = ("table", "markdown", "json")

__all__ = ["FORMATS", "WIDTH", "render_comparison", "render_explanation"]


def render_comparison(comparison: Comparison, form: str = "table") -> str:
    """Return a comparison in a format.

    Args:
        comparison: of `benchmark.comparisons.compare_runs`.
        form: ``table``, ``markdown`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    if _known(form) == "json":
        return comparison_document(comparison)
    sheet = comparison_sheet(comparison)
    return as_text(sheet) if form == "table" else as_markdown(sheet)


def render_explanation(found: Explanation, form: str = "table", width: int = WIDTH) -> str:
    """Return an explanation in a format.

    Args:
        found: of `benchmark.comparisons.explain_runs`.
        form: ``table``, ``markdown`` or ``json``.
        width: of the terminal, which sentences are cut to.

    Raises:
        UsageError: an unknown format.
    """
    if _known(form) == "json":
        return explanation_document(found)
    sheet = explanation_sheet(found)
    return as_text(sheet, width) if form == "table" else as_markdown(sheet)


def _known(form: str) -> str:
    if form not in FORMATS:
        raise UsageError(
            f"unknown format {form!r}{did_you_mean(form, FORMATS)}; there are {', '.join(FORMATS)}"
        )
    return form
