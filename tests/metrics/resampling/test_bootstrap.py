"""The bootstrap: the oracle's, scipy's, and as wide as theory says."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmark.metrics import UndefinedCorrelation
from benchmark.metrics.resampling import (
    ACCURACY,
    AVERAGE_PRECISION,
    SPEARMAN,
    Observations,
    bootstrap,
    observations,
)
from benchmark.metrics.resampling.units import lay_out
from tests.metrics.resampling.made_up import asked_by, correlated, tasks
from tests.oracles import resampling as oracle

PATIENT = settings(deadline=None, max_examples=40)
ROUNDING = 1e-12

NAMED = {"spearman": SPEARMAN, "accuracy": ACCURACY, "ap": AVERAGE_PRECISION}
STATISTICS = pytest.mark.parametrize("statistic", NAMED)


def units_of(task: Observations, place: int) -> list[object]:
    """Units as the oracle sees them: a name for each, which no other task has if there are none."""
    if task.units is None:
        return [(place, row) for row in range(len(task))]
    return task.units.tolist()


def strata_of(asked: list[Observations]) -> list[list[object]]:
    """Units drawn from together, found by walking from task to task."""
    units = [set(units_of(task, place)) for place, task in enumerate(asked)]
    left, strata = list(range(len(asked))), []
    while left:
        together = units[left.pop(0)]
        while linked := [place for place in left if units[place] & together]:
            together = together.union(*(units[place] for place in linked))
            left = [place for place in left if place not in linked]
        strata.append(sorted(together))
    return strata


# --- equal to the oracle and to scipy -------------------------------------------------------------


@PATIENT
@given(tasks(), st.integers(0, 2**64 - 1))
@STATISTICS
def test_replicates_are_those_of_repeated_rows(statistic: str, asked, seed: int) -> None:
    score = oracle.SCORES[statistic]
    asked = [asked_by(statistic, task) for task in asked]
    plain = [
        (task.gold.tolist(), task.given.tolist(), units_of(task, place))
        for place, task in enumerate(asked)
    ]
    expected = np.array(
        [oracle.replicate(plain, strata_of(asked), score, seed, number) for number in range(6)]
    )
    assume(np.isfinite(expected).all())
    found = bootstrap(asked, NAMED[statistic], resamples=6, seed=seed)
    np.testing.assert_allclose(found.replicates, expected, rtol=0, atol=ROUNDING)
    whole = [[score(gold, column) for column in given] for gold, given, _ in plain]
    np.testing.assert_allclose(found.scores, whole, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("steps", [None, 3])
def test_the_difference_is_scipys(steps: int | None) -> None:
    """Same interval and error as scipy.stats.bootstrap, up to the luck of 4,000 resamples."""
    task = correlated(80, (0.8, 0.5), seed=1, steps=steps)

    def statistic(gold, first, second, axis=-1):
        x, a, b = (scipy.stats.rankdata(v, axis=axis) for v in (gold, first, second))
        return scipy.stats.pearsonr(x, a, axis=axis)[0] - scipy.stats.pearsonr(x, b, axis=axis)[0]

    theirs = scipy.stats.bootstrap(
        (task.gold, *task.given), statistic, paired=True, vectorized=True,
        n_resamples=4000, method="percentile", rng=np.random.default_rng(0),
    )  # fmt: skip
    ours = bootstrap([task], resamples=4000).difference(0, 1, 0)
    assert ours.value == pytest.approx(statistic(task.gold, *task.given), abs=ROUNDING)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.05)
    interval = theirs.confidence_interval
    # The 2.5 % quantile of 4,000 normal values is known to about 0.04 standard deviations.
    assert ours.interval.low == pytest.approx(interval.low, abs=0.2 * theirs.standard_error)
    assert ours.interval.high == pytest.approx(interval.high, abs=0.2 * theirs.standard_error)


# --- as wide as theory says -----------------------------------------------------------------------


def mean_errors(rho: float, count: int, resamples: int = 1000) -> float:
    """The mean standard error over some samples of normal data."""
    return float(
        np.mean(
            [
                bootstrap([correlated(count, (rho,), seed)], resamples=resamples)
                .score(0)
                .standard_error
                for seed in range(40)
            ]
        )
    )


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.85])
def test_errors_of_spearman_are_bonett_and_wrights(rho: float) -> None:
    """Bonett and Wright (2000): Fisher's z of Spearman's r varies by (1 + r**2 / 2) / (n - 3)."""
    ranks = 6 / math.pi * math.asin(rho / 2)
    expected = (1 - ranks**2) * math.sqrt((1 + ranks**2 / 2) / 297)
    assert mean_errors(rho, 300) == pytest.approx(expected, rel=0.06)


def test_errors_of_an_accuracy_are_binomial() -> None:
    right = np.arange(400) < 300
    error = bootstrap([observations(right, [np.ones(400)])], ACCURACY).score(0).standard_error
    assert error == pytest.approx(math.sqrt(0.75 * 0.25 / 400), rel=0.03)


def test_more_resamples_do_not_make_a_score_surer() -> None:
    """An error divided by the root of the number of resamples would be ten times smaller."""
    task = correlated(200, (0.7,), seed=3)
    few, many = (bootstrap([task], resamples=n).score(0).standard_error for n in (200, 20_000))
    assert many == pytest.approx(few, rel=0.2)


def test_the_error_of_an_average_of_independent_tasks() -> None:
    asked = [correlated(150, (0.7,), seed) for seed in range(4)]
    drawn = bootstrap(asked)
    alone = [drawn.score(0, task).standard_error for task in range(4)]
    expected = math.sqrt(sum(error**2 for error in alone)) / 4
    assert drawn.score(0).standard_error == pytest.approx(expected, rel=0.05)


def test_a_task_that_is_there_twice_makes_nothing_surer() -> None:
    task = correlated(150, (0.7, 0.6), seed=0)
    shared = observations(task.gold, list(task.given), np.arange(150))
    drawn = bootstrap([shared, shared])
    np.testing.assert_array_equal(drawn.replicates[:, 0], drawn.replicates[:, 1])
    assert drawn.difference(0, 1) == drawn.difference(0, 1, task=0)


def test_copies_of_rows_make_nothing_surer_if_they_are_one_unit() -> None:
    """Each pair ten times: drawn by pair as sure as before, drawn by row three times surer."""
    task = correlated(100, (0.7, 0.5), seed=0)
    copied = [np.tile(column, 10) for column in (task.gold, *task.given)]
    units = np.tile(np.arange(100), 10)

    def error(asked: Observations) -> float:
        return bootstrap([asked], seed=1).difference(0, 1).standard_error

    assert error(observations(copied[0], copied[1:], units)) == pytest.approx(error(task), rel=1e-9)
    assert error(observations(copied[0], copied[1:])) < 0.4 * error(task)


# --- what must and must not matter ----------------------------------------------------------------


@STATISTICS
def test_threads_do_not_matter(statistic: str) -> None:
    made = [correlated(60, (0.8, 0.5), seed, steps=2) for seed in range(3)]
    asked = [asked_by(statistic, task) for task in made]
    one, four = (
        bootstrap(asked, NAMED[statistic], resamples=300, threads=threads) for threads in (1, 4)
    )
    np.testing.assert_array_equal(one.replicates, four.replicates)


def test_the_seed_matters_and_is_all_that_does() -> None:
    task = correlated(50, (0.8,), seed=0)
    first, again, other = (bootstrap([task], resamples=50, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.replicates, again.replicates)
    assert (first.replicates != other.replicates).any()


def test_more_resamples_begin_with_the_same() -> None:
    task = correlated(50, (0.8,), seed=0)
    few, many = bootstrap([task], resamples=70), bootstrap([task], resamples=300)
    np.testing.assert_array_equal(few.replicates, many.replicates[:70])


@pytest.mark.parametrize("rising", [np.exp, np.arctan, lambda v: 1000 + v**3])
def test_spearman_sees_ranks_only(rising) -> None:
    task = correlated(50, (0.8, 0.3), seed=0, steps=2)
    moved = observations(rising(task.gold), [rising(column) for column in task.given])
    plain, other = bootstrap([task], resamples=50), bootstrap([moved], resamples=50)
    np.testing.assert_array_equal(plain.replicates, other.replicates)


def test_a_model_does_not_differ_from_itself() -> None:
    found = bootstrap([correlated(50, (0.8,), seed=0)]).difference(0, 0)
    assert (found.value, found.interval.low, found.interval.high) == (0, 0, 0)
    assert found.standard_error == 0


def test_differences_are_of_the_scores_and_change_sign() -> None:
    drawn = bootstrap([correlated(50, (0.8, 0.5, 0.1), seed) for seed in range(2)], resamples=500)
    for task in (None, 0, 1):
        there, back = drawn.difference(0, 2, task), drawn.difference(2, 0, task)
        scores = [drawn.score(model, task).value for model in (0, 2)]
        assert there.value == pytest.approx(scores[0] - scores[1], abs=1e-15)
        assert back.interval.low == pytest.approx(-there.interval.high, abs=1e-15)
        assert there.value in there.interval


def test_other_models_do_not_matter() -> None:
    three = correlated(50, (0.8, 0.5, 0.1), seed=0)
    two = observations(three.gold, [three.given[0], three.given[2]])
    assert bootstrap([three]).difference(0, 2) == bootstrap([two]).difference(0, 1)


def test_a_higher_level_makes_a_wider_interval() -> None:
    drawn = bootstrap([correlated(50, (0.8,), seed=0)])
    narrow, wide = (drawn.score(0, level=level).interval for level in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high
    low, high = np.quantile(drawn.replicates[:, 0, 0], [0.1, 0.9])
    assert (narrow.low, narrow.high) == pytest.approx((low, high), abs=1e-15)
    assert (narrow.level, wide.level) == (0.8, 0.99)


def test_input_is_left_as_it_was() -> None:
    task = correlated(50, (0.8,), seed=0)
    before = task.gold.copy(), task.given.copy()
    bootstrap([task], resamples=10)
    np.testing.assert_array_equal(before[0], task.gold)
    np.testing.assert_array_equal(before[1], task.given)


# --- units ----------------------------------------------------------------------------------------


def test_tasks_that_share_units_are_one_stratum() -> None:
    def task(units: list[int] | None) -> Observations:
        return observations([1, 2, 3], [[1, 2, 3]], units)

    layout = lay_out([task([5, 6, 6]), task(None), task([8, 8, 9]), task([6, 9, 10])])
    assert layout.starts.tolist() == [0, 5, 8]
    assert [rows.tolist() for rows in layout.rows] == [[0, 1, 1], [5, 6, 7], [2, 2, 3], [1, 3, 4]]


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "given", "why"),
    [
        ([1, 1, 1], [[1, 2, 3]], "gold of task 0, or what model 0"),
        ([1, 2, 3], [[1, 2, 3], [4, 4, 4]], "model 1"),
        ([0, 0, 0, 1], [[1, 2, 3, 4]], "resamples have no score"),
        ([1, math.nan, 3], [[1, 2, 3]], "not finite"),
        ([1, 2, 3], [[1, math.inf, 3]], "not finite"),
    ],
)
def test_undefined(gold, given, why: str) -> None:
    with pytest.raises(UndefinedCorrelation, match=why):
        bootstrap([observations(gold, given)], resamples=100)


def test_average_precision_of_one_label_is_undefined() -> None:
    for gold in ([1, 1, 1], [0, 0, 0]):
        with pytest.raises(UndefinedCorrelation, match="gold of task 0"):
            bootstrap([observations(gold, [[1, 2, 3]])], AVERAGE_PRECISION, resamples=10)


def test_a_few_undefined_resamples_are_left_out() -> None:
    task = observations([1, 2, 3, 4, 5], [[2, 1, 4, 3, 5]])
    drawn = bootstrap([task], resamples=10_000)
    # Five times the same row: 5 in 3,125 resamples, so 16 of these, give or take 4.
    assert 0 <= 9_984 - len(drawn.replicates) + 16 <= 32
    assert np.isfinite(drawn.replicates).all()


@pytest.mark.parametrize(
    ("gold", "given", "units", "why"),
    [
        ([1, 2, 3], [[1, 2]], None, "one length"),
        ([1, 2, 3], [], None, "one length"),
        ([1, 2, 3], [[1, 2, 3]], [1, 2], "one length"),
        ([[1, 2]], [[[1, 2]]], None, "one length"),
        ([], [[]], None, "0 rows"),
    ],
)
def test_observations_of_unequal_length(gold, given, units, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        observations(gold, given, units)


def test_more_rows_than_sums_can_hold() -> None:
    rows = np.arange(1_000_001)
    with pytest.raises(ValueError, match="1,000,001 rows"):
        observations(rows, [rows])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"resamples": 1}, "two resamples"),
        ({"seed": -1}, "a seed"),
        ({"seed": 2**64}, "a seed"),
    ],
)
def test_numbers_that_make_no_sense(arguments: dict[str, int], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        bootstrap([correlated(20, (0.5,), 0)], **arguments)


@pytest.mark.parametrize("level", [0, 1, 95, math.nan])
def test_a_level_that_is_none(level: float) -> None:
    drawn = bootstrap([correlated(20, (0.5,), 0)], resamples=10)
    with pytest.raises(ValueError, match="confidence level"):
        drawn.score(0, level=level)


def test_one_unit_cannot_be_resampled() -> None:
    with pytest.raises(ValueError, match="hang together"):
        bootstrap([observations([1, 2, 3], [[1, 2, 3]], [4, 4, 4])])


def test_tasks_of_other_models() -> None:
    with pytest.raises(ValueError, match=r"equally many models expected, got \[1, 2\]"):
        bootstrap([correlated(20, (0.5,), 0), correlated(20, (0.5, 0.4), 0)])
    with pytest.raises(ValueError, match="equally many models"):
        bootstrap([])
