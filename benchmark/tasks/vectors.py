"""The only thing a task knows about encoders: sentences go in, rows come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Vectors(Protocol):
    """A look-up of vectors by sentence."""

    def __getitem__(self, sentences: Sequence[str], /) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n sentences."""
        ...
