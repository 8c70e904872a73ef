"""Cosine of paired rows: one pair at a time gives the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.metrics import paired_cosine, zero_rows

pytestmark = pytest.mark.filterwarnings("error")

EPSILON = float(np.finfo(np.float32).eps)


def one_by_one(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """The reference's way: numpy on two vectors, in their dtype."""
    return np.array(
        [
            np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v))
            for u, v in zip(first, second, strict=True)
        ]
    )


def gaussian(rows: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((rows, width), dtype=np.float32)


def whole(rows: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """Small whole numbers, never all zero: their sums of products are exact in any order."""
    matrix = np.random.default_rng(seed).integers(-9, 10, (rows, width)).astype(np.float32)
    matrix[:, 0] = 1
    return matrix


@pytest.mark.parametrize("width", [1, 2, 17, 300, 768, 1025])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_equal_to_the_loop_to_the_last_bit(width: int, scale: float) -> None:
    first, second = gaussian(300, width, 1) * np.float32(scale), gaussian(300, width, 2)
    np.testing.assert_array_equal(paired_cosine(first, second), one_by_one(first, second))


def test_the_same_vector_twice_is_exactly_one() -> None:
    # The reference is off by a bit or two, and ranks pairs of the same sentence by that noise.
    first = gaussian(500, 768)
    assert set(paired_cosine(first, first.copy()).tolist()) == {1.0}
    assert 1 < len(set(one_by_one(first, first).tolist())) <= 4


def test_computed_in_float32() -> None:
    first, second = gaussian(400, 64, 1), gaussian(400, 64, 2)
    found = paired_cosine(first, second)
    assert found.dtype == np.float32
    assert found.shape == (400,)
    wide = one_by_one(first.astype(np.float64), second.astype(np.float64))
    assert (found != wide).any()  # the reference does not compute in float64 either
    np.testing.assert_allclose(found, wide, rtol=0, atol=8 * EPSILON)


def test_not_clipped() -> None:
    first = gaussian(2000, 50)
    assert paired_cosine(first, 3 * first).max() > 1
    assert paired_cosine(first, -first).min() < -1


@pytest.mark.parametrize(
    ("first", "second", "cosine"),
    [
        ([1, 0], [0, 3], 0),
        ([2, 0], [5, 0], 1),
        ([2, 0], [-5, 0], -1),
        ([3, 4], [4, 3], 0.96),
        ([1, 1], [1, 0], math.sqrt(0.5)),
        ([0, 0], [1, 2], 0),
        ([1, 2], [0, 0], 0),
        ([0, 0], [0, 0], 0),
        ([-0.0, 0], [1, 2], 0),
        ([1e-30, 0], [1e-30, 0], 0),  # the norm underflows in float32, as it does in the reference
    ],
)
def test_cosine_of(first: list[float], second: list[float], cosine: float) -> None:
    rows = (np.array([row], dtype=np.float32) for row in (first, second))
    assert paired_cosine(*rows)[0] == pytest.approx(cosine, abs=EPSILON)


def test_zero_rows_leave_the_others_alone() -> None:
    first, second = whole(20, 8, 1), whole(20, 8, 2)
    expected = one_by_one(first, second)
    first[3], second[5], first[7], second[7] = 0, 0, 0, 0
    expected[[3, 5, 7]] = 0
    np.testing.assert_array_equal(paired_cosine(first, second), expected)


def test_no_rows_at_all() -> None:
    nothing = np.zeros((0, 8), dtype=np.float32)
    assert paired_cosine(nothing, nothing).shape == (0,)


def test_any_memory_layout() -> None:
    first, second = whole(30, 24, 1), whole(30, 24, 2)
    expected = paired_cosine(first[::3, ::2].copy(), second[::3, ::2].copy())
    np.testing.assert_array_equal(paired_cosine(first[::3, ::2], second[::3, ::2]), expected)
    by_column = np.asfortranarray(first), np.asfortranarray(second)
    np.testing.assert_array_equal(paired_cosine(*by_column), paired_cosine(first, second))


def test_input_is_left_as_it_was() -> None:
    first, second = gaussian(10, 4, 1), gaussian(10, 4, 2)
    kept = first.copy(), second.copy()
    paired_cosine(first, second)
    np.testing.assert_array_equal(first, kept[0])
    np.testing.assert_array_equal(second, kept[1])


def test_zero_rows_are_those_of_zeros_only() -> None:
    matrix = np.array([[0, 0], [0, 1e-45], [-0.0, 0], [math.nan, 0], [1, -1]], dtype=np.float32)
    assert zero_rows(matrix).tolist() == [True, False, True, False, False]
    assert zero_rows(matrix[:0]).tolist() == []
