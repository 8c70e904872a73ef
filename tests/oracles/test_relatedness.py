"""The oracle of supervised relatedness keeps the rules, on tiny data and scripted courses."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr

from tests.oracles import relatedness as oracle
from tests.oracles.relatedness import Pairs


def pairs(count: int, seed: int = 0, dimensions: int = 4) -> Pairs:
    """Pairs whose score their vectors tell, but not quite."""
    generator = np.random.default_rng(seed)
    first = generator.normal(size=(count, dimensions)).astype(np.float32)
    second = first + generator.uniform(0, 2, (count, 1)) * generator.normal(size=first.shape)
    apart = np.abs(first - second).mean(axis=1) + generator.normal(0, 0.1, count)
    scores = np.round(5 - 4 * (apart - apart.min()) / np.ptp(apart), 1)
    return Pairs(first, second.astype(np.float32), scores)


@pytest.mark.parametrize(
    ("score", "shares"),
    [
        (1.0, [1, 0, 0, 0, 0]),
        (3.4, [0, 0, 0.6, 0.4, 0]),
        (4.75, [0, 0, 0, 0.25, 0.75]),
        (5.0, [0, 0, 0, 0, 1]),
        (0.4, [0.4, 0, 0, 0, 0]),
        (0.0, [0, 0, 0, 0, 0]),
    ],
)
def test_a_score_is_shared_between_its_two_whole_neighbours(
    score: float, shares: list[float]
) -> None:
    found = oracle.distribution(score)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, shares, atol=1e-7)
    if score >= 1:
        assert found @ np.arange(1, 6) == pytest.approx(score)


# --- when training stops --------------------------------------------------------------------------


def course(judgements: list[float]) -> Iterator[oracle.Check]:
    """A check for each; the same model, changed in place, has its number as bias."""
    model = torch.nn.Linear(1, 1)
    for number, judgement in enumerate(judgements):
        torch.nn.init.constant_(model.bias, number)
        yield judgement, model


def stop(judgements: list[float]) -> tuple[int, int, float, float]:
    """Checks done, epochs, the best judgement, and the number of the check that had it."""
    found = oracle.stop_early(course(judgements))
    return len(found.course), found.epochs, found.dev, found.model.bias.item()


def test_the_fourth_check_that_does_not_improve_is_the_last() -> None:
    assert stop([0.5] * 60) == (5, 250, 0.5, 0)
    assert stop([0.2, 0.4, 0.4, 0.6, 0.1, 0.7, 0.7, 0.8, 0.8, 0.9]) == (9, 450, 0.8, 7)


def test_no_epoch_begins_after_a_check_at_more_than_a_thousand() -> None:
    rising = [check / 200 for check in range(100)]
    assert stop(rising) == (21, 1050, rising[20], 20)
    flat = [0.5, 0.6, 0.55, 0.55, 0.55, *np.linspace(0.6, 0.9, 60)]
    assert stop(flat) == (6, 300, 0.6, 1)  # equal is no improvement either


def test_nan_improves_nothing_and_even_minus_one_does_not() -> None:
    assert stop([math.nan, -0.5, math.nan, math.nan, -0.2, -0.5]) == (6, 300, -0.2, 4)
    with pytest.raises(ArithmeticError):
        oracle.stop_early(course([math.nan, -1.0, math.nan, -1.0]))


@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_who_judges_says_what_is_made_of_equal_predictions() -> None:
    equal, scores = np.ones(5), np.arange(5.0)
    assert math.isnan(oracle.by_pearson(equal, scores))
    assert oracle.by_spearman(equal, scores) == 0.0
    assert oracle.by_spearman(scores**3, scores) == pytest.approx(1.0)
    assert oracle.by_pearson(scores**3, scores) < 0.95


# --- one fit --------------------------------------------------------------------------------------


def by_hand(data: Pairs, seed: int) -> np.ndarray:
    """Weights and biases after one check, in float64, without autograd or optimisers of torch."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        start = torch.nn.Linear(2 * data.first.shape[1], 5)
    weights = np.hstack([start.weight.detach().numpy(), start.bias.detach().numpy()[:, None]])
    weights = weights.astype(np.float64)
    features = np.hstack(
        [np.abs(data.first - data.second), data.first * data.second, np.ones((len(data.scores), 1))]
    )
    targets = np.clip(1 - np.abs(data.scores[:, None] - np.arange(1, 6)), 0, None)
    generator = np.random.RandomState(seed)
    mean, square, steps = np.zeros_like(weights), np.zeros_like(weights), 0
    for _ in range(50):
        order = generator.permutation(len(features))
        for first in range(0, len(order), 64):
            batch = order[first : first + 64]
            powers = np.exp(features[batch] @ weights.T)
            shares = powers / powers.sum(axis=1, keepdims=True)
            at_shares = 2 * (shares - targets[batch]) / shares.size
            common = (at_shares * shares).sum(axis=1, keepdims=True)
            gradient = (shares * (at_shares - common)).T @ features[batch]
            steps += 1
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.999 * square + 0.001 * gradient**2
            ratio = mean / (1 - 0.9**steps), np.sqrt(square / (1 - 0.999**steps))
            weights -= 1e-3 * ratio[0] / (ratio[1] + 1e-8)
    return weights


@pytest.mark.parametrize("seed", [1111, 5])
def test_a_fit_is_what_it_is_by_hand(seed: int) -> None:
    data, dev = pairs(150), pairs(40, seed=1)
    with oracle.seeded(seed):
        model = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Softmax(dim=-1))
        judged, model = next(
            oracle.checks(
                model, torch.from_numpy(data.features()), data.scores, dev, oracle.by_pearson
            )
        )
    expected = by_hand(data, seed)
    np.testing.assert_allclose(model[0].weight.detach(), expected[:, :-1], rtol=0, atol=2e-6)
    np.testing.assert_allclose(model[0].bias.detach(), expected[:, -1], rtol=0, atol=2e-6)
    logits = dev.features() @ expected[:, :-1].T + expected[:, -1]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert judged == pytest.approx(pearsonr(shares @ np.arange(1, 6), dev.scores)[0], abs=1e-6)


def test_a_task_is_scored_by_the_best_model() -> None:
    train, dev, test = pairs(60), pairs(40, seed=1), pairs(50, seed=2)
    found = oracle.supervised(train, dev, test)
    assert found.dev == max(found.fit.course)
    assert found.dev == oracle.by_pearson(found.fit.predict(dev.features()), dev.scores)
    assert found.pearson == oracle.by_pearson(found.predicted, test.scores) > 0.7
    assert found.mse == pytest.approx(((found.predicted - test.scores) ** 2).mean())
    assert found.predicted.dtype == np.float64
    assert found.fit.epochs == 50 * len(found.fit.course)
