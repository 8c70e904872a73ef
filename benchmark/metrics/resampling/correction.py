"""Holm's correction for several tests at once."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted so that all of them together keep their level.

    Holm (1979): the smallest of m is multiplied by m, the next by m - 1 and so on, none falls
    below the one before it, none exceeds 1. The chance of any false rejection stays below the
    level, whatever the dependence of the tests.

    Args:
        p_values: in any order.

    Returns:
        The adjusted ones, in the same order.

    Raises:
        ValueError: one is not between 0 and 1.
    """
    wrong = [p for p in p_values if math.isnan(p) or not 0 <= p <= 1]
    if wrong:
        raise ValueError(f"a p-value lies between 0 and 1, not at {wrong[0]}")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for done, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - done) * p_values[place]))
        adjusted[place] = largest
    return tuple(adjusted)
