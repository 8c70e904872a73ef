"""The only thing a task knows about encoders: sentences go in, rows come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmark.errors import TaskError


class Vectors(Protocol):
    """A look-up of vectors by sentence."""

    def __getitem__(self, sentences: Sequence[str], /) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n sentences."""
        ...


def require_finite(task_id: str, sentences: Iterable[str], vectors: Vectors) -> None:
    """Make sure that every vector a task needs is a vector of numbers.

    Raises:
        TaskError: one is not; the message names the first sentence concerned.
    """
    unique = list(dict.fromkeys(sentences))
    bad = ~np.isfinite(vectors[unique]).all(axis=1)
    if bad.any():
        example = unique[int(bad.argmax())]
        raise TaskError(
            f"{task_id}: the encoder gave {int(bad.sum()):,} vectors that are not finite "
            f"(NaN, infinite or beyond what float32 holds), the first for {example[:60]!r}"
        )
