"""Random draws, compiled: counts of a resample, and coins of a permutation.

Random numbers are SplitMix64 (Steele, Lea and Flood 2014), a stream of its own for each draw:
results depend neither on the number of threads nor on the version of a library.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.compiling import njit

U64 = np.uint64
GOLDEN = U64(0x9E3779B97F4A7C15)
FIRST = U64(0xBF58476D1CE4E5B9)
SECOND = U64(0x94D049BB133111EB)


@njit(nogil=True, cache=True, inline="always")
def mix(state: np.uint64) -> np.uint64:
    """Return SplitMix64's output for a state (which the caller advances by `GOLDEN`)."""
    z = (state ^ (state >> U64(30))) * FIRST
    z = (z ^ (z >> U64(27))) * SECOND
    return z ^ (z >> U64(31))


@njit(nogil=True, cache=True)
def draw_counts(
    seed: np.uint64, first: int, starts: NDArray[np.int64], counts: NDArray[np.int32]
) -> None:
    """Draw resamples with replacement: how often each unit is in each of them.

    Args:
        seed: of the whole run.
        first: number of the first resample of this chunk.
        starts: (strata + 1,) bounds of the strata among the units; each is drawn from by itself,
            as many times as it has units.
        counts: (resamples, units), written.
    """
    for b in range(counts.shape[0]):
        state = mix(seed + mix(U64(first + b) + GOLDEN))
        counts[b, :] = 0
        for s in range(len(starts) - 1):
            low, size = starts[s], U64(starts[s + 1] - starts[s])
            for _ in range(starts[s + 1] - starts[s]):
                state += GOLDEN
                # The upper half, scaled: off from uniform by less than units / 2**32.
                counts[b, low + np.int64(((mix(state) >> U64(32)) * size) >> U64(32))] += 1


@njit(nogil=True, cache=True)
def draw_flips(seed: np.uint64, first: int, flips: NDArray[np.uint8]) -> None:
    """Throw a fair coin for each unit of each permutation: (permutations, units) of 0 and 1."""
    units = flips.shape[1]
    for b in range(flips.shape[0]):
        state = mix(seed + mix(U64(first + b) + GOLDEN))
        for start in range(0, units, 64):
            state += GOLDEN
            bits = mix(state)
            for u in range(start, min(start + 64, units)):
                flips[b, u] = np.uint8(bits & U64(1))
                bits >>= U64(1)
