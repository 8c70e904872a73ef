"""What is classified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
"""Places of samples."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Feature vectors and their classes.

    Attributes:
        features: (n, d) float32, contiguous, finite.
        labels: (n,) int64, 0 .. classes - 1.
        classes: number of classes.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: int
