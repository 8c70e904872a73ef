"""The best of many scores on the same rows: is it better than one of them beyond chance?

Who takes the best of many takes luck along. White's (2000) reality check asks how often the best
of all would be that far above the reference if none of them were better at all: in each resample
the greatest of all differences is taken, each less what it is on all rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from benchmark.metrics.resampling.paired import ROUNDING


def reality_check(scores: ArrayLike, replicates: ArrayLike, reference: int) -> float:
    """Return the p-value of the best of many scores against one of them, one-sided.

    Args:
        scores: (n,) of all rows.
        replicates: (resamples, n) of the same, all on the same resamples.
        reference: place of the score that the best is compared with.

    Raises:
        ValueError: there is no other score, or the shapes differ.
    """
    ours, again = np.asarray(scores, np.float64), np.asarray(replicates, np.float64)
    if ours.ndim != 1 or len(ours) < 2 or again.ndim != 2 or again.shape[1] != len(ours):
        raise ValueError(f"several scores and their replicates expected, got {again.shape}")
    others = np.arange(len(ours)) != reference
    found = (ours - ours[reference])[others]
    drawn = (again - again[:, [reference]])[:, others]
    by_luck = (drawn - found).max(axis=1)
    hits = np.count_nonzero(by_luck >= found.max() - ROUNDING)
    return float((1 + hits) / (1 + len(again)))
