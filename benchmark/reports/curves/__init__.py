"""Reports on learning curves: tables, words, plots, a page."""

from benchmark.comparisons import LearningCurves
from benchmark.reports.curves.document import curves_csv, curves_document
from benchmark.reports.curves.sheet import curves_sheet
from benchmark.sheet import written

__all__ = ["render_curves"]


def render_curves(found: LearningCurves, form: str = "table") -> str:
    """Return learning curves in a format.

    Args:
        found: of `benchmark.comparisons.learning_curves`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    return written(
        form,
        lambda: curves_sheet(found, drawn=form == "table"),
        json=lambda: curves_document(found),
        csv=lambda: curves_csv(found),
    )
