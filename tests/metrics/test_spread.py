"""The spread of several measurements, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.metrics.spread import spread

NUMBERS = st.floats(-100, 100, allow_subnormal=False)


@given(st.lists(NUMBERS, min_size=2, max_size=50))
def test_it_is_what_numpy_says(values: list[float]):
    found = spread(values)
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12, abs=1e-12)
    assert found.deviation == pytest.approx(np.std(values, ddof=1), rel=1e-9, abs=1e-12)
    assert (found.low, found.high, found.count) == (np.min(values), np.max(values), len(values))


@given(NUMBERS, st.integers(2, 20))
def test_equal_values_have_no_deviation_at_all(value: float, count: int):
    assert spread([value] * count).deviation == 0


def test_one_value_has_no_deviation_and_none_no_spread():
    found = spread([0.25])
    assert (found.mean, found.deviation, found.low, found.high, found.count) == (
        *(0.25, None),
        *(0.25, 0.25, 1),
    )
    with pytest.raises(ValueError, match="no value"):
        spread([])
