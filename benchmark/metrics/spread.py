"""How far apart several measurements of one thing lie."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """How far apart several measurements lie, in their own unit.

    Attributes:
        mean: of them.
        deviation: their standard deviation, with n - 1; None for one measurement, which has none.
        low: the least.
        high: the greatest.
        count: how many there are, n.
    """

    mean: float
    deviation: float | None
    low: float
    high: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Return how far apart values lie; equal values have a deviation of exactly zero.

    Args:
        values: (n,) finite numbers, at least one.

    Raises:
        ValueError: there is none.
    """
    if not values:
        raise ValueError("no value has no spread")
    return Spread(
        mean=statistics.fmean(values),
        deviation=statistics.stdev(values) if len(values) > 1 else None,
        low=min(values),
        high=max(values),
        count=len(values),
    )
