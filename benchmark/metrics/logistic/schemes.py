"""Choosing the regularisation and scoring: SentEval's three schemes.

Percentages are rounded exactly where SentEval rounds (``senteval/tools/validation.py``): the
mean over inner folds before the best strength is chosen (of equal ones the first), the test
accuracy of a fold, and the means that are reported.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.logistic.features import Features
from benchmark.metrics.logistic.protocols import L2_GRID, ClassifierProtocol, SklearnProtocol
from benchmark.metrics.logistic.training import Rows, Samples

Advance = Callable[[int, int], None]
"""Called with fits done and fits in all."""

SELECTION_SEED = 1111
"""Nested cross-validation shuffles its folds with this seed, whatever seed is given."""


class Fitted(Protocol):
    """A trained classifier."""

    @property
    def accuracy(self) -> float:
        """Share of the development rows that it gets right."""
        ...

    @property
    def passes(self) -> int:
        """Passes over the training rows (iterations) until it stopped."""
        ...

    def predict(self, features: Features) -> NDArray[np.int64]:
        """Return the (n,) classes of (n, d) features."""
        ...


ProtocolT = TypeVar("ProtocolT", bound=ClassifierProtocol | SklearnProtocol)


class Trainer(ABC, Generic[ProtocolT]):
    """Trains the classifiers of one set of samples, and tells how it goes on.

    Attributes:
        samples: what is trained on.
        strengths: the grid to choose from: of L2, or scikit-learn's inverse ones.
        folds: of a cross-validation.
        seed: of each fit, and of folds that are not nested.
    """

    def __init__(
        self,
        samples: Samples,
        protocol: ProtocolT,
        fits: int = 0,
        advance: Advance | None = None,
        strengths: Sequence[float] = L2_GRID,
    ) -> None:
        """Prepare; ``fits`` is how many will be asked for in all, for the progress."""
        self.samples = samples
        self._protocol = protocol
        self.strengths = strengths
        self.folds = protocol.folds
        self.seed = protocol.seed
        self._fits = fits
        self._done = 0
        self._advance = advance
        self._lock = threading.Lock()

    @abstractmethod
    def train(self, splits: Sequence[tuple[Rows, Rows]]) -> list[list[Fitted]]:
        """Train every strength on each (train, development) split."""

    @abstractmethod
    def refit(self, choices: Sequence[tuple[Rows, float]]) -> list[Fitted]:
        """Train one strength on each of these sets of rows."""

    def _count(self, fits: int) -> None:
        with self._lock:
            self._done += fits
            if self._advance:
                self._advance(self._done, self._fits)


@dataclass(frozen=True, slots=True)
class FoldReport:
    """What happened in one selection of a strength.

    Attributes:
        means: percentage of each strength, mean over inner folds, rounded.
        strength: the chosen one.
        test: percentage on the rows held out, rounded; None where there is a test set.
        passes: of each fit, inner fold by inner fold, strength by strength.
        refit_passes: of the fit with the chosen strength.
    """

    means: tuple[float, ...]
    strength: float
    test: float | None
    passes: tuple[tuple[int, ...], ...]
    refit_passes: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome of a scheme: percentages as SentEval reports them.

    Attributes:
        dev: development accuracy (optimistic: the early-stopping rows are the scored rows).
        test: test accuracy.
        predictions: (n,) classes of the test rows, in their order; of a nested scheme, of all
            samples, each by the fold that held it out.
        folds: one report for each selection.
    """

    dev: float
    test: float
    predictions: NDArray[np.int64]
    folds: tuple[FoldReport, ...]


