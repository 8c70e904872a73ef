"""How many runs, or how many rows, would show a difference of two sets of trained models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.metrics.resampling.intervals import LEVEL, require_level

POWER = 0.8
"""How often an experiment should find a difference that is there (Cohen 1988)."""
MOST_RUNS = 10**6
"""Where one stops counting: nobody trains so many."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What an experiment needs to find a difference in four of five cases.

    Attributes:
        runs: on each side, with the rows there are; None where no number of runs would do.
        rows: the least factor by which there would have to be more rows, where no number of runs
            would do: what is left of the variance then is that of the rows alone. None where runs
            do, and where there is no difference.
    """

    runs: int | None
    rows: float | None


def degrees_of_freedom(parts: Sequence[tuple[float, int]], shared: float) -> float:
    """Return the degrees of freedom of a variance of which some parts are estimated from few runs.

    Those of these parts (Welch 1947), and more in proportion as they are less of the whole.
    Satterthwaite (1946) would take the square of that proportion. That is right on average, and
    gives intervals too short where two or three runs happen to lie close together.

    Args:
        parts: each with its degrees of freedom.
        shared: the rest of the variance, which is known well.
    """
    estimated = sum(part for part, _ in parts)
    if estimated <= 0:
        return math.inf
    welch = estimated**2 / sum(part**2 / degrees for part, degrees in parts)
    return welch * (1 + shared / estimated)


def power(
    difference: float,
    runs: int,
    variances: tuple[float, float],
    shared: float,
    level: float = LEVEL,
) -> float:
    """Return how often a difference is found.

    Args:
        difference: the true one.
        runs: on each side, at least two.
        variances: of the score of one run, on each side.
        shared: variance of the difference that all runs of a side share: that of the rows.
        level: 1 - level is that of the test.
    """
    from scipy import stats

    parts = [(variance / runs, runs - 1) for variance in variances]
    whole = shared + sum(part for part, _ in parts)
    if not whole:
        return float(difference != 0)
    degrees = degrees_of_freedom(parts, shared)
    away = abs(difference) / math.sqrt(whole)
    least = float(stats.t.ppf((1 + level) / 2, degrees))
    if away > 5 * least:  # as good as 1, and beyond what the noncentral t is computed for
        return 1.0
    if math.isinf(degrees):
        return float(stats.norm.sf(least - away) + stats.norm.cdf(-least - away))
    return float(stats.nct.sf(least, degrees, away) + stats.nct.cdf(-least, degrees, away))


def needed(
    difference: float,
    variances: tuple[float, float],
    shared: float,
    level: float = LEVEL,
    wanted: float = POWER,
) -> Needed:
    """Return how many runs would show a difference, or that none would and how many rows it takes.

    It takes difference and variances for the true ones. Those of an experiment are themselves
    uncertain, and a difference that was noticed tends to be too large.

    Args:
        difference: to be found.
        variances: of the score of one run, on each side.
        shared: variance of the difference that more runs do not lower.
        level: 1 - level is that of the test.
        wanted: how often it should be found.

    Raises:
        ValueError: level or power are not between 0 and 1.
    """
    require_level(level)
    require_level(wanted)
    if not difference:
        return Needed(None, None)
    from scipy import stats

    enough = float(stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(wanted))
    least = shared * (enough / difference) ** 2
    if least >= 1:
        return Needed(None, least)
    below, above = 1, 2
    while power(difference, above, variances, shared, level) < wanted:
        below, above = above, 2 * above
        if above > MOST_RUNS:
            return Needed(None, None)
    while above - below > 1:
        middle = (below + above) // 2
        found = power(difference, middle, variances, shared, level) >= wanted
        below, above = (below, middle) if found else (middle, above)
    return Needed(above, None)
