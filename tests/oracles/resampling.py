"""Resampling written down once more: rows are really repeated, and scipy scores them.

It shares no code with ``benchmark``. The random numbers must be the same for results to be
comparable, so SplitMix64 is here too, in Python's whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import scipy.stats

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15

Score = Callable[[Sequence[float], Sequence[float]], float]


class SplitMix64:
    """The generator of Steele, Lea and Flood (2014), as in Vigna's ``splitmix64.c``."""

    def __init__(self, state: int) -> None:
        self.state = state & MASK

    def next(self) -> int:
        self.state = (self.state + GOLDEN) & MASK
        return mix(self.state)


def mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def stream(seed: int, number: int) -> SplitMix64:
    """The random numbers of one draw."""
    return SplitMix64(mix((seed + mix((number + GOLDEN) & MASK)) & MASK))


# --- scores ---------------------------------------------------------------------------------------


def spearman(gold: Sequence[float], given: Sequence[float]) -> float:
    if len(set(gold)) < 2 or len(set(given)) < 2:
        return math.nan
    return float(scipy.stats.spearmanr(gold, given).statistic)


def accuracy(gold: Sequence[float], given: Sequence[float]) -> float:
    if not len(gold):
        return math.nan
    return sum(g == a for g, a in zip(gold, given, strict=True)) / len(gold)


def average_precision(gold: Sequence[float], given: Sequence[float]) -> float:
    """At every threshold the precision, times what the recall grew by."""
    positives = sum(g == 1 for g in gold)
    if positives in (0, len(gold)):
        return math.nan
    found = recall = 0.0
    for threshold in sorted(set(given), reverse=True):
        taken = [g for g, value in zip(gold, given, strict=True) if value >= threshold]
        hits = sum(g == 1 for g in taken)
        found += hits / len(taken) * (hits / positives - recall)
        recall = hits / positives
    return found


SCORES: dict[str, Score] = {
    "spearman": spearman,
    "accuracy": accuracy,
    "ap": average_precision,
}


# --- bootstrap ------------------------------------------------------------------------------------


def draw(units: Sequence[int], generator: SplitMix64) -> list[int]:
    """Draw as many units as there are, with replacement, from a list without repetitions."""
    return [units[((generator.next() >> 32) * len(units)) >> 32] for _ in units]


def rows_of(drawn: Sequence[int], units: Sequence[int]) -> list[int]:
    """All rows of the drawn units, as often as these were drawn."""
    return [row for unit in drawn for row in range(len(units)) if units[row] == unit]


def replicate(
    tasks: Sequence[tuple[Sequence[float], Sequence[Sequence[float]], Sequence[int]]],
    strata: Sequence[Sequence[int]],
    score: Score,
    seed: int,
    number: int,
) -> list[list[float]]:
    """Score every model on every task of one resample.

    ``tasks`` hold gold, what models gave and units; ``strata`` the units that are drawn from
    together, in ascending order.
    """
    generator = stream(seed, number)
    drawn = [unit for units in strata for unit in draw(units, generator)]
    scores = []
    for gold, given, units in tasks:
        rows = rows_of(drawn, units)
        scores.append([score([gold[r] for r in rows], [m[r] for r in rows]) for m in given])
    return scores


# --- exchange -------------------------------------------------------------------------------------


def flips(count: int, seed: int, number: int) -> list[int]:
    """A coin for each of ``count`` units: bits of the random numbers, the lowest first."""
    generator = stream(seed, number)
    words = [generator.next() for _ in range(-(-count // 64))]
    return [words[unit // 64] >> (unit % 64) & 1 for unit in range(count)]


def exchanged(
    first: Sequence[float], second: Sequence[float], units: Sequence[int], coins: Sequence[int]
) -> tuple[list[float], list[float]]:
    """Both lists after an exchange of the rows of units whose coin is 1."""
    pairs = [
        (b, a) if coins[unit] else (a, b) for a, b, unit in zip(first, second, units, strict=True)
    ]
    return [a for a, _ in pairs], [b for _, b in pairs]


def made_alike(statistic: str, gold: Sequence[float], given: Sequence[float]) -> list[float]:
    """What is exchanged: ranks, or being right."""
    if statistic == "accuracy":
        return [float(g == a) for g, a in zip(gold, given, strict=True)]
    return list(scipy.stats.rankdata(given))


def difference(
    statistic: str, gold: Sequence[float], first: Sequence[float], second: Sequence[float]
) -> float:
    """The difference of scores of two lists that were made alike."""
    if statistic == "accuracy":
        return float(np.mean(first) - np.mean(second))
    score = SCORES[statistic]
    return score(gold, first) - score(gold, second)
