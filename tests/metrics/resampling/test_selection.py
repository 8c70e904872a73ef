"""The best of many scores against one: against a loop, and by how often it is wrong."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from benchmark.metrics.resampling import SPEARMAN, bootstrap, exchange_test, observations
from benchmark.metrics.resampling.selection import best_of_many


def slow(scores: list[float], replicates: list[list[float]], chosen: int, reference: int) -> float:
    """The same, one resample and one score after the other."""
    others = [place for place in range(len(scores)) if place != reference]
    gains = {place: scores[place] - scores[reference] for place in others}
    errors = {
        place: statistics.stdev(row[place] - row[reference] for row in replicates)
        for place in others
    }
    hits = 1
    for row in replicates:
        luck = max((row[place] - row[reference] - gains[place]) / errors[place] for place in others)
        hits += luck >= gains[chosen] / errors[chosen] - 1e-12
    return hits / (1 + len(replicates))


@pytest.mark.parametrize("reference", [0, 3])
@pytest.mark.parametrize("ahead", [0.0, 0.02, 0.05])
def test_a_loop_finds_the_same(reference: int, ahead: float):
    dice = np.random.default_rng(reference)
    scores = dice.normal(0.7, 0.005, 6)
    scores[4] += ahead
    replicates = scores + dice.normal(0, 0.02, (400, 6)) * [1, 2, 1, 1, 1, 5]
    expected = slow(scores.tolist(), replicates.tolist(), 4, reference)
    assert best_of_many(scores, replicates, 4, reference) == expected
    assert 1 / 401 <= expected <= 1


def test_a_score_that_is_known_badly_does_not_decide_for_the_others():
    """As the first steps of a run, far from the last."""
    dice = np.random.default_rng(5)
    scores = np.array([0.3, 0.72, 0.7])
    replicates = scores + dice.normal(0, 1, (1000, 3)) * [0.05, 0.002, 0.002]
    assert best_of_many(scores, replicates, 1, 2) < 0.01


def test_what_is_the_same_as_the_reference_is_no_competitor():
    dice = np.random.default_rng(5)
    replicates = 0.7 + dice.normal(0, 0.01, (200, 3))
    replicates[:, 1] = replicates[:, 0]
    scores = np.array([0.7, 0.7, 0.69])
    assert best_of_many(scores, replicates, 1, 0) == 1.0
    alone = best_of_many(scores[[0, 2]], replicates[:, [0, 2]], 1, 0)
    assert best_of_many(scores, replicates, 2, 0) == alone


def test_one_score_alone_is_refused():
    with pytest.raises(ValueError, match="several scores"):
        best_of_many([0.5], [[0.5], [0.6]], 0, 0)


def drawn_alike(seed: int, models: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Models that are equally good and differ by chance alone, most of it shared."""
    dice = np.random.default_rng(seed)
    gold = dice.normal(size=80)
    shared = gold + dice.normal(size=80)
    return gold, [shared + 0.5 * dice.normal(size=80) for _ in range(models)]


def test_the_best_of_many_that_are_alike_is_seldom_called_better():
    """A test of two that were chosen beforehand is wrong much more often."""
    wrong = naive = 0
    for seed in range(150):
        gold, given = drawn_alike(seed, 12)
        task = observations(gold, given)
        drawn = bootstrap([task], SPEARMAN, resamples=200, seed=seed)
        scores, replicates = drawn.scores[0], drawn.replicates[:, 0]
        best = int(scores.argmax())
        if best:
            wrong += best_of_many(scores, replicates, best, 0) < 0.05
            pair = observations(gold, [given[best], given[0]])
            naive += exchange_test([pair], SPEARMAN, permutations=200).tasks[0] < 0.05
    assert wrong <= 15  # of 150: 5 % are 7.5, and three deviations more are 15.5
    assert naive > 2 * max(wrong, 7)


def test_a_model_that_is_better_is_found():
    found = 0
    for seed in range(30):
        gold, given = drawn_alike(seed, 12)
        given[5] = given[5] + 0.8 * gold
        drawn = bootstrap([observations(gold, given)], SPEARMAN, resamples=200, seed=seed)
        found += best_of_many(drawn.scores[0], drawn.replicates[:, 0], 5, 0) < 0.05
    assert found >= 28
