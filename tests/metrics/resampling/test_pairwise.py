"""Every model against every other."""

from __future__ import annotations

import numpy as np

from benchmark.metrics.resampling import (
    exchange_test,
    holm,
    observations,
    pairwise_p_values,
    tied_groups,
)
from tests.metrics.resampling.made_up import correlated

TASKS = [correlated(120, (0.9, 0.9, 0.3), seed) for seed in (10, 11)]


def test_it_is_the_exchange_test_of_two_at_a_time() -> None:
    found = pairwise_p_values(TASKS, permutations=500, seed=3)
    pairs = [(0, 1), (0, 2), (1, 2)]
    raw = [
        exchange_test(
            [observations(task.gold, task.given[list(pair)], task.units) for task in TASKS],
            permutations=500,
            seed=3,
        ).average
        for pair in pairs
    ]
    assert [found[pair] for pair in pairs] == list(holm(raw))
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(np.diag(found), 1)


def test_its_groups_are_plain() -> None:
    assert tied_groups(pairwise_p_values(TASKS, permutations=500)) == ("a", "a", "b")


def test_one_model_is_a_group() -> None:
    alone = pairwise_p_values([correlated(20, (0.5,), seed=0)])
    assert alone.tolist() == [[1.0]]
    assert tied_groups(alone) == ("a",)
