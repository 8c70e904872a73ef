"""Two models on the same rows: by how much they differ, how surely, and whether at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.metrics.resampling.bootstrapping import RESAMPLES, Estimate, bootstrap
from benchmark.metrics.resampling.correction import holm
from benchmark.metrics.resampling.exchange import PERMUTATIONS, exchange_test
from benchmark.metrics.resampling.interval import LEVEL, Interval
from benchmark.metrics.resampling.rows import Observations
from benchmark.metrics.resampling.statistics import SPEARMAN, Statistic


@dataclass(frozen=True, slots=True)
class PairedOutcome:
    """The difference of two models on a task, or of their averages. All are fractions of 1.

    Attributes:
        first, second: scores of the two.
        difference: first minus second.
        interval: of the difference, by the paired bootstrap.
        standard_error: of the difference.
        p_value: two-sided, of the exchange test.
        adjusted_p_value: the same after Holm's correction over tasks. The average is one
            question by itself: its p-value is not adjusted, and this repeats it.
    """

    first: float
    second: float
    difference: float
    interval: Interval
    standard_error: float
    p_value: float
    adjusted_p_value: float


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """What `compare_paired` found.

    Attributes:
        tasks: in the order given.
        average: of the unweighted mean over tasks.
    """

    tasks: tuple[PairedOutcome, ...]
    average: PairedOutcome


def compare_paired(
    tasks: Sequence[Observations],
    statistic: Statistic = SPEARMAN,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    threads: int | None = None,
) -> PairedComparison:
    """Compare two models on the tasks that both were scored on.

    Args:
        tasks: of two models, the first minus the second.
        statistic: which score.
        level: of the intervals.
        resamples: of the bootstrap.
        permutations: of the test.
        seed: the same gives the same result.
        threads: by default as many as there are cores.

    Raises:
        UndefinedCorrelation: a score is undefined, of all rows or of too many resamples.
        ValueError: not two models, or a number that makes no sense.
    """
    test = exchange_test(tasks, statistic, permutations=permutations, seed=seed, threads=threads)
    drawn = bootstrap(tasks, statistic, resamples=resamples, seed=seed, threads=threads)

    def outcome(task: int | None, p_value: float, adjusted: float) -> PairedOutcome:
        scores = drawn.scores.mean(axis=0) if task is None else drawn.scores[task]
        found: Estimate = drawn.difference(0, 1, task, level)
        return PairedOutcome(
            first=float(scores[0]),
            second=float(scores[1]),
            difference=found.value,
            interval=found.interval,
            standard_error=found.standard_error,
            p_value=p_value,
            adjusted_p_value=adjusted,
        )

    adjusted = holm(test.tasks)
    places = range(len(tasks))
    return PairedComparison(
        tasks=tuple(outcome(place, test.tasks[place], adjusted[place]) for place in places),
        average=outcome(None, test.average, test.average),
    )
