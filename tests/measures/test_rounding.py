"""How far a mean over folds may lie from the share of all rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from benchmark.measures.measure import ACCURACY, SPEARMAN


@given(rows=st.integers(40, 400), seed=st.integers(0, 1000), classes=st.integers(2, 4))
def test_a_mean_over_folds_is_within_it(rows: int, seed: int, classes: int) -> None:
    """Folds as SentEval's; what is right is put where it makes the greatest difference."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(rows) % classes)
    folds = [test for _, test in StratifiedKFold(10).split(labels, labels)]
    right = np.zeros(rows)
    sizes = [len(fold) for fold in folds]
    for fold in folds:
        right[fold] = len(fold) == max(sizes) if seed % 2 else generator.random() < 0.5
    mean = round(float(np.mean([round(right[fold].mean(), 4) for fold in folds])), 4)
    assert abs(mean - right.mean()) <= ACCURACY.rounding_of(rows)


def test_it_is_reached() -> None:
    """Five folds of eleven rows, all right, and five of ten: 0.5 and 55 of 105."""
    assert ACCURACY.rounding_of(105) - 1e-4 == pytest.approx(55 / 105 - 0.5, rel=1e-12)


def test_large_sets_and_other_measures_keep_theirs() -> None:
    assert ACCURACY.rounding_of(10_662) == ACCURACY.rounding_of(None) == ACCURACY.rounding
    assert SPEARMAN.rounding_of(20) == SPEARMAN.rounding
