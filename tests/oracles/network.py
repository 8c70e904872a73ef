"""SentEval's classifier with hidden units and other optimisers, written down once more.

One fit, plainly: torch's global generators are seeded, its own layers are made, trained and
scored batch by batch, as ``senteval/tools/classifier.py`` does it on a CPU. `learner` gives what
the schemes of `tests.oracles.transfer` take in place of their linear fit.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from tests.oracles.transfer import Data, Settings, batches, seeded, split_off


@dataclass
class Trained:
    """The best network of a training."""

    network: nn.Module
    batch_size: int
    best_accuracy: float
    epochs: int

    def predict(self, features: np.ndarray) -> np.ndarray:
        self.network.eval()
        rows = batches(np.arange(len(features)), self.batch_size)
        with torch.no_grad():
            found = [self.network(torch.from_numpy(features[r])).argmax(1) for r in rows]
        return torch.cat(found).numpy()


def learner(
    make_optimizer: Callable[[Any], torch.optim.Optimizer], hidden: int = 0, dropout: float = 0.0
) -> Callable[[Data, int, float, Settings, Data | None], Trained]:
    """A way of learning for `select_and_test` and its like."""

    def learn(data: Data, classes: int, l2: float, settings: Settings, dev: Data | None) -> Trained:
        width = data[0].shape[1]
        with seeded(settings.seed):
            if hidden:
                layers = [nn.Linear(width, hidden), nn.Dropout(p=dropout), nn.Sigmoid()]
                network = nn.Sequential(*layers, nn.Linear(hidden, classes))
            else:
                network = nn.Sequential(nn.Linear(width, classes))
            optimizer = make_optimizer(network.parameters())
            optimizer.param_groups[0]["weight_decay"] = l2
            if dev is None:
                dev, data = split_off(data, share=0.05)
            return trained(network, optimizer, data, dev, settings)

    return learn


def trained(
    network: nn.Module, optimizer: Any, data: Data, dev: Data, settings: Settings
) -> Trained:
    """Train until tenacity + 1 checks in all were no improvement."""
    features, labels = map(torch.from_numpy, data)
    loss_of = nn.CrossEntropyLoss()
    best_accuracy, best = -1.0, None
    epochs = not_better = 0
    while not_better <= settings.tenacity and epochs <= settings.max_epoch:
        network.train()
        for _ in range(settings.epoch_size):
            for rows in batches(np.random.permutation(len(labels)), settings.batch_size):
                loss = loss_of(network(features[rows]), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        epochs += settings.epoch_size
        now = Trained(network, settings.batch_size, 0.0, epochs)
        accuracy = int((now.predict(dev[0]) == dev[1]).sum()) / len(dev[1])
        if accuracy > best_accuracy:
            best_accuracy, best = accuracy, copy.deepcopy(network)
        else:
            not_better += 1
    return Trained(best, settings.batch_size, best_accuracy, epochs)
