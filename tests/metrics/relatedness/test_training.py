"""Layers on made-up pairs against the oracle's torch modules, and the rules of stopping."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import mean_squared_error

from benchmark.metrics import UndefinedCorrelation
from benchmark.metrics.relatedness import (
    Graded,
    RelatednessProtocol,
    Supervised,
    features_of,
    supervised,
    training,
)
from tests.oracles import relatedness as oracle
from tests.oracles.test_relatedness import pairs

SIZES = [(64, 4, 300), (97, 4, 300), (130, 800, 0)]
"""One batch; an odd number of pairs in the last one; more features than fit into a block, whose
training ends at the first check: so few pairs are soon learned by heart, and when nothing is left
to learn Adam walks by the rounding of what is left."""

Splits = tuple[oracle.Pairs, oracle.Pairs, oracle.Pairs]


def splits(count: int, dimensions: int) -> Splits:
    train, dev, test = (pairs(size, seed, dimensions) for seed, size in enumerate((count, 41, 53)))
    return train, dev, test


def graded(pairs: oracle.Pairs) -> Graded:
    return Graded(features_of(pairs.first, pairs.second), pairs.scores)


def learned(parts: Splits, protocol: RelatednessProtocol | None = None) -> Supervised:
    return supervised([graded(part) for part in parts], protocol or RelatednessProtocol())


def test_scores_become_the_oracles_distributions() -> None:
    dice = np.random.default_rng(0)
    scores = np.concatenate([np.arange(0, 5.2, 0.2).clip(0, 5), dice.uniform(0, 5, 300)])
    np.testing.assert_array_equal(training.shares_of(scores), oracle.distributions(scores))


@pytest.mark.parametrize(("count", "dimensions", "most"), SIZES)
def test_a_fit_is_the_oracles(
    count: int, dimensions: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle, "MOST_EPOCHS", most)
    parts = splits(count, dimensions)
    ours = learned(parts, RelatednessProtocol(max_epoch=most))
    theirs = oracle.supervised(*parts)
    assert ours.layer.passes == theirs.fit.epochs
    # Sums of a batch are added in another order than torch's, and Adam divides by what is small.
    np.testing.assert_allclose(ours.layer.course, theirs.fit.course, rtol=0, atol=1e-5)
    assert ours.layer.dev == max(ours.layer.course)
    assert ours.layer.best_pass == 50 * (1 + int(np.argmax(theirs.fit.course)))
    np.testing.assert_allclose(ours.predicted, theirs.predicted, rtol=0, atol=1e-4)
    found = (ours.pearson, ours.mse)
    assert found == pytest.approx((theirs.pearson, theirs.mse), abs=1e-5)
    assert ours.spearman == pytest.approx(theirs.spearman, abs=1e-3)  # two may change places


def test_the_seed_and_the_judge_are_those_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "MOST_EPOCHS", 100)
    parts = splits(64, 4)
    protocol = RelatednessProtocol(judge="spearman", seed=7, max_epoch=100)
    theirs = oracle.supervised(*parts, judge=oracle.by_spearman, seed=7)
    ours, usual = learned(parts, protocol), learned(parts, replace(protocol, seed=1111))
    assert ours.layer.passes == theirs.fit.epochs
    assert ours.layer.dev == pytest.approx(theirs.dev, abs=1e-3)
    np.testing.assert_allclose(ours.predicted, theirs.predicted, rtol=0, atol=1e-4)
    assert np.abs(ours.predicted - usual.predicted).max() > 1e-3


def test_figures_are_those_of_other_libraries() -> None:
    parts = splits(64, 4)
    found, gold = learned(parts), parts[2].scores
    assert found.predicted.dtype == np.float64
    assert 1 <= found.predicted.min() < found.predicted.max() <= 5
    assert found.pearson == pytest.approx(pearsonr(found.predicted, gold).statistic, abs=1e-12)
    assert found.spearman == pytest.approx(spearmanr(found.predicted, gold).statistic, abs=1e-12)
    assert found.mse == pytest.approx(mean_squared_error(gold, found.predicted), abs=1e-12)


# --- when training stops --------------------------------------------------------------------------

NAN = math.nan


@pytest.mark.parametrize(
    ("judgements", "passes", "best_pass", "best"),
    [
        ([0.5] * 9, 250, 50, 0.5),
        ([0.2, 0.4, 0.4, 0.6, 0.1, 0.7, 0.7, 0.8, 0.8, 0.9], 450, 400, 0.8),
        ([NAN, -0.5, NAN, NAN, -0.2, -0.5], 300, 250, -0.2),
        ([n / 50 for n in range(30)], 1050, 1050, 0.4),
    ],
    ids=["flat", "failures in all", "not a number", "to the end"],
)
def test_checks_are_counted_as_senteval_does(
    judgements: list[float],
    passes: int,
    best_pass: int,
    best: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    course = iter(judgements)
    monkeypatch.setattr(training, "_judged", lambda *_: next(course))
    train, dev, _ = map(graded, splits(10, 2))
    layer = training.train(train, dev, RelatednessProtocol())
    assert (layer.passes, layer.best_pass, layer.dev) == (passes, best_pass, best)
    np.testing.assert_array_equal(layer.course, judgements[: passes // 50])


def test_the_best_layer_is_the_one_that_predicts() -> None:
    train, dev, _ = splits(130, 210)
    layer = training.train(graded(train), graded(dev), RelatednessProtocol())
    assert layer.best_pass < layer.passes
    predicted = layer.predict(graded(dev).features)
    assert layer.dev == pytest.approx(pearsonr(predicted, dev.scores).statistic, abs=1e-12)


# --- what cannot be trained -----------------------------------------------------------------------


def same_vectors(count: int) -> oracle.Pairs:
    vectors = np.full((count, 3), 0.7, np.float32)
    return oracle.Pairs(vectors, vectors, np.linspace(1, 5, count))


def test_vectors_that_are_all_the_same_predict_the_same_and_are_refused() -> None:
    rows = graded(same_vectors(9)).features
    weights, bias = training.initial_weights(1, 5, rows.shape[1])
    assert len({*training._expected(rows, weights, bias)}) == 1
    with pytest.raises(ValueError, match="predictions or gold scores of the development pairs"):
        learned((same_vectors(20), same_vectors(9), same_vectors(9)))


def test_as_simcse_judges_them_they_are_trained_with_and_correlate_with_nothing() -> None:
    parts = (same_vectors(20), same_vectors(9), same_vectors(9))
    protocol = RelatednessProtocol(judge="spearman")
    layer = training.train(*map(graded, parts[:2]), protocol)
    assert (layer.dev, layer.passes) == (0.0, 250)
    with pytest.raises(UndefinedCorrelation):
        learned(parts, protocol)


@pytest.mark.parametrize("score", [-0.1, 5.1, NAN])
def test_scores_beside_the_scale_are_refused(score: float) -> None:
    train, dev, test = splits(10, 2)
    dev.scores[3] = score
    with pytest.raises(ValueError, match="only scores from 0 to 5"):
        learned((train, dev, test))


@pytest.mark.parametrize(
    ("size", "reason"), [(1e25, "not finite in float32"), (1e15, "training overflows float32")]
)
def test_vectors_that_are_too_large_are_refused(size: float, reason: str) -> None:
    large = [
        oracle.Pairs(part.first * np.float32(size), part.second * np.float32(size), part.scores)
        for part in splits(64, 4)
    ]
    with pytest.raises(ValueError, match=reason):
        supervised([graded(part) for part in large], RelatednessProtocol())
