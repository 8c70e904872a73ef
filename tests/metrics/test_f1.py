"""The F1 score against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score as reference

from benchmark.metrics.f1 import f1_score

pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60)


@given(pairs)
def test_it_is_scikit_learns(rows: list[tuple[int, int]]) -> None:
    labels, predictions = np.array(rows).T
    expected = reference(labels, predictions, zero_division=0.0)
    assert f1_score(labels, predictions) == pytest.approx(expected, abs=1e-15)
