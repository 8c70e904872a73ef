"""Fits that share their rows, trained side by side with early stopping of each.

First weights and permutations are those that torch and NumPy draw: bit for bit, except that torch
on a processor without AVX2 rounds once more at each weight. No global random state is touched,
and torch is not needed.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.logistic.features import BLOCKS, Features, blocks_of, gathered
from benchmark.metrics.logistic.optimisers import Optimiser
from benchmark.metrics.logistic.protocols import VALIDATION_SPLIT, ClassifierProtocol

Rows = NDArray[np.int64]
"""Places of samples."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Feature vectors and their classes.

    Attributes:
        features: (n, d) float32, finite: an array, or rows that are formed when asked for.
        labels: (n,) int64, 0 .. classes - 1.
        classes: number of classes.
    """

    features: Features
    labels: NDArray[np.int64]
    classes: int


def initial_weights(
    seed: int, classes: int, dimensions: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what ``torch.manual_seed(seed); torch.nn.Linear(dimensions, classes)`` starts with.

    Torch's CPU generator is the Mersenne Twister with NumPy's legacy seeding; a float32 takes
    the low 24 bits of one draw, and both weight and bias are uniform in ±1/sqrt(dimensions).

    Returns:
        (classes, dimensions) weights and (classes,) biases, float32.
    """
    draws = np.random.RandomState(seed)

    def uniform(bound: float, size: int) -> NDArray[np.float32]:
        raw = draws.randint(0, 2**32, size=size, dtype=np.uint32) & np.uint32(0xFFFFFF)
        low, high = np.float32(-bound), np.float32(bound)
        # Torch multiplies and adds in one rounding; the product is exact in float64.
        unit = raw.astype(np.float64) * 2.0**-24
        return (unit * np.float64(high - low) + np.float64(low)).astype(np.float32)

    # Linear's default is kaiming_uniform_ with a = sqrt(5), computed in this order.
    gain = math.sqrt(2.0 / (1 + math.sqrt(5.0) ** 2))
    weights = uniform(math.sqrt(3.0) * (gain / math.sqrt(dimensions)), classes * dimensions)
    bias = uniform(1 / math.sqrt(dimensions), classes)
    return weights.reshape(classes, dimensions), bias


class Permutations:
    """The permutations of ``size`` positions that a seeded fit draws, one for each pass.

    Every fit of a task starts from the same seed, so fits with equally many training rows
    share them. Safe to use from several threads.
    """

    def __init__(self, generator: np.random.RandomState, size: int) -> None:
        """Continue a legacy generator from where it is."""
        self._generator = generator
        self._size = size
        self._drawn: list[NDArray[np.int32]] = []
        self._lock = threading.Lock()

    def passes(self, first: int, count: int) -> NDArray[np.int32]:
        """Return the (count, size) permutations of these passes."""
        with self._lock:
            while len(self._drawn) < first + count:
                drawn = self._generator.permutation(self._size)
                self._drawn.append(drawn.astype(np.int32))
            return np.stack(self._drawn[first : first + count])


def seeded(seed: int) -> np.random.RandomState:
    """Return NumPy's legacy generator, as ``numpy.random.seed(seed)`` would set the global one."""
    return np.random.RandomState(seed)


def shared_permutations(seed: int, splits: Sequence[tuple[Rows, Rows]]) -> dict[int, Permutations]:
    """Return what fits draw, by their number of rows: those with equally many draw the same."""
    sizes = {len(rows) for rows, _ in splits}
    return {size: Permutations(seeded(seed), size) for size in sizes}


def held_out_for_stopping(rows: Rows, seed: int) -> tuple[Rows, Rows, Permutations]:
    """Return the rows to train on, those that stop it, and the permutations of the former.

    What stops a fit without development rows is the first share of a permutation that is drawn
    right after seeding.

    Raises:
        ValueError: so few rows that the share is none.
    """
    generator = seeded(seed)
    order = rows[generator.permutation(len(rows))]
    held_out = int(VALIDATION_SPLIT * len(rows))
    if held_out == 0:
        raise ValueError(f"{len(rows)} samples are too few to hold any out")
    return order[held_out:], order[:held_out], Permutations(generator, len(rows) - held_out)


TOO_LARGE = "training overflows float32: vectors are too large"


