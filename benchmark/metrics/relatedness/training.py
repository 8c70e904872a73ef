"""A softmax layer that learns scores of pairs from 1 to 5, as SentEval trains and selects it.

The rules are those of ``senteval/tools/relatedness.py`` and ``senteval/sick.py`` (SentEval at
``5d6dc11``; SimCSE's copy differs in what a check is judged by). First weights and permutations
are torch's and NumPy's own, see `benchmark.metrics.logistic.training`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.correlation import UndefinedCorrelation, pearson, spearman
from benchmark.metrics.logistic.protocols import ADAM, Optimiser
from benchmark.metrics.logistic.training import (
    TOO_LARGE,
    Permutations,
    initial_weights,
    seeded,
)

SCORES: Final = np.arange(1, 6)
"""The scores that a distribution is over."""

Judge = Literal["pearson", "spearman"]
"""What says how well a check predicts the development pairs: Pearson's correlation (SentEval) or
Spearman's (SimCSE's copy of it)."""


@dataclass(frozen=True, slots=True)
class RelatednessProtocol:
    """How the layer is trained and selected.

    Attributes:
        judge: of the checks.
        seed: of the initial weights and the permutations.
        batch: pairs of a batch; the last one of a pass may be smaller.
        tenacity: training ends at the (tenacity + 1)-th check in total that does not improve.
        epoch_size: passes over the training pairs between two checks.
        max_epoch: no pass begins after a check at more than this many passes.
        optimiser: minimises the mean squared error of a batch's shares, without L2.
    """

    judge: Judge = "pearson"
    seed: int = 1111
    batch: int = 64
    tenacity: int = 3
    epoch_size: int = 50
    max_epoch: int = 1000
    optimiser: Optimiser = ADAM


@dataclass(frozen=True, slots=True)
class Graded:
    """Pairs of one split as the layer sees them.

    Attributes:
        features: (n, d) float32, contiguous, see `features_of`.
        scores: (n,) float64, those of people.
    """

    features: NDArray[np.float32]
    scores: NDArray[np.float64]


def features_of(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return |u - v| and u * v side by side, (n, 2d), of two (n, d) arrays of vectors."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused as that
        both = np.concatenate([np.abs(first - second), first * second], axis=1)
        return np.ascontiguousarray(both, np.float32)


def shares_of(scores: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (n, 5) float32 distributions: a score's shares of the two whole ones beside it.

    After Tai, Socher and Manning (2015). A score below 1 has one such neighbour only, and its
    shares add up to no more than itself: 891 of the 5,749 training pairs of STS-B, whose scores
    begin at 0.
    """
    below = np.floor(scores)[:, None]
    given = scores[:, None]
    lower = np.where(below == SCORES, below - given + 1, 0.0)
    upper = np.where(below == SCORES - 1, given - below, 0.0)
    return (lower + upper).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Layer:
    """A trained layer.

    Attributes:
        weights: (5, d) float32 at the best check.
        bias: (5,) float32.
        dev: what the best check was judged, a fraction of 1.
        course: what each check was judged; NaN where its predictions were all the same.
        passes: over the training pairs until training stopped.
        best_pass: of the best check.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    dev: float
    course: tuple[float, ...]
    passes: int
    best_pass: int

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the mean of each pair's distribution, (n,), from 1 to 5."""
        return _expected(features, self.weights, self.bias)


def _expected(
    features: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float64]:
    from benchmark.metrics.relatedness.kernel import predicted_shares

    predicted = predicted_shares(features, weights, bias).astype(np.float64) @ SCORES
    if not np.isfinite(predicted).all():
        raise ValueError(TOO_LARGE)
    return np.asarray(predicted)


