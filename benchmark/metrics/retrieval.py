"""Finding a sentence's counterpart among all sentences: recall at k, as DiffCSE measures it.

DiffCSE takes the pairs of STS-B test with gold 5 and asks, for either side of each, whether the
other is among the k nearest of all sentences. There are 97 such pairs, so 194 queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmark.metrics.geometry import unit_rows

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
