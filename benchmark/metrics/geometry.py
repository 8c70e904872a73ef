"""Alignment and uniformity of sentence vectors (Wang and Isola 2020), as SimCSE measures them.

Both look at vectors of length one. A zero vector stays zero, as in the reference code
(``torch.nn.functional.normalize``).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.scaling import scaled_rows

BLOCK_BYTES = 64 * 2**20
"""Memory that one block of distances may take."""


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (n, d) rows at length one, in float64; zero rows stay zero.

    Raises:
        ValueError: the array has no two dimensions, or a value is not finite.
    """
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(f"expected finite rows of vectors, got an array of shape {vectors.shape}")
    rows = scaled_rows(vectors).astype(np.float64)
    rows = rows / _or_one(np.abs(rows).max(axis=1, keepdims=True, initial=0))
    return rows / _or_one(np.linalg.norm(rows, axis=1, keepdims=True))


def alignment(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the mean squared distance of positive pairs: from 0, the closer the better.

    The positive pairs of SimCSE's figure are those of STS-B with a gold score above 4.

    Args:
        first: (n, d) vectors of one side of the pairs.
        second: of the other side.

    Raises:
        ValueError: there is no pair, the shapes differ, or a value is not finite.
    """
    x, y = unit_rows(first), unit_rows(second)
    if x.shape != y.shape:
        raise ValueError(f"vectors of shapes {x.shape} and {y.shape} are no pairs")
    if not len(x):
        raise ValueError("no positive pair")
    return float(np.mean(np.sum((x - y) ** 2, axis=1)))


def alignment_of_cosines(cosines: NDArray[np.floating]) -> float:
    """Return `alignment` from the (n,) cosines of positive pairs, none of a zero vector.

    Vectors of length one are 2 - 2 cos apart, squared: records of cosines are enough.

    Raises:
        ValueError: there is no pair.
    """
    if not len(cosines):
        raise ValueError("no positive pair")
    return float(np.mean(2 - 2 * np.asarray(cosines, np.float64)))


def uniformity(vectors: NDArray[np.floating], scale: float = 2.0) -> float:
    """Return log mean exp(-scale * squared distance) over all pairs.

    At most 0, where all vectors are the same; the lower, the more evenly they are spread.

    Args:
        vectors: (n, d), of all sentences of the data. A sentence that is there twice counts
            twice, and is a pair at distance zero.
        scale: 2 in both papers.

    Raises:
        ValueError: fewer than two vectors, or a value is not finite.
    """
    x = unit_rows(vectors)
    if len(x) < 2:
        raise ValueError("fewer than two vectors")
    squares = np.sum(x * x, axis=1)
    size = max(1, BLOCK_BYTES // (8 * len(x)))
    total = math.fsum(
        _kernel_sum(x[start : start + size], x[start:], squares[start:], scale)
        for start in range(0, len(x), size)
    )
    return math.log(total / (len(x) * (len(x) - 1) / 2))


def _kernel_sum(
    rows: NDArray[np.float64],
    later: NDArray[np.float64],
    squares: NDArray[np.float64],
    scale: float,
) -> float:
    """Sum the kernel over pairs of a row and a later row; ``later`` begins with the rows."""
    distances = rows @ later.T
    distances *= -2
    distances += squares[: len(rows), None]
    distances += squares
    # Rounding may leave a distance just below zero.
    np.maximum(distances, 0, out=distances)
    distances *= -scale
    kernel = np.exp(distances, out=distances)
    np.copyto(kernel[:, : len(rows)], 0, where=np.tri(len(rows), dtype=np.bool_))
    return float(kernel.sum())


def _or_one(scales: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(scales > 0, scales, 1.0)