def nested_folds(trainer: Trainer[Any]) -> Selection:
    """Score by nested cross-validation (MR, CR, SUBJ, MPQA).

    Raises:
        ValueError: a class has fewer samples than there are folds.
    """
    samples = trainer.samples
    outer = _folds(samples.labels, trainer.folds, SELECTION_SEED)
    splits = [
        (kept[rows], kept[dev])
        for kept, _ in outer
        for rows, dev in _folds(samples.labels[kept], trainer.folds, SELECTION_SEED)
    ]
    fits = trainer.train(splits)
    grouped = [fits[i : i + trainer.folds] for i in range(0, len(fits), trainer.folds)]
    chosen = [_choose(group, trainer.strengths) for group in grouped]
    refits = trainer.refit(
        [(kept, strength) for (kept, _), (_, strength) in zip(outer, chosen, strict=True)]
    )
    predictions = np.empty(len(samples.labels), np.int64)
    reports = []
    tests = []
    for (_, held_out), group, choice, refit in zip(outer, grouped, chosen, refits, strict=True):
        predictions[held_out] = refit.predict(samples.features[held_out])
        tests.append(_percentage(predictions[held_out] == samples.labels[held_out]))
        reports.append(FoldReport(*choice, tests[-1], _passes(group), refit.passes))
    dev = _rounded_mean([max(report.means) for report in reports])
    return Selection(dev, _rounded_mean(tests), predictions, tuple(reports))


def folds_and_test(trainer: Trainer[Any], test: Samples) -> Selection:
    """Choose by cross-validation on the training set, score on a test set (TREC, MRPC).

    Raises:
        ValueError: a class has fewer samples than there are folds.
    """
    labels = trainer.samples.labels
    fits = trainer.train(_folds(labels, trainer.folds, trainer.seed))
    means, strength = _choose(fits, trainer.strengths)
    [refit] = trainer.refit([(np.arange(len(labels)), strength)])
    return _tested(means, strength, fits, refit, test)


def fixed_split(trainer: Trainer[Any], dev_rows: Rows, test: Samples) -> Selection:
    """Choose on development rows, score on a test set (SST, SICK entailment).

    SentEval trains the chosen strength once more; that fit would be the same to the last bit,
    so the first one is used.

    Args:
        trainer: its samples hold training and development rows.
        dev_rows: which of them are for development.
        test: scored in the end.
    """
    everything = np.arange(len(trainer.samples.labels))
    fits = trainer.train([(np.setdiff1d(everything, dev_rows), dev_rows)])
    means, strength = _choose(fits, trainer.strengths)
    return _tested(means, strength, fits, fits[0][list(trainer.strengths).index(strength)], test)


def _tested(
    means: tuple[float, ...],
    strength: float,
    fits: Sequence[Sequence[Fitted]],
    best: Fitted,
    test: Samples,
) -> Selection:
    predictions = best.predict(test.features)
    report = FoldReport(means, strength, None, _passes(fits), best.passes)
    accuracy = _percentage(predictions == test.labels)
    return Selection(max(means), accuracy, predictions, (report,))


def _folds(labels: NDArray[np.int64], folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Return the (train, held out) rows of stratified, shuffled folds (scikit-learn >= 0.22)."""
    from sklearn.model_selection import StratifiedKFold

    smallest = int(np.bincount(labels)[np.unique(labels)].min())
    if smallest < folds:
        raise ValueError(f"a class has {smallest} samples, fewer than the {folds} folds")
    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(labels)), labels))


def _choose(
    fits: Sequence[Sequence[Fitted]], strengths: Sequence[float]
) -> tuple[tuple[float, ...], float]:
    """Return the rounded mean percentage of each strength, and the best (first) strength."""
    means = tuple(
        _rounded_mean([fit.accuracy for fit in same], 100) for same in zip(*fits, strict=True)
    )
    return means, strengths[int(np.argmax(means))]


def _passes(fits: Sequence[Sequence[Fitted]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(fit.passes for fit in group) for group in fits)


def _percentage(correct: NDArray[np.bool_]) -> float:
    """A single accuracy is a Python float in SentEval, and rounded as one."""
    return round(100 * (int(correct.sum()) / len(correct)), 2)


def _rounded_mean(values: Sequence[float], factor: float = 1) -> float:
    """A mean is a NumPy float in SentEval, and NumPy rounds the last digit its own way."""
    return float(np.round(factor * np.mean(values), 2))
