"""Reports on two models compared, and on where scores come from."""

from benchmark.reports.comparison.compared import render_comparison
from benchmark.reports.comparison.explained import render_explanation
from benchmark.reports.comparison.quoted import render_quoted

__all__ = ["render_comparison", "render_explanation", "render_quoted"]
