"""Classifiers that torch trains, one fit after another: hidden units, and any of its optimisers.

Slower than the compiled loop, and exact: layers, generator, permutations and order of operations
are those of SentEval's ``PyTorchClassifier`` on a CPU. Dropout draws from torch's generator after
the first weights, as it does there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.logistic.features import Features
from benchmark.metrics.logistic.optimisers import CLASSES
from benchmark.metrics.logistic.protocols import ClassifierProtocol
from benchmark.metrics.logistic.schemes import Fitted, Trainer
from benchmark.metrics.logistic.training import (
    Permutations,
    Rows,
    held_out_for_stopping,
    shared_permutations,
)

if TYPE_CHECKING:
    import torch

NOT_FINITE = (
    "training leaves the numbers that float32 holds: the learning rate or the vectors are too large"
)

_ALONE: Final = threading.Lock()
"""Torch's generator and number of threads are global: one fit at a time may use them."""


@dataclass(frozen=True, slots=True)
class TorchFit:
    """A trained network, as it was at its best check.

    Attributes:
        network: in evaluation mode.
        batch: rows that are scored at once.
        accuracy: on the development rows, a fraction of 1.
        passes: over the training rows until it stopped.
    """

    network: Any
    batch: int
    accuracy: float
    passes: int

    def predict(self, features: Features) -> NDArray[np.int64]:
        """Return the class of each row; of equal scores the first class."""
        with _ALONE, _single_thread():
            return _predicted(self.network, features, np.arange(len(features)), self.batch)


class TorchTrainer(Trainer[ClassifierProtocol]):
    """Trains fits one by one."""

    def train(self, splits: Sequence[tuple[Rows, Rows]]) -> list[list[Fitted]]:
        """Train every strength on each (train, development) split."""
        shared = shared_permutations(self.seed, splits)
        return [
            [self._fit(rows, dev, l2, shared[len(rows)]) for l2 in self.strengths]
            for rows, dev in splits
        ]

    def refit(self, choices: Sequence[tuple[Rows, float]]) -> list[Fitted]:
        """Train one strength on each set of rows, a share of them held out for stopping.

        Raises:
            ValueError: so few rows that the share is none.
        """
        found: list[Fitted] = []
        for rows, strength in choices:
            kept, held_out, permutations = held_out_for_stopping(rows, self.seed)
            found.append(self._fit(kept, held_out, strength, permutations))
        return found

    def _fit(self, rows: Rows, dev: Rows, l2: float, permutations: Permutations) -> Fitted:
        with _ALONE, _single_thread(), _seeded(self.seed):
            fit = self._trained(rows, dev, l2, permutations)
        self._count(1)
        return fit

    def _trained(self, rows: Rows, dev: Rows, l2: float, permutations: Permutations) -> TorchFit:
        import torch

        protocol, labels = self._protocol, self.samples.labels
        network = self._network()
        optimiser = self._optimiser(network, l2)
        best: dict[str, torch.Tensor] = {}
        best_accuracy, failures, passes = -1.0, 0, 0
        while failures <= protocol.tenacity and passes <= protocol.max_epoch:
            for order in permutations.passes(passes, protocol.epoch_size):
                self._pass(network, optimiser, rows[order])
            passes += protocol.epoch_size
            if not all(bool(torch.isfinite(each).all()) for each in network.parameters()):
                raise ValueError(NOT_FINITE)
            predicted = _predicted(network, self.samples.features, dev, protocol.batch)
            accuracy = int((predicted == labels[dev]).sum()) / len(dev)
            if accuracy > best_accuracy:
                best_accuracy = accuracy
                best = {name: value.clone() for name, value in network.state_dict().items()}
            else:
                failures += 1
        network.load_state_dict(best)
        return TorchFit(network, protocol.batch, best_accuracy, passes)

    def _network(self) -> torch.nn.Module:
        from torch import nn

        width, classes = self.samples.features.shape[1], self.samples.classes
        hidden = self._protocol.hidden
        if hidden == 0:
            return nn.Sequential(nn.Linear(width, classes))
        return nn.Sequential(
            nn.Linear(width, hidden),
            nn.Dropout(self._protocol.dropout),
            nn.Sigmoid(),
            nn.Linear(hidden, classes),
        )

    def _optimiser(self, network: torch.nn.Module, l2: float) -> torch.optim.Optimizer:
        import torch

        asked = self._protocol.optimiser
        kind: type[torch.optim.Optimizer] = getattr(torch.optim, CLASSES[asked.kind])
        made = kind(network.parameters(), **asked.settings)  # type: ignore[arg-type]
        made.param_groups[0]["weight_decay"] = l2
        return made

    def _pass(self, network: torch.nn.Module, optimiser: torch.optim.Optimizer, rows: Rows) -> None:
        import torch

        network.train()
        for start in range(0, len(rows), self._protocol.batch):
            batch = rows[start : start + self._protocol.batch]
            output = network(torch.from_numpy(self.samples.features[batch]))
            labels = torch.from_numpy(self.samples.labels[batch])
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(output, labels).backward()  # type: ignore[no-untyped-call]
            optimiser.step()


def _predicted(network: Any, features: Features, rows: Rows, batch: int) -> NDArray[np.int64]:
    import torch

    network.eval()
    found = np.empty(len(rows), np.int64)
    with torch.no_grad():
        for start in range(0, len(rows), batch):
            chosen = rows[start : start + batch]
            scores = network(torch.from_numpy(features[chosen]))
            found[start : start + batch] = scores.argmax(dim=1).numpy()
    return found


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed torch's generator on the CPU, and give it back as it was."""
    import torch

    before = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before)


@contextmanager
def _single_thread() -> Iterator[None]:
    """The products of a batch are too small to be shared out, and sums shall not depend on it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
