"""Two models on the same rows: by how much they differ, how surely, and whether at all.

The permutation test asks whether it matters which model gave which answer. Under the null
hypothesis it does not: for each unit of rows, what the two models gave could as well be
exchanged. Cosines of two models have scales of their own, and a mixed list of raw cosines would
mean nothing, so ranks within the task are exchanged, and the mixed lists are ranked anew. See
Dror et al. (2018) on such tests in NLP, and Phipson and Smyth (2010) on why one is added to both
sides of the quotient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.resampling.intervals import (
    LEVEL,
    RESAMPLES,
    Estimate,
    Interval,
    as_seed,
    bootstrap,
    in_chunks,
)
from benchmark.metrics.resampling.observations import (
    SPEARMAN,
    Observations,
    Statistic,
    require_same_models,
)
from benchmark.metrics.resampling.units import lay_out

PERMUTATIONS = 10_000

ROUNDING = 1e-12
"""Differences that close are equal: those of an exchange of everything, for one, and no other."""


@dataclass(frozen=True, slots=True)
class ExchangeTest:
    """Two-sided p-values.

    Attributes:
        tasks: one for the difference on each task.
        average: for the difference of the averages over tasks.
        permutations: how many were drawn; no p-value can be below 1 / (permutations + 1).
    """

    tasks: tuple[float, ...]
    average: float
    permutations: int


def exchange_test(
    tasks: Sequence[Observations],
    statistic: Statistic = SPEARMAN,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    threads: int | None = None,
) -> ExchangeTest:
    """Test whether two models score differently.

    A coin is thrown for each unit; where it shows 1 the models exchange what they gave, in
    every task the unit is in. The p-value is (1 + hits) / (1 + permutations), where a hit is a
    difference at least as large, in either direction, as that of the data.

    Args:
        tasks: of two models.
        statistic: which score.
        permutations: how many.
        seed: the same gives the same result.
        threads: by default as many as there are cores.

    Raises:
        ValueError: not two models, no permutation, a task with fewer than two units, or the
            seed is no seed.
    """
    models = require_same_models(tasks)
    if models != 2:
        raise ValueError(f"two models can exchange what they gave, not {models}")
    if permutations < 1:
        raise ValueError(f"one permutation is the least, not {permutations}")
    differences = _differences(tasks, statistic, permutations, as_seed(seed), threads)
    with_average = np.column_stack([differences, differences.mean(axis=1)])
    observed, permuted = np.abs(with_average[0]), np.abs(with_average[1:])
    # A mixed list without spread has no correlation; its permutation counts as a hit.
    hits = ~(permuted < observed - ROUNDING)
    p_values = [float(p) for p in (1 + hits.sum(axis=0)) / (1 + permutations)]
    return ExchangeTest(tuple(p_values[:-1]), p_values[-1], permutations)


def _differences(
    tasks: Sequence[Observations],
    statistic: Statistic,
    permutations: int,
    seed: int,
    threads: int | None,
) -> NDArray[np.float64]:
    """Return (1 + permutations, tasks) differences, the first of the data as they are."""
    from benchmark.metrics.resampling.kernels.draws import draw_flips

    layout = lay_out(tasks)
    exchanged = [
        statistic.exchanged(task, units, layout.count)
        for task, units in zip(tasks, layout.rows, strict=True)
    ]
    out = np.empty((1 + permutations, len(tasks)))

    def work(first: int, last: int) -> None:
        flips = np.empty((last - first, layout.count), np.uint8)
        draw_flips(np.uint64(seed), first, flips)
        if first == 0:
            flips[0] = 0
        for place, of_flips in enumerate(exchanged):
            scores = of_flips(flips)
            out[first:last, place] = scores[:, 0] - scores[:, 1]

    in_chunks(len(out), work, threads)
    return out


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> float:
    """Return the two-sided p-value of McNemar's exact test (1947).

    Of the samples that only one of two models answers rightly, either model should have about
    half: a binomial test. 1 if there is no such sample.

    Args:
        first_right: (n,) whether the first model is right.
        second_right: the same of the second, on the same samples.

    Raises:
        ValueError: the lists differ in length.
    """
    from scipy.stats import binomtest

    first, second = np.asarray(first_right, np.bool_), np.asarray(second_right, np.bool_)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"lists of one length expected, got {first.shape} and {second.shape}")
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


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
