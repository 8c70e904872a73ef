"""The best of many scores on the same rows: is it better than one of them beyond chance?

Who takes the best of many takes luck along (White 2000). How far ahead of a reference would any of
them be by luck alone? In each resample the greatest of all differences from the reference is taken,
each less what it is on all rows, in units of its own standard error: without that, scores
that are known badly would decide for all others (Westfall and Young 1993; Romano and Wolf 2005).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from benchmark.metrics.resampling.paired import ROUNDING


def best_of_many(scores: ArrayLike, replicates: ArrayLike, chosen: int, reference: int) -> float:
    """Return the p-value of a score that was chosen among many against one of them, one-sided.

    It holds whichever score was chosen, by whatever rule: all differences are looked at together.

    Args:
        scores: (n,) of all rows.
        replicates: (resamples, n) of the same, all on the same resamples.
        chosen: place of the score that was chosen.
        reference: place of the score that it is compared with.

    Raises:
        ValueError: there is no other score, or the shapes differ.
    """
    ours, again = np.asarray(scores, np.float64), np.asarray(replicates, np.float64)
    if ours.ndim != 1 or len(ours) < 2 or again.ndim != 2 or again.shape[1] != len(ours):
        raise ValueError(f"several scores and their replicates expected, got {again.shape}")
    found, drawn = ours - ours[reference], again - again[:, [reference]]
    errors = drawn.std(axis=0, ddof=1)
    # What gives the same as the reference on every row has no error, and is no competitor.
    spread = errors > ROUNDING
    if not spread[chosen]:
        return 1.0
    by_luck = ((drawn - found)[:, spread] / errors[spread]).max(axis=1)
    hits = np.count_nonzero(by_luck >= found[chosen] / errors[chosen] - ROUNDING)
    return float((1 + hits) / (1 + len(again)))
