"""The bootstrap: intervals of scores and of differences, over one task or over the average.

Percentile intervals from replicates after Efron and Tibshirani (1993, chapter 13); thousands of
draws, some at a time, shared out over threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.correlation import UndefinedCorrelation
from benchmark.metrics.resampling.observations import (
    SPEARMAN,
    Observations,
    Statistic,
    require_same_models,
)
from benchmark.metrics.resampling.units import Layout, lay_out

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


CHUNK = 64
"""Draws at a time; they are numbered, so this and the number of threads change no result."""


def in_chunks(count: int, work: Callable[[int, int], None], threads: int | None = None) -> None:
    """Call ``work(first, last)`` until all of ``count`` draws are done.

    Args:
        count: how many draws.
        work: does draws ``first`` to ``last`` - 1; it must be safe to call from several threads.
        threads: by default as many as there are cores.
    """
    starts = range(0, count, CHUNK)
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
    try:
        for done in [pool.submit(work, first, min(first + CHUNK, count)) for first in starts]:
            done.result()
    finally:
        # After an interruption nobody waits for draws that have not begun.
        pool.shutdown(cancel_futures=True)


def as_seed(seed: int) -> int:
    """Return a seed that fits into 64 bits.

    Raises:
        ValueError: it does not.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1, not {seed}")
    return seed


RESAMPLES = 10_000
MOST_UNDEFINED = 0.01
"""Share of resamples without a correlation (constant lists) up to which the rest are used."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number computed from all rows, and how sure it is.

    Attributes:
        value: of all rows, in the unit of the score (a fraction of 1).
        interval: of confidence, by percentiles of the replicates.
        standard_error: the standard deviation of the replicates.
    """

    value: float
    interval: Interval
    standard_error: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Scores of all tasks and models on the same resamples.

    Attributes:
        scores: (tasks, models) of all rows.
        replicates: (resamples, tasks, models); resamples on which a score is undefined are not
            among them.
    """

    scores: Floats
    replicates: Floats

    def mean_model(self) -> Bootstrap:
        """Return the mean score of all models, as the score of one."""
        scores = self.scores.mean(axis=1, keepdims=True)
        return Bootstrap(scores, self.replicates.mean(axis=2, keepdims=True))

    def score(self, model: int, task: int | None = None, level: float = LEVEL) -> Estimate:
        """Return a model's score on a task, or (None) its mean over all tasks.

        Raises:
            ValueError: the level is not between 0 and 1.
        """
        return _estimate(
            _over(self.scores, task)[model], _over(self.replicates, task)[:, model], level
        )

    def difference(
        self, first: int, second: int, task: int | None = None, level: float = LEVEL
    ) -> Estimate:
        """Return how much one model scores above another, on a task or (None) on average.

        Both are scored on the same resamples, so what they share cancels.

        Raises:
            ValueError: the level is not between 0 and 1.
        """
        scores, replicates = _over(self.scores, task), _over(self.replicates, task)
        return _estimate(
            scores[first] - scores[second], replicates[:, first] - replicates[:, second], level
        )


def _over(scores: Floats, task: int | None) -> Floats:
    """Take a task's scores, or the mean over tasks, from (..., tasks, models)."""
    return np.asarray(scores.mean(axis=-2) if task is None else scores[..., task, :])


def _estimate(value: float, replicates: Floats, level: float) -> Estimate:
    # The deviation itself: dividing it by the root of the number of replicates, as for a mean,
    # would make any error as small as one likes by drawing more.
    error = float(replicates.std(ddof=1))
    return Estimate(float(value), percentile(replicates, level), error)


def bootstrap(
    tasks: Sequence[Observations],
    statistic: Statistic = SPEARMAN,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    threads: int | None = None,
) -> Bootstrap:
    """Draw the units of some tasks with replacement, and score every model on every resample.

    One resample serves all models, and all tasks that share units: a unit that is drawn twice
    stands twice in each of its tasks. Tasks without a shared unit are drawn independently.

    Args:
        tasks: of the same models, in the same order.
        statistic: which score.
        resamples: how many.
        seed: the same gives the same result, to the last bit for ``SPEARMAN``.
        threads: by default as many as there are cores.

    Raises:
        UndefinedCorrelation: a score of all rows is undefined, or that of more than one
            resample in a hundred: the rows are too few.
        ValueError: the tasks differ in models, a task has fewer than two units, there are
            fewer than two resamples, or the seed is no seed.
    """
    models = require_same_models(tasks)
    if resamples < 2:
        raise ValueError(f"two resamples are the least, not {resamples}")
    layout = lay_out(tasks)
    scores = _scores(tasks, statistic)
    replicates = np.empty((resamples, len(tasks), models))
    _replicate(tasks, layout, statistic, as_seed(seed), replicates, threads)
    return Bootstrap(scores, _defined(replicates))


def _scores(tasks: Sequence[Observations], statistic: Statistic) -> Floats:
    """Return the (tasks, models) scores of all rows."""
    once = np.ones((1, 1), np.int32)
    scores = np.concatenate(
        [statistic.weighted(task, np.zeros(len(task), np.int64), 1)(once) for task in tasks]
    )
    if np.isnan(scores).any():
        task, model = np.argwhere(np.isnan(scores))[0]
        raise UndefinedCorrelation(
            f"all values are equal: gold of task {task}, or what model {model} gave for it"
        )
    return scores


def _replicate(
    tasks: Sequence[Observations],
    layout: Layout,
    statistic: Statistic,
    seed: int,
    out: Floats,
    threads: int | None,
) -> None:
    """Write the (resamples, tasks, models) scores of each resample."""
    from benchmark.metrics.resampling.kernels.draws import draw_counts

    weighted = [
        statistic.weighted(task, units, layout.count)
        for task, units in zip(tasks, layout.rows, strict=True)
    ]

    def work(first: int, last: int) -> None:
        counts = np.empty((last - first, layout.count), np.int32)
        draw_counts(np.uint64(seed), first, layout.starts, counts)
        for place, of_counts in enumerate(weighted):
            out[first:last, place] = of_counts(counts)

    in_chunks(len(out), work, threads)


def _defined(replicates: Floats) -> Floats:
    """Return the resamples on which every score is defined."""
    defined = np.asarray(np.isfinite(replicates).all(axis=(1, 2)))
    drawn, undefined = len(replicates), int(np.sum(~defined))
    if undefined > MOST_UNDEFINED * drawn:
        raise UndefinedCorrelation(
            f"{undefined:,} of {drawn:,} resamples have no score: too few rows"
        )
    return replicates[defined]
