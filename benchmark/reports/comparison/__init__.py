"""Reports on two models compared, and on where scores come from."""

from __future__ import annotations

from benchmark.comparisons.comparison import Comparison
from benchmark.comparisons.explain import Explanation
from benchmark.reports.comparison.compared import comparison_sheet
from benchmark.reports.comparison.document import comparison_document, explanation_document
from benchmark.reports.comparison.explained import explanation_sheet
from benchmark.sheet import SHEET_FORMATS, WIDTH, as_text, require_format

FORMATS = (*SHEET_FORMATS, "json")

__all__ = ["FORMATS", "WIDTH", "render_comparison", "render_explanation"]


def render_comparison(comparison: Comparison, form: str = "table") -> str:
    """Return a comparison in a format.

    Args:
        comparison: of `benchmark.comparisons.compare_runs`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    if require_format(form, FORMATS) == "json":
        return comparison_document(comparison)
    return SHEET_FORMATS[form](comparison_sheet(comparison))


def render_explanation(found: Explanation, form: str = "table", width: int = WIDTH) -> str:
    """Return an explanation in a format.

    Args:
        found: of `benchmark.comparisons.explain_runs`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.
        width: of the terminal, which sentences are cut to in a ``table``.

    Raises:
        UsageError: an unknown format.
    """
    if require_format(form, FORMATS) == "json":
        return explanation_document(found)
    sheet = explanation_sheet(found)
    return as_text(sheet, width) if form == "table" else SHEET_FORMATS[form](sheet)
