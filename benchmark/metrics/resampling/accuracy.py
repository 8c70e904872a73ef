"""Exact statements about accuracies: one model's, and two models' on the same samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from benchmark.metrics.resampling.interval import LEVEL, Interval, require_level


def wilson(right: int, samples: int, level: float = LEVEL) -> Interval:
    """Return Wilson's score interval (1927) of an accuracy.

    It takes samples for independent, and says nothing of how the classifier was trained.

    Args:
        right: samples answered rightly.
        samples: how many there are.
        level: nominal coverage.

    Raises:
        ValueError: there is no sample, more are right than there are, or the level is none.
    """
    from scipy.stats import binomtest

    require_level(level)
    if not 0 <= right <= samples or samples == 0:
        raise ValueError(f"{right} of {samples} samples cannot be right")
    found = binomtest(right, samples).proportion_ci(level, method="wilson")
    return Interval(float(found.low), float(found.high), level)


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
