"""The F1 score of a binary classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def f1_score(labels: NDArray[np.int64], predictions: NDArray[np.int64]) -> float:
    """Return the harmonic mean of precision and recall of class 1, a fraction of 1.

    The same as ``sklearn.metrics.f1_score(labels, predictions)``; 0 where neither labels nor
    predictions hold class 1.
    """
    hits = int(((labels == 1) & (predictions == 1)).sum())
    named = int((labels == 1).sum() + (predictions == 1).sum())
    return 2 * hits / named if named else 0.0
