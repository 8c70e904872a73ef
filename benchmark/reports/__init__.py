"""What people look at: tables of runs in every format."""

from benchmark.reports.runs import render
from benchmark.sheet import FORMATS

__all__ = ["FORMATS", "render"]
