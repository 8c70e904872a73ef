"""Measures as objects: what a score is, how it is rounded, resampled, tolerated and named."""

from benchmark.measures.measure import ACCURACY, MEASURES, PEARSON, SPEARMAN, Measure
from benchmark.measures.tolerance import Tolerance, parse_tolerance

__all__ = ["ACCURACY", "MEASURES", "PEARSON", "SPEARMAN", "Measure", "Tolerance", "parse_tolerance"]
