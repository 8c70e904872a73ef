"""Two sets of trained models on the same rows: by how much their means differ, and how surely.

Two things vary: train a model again, and it scores otherwise; ask other sentences, and it does so
too. What sentences do is known from the bootstrap of the difference of the two means, all runs on
the same resample. What training does is known from the spread of the runs, which all answer the
same sentences. Part of that spread is sentences again, since each run has its own luck with them,
and would be counted twice: the bootstrap tells how large it is, and it is taken off.
docs/significance.md has the reasons and the simulations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.resampling.intervals import LEVEL, RESAMPLES, Interval, bootstrap
from benchmark.metrics.resampling.observations import SPEARMAN, Observations, Statistic
from benchmark.metrics.resampling.paired import holm
from benchmark.metrics.resampling.power import Needed, degrees_of_freedom, needed

Floats = NDArray[np.float64]

LEAST_SHARE = 0.4
"""No side is taken for steadier than this share of the variance of both, when degrees of freedom
are counted: two runs that lie close together by chance would pass for a well-known side."""


@dataclass(frozen=True, slots=True)
class RunScores:
    """What the runs of one side score.

    Attributes:
        scores: of each run.
        mean: of them.
        deviation: their standard deviation (n - 1); None of a single run.
    """

    scores: tuple[float, ...]
    mean: float
    deviation: float | None


@dataclass(frozen=True, slots=True)
class TwoLevelOutcome:
    """The difference of the means of two sides, A and B. All are fractions of 1.

    Where one side is a single run, nothing is known of how it varies: the interval is that of this
    one run less *one more run* of the other side.

    Attributes:
        first, second: scores of the runs.
        difference: mean of the first minus mean of the second.
        interval: of the difference, with both sources of variation.
        standard_error: of the difference; the sum of squares of the two that follow.
        by_sentences: standard error from the sentences, as far as they do the same to all runs of
            a side: what no number of runs lowers.
        by_runs: from the spread of the runs.
        degrees_of_freedom: of Student's t for interval and test.
        p_value: two-sided, of the same t: below 1 - level where 0 lies outside the interval.
        adjusted_p_value: after Holm's correction over tasks; the average's is not adjusted.
        needed: runs or rows that would show this difference.
    """

    first: RunScores
    second: RunScores
    difference: float
    interval: Interval
    standard_error: float
    by_sentences: float
    by_runs: float
    degrees_of_freedom: float
    p_value: float
    adjusted_p_value: float
    needed: Needed


@dataclass(frozen=True, slots=True)
class TwoLevelComparison:
    """What `compare_two_level` found.

    Attributes:
        tasks: in the order given.
        average: of the unweighted mean over tasks, of each run.
    """

    tasks: tuple[TwoLevelOutcome, ...]
    average: TwoLevelOutcome


def compare_two_level(
    tasks: Sequence[Observations],
    first_runs: int,
    statistic: Statistic = SPEARMAN,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
    threads: int | None = None,
) -> TwoLevelComparison:
    """Compare two sets of runs on the tasks that all were scored on.

    Args:
        tasks: of all runs, those of the first set before those of the second.
        first_runs: how many belong to the first set.
        statistic: which score.
        level: of the intervals.
        resamples: of the bootstrap.
        seed: the same gives the same result.
        threads: by default as many as there are cores.

    Raises:
        UndefinedCorrelation: a score is undefined, of all rows or of too many resamples.
        ValueError: a side has no run or both have one, nothing varies although the sides differ,
            or a number makes no sense.
    """
    drawn = bootstrap(tasks, statistic, resamples=resamples, seed=seed, threads=threads)
    runs = drawn.scores.shape[1]
    if not 0 < first_runs < runs or runs < 3:
        raise ValueError(f"{first_runs} of {runs} runs: two sides expected, one of several runs")

    found = [
        _outcome(drawn.scores[task], drawn.replicates[:, task], first_runs, level)
        for task in range(len(tasks))
    ]
    adjusted = holm([one.p_value for one in found])
    return TwoLevelComparison(
        tuple(replace(one, adjusted_p_value=p) for one, p in zip(found, adjusted, strict=True)),
        _outcome(drawn.scores.mean(axis=0), drawn.replicates.mean(axis=1), first_runs, level),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """The runs of one side.

    Attributes:
        runs: what they score.
        spread: variance of a run's score on these rows; 0 of a single run.
        own: what of it is a run's own luck with the rows, by the bootstrap.
    """

    runs: RunScores
    spread: float
    own: float

    @property
    def degrees(self) -> int:
        return len(self.runs.scores) - 1


def _side(scores: Floats, replicates: Floats) -> _Side:
    """Take apart what runs score: (runs,), and (resamples, runs)."""
    given = tuple(map(float, scores))
    mean = float(scores.mean())
    if len(given) == 1:
        return _Side(RunScores(given, mean, None), 0.0, 0.0)
    apart = replicates - replicates.mean(axis=1, keepdims=True)
    own = float(apart.var(axis=0, ddof=1).sum()) / (len(given) - 1)
    spread = float(scores.var(ddof=1))
    return _Side(RunScores(given, mean, math.sqrt(spread)), spread, own)


def _outcome(scores: Floats, replicates: Floats, first_runs: int, level: float) -> TwoLevelOutcome:
    from scipy import stats

    first = _side(scores[:first_runs], replicates[:, :first_runs])
    second = _side(scores[first_runs:], replicates[:, first_runs:])
    several = [side for side in (first, second) if side.degrees]
    # How often the variance of a run counts: in a mean, or in that and in one more run.
    counts = [1 / (1 + side.degrees) + (len(several) == 1) for side in several]
    difference = first.runs.mean - second.runs.mean
    of_means = replicates[:, :first_runs].mean(axis=1) - replicates[:, first_runs:].mean(axis=1)
    own = sum(side.own * count for side, count in zip(several, counts, strict=True))
    shared = max(0.0, float(of_means.var(ddof=1)) - own)
    by_runs = sum(side.spread * count for side, count in zip(several, counts, strict=True))
    error = math.sqrt(shared + by_runs)
    if not error and difference:
        raise ValueError("neither runs nor resamples differ, so nothing says how sure it is")
    degrees = degrees_of_freedom(_parts(several, counts), shared)
    away = abs(difference) / error if error else 0.0
    half = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    p_value = float(2 * stats.t.sf(away, degrees))
    return TwoLevelOutcome(
        first=first.runs,
        second=second.runs,
        difference=difference,
        interval=Interval(difference - half, difference + half, level),
        standard_error=error,
        by_sentences=math.sqrt(shared),
        by_runs=math.sqrt(by_runs),
        degrees_of_freedom=degrees,
        p_value=p_value,
        adjusted_p_value=p_value,
        # A single run is taken for one of runs that vary as those of the other side.
        needed=needed(difference, (several[0].spread, several[-1].spread), shared, level),
    )


def _parts(several: Sequence[_Side], counts: Sequence[float]) -> list[tuple[float, int]]:
    """Return the variance that each side adds, and its degrees of freedom."""
    degrees = sum(side.degrees for side in several)
    pooled = sum(side.degrees * side.spread for side in several) / degrees
    return [
        (count * max(side.spread, LEAST_SHARE * pooled), side.degrees)
        for side, count in zip(several, counts, strict=True)
    ]
