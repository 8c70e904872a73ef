"""Spearman's correlation of resampled rows, compiled: no sort, O(n) each.

The rows of a task are sorted once by each of its lists. The midranks of a resample then follow
from the running sum of counts in that order, tied rows taken together. Ranks are kept as whole
numbers (twice the midrank, less n + 1), and so are the sums over them: nothing is rounded before
the last quotient, and the order of summation does not matter. Up to a million rows a task the
sums, below n**3 / 3, stay far from the end of 64 bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.compiling import njit


@njit(nogil=True, cache=True)
def spearman_of_counts(
    counts: NDArray[np.int32],
    units: NDArray[np.int64],
    gold_ends: NDArray[np.int64],
    orders: NDArray[np.int32],
    lasts: NDArray[np.bool_],
    out: NDArray[np.float64],
) -> None:
    """Correlate ranks of rows that stand in each resample as often as their unit.

    Args:
        counts: (resamples, units) weights.
        units: (n,) unit of each row; rows ascend by gold.
        gold_ends: end of each stretch of rows with equal gold.
        orders: (models, n) rows in ascending order of what each model gave.
        lasts: (models, n) whether the next row in that order has another value.
        out: (resamples, models) Spearman's correlation with gold, written; NaN if undefined.
    """
    n = len(units)
    weight = np.empty(n, np.int64)
    weighted = np.empty(n, np.int64)
    for b in range(counts.shape[0]):
        total = 0
        for i in range(n):
            weight[i] = counts[b, units[i]]
            total += weight[i]
        spread = _rank_gold(weight, gold_ends, total, weighted)
        for m in range(orders.shape[0]):
            out[b, m] = _rank_model(weight, weighted, orders[m], lasts[m], total, spread)


@njit(nogil=True, cache=True)
def _rank_gold(
    weight: NDArray[np.int64], ends: NDArray[np.int64], total: int, weighted: NDArray[np.int64]
) -> int:
    """Write weight times centred rank of each row; return the weighted sum of squared ranks."""
    below = spread = start = 0
    for end in ends:
        tied = 0
        for i in range(start, end):
            tied += weight[i]
        rank = 2 * below + tied - total
        for i in range(start, end):
            weighted[i] = weight[i] * rank
        spread += tied * rank * rank
        below += tied
        start = end
    return spread


@njit(nogil=True, cache=True)
def _rank_model(
    weight: NDArray[np.int64],
    weighted: NDArray[np.int64],
    order: NDArray[np.int32],
    last: NDArray[np.bool_],
    total: int,
    gold_spread: int,
) -> float:
    below = spread = product = tied = tied_gold = 0
    for j in range(len(order)):
        tied += weight[order[j]]
        tied_gold += weighted[order[j]]
        if last[j]:
            rank = 2 * below + tied - total
            product += rank * tied_gold
            spread += tied * rank * rank
            below += tied
            tied = tied_gold = 0
    if spread == 0 or gold_spread == 0:
        return np.nan
    return float(product / (np.sqrt(float(spread)) * np.sqrt(float(gold_spread))))


@njit(nogil=True, cache=True)
def spearman_of_flips(
    flips: NDArray[np.uint8],
    units: NDArray[np.int64],
    gold: NDArray[np.int64],
    places: NDArray[np.int32],
    grid: int,
    out: NDArray[np.float64],
) -> None:
    """Correlate ranks after two models exchanged the ranks of some rows.

    Args:
        flips: (permutations, units) of 0 and 1: the rows of these units exchange.
        units: (n,) unit of each row.
        gold: (n,) centred ranks, twice their value.
        places: (2, n) where each model's rank of each row stands among all ranks of both.
        grid: how many such places there are.
        out: (permutations, 2) Spearman's correlation with gold, written; NaN if undefined.
    """
    n = len(units)
    gold_spread = 0
    for i in range(n):
        gold_spread += gold[i] * gold[i]
    tied = np.empty((2, grid), np.int64)
    tied_gold = np.empty((2, grid), np.int64)
    for b in range(flips.shape[0]):
        tied[:] = 0
        tied_gold[:] = 0
        for i in range(n):
            side = flips[b, units[i]]
            for m in range(2):
                place = places[side ^ m, i]
                tied[m, place] += 1
                tied_gold[m, place] += gold[i]
        for m in range(2):
            out[b, m] = _rank_tallies(tied[m], tied_gold[m], n, gold_spread)


@njit(nogil=True, cache=True)
def _rank_tallies(
    tied: NDArray[np.int64], tied_gold: NDArray[np.int64], total: int, gold_spread: int
) -> float:
    below = spread = product = 0
    for g in range(len(tied)):
        rank = 2 * below + tied[g] - total
        product += rank * tied_gold[g]
        spread += tied[g] * rank * rank
        below += tied[g]
    if spread == 0 or gold_spread == 0:
        return np.nan
    return float(product / (np.sqrt(float(spread)) * np.sqrt(float(gold_spread))))
