"""Holm's correction: by hand, as R's, and by its properties."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.metrics.resampling import holm

P_VALUES = st.lists(st.floats(0, 1), max_size=12)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),  # R: p.adjust
        ([0.6, 0.4, 0.5], [1, 1, 1]),
        ([0.02, 0.02], [0.04, 0.04]),
        ([0, 1], [0, 1]),
    ],
)
def test_by_hand(p_values: list[float], adjusted: list[float]) -> None:
    assert holm(p_values) == pytest.approx(adjusted, abs=1e-15)


@given(P_VALUES)
def test_adjusted_p_values_lie_between_the_raw_and_bonferronis(p_values: list[float]) -> None:
    for raw, adjusted in zip(p_values, holm(p_values), strict=True):
        assert raw <= adjusted <= min(1, len(p_values) * raw)


@given(P_VALUES)
def test_their_order_stays(p_values: list[float]) -> None:
    pairs = sorted(zip(p_values, holm(p_values), strict=True))
    assert [adjusted for _, adjusted in pairs] == sorted(adjusted for _, adjusted in pairs)


@given(P_VALUES, st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter(p_values: list[float], source: random.Random) -> None:
    places = list(range(len(p_values)))
    source.shuffle(places)
    adjusted = holm(p_values)
    assert holm([p_values[place] for place in places]) == tuple(adjusted[p] for p in places)


@given(P_VALUES, st.floats(0.001, 0.5))
def test_it_rejects_as_the_step_down_rule_does(p_values: list[float], alpha: float) -> None:
    """Holm's own words: go up the sorted p-values until one exceeds alpha / (m - k)."""
    rejected = 0
    for k, p in enumerate(sorted(p_values)):
        # Compared as products: the quotient would be rounded otherwise.
        if (len(p_values) - k) * p > alpha:
            break
        rejected += 1
    assert sum(p <= alpha for p in holm(p_values)) == rejected


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_what_is_no_p_value(wrong: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.5, wrong])
