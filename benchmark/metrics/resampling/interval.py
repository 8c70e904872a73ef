"""Confidence intervals from bootstrap replicates (Efron and Tibshirani 1993, chapter 13)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, in the unit of the score (a fraction of 1).

    Attributes:
        low, high: its ends.
        level: how often such an interval holds the true value, nominally.
    """

    low: float
    high: float
    level: float = LEVEL

    def __contains__(self, value: float) -> bool:
        """Tell whether a value lies in it, ends included."""
        return self.low <= value <= self.high


def require_level(level: float) -> None:
    """Refuse what is no confidence level.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")


def percentile(replicates: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Return the interval between two quantiles of the (resamples,) replicates.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    require_level(level)
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)
