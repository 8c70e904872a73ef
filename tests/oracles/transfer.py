"""SentEval's transfer classifiers, written down once more: plain, slow, easy to check.

One fit after another, one mini-batch after another, with torch's own autograd, layer and
optimisers, and scikit-learn for the folds. It shares no code with ``benchmark``, so that a
mistake would have to be made twice. Features are float32 of (samples, dimensions), labels are
0 .. classes - 1, both in the order in which SentEval folds them (by length, then label).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from torch import nn

Data = tuple[np.ndarray, np.ndarray]  # features, labels
Folds = list[tuple[Data, Data]]  # of each fold, the data to train on and the data held out
Check = tuple[float, nn.Linear]  # the accuracy on dev, and the model that had it

L2_GRID = (1e-5, 1e-4, 1e-3, 1e-2)
C_GRID = tuple(2.0**power for power in range(-2, 4))  # nested folds, fixed split
C_GRID_WITH_TEST = tuple(2.0**power for power in range(-1, 6))  # folds and a test set
NESTED_FOLDS_SEED = 1111  # whatever the seed of the settings is


@dataclass(frozen=True)
class Settings:
    """What SentEval's ``params`` say; learning rates and the like are torch's defaults."""

    kfold: int
    optimizer: type[torch.optim.Adam | torch.optim.RMSprop]
    batch_size: int
    tenacity: int
    epoch_size: int  # passes over the training rows between two looks at dev
    max_epoch: int = 200
    seed: int = 1111
    grid: Sequence[float] = L2_GRID  # strengths of the regularisation


FULL = Settings(10, torch.optim.Adam, batch_size=64, tenacity=5, epoch_size=4)
FAST = Settings(5, torch.optim.RMSprop, batch_size=128, tenacity=3, epoch_size=2)


# --- one fit --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """The best model of a training, and how long the training took."""

    weight: np.ndarray  # (classes, dimensions)
    bias: np.ndarray
    best_accuracy: float  # on dev, of 1
    epochs: int  # passes over the training rows
    checks: int  # looks at dev

    def predict(self, features: np.ndarray) -> np.ndarray:
        return most_likely(*map(torch.from_numpy, (features, self.weight, self.bias)))


def fit(data: Data, classes: int, l2: float, settings: Settings, dev: Data | None = None) -> Fit:
    """A linear softmax layer, stopped early by ``dev`` or, without it, by 5 % of the data."""
    with seeded(settings.seed):
        model = nn.Linear(data[0].shape[1], classes)
        if dev is None:
            dev, data = split_off(data, share=0.05)
        return stop_early(train(model, data, dev, l2, settings), settings)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators as SentEval does, but give the caller his states back."""
    before = np.random.get_state()
    with torch.random.fork_rng():
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)


def split_off(data: Data, share: float) -> tuple[Data, Data]:
    """The first rows of a permutation, which are dev, and the others, to train on."""
    features, labels = data
    rows = np.random.permutation(len(labels))
    dev, rest = np.split(rows, [int(share * len(labels))])
    return (features[dev], labels[dev]), (features[rest], labels[rest])


