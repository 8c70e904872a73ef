"""Which rows are tested against each other, and which of them can then be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from benchmark.metrics.resampling import ALPHA, RankRange, holm, rank_ranges, tied_groups

MOST_PAIRS = 300
"""Tests of one ranking: all pairs of 25 rows. Each takes some seconds."""

Pair = tuple[int, int]
"""Places of two rows in their order, the better one first."""


@dataclass(frozen=True, slots=True)
class Ties:
    """What tests found about rows in the order of their averages.

    Attributes:
        letters: two rows share one exactly if they cannot be told apart.
        ranges: the ranks each row may have among them.
        tests: how many pairs were tested.
        pairs: how many there are.
    """

    letters: tuple[str, ...]
    ranges: tuple[RankRange, ...]
    tests: int
    pairs: int


def pairs_to_test(rows: int, most: int = MOST_PAIRS) -> list[Pair]:
    """Return the pairs of rows that are tested.

    All of them, if there are no more than ``most``. Otherwise neighbours, then rows two places
    apart and so on, as far as all pairs of a distance still fit; neighbours always do.
    """
    chosen: list[Pair] = []
    for distance in range(1, rows):
        apart = [(first, first + distance) for first in range(rows - distance)]
        if chosen and len(chosen) + len(apart) > most:
            break
        chosen += apart
    return chosen


def ties(scores: Sequence[float], p_values: Mapping[Pair, float], alpha: float = ALPHA) -> Ties:
    """Return which rows cannot be told apart.

    P-values are adjusted for the number of tests (Holm). A pair that was not tested counts as
    told apart if a tested pair that lies between the two in the ranking is.

    Args:
        scores: of the rows, best first.
        p_values: of the tested pairs, not adjusted.
        alpha: of all tests of the ranking together.
    """
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    matrix = np.ones((len(scores), len(scores)))
    for first, second in combinations(range(len(scores)), 2):
        known = adjusted.get((first, second))
        p = _smallest_between(adjusted, first, second) if known is None else known
        matrix[first, second] = matrix[second, first] = p
    return Ties(
        tied_groups(matrix, alpha),
        rank_ranges(scores, matrix, alpha),
        tests=len(p_values),
        pairs=len(scores) * (len(scores) - 1) // 2,
    )


def _smallest_between(adjusted: Mapping[Pair, float], first: int, second: int) -> float:
    between = [p for (a, b), p in adjusted.items() if first <= a and b <= second]
    return min(between, default=1.0)
