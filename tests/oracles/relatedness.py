"""SentEval's supervised relatedness, written down once more: plain, slow, easy to check.

Scores of pairs from 1 to 5 become distributions over the whole numbers between which they lie; a
softmax layer on |u - v| and u * v learns them by mean squared error, with torch's own layer,
autograd and Adam; what it predicts is the mean of its distribution. It shares no code with
``benchmark``. Vectors are float32 of (pairs, dimensions), in the order in which SentEval sorts
pairs (token counts of the first and the second sentence, score).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import pearsonr, spearmanr
from torch import nn

from tests.oracles.transfer import batches, seeded

SCORES = (1, 2, 3, 4, 5)
BATCH = 64
EPOCHS_BETWEEN_CHECKS = 50
MOST_EPOCHS = 1000  # looked at before a check
TENACITY = 3  # so many checks in all may fail to improve; the next one that does ends training


@dataclass(frozen=True)
class Pairs:
    """The vectors of the two sentences of each pair, and its score."""

    first: np.ndarray
    second: np.ndarray
    scores: np.ndarray  # float64

    def features(self) -> np.ndarray:
        return np.hstack([np.abs(self.first - self.second), self.first * self.second])


def distribution(score: float) -> np.ndarray:
    """All of a whole score on its own place; of another one, shares on its two neighbours.

    Below 1 (STS-B goes down to 0) there is one neighbour only, and the shares do not add up to 1.
    """
    shares = np.zeros(len(SCORES), np.float32)
    below = math.floor(score)
    for place, whole in enumerate(SCORES):
        if whole == below:
            shares[place] = below - score + 1
        if whole == below + 1:
            shares[place] = score - below
    return shares


def distributions(scores: np.ndarray) -> np.ndarray:
    return np.stack([distribution(score) for score in scores])


# --- one fit --------------------------------------------------------------------------------------

Check = tuple[float, nn.Module]  # how well dev is predicted, and the model that did it


def by_pearson(predicted: np.ndarray, scores: np.ndarray) -> float:
    """SentEval's own choice; NaN is no improvement."""
    return float(pearsonr(predicted, scores)[0])


def by_spearman(predicted: np.ndarray, scores: np.ndarray) -> float:
    """That of SimCSE's copy; NaN is 0 there."""
    found = float(spearmanr(predicted, scores)[0])
    return 0.0 if math.isnan(found) else found


Judge = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Fit:
    """The best model of a training, and how long the training took."""

    model: nn.Module
    dev: float  # what the best check found
    course: tuple[float, ...]  # what each check found
    epochs: int

    def predict(self, features: np.ndarray) -> np.ndarray:
        return expected(self.model, features)


def fit(train: Pairs, dev: Pairs, judge: Judge = by_pearson, seed: int = 1111) -> Fit:
    with seeded(seed):
        features = torch.from_numpy(train.features())
        model = nn.Sequential(nn.Linear(features.shape[1], len(SCORES)), nn.Softmax(dim=-1))
        return stop_early(checks(model, features, train.scores, dev, judge))


def checks(
    model: nn.Module, features: torch.Tensor, scores: np.ndarray, dev: Pairs, judge: Judge
) -> Iterator[Check]:
    """Train for ever, with a look at dev after every 50 epochs."""
    targets = torch.from_numpy(distributions(scores))
    optimizer = torch.optim.Adam(model.parameters(), weight_decay=0.0)
    dev_features = dev.features()
    while True:
        for _ in range(EPOCHS_BETWEEN_CHECKS):
            for rows in batches(np.random.permutation(len(features)), BATCH):
                # The mean over the rows and the five places. (SentEval sets ``size_average`` of
                # the loss to False afterwards, which no torch since 0.4.1 looks at.)
                loss = nn.functional.mse_loss(model(features[rows]), targets[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        yield judge(expected(model, dev_features), dev.scores), model


def expected(model: nn.Module, features: np.ndarray) -> np.ndarray:
    """The mean of each predicted distribution, summed in float64."""
    with torch.no_grad():
        shares = [model(torch.from_numpy(rows)).numpy() for rows in batches(features, BATCH)]
    return np.dot(np.concatenate(shares), np.array(SCORES))


def stop_early(course: Iterator[Check]) -> Fit:
    best, best_model = -1.0, None
    failures = epochs = 0
    found: list[float] = []
    while failures <= TENACITY and epochs <= MOST_EPOCHS:
        how_well, model = next(course)
        found.append(how_well)
        epochs += EPOCHS_BETWEEN_CHECKS
        if how_well > best:
            best, best_model = how_well, copy.deepcopy(model)
        else:
            failures += 1  # an improvement does not set it back to 0
    if best_model is None:
        raise ArithmeticError("no check found anything above -1")  # SentEval ends with an error too
    return Fit(best_model, best, tuple(found), epochs)


# --- the task -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What SentEval returns for a task, beside the fit."""

    fit: Fit
    dev: float
    pearson: float
    spearman: float
    mse: float
    predicted: np.ndarray


def supervised(
    train: Pairs, dev: Pairs, test: Pairs, judge: Judge = by_pearson, seed: int = 1111
) -> Result:
    found = fit(train, dev, judge, seed)
    predicted = found.predict(test.features())
    correlations = [
        float(correlate(predicted, test.scores)[0]) for correlate in (pearsonr, spearmanr)
    ]
    pearson, spearman = (0.0 if math.isnan(value) else value for value in correlations)
    mse = float(np.mean((predicted - test.scores) ** 2))
    return Result(found, found.dev, pearson, spearman, mse, predicted)
