"""What people look at: tables of runs in every format."""

from benchmark.reports.formats import FORMATS, render

__all__ = ["FORMATS", "render"]
