"""Rows of a ranking that cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from string import ascii_lowercase

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class RankRange:
    """The ranks that a row may have, 1 being the best.

    Attributes:
        best: one more than there are rows significantly better.
        worst: as many as there are rows, less those significantly worse.
    """

    best: int
    worst: int


def tied_groups(p_values: ArrayLike, alpha: float = ALPHA) -> tuple[str, ...]:
    """Give rows letters, so that two rows share one exactly if they cannot be told apart.

    A compact letter display (Piepho 2004). Being indistinguishable is not transitive: of three
    rows, neighbours may be tied (``a``, ``ab``, ``b``) and the first and last not.

    Args:
        p_values: (rows, rows) symmetric, of the tests of all pairs, adjusted for their number;
            rows from best to worst. The diagonal is not read.
        alpha: pairs below it differ.

    Returns:
        The letters of each row, ``a`` being that of the first row.

    Raises:
        ValueError: the matrix is not square and symmetric, or holds no p-values.
    """
    tied = ~_different(p_values, alpha)
    letters = [""] * len(tied)
    for name, group in enumerate(_cliques(tied)):
        for row in group:
            letters[row] += _letter(name)
    return tuple(letters)


def rank_ranges(
    scores: ArrayLike, p_values: ArrayLike, alpha: float = ALPHA
) -> tuple[RankRange, ...]:
    """Return the best and the worst rank that each row may have.

    With p-values adjusted over all pairs, all ranges together hold the true ranks with
    confidence 1 - alpha, as far as each significant difference has the right sign (Mogstad et
    al. 2024).

    Args:
        scores: (rows,) the higher the better.
        p_values: as for `tied_groups`.
        alpha: pairs below it differ.

    Raises:
        ValueError: as for `tied_groups`, or the sizes do not match.
    """
    values, different = np.asarray(scores, np.float64), _different(p_values, alpha)
    if values.shape != different.shape[:1]:
        raise ValueError(f"{values.shape} scores do not match {different.shape} p-values")
    better = different & (values[:, None] < values)
    worse = different & (values[:, None] > values)
    return tuple(
        RankRange(1 + int(above), len(values) - int(below))
        for above, below in zip(better.sum(axis=1), worse.sum(axis=1), strict=True)
    )


def _different(p_values: ArrayLike, alpha: float) -> NDArray[np.bool_]:
    matrix = np.array(p_values, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"expected a square matrix of p-values, got shape {matrix.shape}")
    np.fill_diagonal(matrix, 1)
    if not ((matrix >= 0) & (matrix <= 1)).all() or (matrix != matrix.T).any():
        raise ValueError("expected a symmetric matrix of numbers from 0 to 1")
    return matrix < alpha


def _cliques(tied: NDArray[np.bool_]) -> list[list[int]]:
    """Cover all tied pairs with groups in which all are tied, in the order of their best rows.

    Each pair that no group holds yet starts one, which grows by every row that is tied with all
    in it, the best first. (All maximal groups would do as well, but there may be exponentially
    many.)
    """
    rows = range(len(tied))
    groups: list[list[int]] = []
    for pair in [(row, row) for row in rows] + list(combinations(rows, 2)):
        if not tied[pair] or any(set(pair) <= set(group) for group in groups):
            continue
        group = set(pair)
        for row in rows:
            if all(tied[row, other] for other in group):
                group.add(row)
        groups.append(sorted(group))
    return sorted(groups)


def _letter(number: int) -> str:
    """Count a, b, ... z, aa, ab, ..."""
    rest, last = divmod(number, 26)
    return (_letter(rest - 1) if rest else "") + ascii_lowercase[last]
