"""Scores of two models after they exchanged what they gave for some rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.correlation import midranks
from benchmark.metrics.resampling.rows import Observations
from benchmark.metrics.resampling.sums import correlation, standardised, sums_by_unit
from benchmark.metrics.resampling.weighted import Statistic

Flips = NDArray[np.uint8]
Floats = NDArray[np.float64]
Exchanged = Callable[[Flips], Floats]
"""From (permutations, units) of 0 and 1, where 1 exchanges, to (permutations, 2) scores."""


def prepare_exchanged(
    task: Observations, units: NDArray[np.int64], count: int, statistic: Statistic
) -> Exchanged:
    """Do once what all permutations of a task need.

    Args:
        task: of two models.
        units: (n,) unit of each row, 0 to ``count`` - 1.
        count: how many units flips will be given for.
        statistic: ``spearman`` exchanges midranks within the task, ``pearson`` values
            standardised within the task, ``accuracy`` right and wrong.
    """
    if statistic == "spearman":
        return _spearman(task, units)
    if statistic == "pearson":
        return _pearson(task, units, count)
    right = (task.given == task.gold).astype(np.float64)
    return partial(
        _mean_of, right.mean(axis=1), sums_by_unit(_change(right), units, count) / len(task)
    )


def _change(given: Floats) -> Floats:
    """Return what each model gains where rows are exchanged."""
    return given[::-1] - given


def _spearman(task: Observations, units: NDArray[np.int64]) -> Exchanged:
    ranks = np.stack([midranks(row) for row in task.given])
    found, places = np.unique(ranks, return_inverse=True)
    gold = np.rint(2 * midranks(task.gold) - (len(task) + 1)).astype(np.int64)
    rows = units, gold, places.reshape(ranks.shape).astype(np.int32), len(found)
    return partial(_spearman_of, rows)


def _spearman_of(rows: tuple[Any, ...], flips: Flips) -> Floats:
    from benchmark.metrics.resampling.kernels.ranks import spearman_of_flips

    units, gold, places, grid = rows
    out = np.empty((len(flips), 2))
    spearman_of_flips(flips, units, gold, places, grid, out)
    return out


def _pearson(task: Observations, units: NDArray[np.int64], count: int) -> Exchanged:
    x, ys = standardised(task.gold), np.stack([standardised(row) for row in task.given])
    terms = np.concatenate([ys, ys * ys, ys * x])
    change = np.concatenate([_change(ys), _change(ys * ys), _change(ys * x)])
    whole = np.array([len(x), x.sum(), x @ x])
    return partial(_pearson_of, whole, terms.sum(axis=1), sums_by_unit(change, units, count))


def _pearson_of(whole: Floats, sums: Floats, change: Floats, flips: Flips) -> Floats:
    y, yy, xy = np.split(sums + flips @ change, 3, axis=1)
    return correlation(whole[0], whole[1], whole[2], y, yy, xy)


def _mean_of(means: Floats, change: Floats, flips: Flips) -> Floats:
    return np.asarray(means + flips @ change)
