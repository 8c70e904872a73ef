"""Average precision of resampled rows, compiled: no sort, O(n) each.

The rows of a task are sorted once by what each model gave. The precision at each of its values
then follows from running sums of counts in that order, rows of one value taken together. Counts
are whole numbers, and what is added up is in the same order each time: a resample has the same
bits on any number of threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.compiling import njit


@njit(nogil=True, cache=True)
def precision_of_counts(
    counts: NDArray[np.int32],
    units: NDArray[np.int64],
    positive: NDArray[np.bool_],
    orders: NDArray[np.int32],
    lasts: NDArray[np.bool_],
    out: NDArray[np.float64],
) -> None:
    """Score rows that stand in each resample as often as their unit.

    Args:
        counts: (resamples, units) weights.
        units: (n,) unit of each row.
        positive: (n,) whether it has label 1.
        orders: (models, n) rows in descending order of what each model gave.
        lasts: (models, n) whether the next row in that order has another value.
        out: (resamples, models) average precision, written; NaN where a label has no row.
    """
    n = len(units)
    weight = np.empty(n, np.int64)
    for b in range(counts.shape[0]):
        total = positives = 0
        for i in range(n):
            weight[i] = counts[b, units[i]]
            total += weight[i]
            if positive[i]:
                positives += weight[i]
        for m in range(orders.shape[0]):
            out[b, m] = np.nan
            if 0 < positives < total:
                out[b, m] = _of_order(weight, positive, orders[m], lasts[m]) / positives


@njit(nogil=True, cache=True)
def _of_order(
    weight: NDArray[np.int64],
    positive: NDArray[np.bool_],
    order: NDArray[np.int32],
    last: NDArray[np.bool_],
) -> float:
    """Return the sum of the precisions at all rows with label 1."""
    taken = hits = tied = 0
    found = 0.0
    for j in range(len(order)):
        row = order[j]
        taken += weight[row]
        if positive[row]:
            tied += weight[row]
        if last[j] and tied:
            hits += tied
            found += tied * (hits / taken)
            tied = 0
    return found


@njit(nogil=True, cache=True)
def precision_of_flips(
    flips: NDArray[np.uint8],
    units: NDArray[np.int64],
    positive: NDArray[np.bool_],
    places: NDArray[np.int32],
    grid: int,
    out: NDArray[np.float64],
) -> None:
    """Score rows after two models exchanged the ranks of some.

    Args:
        flips: (permutations, units) of 0 and 1: the rows of these units exchange.
        units: (n,) unit of each row.
        positive: (n,) whether it has label 1.
        places: (2, n) where each model's rank of each row stands among all ranks of both.
        grid: how many such places there are.
        out: (permutations, 2) average precision, written; NaN where a label has no row.
    """
    n = len(units)
    positives = 0
    for i in range(n):
        if positive[i]:
            positives += 1
    tied = np.empty((2, grid), np.int64)
    tied_hits = np.empty((2, grid), np.int64)
    for b in range(flips.shape[0]):
        tied[:] = 0
        tied_hits[:] = 0
        for i in range(n):
            side = flips[b, units[i]]
            for m in range(2):
                place = places[side ^ m, i]
                tied[m, place] += 1
                if positive[i]:
                    tied_hits[m, place] += 1
        for m in range(2):
            out[b, m] = np.nan
            if 0 < positives < n:
                out[b, m] = _of_tallies(tied[m], tied_hits[m]) / positives


@njit(nogil=True, cache=True)
def _of_tallies(tied: NDArray[np.int64], tied_hits: NDArray[np.int64]) -> float:
    """Return the sum of the precisions at all rows with label 1, from the highest rank down."""
    taken = hits = 0
    found = 0.0
    for g in range(len(tied) - 1, -1, -1):
        taken += tied[g]
        if tied_hits[g]:
            hits += tied_hits[g]
            found += tied_hits[g] * (hits / taken)
    return found
