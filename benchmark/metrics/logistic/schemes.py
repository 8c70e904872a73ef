"""A scheme by name, a protocol, and samples: the selection that a task asks for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from benchmark.metrics.logistic.engine import Advance, SentEvalTrainer
from benchmark.metrics.logistic.protocols import L2_GRID, ClassifierProtocol, SklearnProtocol
from benchmark.metrics.logistic.samples import Samples
from benchmark.metrics.logistic.selection import (
    Selection,
    Trainer,
    fixed_split,
    folds_and_test,
    nested_folds,
)
from benchmark.metrics.logistic.sklearn_trainer import FOLDS_GRID, NESTED_GRID, SklearnTrainer

Protocol = ClassifierProtocol | SklearnProtocol


def select(
    scheme: str, parts: Sequence[Samples], protocol: Protocol, advance: Advance | None = None
) -> Selection:
    """Train, select and test the classifiers of a task.

    Args:
        scheme: ``nested`` cross-validation (one part: everything), cross-validation ``folds``
            and a test set (two parts), or a fixed ``split`` (train, development, test).
        parts: the samples of each part, in the order in which they are folded.
        protocol: how to train.
        advance: progress, called with fits done and fits in all.

    Raises:
        ValueError: a class has fewer samples than folds, or features are too large for float32.
    """
    for part in parts:
        if not np.isfinite(part.features).all():
            raise ValueError("a feature is not finite in float32: vectors are too large")
    train, test = parts[0], parts[-1]
    if scheme == "nested":
        with _trainer(scheme, train, protocol, advance) as trainer:
            return nested_folds(trainer)
    if scheme == "folds":
        with _trainer(scheme, train, protocol, advance) as trainer:
            return folds_and_test(trainer, test)
    joined = _joined(train, parts[1])
    with _trainer(scheme, joined, protocol, advance) as trainer:
        return fixed_split(trainer, np.arange(len(train.labels), len(joined.labels)), test)


def _joined(first: Samples, second: Samples) -> Samples:
    return Samples(
        np.concatenate([first.features, second.features]),
        np.concatenate([first.labels, second.labels]),
        first.classes,
    )


def _trainer(
    scheme: str, samples: Samples, protocol: Protocol, advance: Advance | None
) -> AbstractContextManager[Trainer]:
    if isinstance(protocol, ClassifierProtocol):
        fits = _fits(scheme, protocol.folds, len(L2_GRID))
        return SentEvalTrainer(samples, protocol, fits, advance)
    grid = FOLDS_GRID if scheme == "folds" else NESTED_GRID
    fits = _fits(scheme, protocol.folds, len(grid))
    return nullcontext(SklearnTrainer(samples, protocol, grid, fits, advance))


def _fits(scheme: str, folds: int, strengths: int) -> int:
    """Return how many fits a scheme asks for."""
    if scheme == "nested":
        return folds * (folds * strengths + 1)
    return folds * strengths + 1 if scheme == "folds" else strengths
