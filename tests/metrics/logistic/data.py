"""Features with a class signal that a linear layer finds, but not at once."""

from __future__ import annotations

import numpy as np

from benchmark.metrics.logistic import Samples


def make_samples(rows: int, dimensions: int, classes: int, seed: int = 0) -> Samples:
    """Every class has the same number of rows, give or take one."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(rows) % classes)
    centres = generator.normal(0, 0.25, (classes, dimensions))
    features = centres[labels] + generator.normal(0, 0.5, (rows, dimensions))
    return Samples(features.astype(np.float32), labels.astype(np.int64), classes)


def plain(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """As the oracle takes them."""
    return np.asarray(samples.features), samples.labels


def part(samples: Samples, first: int, last: int) -> Samples:
    return Samples(samples.features[first:last], samples.labels[first:last], samples.classes)
