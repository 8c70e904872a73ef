"""Recall at k: the oracle's, by hand, and ties against the model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.metrics.geometry import counterpart_ranks, recall_at
from tests.oracles import geometry as oracle

PATIENT = settings(deadline=None, max_examples=60)


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Points of a circle at whole degrees, and pairs of them; two degrees are never as near."""
    count = draw(st.integers(2, 15))
    degrees = draw(
        st.lists(st.integers(0, 89), min_size=count, max_size=count, unique=True)
        | st.lists(st.integers(0, 9), min_size=count, max_size=count)
    )
    angles = np.deg2rad(np.array(degrees) * 1.0 + np.array(degrees) ** 2 / 1000)
    places = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(places, places).filter(lambda p: p[0] != p[1]), max_size=6))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1), pairs


@PATIENT
@given(cases())
def test_ranks_are_the_oracles(case: tuple[np.ndarray, list[tuple[int, int]]]) -> None:
    vectors, pairs = case
    both = pairs + [(second, first) for first, second in pairs]
    expected = [oracle.rank(vectors.tolist(), query, target) for query, target in both]
    assert counterpart_ranks(vectors, pairs).tolist() == expected


def test_by_hand() -> None:
    vectors = np.array([[1, 0], [0.9, 0.1], [0.5, 0.5], [0, 1], [-1, 0]], np.float32)
    ranks = counterpart_ranks(vectors, [(0, 1), (0, 3)])
    assert ranks.tolist() == [1, 3, 1, 4]  # seen from (0, 1), (1, 0) and (-1, 0) are tied
    assert recall_at(ranks, [1, 2, 3]) == {1: 0.5, 2: 0.5, 3: 0.75}


def test_a_model_that_gives_all_the_same_finds_nothing() -> None:
    ranks = counterpart_ranks(np.ones((20, 4), np.float32), [(0, 1), (5, 2)])
    assert ranks.tolist() == [19] * 4
    assert recall_at(ranks) == {1: 0.0, 5: 0.0, 10: 0.0}


@pytest.mark.parametrize("width", [3, 50, 384])
def test_equal_rows_are_tied_wherever_they_stand(width: int) -> None:
    rng = np.random.default_rng(width)
    vectors = rng.normal(size=(101, width)).astype(np.float32)
    copies = [7, 50, 99, 100]
    vectors[copies] = vectors[3]
    for target in copies:
        assert counterpart_ranks(vectors, [(3, target)])[0] == 4


def test_length_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 8)).astype(np.float32)
    longer = vectors * rng.uniform(0.1, 10, (50, 1)).astype(np.float32)
    pairs = [(k, k + 1) for k in range(0, 50, 2)]
    np.testing.assert_array_equal(
        counterpart_ranks(vectors, pairs), counterpart_ranks(longer, pairs)
    )


def test_the_published_figures_are_counts_over_both_directions() -> None:
    """DiffCSE's 78.87, 95.36 and 97.42 of 97 pairs are 153, 185 and 189 of 194 queries."""
    ranks = np.repeat([1, 5, 10, 11], [153, 185 - 153, 189 - 185, 194 - 189])
    assert {k: round(100 * v, 2) for k, v in recall_at(ranks).items()} == {
        1: 78.87,
        5: 95.36,
        10: 97.42,
    }


@pytest.mark.parametrize("pair", [(0, 0), (-1, 0), (0, 3)])
def test_pairs_that_are_none(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no pair of two of the 3 rows"):
        counterpart_ranks(np.eye(3), [pair])


def test_vectors_that_are_not_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        counterpart_ranks(np.full((3, 3), np.nan), [(0, 1)])


def test_no_query() -> None:
    assert counterpart_ranks(np.eye(3), []).tolist() == []
    with pytest.raises(ValueError, match="no query"):
        recall_at([])
