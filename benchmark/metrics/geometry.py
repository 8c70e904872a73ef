"""What else is measured on sentence vectors: alignment and uniformity, and finding counterparts.

Alignment and uniformity (Wang and Isola 2020) as SimCSE measures them: on vectors of length one,
where a zero vector stays zero, as in the reference code (``torch.nn.functional.normalize``).

Recall at k as DiffCSE measures it: it takes the pairs of STS-B test with gold 5 and asks, for
either side of each, whether the other is among the k nearest of all sentences. There are 97 such
pairs, so 194 queries.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.cosine import scaled_rows

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


CUTOFFS = (1, 5, 10)


def counterpart_ranks(
    vectors: NDArray[np.floating], pairs: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """Return the rank of each sentence's counterpart, from 1, in both directions.

    A rank is one more than there are other sentences whose cosine with the query is at least
    as high: a tie counts against the model, so that one that gives every sentence the same
    vector finds nothing. The query itself is not among the candidates.

    Args:
        vectors: (n, d), one row for each distinct sentence; a second row of the same text would
            stand before its counterpart.
        pairs: places of the two sentences of each pair.

    Returns:
        (2 * pairs,): those of the first sentences as queries, then of the second.

    Raises:
        ValueError: a pair is of one sentence with itself, or of rows that are not there, or a
            value is not finite.
    """
    rows = unit_rows(vectors)
    places = np.asarray(pairs, np.int64).reshape(-1, 2)
    if ((places < 0) | (places >= len(rows))).any() or (places[:, 0] == places[:, 1]).any():
        raise ValueError(f"a pair is no pair of two of the {len(rows):,} rows")
    both = np.concatenate([places, places[:, ::-1]])
    return np.array([_rank(rows, query, target) for query, target in both], np.int64)


def recall_at(ranks: ArrayLike, cutoffs: Sequence[int] = CUTOFFS) -> Mapping[int, float]:
    """Return for each k the share of queries whose counterpart is among the first k.

    Raises:
        ValueError: there is no query.
    """
    found = np.asarray(ranks)
    if not found.size:
        raise ValueError("no query")
    return {k: float(np.mean(found <= k)) for k in cutoffs}


def _rank(rows: NDArray[np.float64], query: int, target: int) -> int:
    # A product with the whole matrix may round equal rows differently; row by row it does not.
    cosines = np.vecdot(rows, rows[query])
    cosines[query] = -np.inf
    return int(np.sum(cosines >= cosines[target]))
