"""The scores that can be resampled: of rows drawn with replacement, and of rows exchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.correlation import midranks
from benchmark.metrics.resampling.rows import Observations

Counts = NDArray[np.int32]
Flips = NDArray[np.uint8]
Floats = NDArray[np.float64]
Units = NDArray[np.int64]

Weighted = Callable[[Counts], Floats]
"""From (resamples, units) counts to (resamples, models) scores; NaN where one is undefined."""

Exchanged = Callable[[Flips], Floats]
"""From (permutations, units) of 0 and 1, where 1 exchanges, to (permutations, 2) scores."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A score of rows, prepared once for all resamples of a task.

    Both functions take the task, the (n,) unit of each row (0 to ``count`` - 1), and ``count``.

    Attributes:
        weighted: scores of rows that count as often as a resample drew their unit.
        exchanged: scores of two models after they exchanged what they gave for some units.
    """

    weighted: Callable[[Observations, Units, int], Weighted]
    exchanged: Callable[[Observations, Units, int], Exchanged]


# --- Spearman's correlation: what is exchanged are midranks within the task -----------------------


def _weighted_ranks(task: Observations, units: Units, count: int) -> Weighted:  # noqa: ARG001
    by_gold = np.argsort(task.gold, kind="stable")
    given = task.given[:, by_gold]
    orders = np.argsort(given, axis=1, kind="stable")
    lasts = np.stack([_lasts(row[order]) for row, order in zip(given, orders, strict=True)])
    ends = np.flatnonzero(_lasts(task.gold[by_gold])) + 1
    return partial(_spearman_of_counts, (units[by_gold], ends, orders.astype(np.int32), lasts))


def _spearman_of_counts(rows: tuple[Any, ...], counts: Counts) -> Floats:
    from benchmark.metrics.resampling.kernels.ranks import spearman_of_counts

    units, ends, orders, lasts = rows
    out = np.empty((len(counts), len(orders)))
    spearman_of_counts(counts, units, ends, orders, lasts, out)
    return out


def _lasts(ascending: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where a stretch of equal values ends."""
    return np.append(ascending[1:] != ascending[:-1], True)


def _exchanged_ranks(task: Observations, units: Units, count: int) -> Exchanged:  # noqa: ARG001
    ranks = np.stack([midranks(row) for row in task.given])
    found, places = np.unique(ranks, return_inverse=True)
    gold = np.rint(2 * midranks(task.gold) - (len(task) + 1)).astype(np.int64)
    rows = units, gold, places.reshape(ranks.shape).astype(np.int32), len(found)
    return partial(_spearman_of_flips, rows)


def _spearman_of_flips(rows: tuple[Any, ...], flips: Flips) -> Floats:
    from benchmark.metrics.resampling.kernels.ranks import spearman_of_flips

    units, gold, places, grid = rows
    out = np.empty((len(flips), 2))
    spearman_of_flips(flips, units, gold, places, grid, out)
    return out


# --- accuracy: the share of rows given the class that is gold -------------------------------------


def _weighted_right(task: Observations, units: Units, count: int) -> Weighted:
    terms = np.stack([np.ones(len(task)), *(task.given == task.gold)])
    return partial(_share_of_counts, _sums_by_unit(terms, units, count))


def _share_of_counts(sums: Floats, counts: Counts) -> Floats:
    drawn = counts @ sums
    right, total = drawn[:, 1:], drawn[:, :1]
    return np.divide(right, total, out=np.full_like(right, np.nan), where=total > 0)


def _exchanged_right(task: Observations, units: Units, count: int) -> Exchanged:
    right = (task.given == task.gold).astype(np.float64)
    gained = _sums_by_unit(right[::-1] - right, units, count) / len(task)
    return partial(_share_of_flips, right.mean(axis=1), gained)


def _share_of_flips(shares: Floats, gained: Floats, flips: Flips) -> Floats:
    return np.asarray(shares + flips @ gained)


def _sums_by_unit(terms: Floats, units: Units, count: int) -> Floats:
    """Add up (terms, n) values over the rows of each of ``count`` units: (units, terms)."""
    return np.stack([np.bincount(units, term, count) for term in terms], axis=1)


SPEARMAN = Statistic(_weighted_ranks, _exchanged_ranks)
ACCURACY = Statistic(_weighted_right, _exchanged_right)
