"""How the spread of several measurements is written, the same in every table."""

from __future__ import annotations

from benchmark.metrics.spread import Spread

DASH = "\N{EN DASH}"
"""Between two ends, and where there is no number."""

PLUS_MINUS = "\N{PLUS-MINUS SIGN}"


def mean_and_deviation(spread: Spread, scale: float = 1.0) -> str:
    """Return ``75.11 ± 0.84``; the mean alone for one measurement, which has no deviation.

    Args:
        spread: of measurements.
        scale: they are multiplied by, 100 for fractions of 1.
    """
    mean = f"{scale * spread.mean:.2f}"
    if spread.deviation is None:
        return mean
    return f"{mean} {PLUS_MINUS} {scale * spread.deviation:.2f}"


def least_to_most(spread: Spread, scale: float = 1.0) -> str:
    """Return the least and the greatest of several measurements, a dash between them."""
    low, high = f"{scale * spread.low:.2f}", f"{scale * spread.high:.2f}"
    return f"{low} to {high}" if spread.low < 0 else f"{low}{DASH}{high}"
