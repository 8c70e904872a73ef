"""Two sets of runs compared, written down once more with lists and loops.

It shares no code with ``benchmark``: resamples are those of ``tests.oracles.resampling``, in which
rows are really repeated and scipy scores them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import scipy.stats

from tests.oracles.resampling import SCORES, replicate

Task = tuple[Sequence[float], Sequence[Sequence[float]], Sequence[int]]


def mean_of(scores: Sequence[Sequence[float]]) -> list[float]:
    """The mean over tasks, of each run."""
    return [statistics.mean(of_run) for of_run in zip(*scores, strict=True)]


def two_level(
    tasks: Sequence[Task],
    strata: Sequence[Sequence[int]],
    first: int,
    statistic: str,
    resamples: int,
    seed: int,
) -> dict[str, float]:
    """What is said of the average over tasks, at 95 %."""
    score = SCORES[statistic]
    once = mean_of([[score(gold, one) for one in given] for gold, given, _ in tasks])
    again = [mean_of(replicate(tasks, strata, score, seed, b)) for b in range(resamples)]
    sides = [once[:first], once[first:]]
    drawn = [[row[:first] for row in again], [row[first:] for row in again]]

    alone = any(len(side) == 1 for side in sides)
    shared = statistics.variance(
        [statistics.mean(a) - statistics.mean(b) for a, b in zip(*drawn, strict=True)]
    )
    by_runs = 0.0
    spreads, sizes, times = [], [], []
    for side, rows in zip(sides, drawn, strict=True):
        n = len(side)
        if n == 1:
            continue
        luck = [
            statistics.variance([row[run] - statistics.mean(row) for row in rows])
            for run in range(n)
        ]
        counted = 1 / n + (1 if alone else 0)
        shared -= counted * sum(luck) / (n - 1)
        by_runs += counted * statistics.variance(side)
        spreads.append(statistics.variance(side))
        sizes.append(n - 1)
        times.append(counted)
    shared = max(shared, 0.0)

    pooled = sum(n * s for n, s in zip(sizes, spreads, strict=True)) / sum(sizes)
    parts = [t * max(s, 0.4 * pooled) for t, s in zip(times, spreads, strict=True)]
    below = sum(part**2 / n for part, n in zip(parts, sizes, strict=True))
    degrees = sum(parts) ** 2 / below * (sum(parts) + shared) / sum(parts)
    error = math.sqrt(shared + by_runs)
    difference = statistics.mean(sides[0]) - statistics.mean(sides[1])
    quantile = scipy.stats.t(degrees).ppf(0.975)
    return {
        "difference": difference,
        "error": error,
        "degrees": degrees,
        "low": difference - quantile * error,
        "high": difference + quantile * error,
        "p": 2 * scipy.stats.t(degrees).cdf(-abs(difference) / error),
    }
