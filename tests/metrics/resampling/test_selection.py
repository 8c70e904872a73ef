"""The best of many scores against one: against a loop, and by how often it is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.metrics.resampling import SPEARMAN, bootstrap, exchange_test, observations
from benchmark.metrics.resampling.selection import reality_check


def slow(scores: list[float], replicates: list[list[float]], reference: int) -> float:
    """The same, one resample and one score after the other."""
    others = [place for place in range(len(scores)) if place != reference]
    found = max(scores[place] - scores[reference] for place in others)
    hits = 1
    for row in replicates:
        gains = [
            (row[place] - row[reference]) - (scores[place] - scores[reference]) for place in others
        ]
        hits += max(gains) >= found - 1e-12
    return hits / (1 + len(replicates))


@pytest.mark.parametrize("reference", [0, 3])
@pytest.mark.parametrize("ahead", [0.0, 0.02, 0.05])
def test_a_loop_finds_the_same(reference: int, ahead: float):
    dice = np.random.default_rng(reference)
    scores = dice.normal(0.7, 0.005, 6)
    scores[4] += ahead
    replicates = scores + dice.normal(0, 0.02, (400, 6))
    expected = slow(scores.tolist(), replicates.tolist(), reference)
    assert reality_check(scores, replicates, reference) == expected


def test_one_score_alone_is_refused():
    with pytest.raises(ValueError, match="several scores"):
        reality_check([0.5], [[0.5], [0.6]], 0)


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
        wrong += reality_check(scores, replicates, 0) < 0.05
        best = int(scores.argmax())
        if best:
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
        found += reality_check(drawn.scores[0], drawn.replicates[:, 0], 0) < 0.05
    assert found >= 28
