"""The two things of SentEval's ``utils`` that scripts import."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from senteval.params import DotDict as dotdict  # noqa: N813 - SentEval's name

__all__ = ["cosine", "dotdict"]


def cosine(u: ArrayLike, v: ArrayLike) -> Any:
    """Return the cosine of two vectors, not a number where one of them is zero."""
    return np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v))
