"""The exchange test: the oracle's, scipy's, McNemar's, and level where it must be."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmark.metrics.resampling import (
    ACCURACY,
    AVERAGE_PRECISION,
    SPEARMAN,
    exchange_test,
    mcnemar,
    observations,
)
from tests.metrics.resampling.made_up import asked_by, correlated, tasks
from tests.metrics.resampling.test_bootstrap import strata_of, units_of
from tests.oracles import resampling as oracle

PATIENT = settings(deadline=None, max_examples=40)
NAMED = {"spearman": SPEARMAN, "accuracy": ACCURACY, "ap": AVERAGE_PRECISION}
STATISTICS = pytest.mark.parametrize("statistic", NAMED)


def luck(p: float, permutations: int) -> float:
    """Four standard errors of a p-value."""
    return 4 * math.sqrt(p * (1 - p) / permutations) + 2 / permutations


# --- equal to the oracle and to scipy -------------------------------------------------------------


def oracle_p_values(statistic: str, asked, permutations: int, seed: int) -> list[float]:
    """P-values of each task and of the average, by exchanging lists."""
    numbered = {
        unit: number
        for number, unit in enumerate(unit for units in strata_of(asked) for unit in units)
    }
    differences = []
    for number in range(permutations + 1):
        coins = oracle.flips(len(numbered), seed, number) if number else [0] * len(numbered)
        row = []
        for place, task in enumerate(asked):
            units = [numbered[unit] for unit in units_of(task, place)]
            gold = task.gold.tolist()
            alike = [oracle.made_alike(statistic, gold, g) for g in task.given.tolist()]
            row.append(oracle.difference(statistic, gold, *oracle.exchanged(*alike, units, coins)))
        differences.append([*row, np.mean(row)])
    observed, permuted = np.abs(differences[0]), np.abs(differences[1:])
    assume(np.isfinite(permuted).all())
    hits = np.sum(permuted >= observed - 1e-9, axis=0)
    return ((1 + hits) / (1 + permutations)).tolist()


@PATIENT
@given(tasks(), st.integers(0, 2**64 - 1))
@STATISTICS
def test_p_values_are_those_of_exchanged_lists(statistic: str, asked, seed: int) -> None:
    asked = [asked_by(statistic, task) for task in asked]
    expected = oracle_p_values(statistic, asked, 12, seed)
    found = exchange_test(asked, NAMED[statistic], permutations=12, seed=seed)
    assert [*found.tasks, found.average] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("seed", "rhos", "steps"),
    [(0, (0.9, 0.4), None), (1, (0.7, 0.7), 2), (2, (0.95, 0.6), 2), (2, (0.95, 0.6), None)],
)
def test_p_values_are_scipys(seed: int, rhos: tuple[float, float], steps: int | None) -> None:
    """All 1,024 exchanges of 10 pairs by scipy, 10,000 of them at random by us."""
    task = correlated(10, rhos, seed, steps)
    ranks = [scipy.stats.rankdata(column) for column in task.given]

    def statistic(first, second):
        return abs(oracle.spearman(task.gold, first) - oracle.spearman(task.gold, second))

    expected = scipy.stats.permutation_test(
        ranks, statistic, permutation_type="samples", alternative="greater", n_resamples=np.inf
    ).pvalue
    [found] = exchange_test([task]).tasks
    assert found == pytest.approx(expected, abs=luck(expected, 10_000))


@pytest.mark.parametrize("seed", range(4))
def test_p_values_of_accuracies_are_mcnemars(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 3, 200)
    given = [np.where(rng.random(200) < share, gold, 3) for share in (0.85, 0.78)]
    expected = mcnemar(*(column == gold for column in given))
    [found] = exchange_test([observations(gold, given)], ACCURACY).tasks
    assert found == pytest.approx(expected, abs=luck(expected, 10_000))


# --- what must and must not matter ----------------------------------------------------------------


@STATISTICS
def test_models_that_give_the_same_do_not_differ(statistic: str) -> None:
    task = asked_by(statistic, correlated(40, (0.7,), seed=0, steps=2))
    twice = observations(task.gold, [task.given[0]] * 2)
    found = exchange_test([twice, twice], NAMED[statistic], permutations=200)
    assert (found.tasks, found.average) == ((1.0, 1.0), 1.0)


def test_a_clear_difference_has_the_smallest_p_there_is() -> None:
    found = exchange_test([correlated(200, (0.95, 0.1), seed=0)], permutations=499)
    assert (found.tasks, found.average) == ((1 / 500,), 1 / 500)


def test_scales_do_not_matter() -> None:
    """One model's cosines lie between 0.9 and 1: ranks are exchanged, not cosines."""
    task = correlated(60, (0.6, 0.5), seed=0)
    narrow = observations(task.gold, [task.given[0], 0.95 + task.given[1] / 1000])
    assert exchange_test([task]) == exchange_test([narrow])


@STATISTICS
def test_it_does_not_matter_who_comes_first(statistic: str) -> None:
    task = asked_by(statistic, correlated(60, (0.6, 0.5), seed=0, steps=1))
    turned = observations(task.gold, task.given[::-1])
    assert exchange_test([task], NAMED[statistic]) == exchange_test([turned], NAMED[statistic])


@STATISTICS
def test_threads_do_not_matter(statistic: str) -> None:
    samples = [correlated(60, (0.6, 0.5), seed, steps=1) for seed in range(3)]
    rounded = [observations(task.gold, np.round(task.given)) for task in samples]
    asked = [asked_by(statistic, task) for task in rounded]
    one, four = (
        exchange_test(asked, NAMED[statistic], permutations=500, threads=n) for n in (1, 4)
    )
    assert one == four
    assert exchange_test(asked, NAMED[statistic], permutations=500, seed=1) != one


def test_copies_of_rows_make_nothing_more_certain_if_they_are_one_unit() -> None:
    task = correlated(40, (0.7, 0.5), seed=3)
    copied = [np.tile(column, 10) for column in (task.gold, *task.given)]
    [once] = exchange_test([task]).tasks
    [joint] = exchange_test([observations(copied[0], copied[1:], np.tile(np.arange(40), 10))]).tasks
    [apart] = exchange_test([observations(copied[0], copied[1:])]).tasks
    assert once == pytest.approx(joint, abs=2 * luck(once, 10_000))
    assert apart < once / 10


def test_p_values_are_uniform_where_models_are_alike() -> None:
    """300 samples: more than 95 % of all runs of a valid test keep within these bounds."""
    p_values = [
        exchange_test([correlated(50, (0.7, 0.7), seed)], permutations=199, seed=seed).average
        for seed in range(300)
    ]
    assert scipy.stats.kstest(p_values, "uniform").pvalue > 0.001
    assert sum(p <= 0.05 for p in p_values) < 28  # 15 expected; more once in 2,000


# --- refusals -------------------------------------------------------------------------------------


def test_three_models_cannot_exchange() -> None:
    with pytest.raises(ValueError, match="not 3"):
        exchange_test([correlated(20, (0.1, 0.2, 0.3), 0)])


@pytest.mark.parametrize(
    ("arguments", "why"), [({"permutations": 0}, "one permutation"), ({"seed": -1}, "a seed")]
)
def test_numbers_that_make_no_sense(arguments: dict[str, int], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        exchange_test([correlated(20, (0.1, 0.2), 0)], **arguments)


def test_one_unit_cannot_be_exchanged() -> None:
    with pytest.raises(ValueError, match="hang together"):
        exchange_test([observations([1, 2, 3], [[1, 2, 3], [3, 2, 1]], [0, 0, 0])])
