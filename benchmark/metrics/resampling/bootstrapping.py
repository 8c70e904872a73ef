"""The bootstrap of scores and of differences of scores, over one task or over the average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.correlation import UndefinedCorrelation
from benchmark.metrics.resampling.chunks import as_seed, in_chunks
from benchmark.metrics.resampling.interval import LEVEL, Interval, percentile
from benchmark.metrics.resampling.rows import Observations, require_same_models
from benchmark.metrics.resampling.statistics import SPEARMAN, Statistic
from benchmark.metrics.resampling.strata import Layout, lay_out

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
            f"{undefined:,} of {drawn:,} resamples have no correlation: too few rows"
        )
    return replicates[defined]
