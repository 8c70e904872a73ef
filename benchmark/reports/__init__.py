"""What people look at: tables of runs in every format."""

from benchmark.reports.runs import FORMATS, render

__all__ = ["FORMATS", "render"]
