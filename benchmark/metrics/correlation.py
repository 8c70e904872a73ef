"""Correlation of two score lists, in float64, ties handled as the statistics textbooks do."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


class UndefinedCorrelation(ValueError):
    """A correlation does not exist: too few pairs, a constant column, a non-finite value."""


def midranks(values: ArrayLike) -> NDArray[np.float64]:
    """Return the ranks 1..n of n values, tied values sharing the mean of their ranks.

    Args:
        values: (n,) numbers, finite.

    Returns:
        (n,) float64; the same as ``scipy.stats.rankdata(values, method="average")``.
    """
    _, places, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means = last - (counts - 1) / 2.0
    return means[places]


def pearson(first: ArrayLike, second: ArrayLike) -> float:
    """Return Pearson's correlation of two (n,) lists, computed in float64.

    The same as ``scipy.stats.pearsonr(first, second).statistic`` to a few units in the last
    place; sums run over values that were centred first, so large offsets do no harm.

    Raises:
        UndefinedCorrelation: fewer than two pairs, a column without any spread, or a value
            that is not finite.
        ValueError: the lists differ in length.
    """
    x, y = _checked(first), _checked(second)
    if x.shape != y.shape:
        raise ValueError(f"lists of {len(x)} and {len(y)} values cannot be correlated")
    if len(x) < 2:
        raise UndefinedCorrelation("fewer than two pairs")
    x, y = _direction(x), _direction(y)
    return float(np.clip(x @ y, -1.0, 1.0))


def spearman(first: ArrayLike, second: ArrayLike) -> float:
    """Return Spearman's rank correlation: Pearson's of the midranks.

    The same as ``scipy.stats.spearmanr(first, second).statistic``, which SentEval uses.

    Raises:
        UndefinedCorrelation: as for `pearson`.
        ValueError: the lists differ in length.
    """
    return pearson(midranks(_checked(first)), midranks(_checked(second)))


def _checked(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"expected a list of numbers, got an array of shape {array.shape}")
    if not np.isfinite(array).all():
        raise UndefinedCorrelation("a value is not finite")
    return array


def _direction(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre and scale to length one."""
    if values.min() == values.max():
        raise UndefinedCorrelation("all values are equal")
    # Scaling by a power of two is exact, and keeps sums and squares from over- or underflowing.
    scaled = np.ldexp(values, -np.frexp(np.abs(values).max())[1])
    centred = scaled - scaled.mean()
    # The mean of large, close values is itself rounded: what is left of it goes here.
    centred -= centred.mean()
    centred /= np.abs(centred).max()
    return np.asarray(centred / np.sqrt(centred @ centred))
