"""How far the vectors of the same sentences are apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.cosine import paired_cosine
from benchmark.steps import Normalize
from benchmark.steps.step import Matrix

TOLERANCE = 1e-4
"""Of the largest entry. Other kernels of the same precision (another backend, processor, number of
threads) stay below 1e-5; float16 begins at about 5e-4, bfloat16 and int8 lie above."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two matrices of one shape are apart.

    Attributes:
        cosines: (n,) of each row with the other's; 1 for rows that are equal, zero or not.
        differences: (n,) largest absolute difference in each row.
        largest_entry: of both matrices, absolute.
    """

    cosines: NDArray[np.float32]
    differences: NDArray[np.float32]
    largest_entry: float

    @property
    def relative(self) -> NDArray[np.float64]:
        """The (n,) differences as parts of the largest entry."""
        return self.differences.astype(np.float64) / (self.largest_entry or 1.0)

    @property
    def largest(self) -> float:
        """The largest difference as a part of the largest entry; 0 for no rows."""
        return float(self.relative.max(initial=0.0))

    @property
    def smallest_cosine(self) -> float:
        """The smallest cosine; 1 for no rows."""
        return float(self.cosines.min(initial=1.0))


def agreement(first: Matrix, second: Matrix) -> Agreement | None:
    """Compare (n, d) rows with (n, d) rows; None where the shapes differ."""
    if first.shape != second.shape:
        return None
    equal = (first == second).all(axis=1)
    cosines = np.where(equal, np.float32(1), paired_cosine(first, second))
    differences = np.abs(first - second).max(axis=1, initial=0)
    largest = max(float(np.abs(part).max(initial=0)) for part in (first, second))
    return Agreement(cosines, differences, largest)


def agree(first: Matrix, second: Matrix, tolerance: float) -> bool:
    """Tell whether two matrices are the same within a part of their largest entry."""
    found = agreement(first, second)
    return found is not None and found.largest <= tolerance


def directions(vectors: Matrix) -> Matrix:
    """Return rows of length one; zero stays zero."""
    return Normalize().apply(vectors)