def batches(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """The last one may be shorter."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def train(
    model: nn.Linear, data: Data, dev: Data, l2: float, settings: Settings
) -> Iterator[Check]:
    """Train for ever, with a look at dev after every ``epoch_size`` passes."""
    features, labels = map(torch.from_numpy, data)
    # Coupled L2: added to the gradient before the optimiser sees it, and of the bias too.
    optimizer = settings.optimizer(model.parameters(), weight_decay=l2)
    while True:
        for _ in range(settings.epoch_size):
            for rows in batches(np.random.permutation(len(labels)), settings.batch_size):
                loss = nn.functional.cross_entropy(model(features[rows]), labels[rows])  # the mean
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        with torch.no_grad():
            predicted = most_likely(torch.from_numpy(dev[0]), model.weight, model.bias)
        yield share_correct(predicted, dev[1]), model


def stop_early(checks: Iterator[Check], settings: Settings) -> Fit:
    """Take check after check until tenacity + 1 of them, in all, were no improvement."""
    best_accuracy, best_model = -1.0, None
    epochs = not_better = 0
    while not_better <= settings.tenacity and epochs <= settings.max_epoch:
        accuracy_now, model = next(checks)
        epochs += settings.epoch_size
        if accuracy_now > best_accuracy:
            best_accuracy, best_model = accuracy_now, copy.deepcopy(model)
        else:
            not_better += 1  # an improvement does not set it back to 0
    weight, bias = best_model.weight.detach().numpy(), best_model.bias.detach().numpy()
    return Fit(weight, bias, best_accuracy, epochs, epochs // settings.epoch_size)


def most_likely(features: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> np.ndarray:
    """The label of the greatest logit, the first one if there are several."""
    return nn.functional.linear(features, weight, bias).argmax(dim=1).numpy()


def share_correct(predicted: np.ndarray, labels: np.ndarray) -> float:
    return int((predicted == labels).sum()) / len(labels)


def sklearn_fit(data: Data, _: int, c: float, settings: Settings, dev: Data | None) -> Model:
    """The other protocol: logistic regression until it converges, which needs no dev data."""
    return LogisticRegression(C=c, random_state=settings.seed).fit(*data)


# --- folds, and choosing the strength of the regularisation ---------------------------------------

Model = Fit | LogisticRegression
Learn = Callable[[Data, int, float, Settings, Data | None], Model]  # `fit` or `sklearn_fit`


@dataclass(frozen=True)
class Tested:
    """A search over a grid, a refit with the strength it chose, and the test of the refit."""

    fits: dict[float, list[Model]]  # by strength: one for each inner fold, or for the fixed split
    accuracies: dict[float, list[float]]  # of those fits on what was held out, of 1
    scores: dict[float, float]  # their means, in percent, rounded
    chosen: float
    refit: Model
    predictions: np.ndarray
    dev: float  # the score of the strength chosen
    test: float


@dataclass(frozen=True)
class NestedResult:
    """The outer folds, and the rounded means of their scores."""

    dev: float
    test: float
    folds: list[Tested]


def accuracy(model: Model, data: Data) -> float:
    return share_correct(model.predict(data[0]), data[1])


def percent(share: float) -> float:
    """Rounded to two decimals, by numpy if it is a mean (np.float64) and else by Python."""
    return float(round(100 * share, 2))


def folds_of(data: Data, k: int, seed: int) -> Folds:
    features, labels = data
    folds = StratifiedKFold(k, shuffle=True, random_state=seed).split(features, labels)
    return [((features[a], labels[a]), (features[b], labels[b])) for a, b in folds]


def select_and_test(
    data: Data, folds: Folds, dev: Data | None, test: Data, settings: Settings, learn: Learn
) -> Tested:
    """Every strength on every fold, scored by what stopped it; then the best on all of the data."""
    classes = int(data[1].max()) + 1
    fits, accuracies, scores = {}, {}, {}
    for strength in settings.grid:
        fits[strength] = [learn(rest, classes, strength, settings, held) for rest, held in folds]
        pairs = zip(fits[strength], folds, strict=True)
        accuracies[strength] = [accuracy(model, held) for model, (_, held) in pairs]
        scores[strength] = percent(np.mean(accuracies[strength]))
    chosen = max(settings.grid, key=scores.get)  # of several the first, which is the smallest
    refit = learn(data, classes, chosen, settings, dev)
    predicted, score = refit.predict(test[0]), percent(accuracy(refit, test))
    return Tested(fits, accuracies, scores, chosen, refit, predicted, scores[chosen], score)


def nested_kfold(
    data: Data, settings: Settings, learn: Learn = fit, outer_folds: Sequence[int] = ()
) -> NestedResult:
    """MR, CR, SUBJ, MPQA; all outer folds, or only those with the numbers given."""
    results = []
    for number, (rest, test) in enumerate(folds_of(data, settings.kfold, NESTED_FOLDS_SEED)):
        if not outer_folds or number in outer_folds:
            inner = folds_of(rest, settings.kfold, NESTED_FOLDS_SEED)
            results.append(select_and_test(rest, inner, None, test, settings, learn))
    # Means of scores of two decimals often end in a 5: how numpy adds and rounds does matter.
    dev_mean = round(np.mean([result.dev for result in results]), 2)
    test_mean = round(np.mean([result.test for result in results]), 2)
    return NestedResult(float(dev_mean), float(test_mean), results)


def kfold_with_test(data: Data, test: Data, settings: Settings, learn: Learn = fit) -> Tested:
    """TREC, MRPC."""
    folds = folds_of(data, settings.kfold, settings.seed)
    return select_and_test(data, folds, None, test, settings, learn)


def fixed_split(
    data: Data, dev: Data, test: Data, settings: Settings, learn: Learn = fit
) -> Tested:
    """SST."""
    return select_and_test(data, [(data, dev)], dev, test, settings, learn)


def sklearn_nested_kfold(data: Data, settings: Settings) -> NestedResult:
    return nested_kfold(data, replace(settings, grid=C_GRID), sklearn_fit)


def sklearn_kfold_with_test(data: Data, test: Data, settings: Settings) -> Tested:
    return kfold_with_test(data, test, replace(settings, grid=C_GRID_WITH_TEST), sklearn_fit)


def sklearn_fixed_split(data: Data, dev: Data, test: Data, settings: Settings) -> Tested:
    return fixed_split(data, dev, test, replace(settings, grid=C_GRID), sklearn_fit)
