"""The permutation test of a difference: does it matter which model gave which answer?

Under the null hypothesis it does not: for each unit of rows, what the two models gave could as
well be exchanged. Cosines of two models have scales of their own, and a mixed list of raw cosines
would mean nothing, so ranks within the task are exchanged, and the mixed lists are ranked anew.
See Dror et al. (2018) on such tests in NLP, and Phipson and Smyth (2010) on why one is added to
both sides of the quotient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.resampling.chunks import as_seed, in_chunks
from benchmark.metrics.resampling.rows import Observations, require_same_models
from benchmark.metrics.resampling.statistics import SPEARMAN, Statistic
from benchmark.metrics.resampling.strata import lay_out

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
