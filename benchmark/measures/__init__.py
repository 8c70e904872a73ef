"""Measures as objects: what a score is, how it is rounded, resampled, tolerated and named."""

from benchmark.measures.measure import (
    ACCURACY,
    AVERAGE_PRECISION,
    MEASURES,
    PEARSON,
    SPEARMAN,
    Measure,
)
from benchmark.measures.tolerance import Tolerance, parse_tolerance

__all__ = [
    "ACCURACY",
    "AVERAGE_PRECISION",
    "MEASURES",
    "PEARSON",
    "SPEARMAN",
    "Measure",
    "Tolerance",
    "parse_tolerance",
]
