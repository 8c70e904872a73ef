"""McNemar's test: by its formula, and by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.metrics.resampling import mcnemar

PATIENT = settings(deadline=None)


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
