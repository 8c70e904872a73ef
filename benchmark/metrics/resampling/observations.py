"""What is resampled, and the scores of rows drawn or exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.correlation import UndefinedCorrelation, midranks

MOST_ROWS = 1_000_000
"""Rows of one task up to which sums over ranks are exact."""


@dataclass(frozen=True, slots=True)
class Observations:
    """One task: n rows (pairs or samples), and what some models gave for each.

    Attributes:
        gold: (n,) human scores, or true classes.
        given: (models, n) cosines, or classes, in the same order.
        units: (n,) whole numbers: rows of one unit are drawn together, and a number means the
            same unit in every task. None: each row is a unit of its own.
    """

    gold: NDArray[Any]
    given: NDArray[Any]
    units: NDArray[np.int64] | None = None

    @property
    def models(self) -> int:
        """How many models."""
        return len(self.given)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.gold)


def observations(
    gold: ArrayLike, given: Sequence[ArrayLike], units: ArrayLike | None = None
) -> Observations:
    """Check and make `Observations`.

    Raises:
        UndefinedCorrelation: a value is not finite.
        ValueError: the lists differ in length, are empty or too long, or no model is there.
    """
    gold_array = np.asarray(gold)
    columns = [np.asarray(column) for column in given]
    unit_array = None if units is None else np.asarray(units, np.int64)
    lists = [gold_array, *columns, *([] if unit_array is None else [unit_array])]
    shapes = {array.shape for array in lists}
    if not columns or len(shapes) != 1 or gold_array.ndim != 1:
        raise ValueError(f"expected lists of one length, got shapes {sorted(shapes)}")
    if not 1 <= len(gold_array) <= MOST_ROWS:
        raise ValueError(f"{len(gold_array):,} rows: 1 to {MOST_ROWS:,} can be resampled")
    if not all(np.isfinite(array).all() for array in lists):
        raise UndefinedCorrelation("a value is not finite")
    return Observations(gold_array, np.stack(columns), unit_array)


def require_same_models(tasks: Sequence[Observations]) -> int:
    """Return how many models the tasks have.

    Raises:
        ValueError: there is no task, or the tasks differ in that.
    """
    models = {task.models for task in tasks}
    if len(models) != 1:
        raise ValueError(f"tasks of equally many models expected, got {sorted(models)}")
    return models.pop()


Counts = NDArray[np.int32]
Flips = NDArray[np.uint8]
Floats = NDArray[np.float64]
UnitNumbers = NDArray[np.int64]

RowScore = Callable[[NDArray[Any], NDArray[Any]], float]
"""From (n,) values given and (n,) gold to a score, a fraction of 1."""

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

    weighted: Callable[[Observations, UnitNumbers, int], Weighted]
    exchanged: Callable[[Observations, UnitNumbers, int], Exchanged]


def statistic_of(score: RowScore, *, by_rank: bool) -> Statistic:
    """Return the statistic of any score of rows, which is computed anew for every resample.

    Args:
        score: of (n,) values given and (n,) gold; raises `UndefinedCorrelation` where there is
            none.
        by_rank: whether only the order of what is given counts. Two models then exchange their
            midranks within the task, for their values have scales of their own.
    """
    return Statistic(partial(_weighted_rows, score), partial(_exchanged_rows, score, by_rank))


def _weighted_rows(score: RowScore, task: Observations, units: UnitNumbers, count: int) -> Weighted:  # noqa: ARG001
    def weighted(counts: Counts) -> Floats:
        drawn = [np.repeat(np.arange(len(task)), row[units]) for row in counts]
        given = ((task.given[:, rows], task.gold[rows]) for rows in drawn)
        return np.array([[_or_nan(score, row, gold) for row in rows] for rows, gold in given])

    return weighted


def _exchanged_rows(
    score: RowScore,
    by_rank: bool,
    task: Observations,
    units: UnitNumbers,
    count: int,  # noqa: ARG001
) -> Exchanged:
    given = np.stack([midranks(row) for row in task.given]) if by_rank else task.given

    def exchanged(flips: Flips) -> Floats:
        mixed = (np.where(flip[units], given[::-1], given) for flip in flips)
        return np.array([[_or_nan(score, row, task.gold) for row in rows] for rows in mixed])

    return exchanged


def _or_nan(score: RowScore, given: NDArray[Any], gold: NDArray[Any]) -> float:
    try:
        return score(given, gold)
    except UndefinedCorrelation:
        return np.nan


# --- Spearman's correlation: what is exchanged are midranks within the task -----------------------


def _weighted_ranks(task: Observations, units: UnitNumbers, count: int) -> Weighted:  # noqa: ARG001
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


def _exchanged_ranks(task: Observations, units: UnitNumbers, count: int) -> Exchanged:  # noqa: ARG001
    places, grid = _places_of_ranks(task)
    gold = np.rint(2 * midranks(task.gold) - (len(task) + 1)).astype(np.int64)
    return partial(_spearman_of_flips, (units, gold, places, grid))


def _places_of_ranks(task: Observations) -> tuple[NDArray[np.int32], int]:
    """Return where each midrank (models, n) stands among all of them, and how many there are."""
    ranks = np.stack([midranks(row) for row in task.given])
    found, places = np.unique(ranks, return_inverse=True)
    return places.reshape(ranks.shape).astype(np.int32), len(found)


def _spearman_of_flips(rows: tuple[Any, ...], flips: Flips) -> Floats:
    from benchmark.metrics.resampling.kernels.ranks import spearman_of_flips

    units, gold, places, grid = rows
    out = np.empty((len(flips), 2))
    spearman_of_flips(flips, units, gold, places, grid, out)
    return out


# --- accuracy: the share of rows given the class that is gold -------------------------------------


def _weighted_right(task: Observations, units: UnitNumbers, count: int) -> Weighted:
    terms = np.stack([np.ones(len(task)), *(task.given == task.gold)])
    return partial(_share_of_counts, _sums_by_unit(terms, units, count))


def _share_of_counts(sums: Floats, counts: Counts) -> Floats:
    drawn = counts @ sums
    right, total = drawn[:, 1:], drawn[:, :1]
    return np.divide(right, total, out=np.full_like(right, np.nan), where=total > 0)


def _exchanged_right(task: Observations, units: UnitNumbers, count: int) -> Exchanged:
    right = (task.given == task.gold).astype(np.float64)
    gained = _sums_by_unit(right[::-1] - right, units, count) / len(task)
    return partial(_share_of_flips, right.mean(axis=1), gained)


def _share_of_flips(shares: Floats, gained: Floats, flips: Flips) -> Floats:
    return np.asarray(shares + flips @ gained)


def _sums_by_unit(terms: Floats, units: UnitNumbers, count: int) -> Floats:
    """Add up (terms, n) values over the rows of each of ``count`` units: (units, terms)."""
    return np.stack([np.bincount(units, term, count) for term in terms], axis=1)


# --- average precision: what is exchanged are midranks within the task ----------------------------


def _weighted_hits(task: Observations, units: UnitNumbers, count: int) -> Weighted:  # noqa: ARG001
    orders = np.argsort(-task.given, axis=1, kind="stable")
    lasts = np.stack([_lasts(row[order]) for row, order in zip(task.given, orders, strict=True)])
    rows = units, _positive(task), orders.astype(np.int32), lasts
    return partial(_precision_of_counts, rows)


def _precision_of_counts(rows: tuple[Any, ...], counts: Counts) -> Floats:
    from benchmark.metrics.resampling.kernels.precision import precision_of_counts

    units, positive, orders, lasts = rows
    out = np.empty((len(counts), len(orders)))
    precision_of_counts(counts, units, positive, orders, lasts, out)
    return out


def _exchanged_hits(task: Observations, units: UnitNumbers, count: int) -> Exchanged:  # noqa: ARG001
    places, grid = _places_of_ranks(task)
    return partial(_precision_of_flips, (units, _positive(task), places, grid))


def _precision_of_flips(rows: tuple[Any, ...], flips: Flips) -> Floats:
    from benchmark.metrics.resampling.kernels.precision import precision_of_flips

    units, positive, places, grid = rows
    out = np.empty((len(flips), 2))
    precision_of_flips(flips, units, positive, places, grid, out)
    return out


def _positive(task: Observations) -> NDArray[np.bool_]:
    return np.asarray(task.gold == 1)


SPEARMAN = Statistic(_weighted_ranks, _exchanged_ranks)
ACCURACY = Statistic(_weighted_right, _exchanged_right)
AVERAGE_PRECISION = Statistic(_weighted_hits, _exchanged_hits)
