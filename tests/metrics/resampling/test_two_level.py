"""Two sets of runs compared: against a slow second version, scipy's tests and the bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from benchmark.metrics.resampling import (
    ACCURACY,
    SPEARMAN,
    Observations,
    bootstrap,
    compare_two_level,
    holm,
    observations,
    statistic_of,
)
from benchmark.metrics.resampling.units import lay_out
from tests.oracles.two_level import two_level

BY_NAME = {"spearman": SPEARMAN, "accuracy": ACCURACY}


def task_of(rng: np.random.Generator, runs: int, rows: int, statistic: str) -> Observations:
    """Gold, runs of which each has its own noise, and units of which some have two rows."""
    units = np.arange(rows) // 2 * (np.arange(rows) % 3 > 0) + 100 * (np.arange(rows) % 3 == 0)
    units += np.arange(rows) * (np.arange(rows) % 3 == 0)
    if statistic == "accuracy":
        gold = rng.integers(0, 2, rows)
        return observations(
            gold, [np.where(rng.random(rows) < 0.7, gold, 1 - gold) for _ in range(runs)], units
        )
    gold = rng.integers(0, 6, rows).astype(float)
    return observations(gold, [gold + rng.normal(size=rows) * 3 for _ in range(runs)], units)


SCORE_ITSELF = statistic_of(lambda row, gold: float(row[0] + 0 * gold[0]), by_rank=False)
"""The score of runs whose rows all hold it: sentences change nothing."""


def without_sentences(*sides: list[float]) -> tuple[list[Observations], int]:
    """Runs that score this, whatever the sentences."""
    return [observations(np.zeros(4), [np.full(4, x) for side in sides for x in side])], len(
        sides[0]
    )


# --- all of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("statistic", ["spearman", "accuracy"])
@pytest.mark.parametrize("sizes", [(2, 2), (3, 2), (1, 3), (2, 1)])
def test_it_is_what_lists_and_loops_give(statistic: str, sizes: tuple[int, int]):
    rng = np.random.default_rng(sum(sizes))
    tasks = [task_of(rng, sum(sizes), rows, statistic) for rows in (20, 26)]
    layout = lay_out(tasks)
    strata = [list(range(a, b)) for a, b in zip(layout.starts[:-1], layout.starts[1:], strict=True)]
    plain = [
        (task.gold.tolist(), task.given.tolist(), rows.tolist())
        for task, rows in zip(tasks, layout.rows, strict=True)
    ]
    found = compare_two_level(tasks, sizes[0], BY_NAME[statistic], resamples=40, seed=3).average
    expected = two_level(plain, strata, sizes[0], statistic, 40, 3)
    assert {
        "difference": found.difference,
        "error": found.standard_error,
        "degrees": found.degrees_of_freedom,
        "low": found.interval.low,
        "high": found.interval.high,
        "p": found.p_value,
    } == pytest.approx(expected, rel=1e-7)


def test_tasks_are_those_of_a_single_one_and_holm_adjusts_them():
    rng = np.random.default_rng(0)
    tasks = [task_of(rng, 5, 60, "spearman") for _ in range(3)]
    found = compare_two_level(tasks, 2, resamples=50)
    assert [one.adjusted_p_value for one in found.tasks] == list(
        holm([one.p_value for one in found.tasks])
    )
    assert found.average.adjusted_p_value == found.average.p_value
    scores = np.array([one.first.scores + one.second.scores for one in found.tasks])
    average = found.average.first.scores + found.average.second.scores
    assert average == pytest.approx(scores.mean(axis=0))
    [alone] = compare_two_level([tasks[0]], 2, resamples=50).tasks
    assert alone.difference == found.tasks[0].difference


def test_errors_add_up():
    found = compare_two_level([task_of(np.random.default_rng(1), 6, 80, "spearman")], 3).average
    assert found.standard_error**2 == pytest.approx(found.by_sentences**2 + found.by_runs**2)
    assert found.first.deviation == pytest.approx(np.std(found.first.scores, ddof=1))


# --- where one of the two does not vary -----------------------------------------------------------

SCORES = st.lists(st.integers(0, 1000), min_size=2, max_size=8, unique=True)


def of_similar_spread(a: list[int], b: list[int]) -> bool:
    """Whether no side is steadier than degrees of freedom are counted with."""
    pooled = ((len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * np.var(b, ddof=1)) / (
        len(a) + len(b) - 2
    )
    return min(np.var(a, ddof=1), np.var(b, ddof=1)) >= 0.4 * pooled


@settings(deadline=None, max_examples=60)
@given(SCORES, SCORES)
def test_without_sentences_it_is_welchs_test(a: list[int], b: list[int]):
    tasks, first = without_sentences([x / 1000 for x in a], [x / 1000 for x in b])
    found = compare_two_level(tasks, first, SCORE_ITSELF, resamples=3).average
    welch = stats.ttest_ind(np.array(a) / 1000, np.array(b) / 1000, equal_var=False)
    statistic = found.difference / found.standard_error
    assert statistic == pytest.approx(welch.statistic, abs=1e-9)
    if of_similar_spread(a, b):
        assert found.p_value == pytest.approx(welch.pvalue, rel=1e-9)
        low, high = welch.confidence_interval()
        assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1e-12)


def test_a_side_that_lies_close_together_by_chance_is_not_taken_for_known():
    """Welch counts nine degrees of freedom, as if the two runs had told the side's spread."""
    many = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    tasks, first = without_sentences([0.5, 0.5001], many)
    found = compare_two_level(tasks, first, SCORE_ITSELF, resamples=3).average
    assert stats.ttest_ind([0.5, 0.5001], many, equal_var=False).df > 8.9
    assert found.degrees_of_freedom < 3


