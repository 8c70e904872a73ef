"""Wilson's interval and McNemar's test: by their formulas, and by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from benchmark.metrics.resampling import mcnemar, wilson

PATIENT = settings(deadline=None)


@PATIENT
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_is_where_the_score_test_turns(case: tuple[int, int]) -> None:
    """Both ends p satisfy (r/n - p)**2 = z**2 p (1 - p) / n."""
    right, samples = case
    found = wilson(right, samples, 0.9)
    for end in (found.low, found.high):
        left = (right / samples - end) ** 2
        assert left == pytest.approx(norm.ppf(0.95) ** 2 * end * (1 - end) / samples, abs=1e-12)
    assert found.low - 1e-12 <= right / samples <= found.high + 1e-12
    assert found.level == 0.9


def test_wilsons_interval_of_newcombes_example() -> None:
    """81 of 263: Newcombe (1998), table I, method 3."""
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("right", "samples"), [(1, 0), (5, 4), (-1, 4)])
def test_samples_that_cannot_be(right: int, samples: int) -> None:
    with pytest.raises(ValueError, match="cannot be right"):
        wilson(right, samples)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_levels_that_cannot_be(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, level)


@PATIENT
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 5))
def test_mcnemars_test_is_the_sign_test(first: int, second: int, both: int) -> None:
    """Twice the smaller tail of a fair coin, in whole numbers."""
    right = np.repeat([[1, 0], [0, 1], [1, 1], [0, 0]], [first, second, both, both], axis=0)
    thrown = first + second
    tail = sum(math.comb(thrown, k) for k in range(min(first, second) + 1))
    expected = min(Fraction(1), Fraction(2 * tail, 2**thrown))
    assert mcnemar(right[:, 0], right[:, 1]) == pytest.approx(float(expected), rel=1e-9)


def test_lists_of_unequal_length() -> None:
    with pytest.raises(ValueError, match="one length"):
        mcnemar([True, False], [True])
