"""Two models compared: the parts put together, nothing loaded before its time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmark.metrics.resampling import (
    ACCURACY,
    bootstrap,
    compare_paired,
    exchange_test,
    holm,
    observations,
)
from tests.metrics.resampling.made_up import correlated

TASKS = [correlated(60, rhos, seed=4) for rhos in [(0.8, 0.5), (0.7, 0.65), (0.9, 0.1)]]


def test_each_number_is_where_it_belongs() -> None:
    found = compare_paired(TASKS, level=0.9, resamples=500, permutations=300, seed=2)
    drawn = bootstrap(TASKS, resamples=500, seed=2)
    test = exchange_test(TASKS, permutations=300, seed=2)
    assert len(found.tasks) == 3
    for place, outcome in [*enumerate(found.tasks), (None, found.average)]:
        difference = drawn.difference(0, 1, place, level=0.9)
        assert outcome.first == pytest.approx(drawn.score(0, place).value, abs=1e-15)
        assert outcome.second == pytest.approx(drawn.score(1, place).value, abs=1e-15)
        assert outcome.difference == difference.value
        assert outcome.interval == difference.interval
        assert outcome.standard_error == difference.standard_error
    assert tuple(outcome.p_value for outcome in found.tasks) == test.tasks
    assert tuple(outcome.adjusted_p_value for outcome in found.tasks) == holm(test.tasks)
    assert found.average.p_value == found.average.adjusted_p_value == test.average


def test_accuracies_are_compared_too() -> None:
    gold = [0, 1, 2, 1] * 20
    right, often = gold, [0, 1, 2, 2] * 20
    found = compare_paired([observations(gold, [right, often])], ACCURACY)
    [outcome] = found.tasks
    assert (outcome.first, outcome.second, outcome.difference) == (1, 0.75, 0.25)
    assert outcome.interval.low == pytest.approx(0.1625, abs=0.0126)
    assert outcome.p_value == 1 / 10_001
    assert found.average == outcome


def test_what_is_slow_is_loaded_when_it_is_used() -> None:
    code = (
        "import sys, benchmark.metrics.resampling, benchmark.metrics.geometry\n"
        "print(*{'torch', 'numba', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
