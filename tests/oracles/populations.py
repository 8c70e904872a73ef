"""Populations of pairs whose true scores follow from a formula.

Gold is a normal variable cut into 26 steps with the many ties of an STS task; a model's cosine is
another normal variable that correlates with it before the cut. What two models miss is correlated,
too, which changes no score. Or gold is a label, and a cosine is a normal variable whose mean is
higher where that is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NORMAL = NormalDist()
ZERO, WHOLE, BETWEEN = 0.14, 0.09, 0.02
STEPS = np.array([ZERO, *([BETWEEN] * 4 + [WHOLE]) * 5])
"""Share of pairs at gold 0, 0.2, ... 5: much at zero and at whole numbers, as in STS."""
EDGES = np.array([NORMAL.inv_cdf(p) for p in np.cumsum(STEPS / STEPS.sum())[:-1]])
HIGH, LOW, SHARED = 0.80, 0.75, 0.5
"""Correlation of each model's cosine with gold before the cut, and of what is left of the two."""


def true_spearman(rho: float) -> float:
    """Return the rank correlation of the cut gold and a cosine that correlates by ``rho``.

    The cosine's rank is uniform, and its mean given the uncut gold z is Phi(rho z / sqrt(2 -
    rho**2)); the rank of a tied value is the middle of its step.
    """
    from scipy import integrate, stats

    ends = np.array([-9.0, *EDGES, 9.0])  # beyond 9 lies less than 1e-18
    shares = np.diff(stats.norm.cdf(ends))
    middles = np.cumsum(shares) - shares / 2

    def density(z: float) -> float:
        return float(stats.norm.pdf(z) * stats.norm.cdf(rho * z / np.sqrt(2 - rho**2)))

    masses = [integrate.quad(density, a, b)[0] for a, b in pairwise(ends)]
    variance = (shares @ middles**2 - 0.25) / 12
    return float((middles @ masses - 0.25) / np.sqrt(variance))


POSITIVE = 0.3
"""Share of pairs with label 1."""
FAR, NEAR = 1.4, 1.2
"""By how many standard deviations each model's cosines of the two labels lie apart."""


def true_average_precision(apart: float) -> float:
    """Return the average precision over all pairs there are.

    The precision at a threshold, where the recall falls as the density of label 1 says.
    """
    from scipy import integrate, stats

    def summand(threshold: float) -> float:
        hits = POSITIVE * stats.norm.sf(threshold - apart)
        false_alarms = (1 - POSITIVE) * stats.norm.sf(threshold)
        return float(stats.norm.pdf(threshold - apart) * hits / (hits + false_alarms))

    return float(integrate.quad(summand, -9, 9)[0])


def labelled_pairs_of(
    rng: np.random.Generator, count: int, apart: tuple[float, float] = (FAR, NEAR)
) -> tuple[NDArray[np.int64], list[Floats]]:
    """Draw labels and two models' cosines."""
    labels = (rng.random(count) < POSITIVE).astype(np.int64)
    both = np.sqrt(SHARED) * rng.normal(size=count)
    own = [np.sqrt(1 - SHARED) * rng.normal(size=count) for _ in apart]
    return labels, [far * labels + both + noise for far, noise in zip(apart, own, strict=True)]


def pairs_of(
    noise: Callable[[], Floats], rhos: tuple[Floats | float, Floats | float] = (HIGH, LOW)
) -> tuple[Floats, list[Floats]]:
    """Draw gold and two models' cosines from standard normal (n,) ``noise``."""
    gold, both = noise(), noise()
    cosines = [
        rho * gold + np.sqrt(1 - np.square(rho)) * mixed
        for rho in rhos
        for mixed in [np.sqrt(SHARED) * both + np.sqrt(1 - SHARED) * noise()]
    ]
    return np.digitize(gold, EDGES).astype(np.float64), cosines


def repeats_of(count: int) -> NDArray[np.int64]:
    """Return the sentence around which each of ``count`` pairs stands: few have many."""
    sizes = np.array([1] * 24 + [2] * 8 + [4] * 4 + [8] * 2 + [16])
    blocks = -(-count // sizes.sum())
    return np.repeat(np.arange(blocks * len(sizes)), np.tile(sizes, blocks))[:count]


def grouped(rng: np.random.Generator, groups: NDArray[np.int64]) -> Callable[[], Floats]:
    """Return noise of which four fifths of the variance are of the group."""

    def noise() -> Floats:
        common = rng.normal(size=groups.max() + 1)[groups]
        return np.asarray(np.sqrt(0.8) * common + np.sqrt(0.2) * rng.normal(size=len(groups)))

    return noise
