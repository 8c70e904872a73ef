"""Reports on two models compared, and on where scores come from."""

from benchmark.reports.comparison.compared import render_comparison
from benchmark.reports.comparison.explained import render_explanation

__all__ = ["render_comparison", "render_explanation"]
