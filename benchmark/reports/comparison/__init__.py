"""Reports on two models or families compared, and on where scores come from."""

from benchmark.comparisons import Comparison, FamilyComparison, SeveralComparisons
from benchmark.reports.comparison.compared import render_models
from benchmark.reports.comparison.compared_families import render_families
from benchmark.reports.comparison.explained import render_explanation
from benchmark.reports.comparison.quoted import render_quoted
from benchmark.reports.comparison.several import render_several

__all__ = ["render_comparison", "render_explanation", "render_quoted"]


def render_comparison(
    comparison: Comparison | FamilyComparison | SeveralComparisons, form: str = "table"
) -> str:
    """Return a comparison in a format.

    Args:
        comparison: of two models or families, or of several with one, of `benchmark.comparisons`.
        form: ``table``, ``markdown``, ``latex``, ``csv`` or ``json``.

    Raises:
        UsageError: an unknown format.
    """
    if isinstance(comparison, SeveralComparisons):
        return render_several(comparison, form)
    if isinstance(comparison, FamilyComparison):
        return render_families(comparison, form)
    return render_models(comparison, form)
