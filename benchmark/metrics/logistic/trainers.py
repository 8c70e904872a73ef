"""The trainers: SentEval's own, many fits at once, and its alternative, scikit-learn's.

SentEval's runs threads over groups of fits, compiled loops within; scikit-learn's logistic
regression is a protocol of its own. A scheme by name, a protocol and samples give the selection
that a task asks for.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.logistic.features import Features, all_finite, stacked
from benchmark.metrics.logistic.protocols import (
    L2_GRID,
    NO_L2_GRID,
    ClassifierProtocol,
    SklearnProtocol,
)
from benchmark.metrics.logistic.schemes import (
    Advance,
    Fitted,
    Selection,
    Trainer,
    fixed_split,
    folds_and_test,
    nested_folds,
)
from benchmark.metrics.logistic.training import (
    TOO_LARGE,
    Fit,
    Permutations,
    Rows,
    Samples,
    held_out_for_stopping,
    shared_permutations,
    train,
)


class SentEvalTrainer(Trainer[ClassifierProtocol]):
    """Trains groups of fits on all cores.

    A group is the strengths of the grid on one split; half of them where there is only one split,
    which would keep one core busy; of many classes, each of them alone. How many cores there are
    does not matter, for sums would be taken in another order. Use it in a ``with`` statement:
    leaving it, for an interruption too, ends its threads.
    """

    def __enter__(self) -> Self:
        """Start the threads."""
        from threadpoolctl import threadpool_limits

        self._stop = threading.Event()
        self._resources = ExitStack()
        # The products of a batch are far too small to be shared out again.
        self._resources.enter_context(threadpool_limits(1, user_api="blas"))
        self._pool = self._resources.enter_context(ThreadPoolExecutor(os.cpu_count() or 1))
        return self

    def __exit__(self, *raised: object) -> None:
        """End the threads, between two checks of what they are training."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        self._resources.close()

    def train(self, splits: Sequence[tuple[Rows, Rows]]) -> list[list[Fitted]]:
        """Train every strength on each (train, development) split."""
        from benchmark.metrics.logistic.kernel import MOST_SIDE_BY_SIDE

        shared = shared_permutations(self.seed, splits)
        strengths = list(self.strengths)
        together = len(strengths)
        if self.samples.classes > MOST_SIDE_BY_SIDE:
            together = 1
        elif len(splits) == 1:
            together = -(-together // 2)
        groups = [strengths[at : at + together] for at in range(0, len(strengths), together)]
        jobs = [
            partial(self._train, rows, dev, group, shared[len(rows)])
            for rows, dev in splits
            for group in groups
        ]
        trained = iter(self._run(jobs))
        return [[fit for _ in groups for fit in next(trained)] for _ in splits]

    def refit(self, choices: Sequence[tuple[Rows, float]]) -> list[Fitted]:
        """Train one strength on each set of rows, a share of them held out for stopping.

        Raises:
            ValueError: so few rows that the share is none.
        """
        jobs = []
        for rows, strength in choices:
            kept, held_out, permutations = held_out_for_stopping(rows, self.seed)
            jobs.append(partial(self._train, kept, held_out, [strength], permutations))
        return [fit for [fit] in self._run(jobs)]

    def _run(self, jobs: Sequence[Callable[[], list[Fit]]]) -> list[list[Fit]]:
        return [future.result() for future in [self._pool.submit(job) for job in jobs]]

    def _train(
        self, rows: Rows, dev: Rows, strengths: Sequence[float], permutations: Permutations
    ) -> list[Fit]:
        fits = train(self.samples, rows, dev, strengths, self._protocol, permutations, self._stop)
        self._count(len(fits))
        return fits


NESTED_GRID = tuple(2.0**exponent for exponent in range(-2, 4))
"""Inverse strengths C of nested cross-validation and fixed splits."""

FOLDS_GRID = tuple(2.0**exponent for exponent in range(-1, 6))
"""Inverse strengths C of cross-validation with a test set."""

NO_L2_C_GRID = (1e9,)
"""The one inverse strength where SentEval asks for no regularisation."""


@dataclass(frozen=True, slots=True)
class _Regression:
    """A fitted ``LogisticRegression``."""

    model: Any
    accuracy: float
    passes: int

    def predict(self, features: Features) -> NDArray[np.int64]:
        return np.asarray(self.model.predict(np.asarray(features)))


class SklearnTrainer(Trainer[SklearnProtocol]):
    """Fits ``LogisticRegression(C=..., random_state=seed)``, everything else its default."""

    def train(self, splits: Sequence[tuple[Rows, Rows]]) -> list[list[Fitted]]:
        """Train every strength on each (train, development) split."""
        return [[self._fit(rows, dev, c) for c in self.strengths] for rows, dev in splits]

    def refit(self, choices: Sequence[tuple[Rows, float]]) -> list[Fitted]:
        """Train one strength on each set of rows, all of them."""
        return [self._fit(rows, rows, c) for rows, c in choices]

    def _fit(self, rows: Rows, dev: Rows, c: float) -> Fitted:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        features, labels = np.asarray(self.samples.features), self.samples.labels
        # Its search for the minimum would end before the first step, with a warning of SciPy's.
        if not np.isfinite(np.vdot(features, features)):
            raise ValueError(TOO_LARGE)
        with warnings.catch_warnings():
            # SentEval leaves the iterations at their default too.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=c, random_state=self.seed)
            model.fit(features[rows], labels[rows])
        self._count(1)
        accuracy = float(model.score(features[dev], labels[dev]))
        return _Regression(model, accuracy, int(np.max(model.n_iter_)))


Protocol = ClassifierProtocol | SklearnProtocol


def select(
    scheme: str, parts: Sequence[Samples], protocol: Protocol, advance: Advance | None = None
) -> Selection:
    """Train, select and test the classifiers of a task.

    Args:
        scheme: ``nested`` cross-validation (one part: everything), cross-validation ``folds``
            and a test set (two parts), a fixed ``split`` (train, development, test), or a
            ``split-no-l2``, which tries no strengths.
        parts: the samples of each part, in the order in which they are folded.
        protocol: how to train.
        advance: progress, called with fits done and fits in all.

    Raises:
        ValueError: a class has fewer samples than folds, or features are too large for float32.
    """
    for part in parts:
        if not all_finite(part.features):
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
        stacked(first.features, second.features),
        np.concatenate([first.labels, second.labels]),
        first.classes,
    )


def _trainer(
    scheme: str, samples: Samples, protocol: Protocol, advance: Advance | None
) -> AbstractContextManager[Trainer[Any]]:
    if isinstance(protocol, SklearnProtocol):
        grid = {"folds": FOLDS_GRID, "split-no-l2": NO_L2_C_GRID}.get(scheme, NESTED_GRID)
        fits = _fits(scheme, protocol.folds, len(grid))
        return nullcontext(SklearnTrainer(samples, protocol, fits, advance, grid))
    strengths = NO_L2_GRID if scheme == "split-no-l2" else L2_GRID
    fits = _fits(scheme, protocol.folds, len(strengths))
    if protocol.is_compiled:
        return SentEvalTrainer(samples, protocol, fits, advance, strengths)
    from benchmark.metrics.logistic.in_torch import TorchTrainer

    return nullcontext(TorchTrainer(samples, protocol, fits, advance, strengths))


def _fits(scheme: str, folds: int, strengths: int) -> int:
    """Return how many fits a scheme asks for."""
    if scheme == "nested":
        return folds * (folds * strengths + 1)
    return folds * strengths + 1 if scheme == "folds" else strengths
