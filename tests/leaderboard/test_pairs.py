"""Which pairs are tested, and what follows from the tests."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.leaderboard.pairs import MOST_PAIRS, pairs_to_test, ties


@given(st.integers(0, 25))
def test_all_pairs_of_few_rows(rows: int):
    assert sorted(pairs_to_test(rows)) == list(combinations(range(rows), 2))


@given(st.integers(26, 200))
def test_the_nearest_pairs_of_many_rows(rows: int):
    chosen = pairs_to_test(rows)
    assert len(set(chosen)) == len(chosen) <= MOST_PAIRS
    farthest = max(second - first for first, second in chosen)
    near = [pair for pair in combinations(range(rows), 2) if pair[1] - pair[0] <= farthest]
    assert sorted(chosen) == near
    assert len(near) + rows - farthest - 1 > MOST_PAIRS


def test_neighbours_are_tested_however_many_there_are():
    assert pairs_to_test(1000) == [(place, place + 1) for place in range(999)]


def test_p_values_are_adjusted_for_all_tests():
    """0.02 is significant by itself, not as the smallest of three."""
    p_values = {(0, 1): 0.02, (0, 2): 0.9, (1, 2): 0.9}
    assert ties([3.0, 2.0, 1.0], p_values).letters == ("a", "a", "a")
    assert ties([3.0, 2.0], {(0, 1): 0.02}).letters == ("a", "b")


def test_being_tied_is_not_transitive():
    found = ties([3.0, 2.0, 1.0], {(0, 1): 0.5, (1, 2): 0.5, (0, 2): 0.001})
    assert found.letters == ("a", "ab", "b")
    assert [(r.best, r.worst) for r in found.ranges] == [(1, 2), (1, 3), (2, 3)]
    assert (found.tests, found.pairs) == (3, 3)


def test_a_pair_that_was_not_tested_follows_from_those_between():
    """Four rows, neighbours tested: only the middle two differ."""
    found = ties([4.0, 3.0, 2.0, 1.0], {(0, 1): 0.5, (1, 2): 0.0001, (2, 3): 0.5})
    assert found.letters == ("a", "a", "b", "b")
    assert (found.tests, found.pairs) == (3, 6)


def test_without_a_significant_pair_between_rows_stay_tied():
    found = ties([3.0, 2.0, 1.0], {(0, 1): 0.5, (1, 2): 0.5})
    assert found.letters == ("a", "a", "a")


@pytest.mark.parametrize("rows", [2, 5, 9])
def test_clear_differences_give_each_row_its_letter(rows: int):
    p_values = dict.fromkeys(combinations(range(rows), 2), 1e-6)
    found = ties([float(-place) for place in range(rows)], p_values)
    assert found.letters == tuple("abcdefghi"[:rows])
    assert [(r.best, r.worst) for r in found.ranges] == [(n, n) for n in range(1, rows + 1)]
