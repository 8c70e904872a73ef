"""Letters and ranks of rows that cannot be told apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.metrics.resampling import RankRange, rank_ranges, tied_groups


def matrix(rows: int, different: set[tuple[int, int]]) -> np.ndarray:
    """P-values: 0.01 of these pairs, 0.5 of all others."""
    p_values = np.full((rows, rows), 0.5)
    for first, second in different:
        p_values[first, second] = p_values[second, first] = 0.01
    return p_values


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    rows = draw(st.integers(1, 9))
    pairs = list(combinations(range(rows), 2))
    chosen = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    return matrix(rows, {pair for pair, yes in zip(pairs, chosen, strict=True) if yes})


@given(matrices())
def test_rows_share_a_letter_exactly_if_they_are_tied(p_values: np.ndarray) -> None:
    letters = tied_groups(p_values)
    assert all(letters)
    for first, second in combinations(range(len(letters)), 2):
        assert bool(set(letters[first]) & set(letters[second])) == (p_values[first, second] >= 0.05)


@given(matrices())
def test_letters_come_in_order(p_values: np.ndarray) -> None:
    letters = tied_groups(p_values)
    assert letters[0][0] == "a"
    firsts = list(dict.fromkeys("".join(letters)))
    assert all(list(row) == sorted(row) for row in letters)
    assert sorted(firsts) == [chr(ord("a") + k) for k in range(len(firsts))]


@pytest.mark.parametrize(
    ("rows", "different", "letters"),
    [
        (1, set(), ("a",)),
        (3, set(), ("a", "a", "a")),
        (3, {(0, 1), (0, 2), (1, 2)}, ("a", "b", "c")),
        (3, {(0, 2)}, ("a", "ab", "b")),
        (4, {(0, 2), (0, 3), (1, 3)}, ("a", "ab", "bc", "c")),
        (4, {(0, 1)}, ("a", "b", "ab", "ab")),
    ],
)
def test_by_hand(rows: int, different: set[tuple[int, int]], letters: tuple[str, ...]) -> None:
    assert tied_groups(matrix(rows, different)) == letters


def test_letters_after_z() -> None:
    rows = 60
    letters = tied_groups(matrix(rows, set(combinations(range(rows), 2))))
    assert letters[25:28] == ("z", "aa", "ab")
    assert letters[51:54] == ("az", "ba", "bb")


def test_ranks_by_hand() -> None:
    p_values = matrix(4, {(0, 2), (0, 3), (1, 3)})
    found = rank_ranges([9, 8, 7, 6], p_values)
    assert found == (RankRange(1, 2), RankRange(1, 3), RankRange(2, 4), RankRange(3, 4))


@given(matrices(), st.randoms(use_true_random=False))
def test_a_rank_lies_in_its_range(p_values: np.ndarray, source) -> None:
    scores = list(range(len(p_values)))
    source.shuffle(scores)
    for score, found in zip(scores, rank_ranges(scores, p_values), strict=True):
        assert 1 <= found.best <= len(scores) - score <= found.worst <= len(scores)


@pytest.mark.parametrize(("different", "width"), [(set(), 5), (set(combinations(range(5), 2)), 1)])
def test_ranks_are_open_or_settled(different: set[tuple[int, int]], width: int) -> None:
    found = rank_ranges([5, 4, 3, 2, 1], matrix(5, different))
    assert {rank.worst - rank.best + 1 for rank in found} == {width}


def test_alpha_and_the_diagonal() -> None:
    p_values = np.array([[np.nan, 0.04], [0.04, np.nan]])
    assert tied_groups(p_values) == ("a", "b")
    assert tied_groups(p_values, alpha=0.04) == ("a", "a")


@pytest.mark.parametrize(
    ("p_values", "why"),
    [
        ([0.5, 0.5], "square"),
        ([[0.5, 0.5]], "square"),
        ([[1, 0.2], [0.3, 1]], "symmetric"),
        ([[1, 1.2], [1.2, 1]], "from 0 to 1"),
        ([[1, np.nan], [np.nan, 1]], "from 0 to 1"),
    ],
)
def test_refusals(p_values: list, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        tied_groups(p_values)
    with pytest.raises(ValueError, match=why):
        rank_ranges([1, 2], p_values)


def test_scores_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="do not match"):
        rank_ranges([1, 2, 3], matrix(2, set()))
