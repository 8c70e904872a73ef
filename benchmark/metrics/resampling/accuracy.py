"""An exact test of two accuracies on the same samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> float:
    """Return the two-sided p-value of McNemar's exact test (1947).

    Of the samples that only one of two models answers rightly, either model should have about
    half: a binomial test. 1 if there is no such sample.

    Args:
        first_right: (n,) whether the first model is right.
        second_right: the same of the second, on the same samples.

    Raises:
        ValueError: the lists differ in length.
    """
    from scipy.stats import binomtest

    first, second = np.asarray(first_right, np.bool_), np.asarray(second_right, np.bool_)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"lists of one length expected, got {first.shape} and {second.shape}")
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)
