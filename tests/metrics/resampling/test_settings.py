"""Spreads over settings, choices on other tasks, agreement of rankings: against slow versions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from benchmark.metrics.resampling import SPEARMAN, observations
from benchmark.metrics.resampling import settings as ours
from scripts import simulate_spread as simulation
from tests.metrics.resampling.made_up import correlated
from tests.oracles import settings as oracle

SCORES = np.round(np.random.default_rng(3).uniform(0.4, 0.9, (7, 6)), 3)
FEW_VALUES = st.lists(st.integers(0, 3), min_size=4, max_size=4)

# --- spreads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", range(len(SCORES)))
def test_a_spread_is_that_of_the_standard_library(task: int):
    found = ours.spreads_of(SCORES)
    for name, value in oracle.spread(SCORES[task].tolist()).items():
        assert getattr(found, name)[task] == pytest.approx(value, abs=1e-12)


def test_one_setting_has_no_spread():
    with pytest.raises(ValueError, match="one setting alone has no spread"):
        ours.spreads_of([[0.5], [0.6]])


def test_the_average_stands_behind_the_tasks():
    found = ours.with_average(np.stack([SCORES, SCORES / 2]))
    assert found.shape == (2, 8, 6)
    assert found[0, :7] == pytest.approx(SCORES)
    assert found[1, 7] == pytest.approx(SCORES.mean(axis=0) / 2)


# --- held out -------------------------------------------------------------------------------------


def test_a_choice_on_the_other_tasks_is_that_of_a_loop():
    resamples = np.stack([SCORES, SCORES[::-1], np.roll(SCORES, 2, axis=1)])
    found = ours.held_out(resamples)
    for number, scores in enumerate(resamples):
        for task, expected in enumerate(oracle.held_out(scores.tolist())):
            for name, value in expected.items():
                assert getattr(found, name)[number, task] == pytest.approx(value, abs=1e-12)
    assert len(set(found.chosen.ravel().tolist())) > 1


def test_a_setting_that_is_best_by_luck_on_one_task_gains_nothing_there():
    """The second setting is far ahead on the first task alone, so that task cannot choose it."""
    found = ours.held_out([[0.5, 0.9], [0.5, 0.4], [0.5, 0.4]])
    assert found.chosen.tolist() == [0, 1, 1]
    assert found.over_default == pytest.approx([0.0, -0.1, -0.1])
    assert found.kept.tolist() == [False, False, False]


def test_one_task_cannot_be_held_out():
    with pytest.raises(ValueError, match="a task can be held out of two or more"):
        ours.held_out([[0.5, 0.6]])


# --- rankings -------------------------------------------------------------------------------------


@given(judges=st.lists(FEW_VALUES, min_size=2, max_size=4))
def test_agreement_is_scipys_tau_b_ties_included(judges: list[list[int]]):
    found = ours.rank_agreement(judges)
    assert found == pytest.approx(oracle.tau(judges), abs=1e-12, nan_ok=True)
    assert ours.other_winner(judges) == pytest.approx(oracle.other_winner(judges))


def test_agreement_of_many_resamples_is_that_of_each():
    resamples = np.random.default_rng(0).normal(size=(5, 3, 6))
    found = ours.rank_agreement(resamples)
    for number, judges in enumerate(resamples):
        assert found[number] == pytest.approx(oracle.tau(judges.tolist()), abs=1e-12)


def test_one_ranking_agrees_with_nothing():
    with pytest.raises(ValueError, match="two rankings can agree, not one"):
        ours.rank_agreement([[1.0, 2.0, 3.0]])


# --- intervals ------------------------------------------------------------------------------------


def test_an_interval_of_a_spread_takes_back_what_resampling_added():
    replicates = np.random.default_rng(0).normal(0.05, 0.01, 100_000)
    found = ours.spread_interval(0.04, replicates)
    low, high = np.quantile(replicates, [0.025, 0.975])
    assert found.high == pytest.approx(high)
    assert found.low == pytest.approx(math.sqrt(max(2 * 0.04**2 - high**2, 0)))
    assert found.low < low


def test_reliability_is_the_agreement_of_rankings_with_themselves():
    dice = np.random.default_rng(0)
    scores, replicates = dice.normal(size=(3, 5)), dice.normal(size=(20, 3, 5))
    slow = [
        scipy.stats.kendalltau(scores[judge], again[judge]).statistic
        for again in replicates
        for judge in range(3)
    ]
    assert ours.reliability(scores, replicates) == pytest.approx(np.mean(slow))
    assert ours.reliability(scores, np.stack([scores, 2 * scores])) == 1
    assert math.isnan(ours.reliability(np.ones((2, 3)), np.ones((4, 2, 3))))


def test_an_interval_of_agreement_gives_back_what_noise_takes():
    replicates = np.random.default_rng(0).normal(0.3, 0.1, 10_000)
    low, high = np.quantile(replicates, [0.025, 0.975])
    loud = ours.agreement_interval(0.3, replicates, reliable=0.8)
    assert loud.high == pytest.approx(high / 0.64)
    assert loud.low == pytest.approx(min(low, 2 * 0.3 - high))
    assert ours.agreement_interval(0.3, replicates, reliable=0.5).high == 1
    assert ours.agreement_interval(0.3, replicates, reliable=0).high == 1
    assert ours.agreement_interval(-0.3, -replicates, reliable=0.8).low == pytest.approx(-loud.high)
    still = ours.agreement_interval(0.3, np.full(100, 0.3), reliable=1)
    assert (still.low, still.high) == pytest.approx((0.3, 0.3))


@pytest.mark.slow
@pytest.mark.parametrize("name", simulation.FAMILIES)
def test_intervals_of_families_hold_the_truth(name: str):
    repeats = 200
    least = 0.95 - 3 * math.sqrt(0.95 * 0.05 / repeats)
    for what, count in simulation.of_family(simulation.FAMILIES[name], repeats, 400).items():
        if (name, what) != ("equal", "best"):  # the best of equals is the luckiest: docs/prompts.md
            assert count.held / repeats > least, what


@pytest.mark.slow
@pytest.mark.parametrize("name", simulation.CROWDS)
def test_intervals_of_agreement_hold_the_truth(name: str):
    repeats = 200
    count = simulation.of_crowd(simulation.CROWDS[name], repeats, 400)
    assert count.held / repeats > 0.95 - 3 * math.sqrt(0.95 * 0.05 / repeats)


def test_intervals_of_a_small_simulation_hold_the_truth():
    repeats = 40
    for what, count in simulation.of_family(simulation.FAMILIES["narrow"], repeats, 200).items():
        assert count.held >= 34, what


# --- halves ---------------------------------------------------------------------------------------


def test_halves_are_disjoint_and_scored_by_scipy():
    """The same permutations, by hand."""
    task = correlated(60, (0.5, 0.7, 0.9), seed=1)
    found = ours.halve([task], SPEARMAN, halvings=5, seed=4)
    rng = np.random.default_rng(4)
    kept, here, there = [], [], []
    for _ in range(5):
        order = rng.permutation(60)
        halves = order[:30], order[30:]
        scores = [
            [scipy.stats.spearmanr(task.gold[half], row[half]).statistic for row in task.given]
            for half in halves
        ]
        for chosen_on, other in (scores, scores[::-1]):
            chosen = int(np.argmax(chosen_on))
            kept.append(other[chosen] >= max(other))
            here.append(chosen_on[chosen] - chosen_on[0])
            there.append(other[chosen] - other[0])
    for one in found:  # the average of a single task is the task
        assert one.kept == pytest.approx(np.mean(kept))
        assert one.where_chosen == pytest.approx(np.mean(here), abs=1e-9)
        assert one.elsewhere == pytest.approx(np.mean(there), abs=1e-9)


def test_the_best_of_equals_gains_where_it_was_chosen_and_nothing_elsewhere():
    rng = np.random.default_rng(0)
    gold = rng.normal(size=400)
    task = observations(gold, [gold + rng.normal(size=400) for _ in range(8)])
    [found, _] = ours.halve([task], SPEARMAN, halvings=200)
    assert found.where_chosen > 0.02
    assert found.elsewhere < found.where_chosen - 0.02


def test_units_stay_whole():
    """All rows of one unit are in the same half: with two units a half is one of them."""
    gold = np.array([1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0])
    good, bad = gold, np.array([1.0, 2.0, 3.0, 4.0, 4.0, 3.0, 2.0, 1.0])
    task = observations(gold, [bad, good], [0, 0, 0, 0, 1, 1, 1, 1])
    [found, _] = ours.halve([task], SPEARMAN, halvings=20)
    # On unit 0 the first of equals is chosen, which is bad on unit 1; there good is.
    assert found.where_chosen == pytest.approx((0 + 2) / 2)
    assert found.elsewhere == pytest.approx(0)
    assert found.kept == pytest.approx(0.5)