@pytest.mark.parametrize("alone_first", [True, False])
def test_one_run_is_compared_with_one_more_of_the_other_side(alone_first: bool):
    """The two-sample t-test with one observation on a side: a prediction interval."""
    one, several = [0.80], [0.70, 0.74, 0.69, 0.75, 0.71]
    sides = (one, several) if alone_first else (several, one)
    tasks, first = without_sentences(*sides)
    found = compare_two_level(tasks, first, SCORE_ITSELF, resamples=3).average
    expected = stats.ttest_ind(*sides, equal_var=True)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert (found.interval.low, found.interval.high) == pytest.approx(
        tuple(expected.confidence_interval()), abs=1e-12
    )
    alone = found.first if alone_first else found.second
    assert alone.deviation is None


def test_runs_that_do_not_vary_leave_the_paired_bootstrap():
    rng = np.random.default_rng(5)
    gold = rng.normal(size=400)
    a, b = gold + rng.normal(size=400), gold + 1.2 * rng.normal(size=400)
    found = compare_two_level([observations(gold, [a, a, a, b, b])], 3, resamples=2000).average
    expected = bootstrap([observations(gold, [a, b])], resamples=2000).difference(0, 1)
    assert found.difference == pytest.approx(expected.value)
    assert found.standard_error == pytest.approx(expected.standard_error)
    assert (found.by_runs, found.degrees_of_freedom) == (pytest.approx(0, abs=1e-12), math.inf)
    normal = stats.norm(expected.value, expected.standard_error).interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx(normal)
    width = expected.interval.high - expected.interval.low
    assert found.interval.low == pytest.approx(expected.interval.low, abs=0.1 * width)
    assert found.interval.high == pytest.approx(expected.interval.high, abs=0.1 * width)


def test_the_luck_of_each_run_is_not_counted_twice():
    """Runs of one true score, which differ by their luck with the pairs alone."""
    rng = np.random.default_rng(6)
    gold = rng.normal(size=3000)
    runs = [gold + rng.normal(size=3000) for _ in range(40)]
    found = compare_two_level([observations(gold, runs)], 20, resamples=300).average
    # Nothing is shared: what remains is the t-test of independent scores.
    expected = stats.ttest_ind(found.first.scores, found.second.scores, equal_var=False)
    difference = expected.statistic * found.by_runs
    assert found.difference == pytest.approx(difference)
    assert found.by_sentences < 0.5 * found.by_runs


# --- what must not matter -------------------------------------------------------------------------


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(3)), st.permutations(range(2)), st.integers(0, 3))
def test_order_of_runs_does_not_matter_and_of_sides_only_the_sign(
    first: list[int], second: list[int], seed: int
):
    rng = np.random.default_rng(9)
    task = task_of(rng, 5, 40, "spearman")
    places = [*first, *(3 + place for place in second)]
    known = compare_two_level([task], 3, resamples=30, seed=seed).average
    shuffled = compare_two_level(
        [observations(task.gold, list(task.given[places]), task.units)], 3, resamples=30, seed=seed
    ).average
    turned_places = [*(3 + place for place in second), *first]
    turned = compare_two_level(
        [observations(task.gold, list(task.given[turned_places]), task.units)],
        2,
        resamples=30,
        seed=seed,
    ).average
    assert shuffled.interval.low == pytest.approx(known.interval.low)
    assert shuffled.p_value == pytest.approx(known.p_value)
    assert turned.difference == pytest.approx(-known.difference)
    assert turned.interval.low == pytest.approx(-known.interval.high)
    assert turned.p_value == pytest.approx(known.p_value)
    assert turned.needed.runs == known.needed.runs


def test_the_p_value_belongs_to_the_interval():
    task = task_of(np.random.default_rng(12), 6, 60, "spearman")
    p_value = compare_two_level([task], 3, resamples=100).average.p_value
    for level, inside in ((1 - 0.99 * p_value, True), (1 - 1.01 * p_value, False)):
        found = compare_two_level([task], 3, resamples=100, level=level).average
        assert (0 in found.interval) == inside


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(("runs", "first"), [(2, 1), (3, 0), (3, 3), (3, 4)])
def test_two_sides_are_needed_one_of_several_runs(runs: int, first: int):
    task = task_of(np.random.default_rng(0), runs, 20, "spearman")
    with pytest.raises(ValueError, match="two sides expected, one of several runs"):
        compare_two_level([task], first, resamples=5)


def test_a_difference_that_nothing_can_judge_is_refused():
    tasks, first = without_sentences([1.0, 1.0], [0.0, 0.0])
    with pytest.raises(ValueError, match="nothing says how sure it is"):
        compare_two_level(tasks, first, SCORE_ITSELF, resamples=5)
    tasks, first = without_sentences([1.0, 1.0], [1.0, 1.0])
    found = compare_two_level(tasks, first, SCORE_ITSELF, resamples=5).average
    assert (found.p_value, found.interval.low, found.interval.high) == (1, 0, 0)