def train(train: Graded, dev: Graded, protocol: RelatednessProtocol) -> Layer:
    """Train a layer, stopped early by its predictions for the development pairs.

    Raises:
        ValueError: no check can be judged, for its predictions or the scores of people are all
            the same, or a number overflows.
    """
    weights, bias = initial_weights(protocol.seed, len(SCORES), train.features.shape[1])
    adam = _Adam(weights, bias, protocol)
    targets = shares_of(train.scores)
    permutations = Permutations(seeded(protocol.seed), len(train.scores))
    best: Layer | None = None
    course: list[float] = []
    passes = failures = 0
    while failures <= protocol.tenacity and passes <= protocol.max_epoch:
        orders = permutations.passes(passes, protocol.epoch_size)
        adam.advance(train.features, targets, orders)
        passes += protocol.epoch_size
        judged = _judged(_expected(dev.features, weights, bias), dev.scores, protocol.judge)
        course.append(judged)
        if judged > (best.dev if best else -1.0):
            best = Layer(weights.copy(), bias.copy(), judged, (), passes, passes)
        else:
            failures += 1
    if best is None:
        raise ValueError("predictions or gold scores of the development pairs are all the same")
    return Layer(best.weights, best.bias, best.dev, tuple(course), passes, best.best_pass)


def _judged(predicted: NDArray[np.float64], scores: NDArray[np.float64], judge: Judge) -> float:
    """Return a correlation; where there is none NaN, which improves nothing, or as SimCSE's 0."""
    try:
        return {"pearson": pearson, "spearman": spearman}[judge](predicted, scores)
    except UndefinedCorrelation:
        return 0.0 if judge == "spearman" else float("nan")


class _Adam:
    """A layer in training, changed in place, and the state of its optimiser."""

    def __init__(
        self, weights: NDArray[np.float32], bias: NDArray[np.float32], protocol: RelatednessProtocol
    ) -> None:
        self._weights, self._bias, self._batch = weights, bias, protocol.batch
        self._moments = np.zeros((2, *weights.shape), np.float32)
        self._bias_moments = np.zeros((2, *bias.shape), np.float32)
        used = protocol.optimiser
        self._constants = np.array([used.learning_rate, used.beta1, used.beta2, used.epsilon])
        self._steps = 0

    def advance(
        self,
        features: NDArray[np.float32],
        targets: NDArray[np.float32],
        orders: NDArray[np.int32],
    ) -> None:
        """Train for some passes.

        Raises:
            ValueError: a number overflows.
        """
        from benchmark.metrics.relatedness.kernel import run_passes

        numbers = (self._weights, self._bias, self._moments, self._bias_moments)
        self._steps = run_passes(
            features, targets, orders, *numbers, self._steps, self._constants, self._batch
        )
        # Where the square of a gradient overflows, the optimiser takes no step, without a word.
        if not all(np.isfinite(array).all() for array in numbers):
            raise ValueError(TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Supervised:
    """A layer and how it does on the test pairs, as SentEval reports it; nothing is rounded.

    Attributes:
        layer: the one that was selected; its ``dev`` is SentEval's ``devpearson``.
        predicted: (n,) float64 for the test pairs, in their order (``yhat``).
        pearson, spearman: of these and the scores of people.
        mse: their mean squared error, on the scale from 1 to 5.
    """

    layer: Layer
    predicted: NDArray[np.float64]
    pearson: float
    spearman: float
    mse: float


def supervised(parts: Sequence[Graded], protocol: RelatednessProtocol) -> Supervised:
    """Train a layer and test it.

    Args:
        parts: the pairs to train on, the development and the test pairs, each in the order in
            which SentEval sorts them (`benchmark.datasets.SentencePairs.by_length`): which pairs
            share a batch depends on it.
        protocol: how to train.

    Raises:
        UndefinedCorrelation: predictions or scores of the test pairs are all the same.
        ValueError: a score is none from 0 to 5, a feature is not finite in float32, or as for
            `train`.
    """
    if not all(((part.scores >= 0) & (part.scores <= SCORES[-1])).all() for part in parts):
        raise ValueError("only scores from 0 to 5 are learned, as distributions over 1 to 5")
    if not all(np.isfinite(part.features).all() for part in parts):
        raise ValueError("a feature is not finite in float32: a vector is too large, or no number")
    learned, dev, test = parts
    layer = train(learned, dev, protocol)
    predicted = layer.predict(test.features)
    return Supervised(
        layer,
        predicted,
        pearson=pearson(predicted, test.scores),
        spearman=spearman(predicted, test.scores),
        mse=float(np.mean((predicted - test.scores) ** 2)),
    )
