"""Scores of rows that count as often as a resample drew them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.resampling.rows import Observations
from benchmark.metrics.resampling.sums import correlation, standardised, sums_by_unit

Statistic = Literal["spearman", "pearson", "accuracy"]
"""Which score of a task; ``accuracy`` is the share of rows given the class that is gold."""

Counts = NDArray[np.int32]
Floats = NDArray[np.float64]
Weighted = Callable[[Counts], Floats]
"""From (resamples, units) counts to (resamples, models) scores; NaN where one is undefined."""


def prepare_weighted(
    task: Observations, units: NDArray[np.int64], count: int, statistic: Statistic
) -> Weighted:
    """Do once what all resamples of a task need.

    Args:
        task: gold and what the models gave.
        units: (n,) unit of each row, 0 to ``count`` - 1.
        count: how many units counts will be given for.
        statistic: which score.
    """
    if statistic == "spearman":
        return _spearman(task, units)
    if statistic == "pearson":
        return _pearson(task, units, count)
    return _accuracy(task, units, count)


def _spearman(task: Observations, units: NDArray[np.int64]) -> Weighted:
    by_gold = np.argsort(task.gold, kind="stable")
    given = task.given[:, by_gold]
    orders = np.argsort(given, axis=1, kind="stable")
    lasts = np.stack([_lasts(row[order]) for row, order in zip(given, orders, strict=True)])
    ends = np.flatnonzero(_lasts(task.gold[by_gold])) + 1
    return partial(_spearman_of, (units[by_gold], ends, orders.astype(np.int32), lasts))


def _spearman_of(rows: tuple[Any, ...], counts: Counts) -> Floats:
    from benchmark.metrics.resampling.kernels.ranks import spearman_of_counts

    units, ends, orders, lasts = rows
    out = np.empty((len(counts), len(orders)))
    spearman_of_counts(counts, units, ends, orders, lasts, out)
    return out


def _lasts(ascending: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where a stretch of equal values ends."""
    return np.append(ascending[1:] != ascending[:-1], True)


def _pearson(task: Observations, units: NDArray[np.int64], count: int) -> Weighted:
    x, ys = standardised(task.gold), np.stack([standardised(row) for row in task.given])
    terms = np.stack([np.ones_like(x), x, x * x, *ys, *(ys * ys), *(ys * x)])
    return partial(_pearson_of, sums_by_unit(terms, units, count))


def _pearson_of(sums: Floats, counts: Counts) -> Floats:
    drawn = counts @ sums
    total, x, xx = drawn[:, 0:1], drawn[:, 1:2], drawn[:, 2:3]
    y, yy, xy = np.split(drawn[:, 3:], 3, axis=1)
    return correlation(total, x, xx, y, yy, xy)


def _accuracy(task: Observations, units: NDArray[np.int64], count: int) -> Weighted:
    terms = np.stack([np.ones(len(task)), *(task.given == task.gold)])
    return partial(_accuracy_of, sums_by_unit(terms, units, count))


def _accuracy_of(sums: Floats, counts: Counts) -> Floats:
    drawn = counts @ sums
    right, total = drawn[:, 1:], drawn[:, :1]
    return np.divide(right, total, out=np.full_like(right, np.nan), where=total > 0)