class Stopped(Exception):
    """Training was told to stop before it was done."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One trained classifier.

    Attributes:
        weights: (d, classes) float32 at the best check.
        bias: (classes,) float32.
        accuracy: on the development rows, at the best check, a fraction of 1.
        passes: over the training rows until it stopped.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    accuracy: float
    passes: int

    def predict(self, features: Features) -> NDArray[np.int64]:
        """Return the class of each row; of equal scores the first class.

        Raises:
            ValueError: a score overflows.
        """
        found = np.empty(len(features), np.int64)
        for rows in blocks_of(len(features)):
            with np.errstate(over="ignore", invalid="ignore"):  # refused as not finite
                scores = features[rows] @ self.weights
                scores += self.bias
            if not np.isfinite(scores).all():
                raise ValueError(TOO_LARGE)
            found[rows] = scores.argmax(axis=1)
        return found


@dataclass(slots=True)
class _Progress:
    """Early stopping of one fit."""

    fit: Fit
    failures: int = 0


def train(
    samples: Samples,
    train_rows: NDArray[np.int64],
    dev_rows: NDArray[np.int64],
    strengths: Sequence[float],
    protocol: ClassifierProtocol,
    permutations: Permutations,
    stop: threading.Event | None = None,
) -> list[Fit]:
    """Train one classifier for each L2 strength on the same rows.

    Each has its own early stopping: after every ``epoch_size`` passes its accuracy on the
    development rows is taken; a strictly better one is kept as the best; the check after
    ``tenacity`` failures (counted in all, never reset) ends it. Fits that ended leave the
    group. (SentEval, ``PyTorchClassifier.fit``.)

    Args:
        samples: features and labels.
        train_rows: samples to train on; permutations are of positions in it.
        dev_rows: samples for early stopping.
        strengths: L2 strength of each fit.
        protocol: how to train.
        permutations: of ``len(train_rows)`` positions.
        stop: end early when set.

    Raises:
        Stopped: ``stop`` was set.
        ValueError: a number of the training overflows.
    """
    group = _Group(samples, strengths, protocol)
    dev_features, dev_labels = samples.features[dev_rows], samples.labels[dev_rows]
    finished: dict[int, Fit] = {}
    running = {place: _Progress(Fit(group.weights, group.bias, -1.0, 0)) for place in group.active}
    passes = 0
    while group.active and passes <= protocol.max_epoch:
        if stop is not None and stop.is_set():
            raise Stopped
        group.advance(train_rows, permutations.passes(passes, protocol.epoch_size))
        passes += protocol.epoch_size
        ended = set()
        for place in group.active:
            state = running[place]
            weights, bias = group.columns(place)
            candidate = Fit(weights, bias, 0.0, passes)
            accuracy = float((candidate.predict(dev_features) == dev_labels).mean())
            if accuracy > state.fit.accuracy:
                state.fit = Fit(weights.copy(), bias.copy(), accuracy, passes)
            else:
                if state.failures >= protocol.tenacity:
                    ended.add(place)
                state.failures += 1
        out_of_passes = passes > protocol.max_epoch
        for place in list(group.active) if out_of_passes else ended:
            best = running[place].fit
            finished[place] = Fit(best.weights, best.bias, best.accuracy, passes)
        group.drop(ended)
    return [finished[place] for place in range(len(strengths))]


class _Group:
    """Weights and optimiser state of the fits that still run, their columns side by side."""

    def __init__(
        self, samples: Samples, strengths: Sequence[float], protocol: ClassifierProtocol
    ) -> None:
        self._samples = samples
        self._features = gathered(samples.features)
        self._protocol = protocol
        if not isinstance(protocol.optimiser, Optimiser):
            raise TypeError(f"{protocol.optimiser.kind} is not compiled: torch trains with it")
        self._optimiser = protocol.optimiser
        self.active = list(range(len(strengths)))
        classes, dimensions = samples.classes, samples.features.shape[1]
        weights, bias = initial_weights(protocol.seed, classes, dimensions)
        self.weights = np.ascontiguousarray(np.tile(weights.T, (1, len(strengths))))
        self.bias = np.tile(bias, len(strengths))
        self._decay = np.repeat(np.asarray(strengths, np.float32), classes)
        self._moments = np.zeros((2, *self.weights.shape), np.float32)
        self._bias_moments = np.zeros((2, len(self.bias)), np.float32)
        self._steps = 0

    def advance(self, rows: NDArray[np.int64], orders: NDArray[np.int32]) -> None:
        """Train all fits for some passes."""
        from benchmark.metrics.logistic.kernel import run_passes

        optimiser = self._optimiser
        self._steps = run_passes(
            self._features.table,
            self._features.first,
            self._features.second,
            BLOCKS[self._features.form],
            self._samples.labels,
            rows,
            orders,
            self.weights,
            self.bias,
            self._moments,
            self._bias_moments,
            self._decay,
            self._samples.classes,
            self._steps,
            optimiser.kind == "adam",
            np.array(
                [optimiser.learning_rate, optimiser.beta1, optimiser.beta2, optimiser.epsilon]
            ),
            self._protocol.batch,
        )
        # Where the square of a gradient overflows, the optimiser takes no step, without a word.
        numbers = (self.weights, self.bias, self._moments, self._bias_moments)
        if not all(np.isfinite(array).all() for array in numbers):
            raise ValueError(TOO_LARGE)

    def columns(self, place: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the weights and the bias of one fit (views)."""
        first = self.active.index(place) * self._samples.classes
        span = slice(first, first + self._samples.classes)
        return self.weights[:, span], self.bias[span]

    def drop(self, places: set[int]) -> None:
        """Take fits out; the others close up."""
        if not places:
            return
        kept = [place for place in self.active if place not in places]
        keep = np.repeat([place in kept for place in self.active], self._samples.classes)
        self.weights = np.ascontiguousarray(self.weights[:, keep])
        self.bias = self.bias[keep]
        self._decay = self._decay[keep]
        self._moments = np.ascontiguousarray(self._moments[:, :, keep])
        self._bias_moments = np.ascontiguousarray(self._bias_moments[:, keep])
        self.active = kept
