"""Any score of rows can be resampled: slowly, and as the compiled ones are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.measures import MEASURES, Measure
from benchmark.metrics import UndefinedCorrelation
from benchmark.metrics.resampling import statistic_of
from tests.metrics.resampling.made_up import asked_by, correlated, tasks


@pytest.mark.parametrize("measure", list(MEASURES.values()), ids=list(MEASURES))
@settings(deadline=None, max_examples=40)
@given(tasks(most=1), st.integers(0, 2**32 - 1))
def test_it_is_the_compiled_one(measure: Measure, asked, seed: int):
    task = asked_by(measure.name, asked[0])
    rng = np.random.default_rng(seed)
    units = rng.integers(0, 3, len(task))
    counts = rng.integers(0, 3, (5, 3)).astype(np.int32)
    flips = rng.integers(0, 2, (5, 3)).astype(np.uint8)
    plain = statistic_of(measure.of_rows, by_rank=measure.by_rank)
    quick = measure.resampled()
    drawn = plain.weighted(task, units, 3), quick.weighted(task, units, 3)
    exchanged = plain.exchanged(task, units, 3), quick.exchanged(task, units, 3)
    # Correlations of a dozen rows, in float64: some units of rounding apart.
    filled = counts[counts[:, units].sum(axis=1) > 0]
    np.testing.assert_allclose(drawn[0](filled), drawn[1](filled), rtol=0, atol=1e-12)
    np.testing.assert_allclose(exchanged[0](flips), exchanged[1](flips), rtol=0, atol=1e-12)


def test_what_is_undefined_is_no_number():
    def none(_values, _gold):
        raise UndefinedCorrelation("always")

    task = correlated(5, (0.5, 0.5), seed=0)
    weighted = statistic_of(none, by_rank=True).weighted(task, np.arange(5), 5)
    assert np.isnan(weighted(np.ones((2, 5), np.int32))).all()
