"""How many runs are needed: Cohen's table, scipy, and what happens if one takes as many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmark.metrics.resampling import Needed, needed, power


@pytest.mark.parametrize(("effect", "runs"), [(0.2, 394), (0.5, 64), (0.8, 26), (1.0, 17)])
def test_without_sentences_it_is_cohens_table(effect: float, runs: int):
    """Cohen (1988, table 2.4.1, two-sided 5 %, power 80 %); 394 is 393 before rounding up."""
    assert needed(effect, (1.0, 1.0), 0.0) == Needed(runs, None)


@pytest.mark.parametrize(("variances", "shared"), [((1.0, 1.0), 0.0), ((2.0, 1.0), 0.0)])
def test_power_is_what_welchs_test_finds(variances: tuple[float, float], shared: float):
    rng = np.random.default_rng(0)
    a = 1.3 + np.sqrt(variances[0]) * rng.normal(size=(20_000, 12))
    b = np.sqrt(variances[1]) * rng.normal(size=(20_000, 12))
    found = np.mean(stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05)
    assert power(1.3, 12, variances, shared) == pytest.approx(found, abs=0.015)


def test_with_sentences_alone_it_is_that_of_a_normal_variable():
    expected = stats.norm.sf(1.959964 - 2.5) + stats.norm.cdf(-1.959964 - 2.5)
    assert power(2.5, 3, (0.0, 0.0), 1.0) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("difference", "variances", "shared"),
    [(1.0, (1.0, 1.0), 0.1), (0.5, (2.0, 0.1), 0.02), (3.0, (1.0, 4.0), 0.9)],
)
def test_one_fewer_would_not_do(difference: float, variances: tuple[float, float], shared: float):
    runs = needed(difference, variances, shared).runs
    assert runs is not None
    assert power(difference, runs, variances, shared) >= 0.8
    assert runs == 2 or power(difference, runs - 1, variances, shared) < 0.8
    assert needed(-difference, variances, shared).runs == runs


def test_where_no_number_of_runs_does_it_says_how_many_rows_would():
    found = needed(1.0, (1.0, 1.0), 0.5)
    assert found.runs is None
    assert found.rows == pytest.approx(0.5 * (1.959964 + 0.841621) ** 2, rel=1e-5)
    # With so many rows, and runs without end, it is found in four of five cases.
    assert power(1.0, 10**7, (1.0, 1.0), 0.5 / found.rows) == pytest.approx(0.8, abs=1e-4)


def test_no_difference_is_found_by_nothing():
    assert needed(0.0, (1.0, 1.0), 0.5) == Needed(None, None)
    assert power(0.0, 5, (0.0, 0.0), 0.0) == 0
    assert power(0.1, 5, (0.0, 0.0), 0.0) == 1


def test_a_difference_beyond_doubt_takes_two_runs():
    assert needed(1.0, (1e-8, 1e-8), 1e-9) == Needed(2, None)


@pytest.mark.parametrize("numbers", [{"level": 1.0}, {"wanted": 0.0}])
def test_levels_are_shares(numbers: dict[str, float]):
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed(1.0, (1.0, 1.0), 0.1, **numbers)
