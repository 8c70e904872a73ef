"""Cosine of paired rows: one pair at a time gives the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmark.metrics import paired_cosine, spearman, zero_rows

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
        ([1e-30, 0], [1e-30, 0], 1),  # where the reference's norm underflows, and it says 0
        ([3e-30, 4e-30], [4e30, 3e30], 0.96),  # and here its norm overflows
        ([3e38, 0], [-3e38, 0], -1),
        ([3e-45, 3e-45], [1e-45, 0], math.sqrt(0.5)),  # twice the least number there is, and that
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


# --- sizes ----------------------------------------------------------------------------------------


@given(
    st.integers(1, 40),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(-126, 120), min_size=2, max_size=2),
    st.sampled_from([np.float32, np.float64]),
)
def test_a_power_of_two_changes_no_bit(width: int, seed: int, powers: list[int], kind: Any) -> None:
    first, second = (gaussian(5, width, seed + k).astype(kind) for k in (0, 1))
    if kind is np.float32:
        # Without the last bits of the significand there is nothing that could be lost below.
        first, second = (np.round(matrix * 64) / 64 for matrix in (first, second))
    second[0] = first[0]
    both = [np.ldexp(matrix, power) for matrix, power in zip((first, second), powers, strict=True)]
    np.testing.assert_array_equal(paired_cosine(*both), paired_cosine(first, second))


def in_float64(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    return one_by_one(first.astype(np.float64), second.astype(np.float64))


@pytest.mark.parametrize("least", [-36, -22, 0, 18])
def test_rows_of_any_size_are_ordered_as_in_float64(least: int) -> None:
    """Each row has a size of its own, all within float32; so have its cosines their order."""
    sizes = 10 ** np.random.default_rng(3).uniform(least, 37, (2, 3000, 1))
    first = (gaussian(3000, 64, 1) * sizes[0]).astype(np.float32)
    second = (gaussian(3000, 64, 2) * sizes[1]).astype(np.float32)
    found, oracle = paired_cosine(first, second), in_float64(first, second)
    np.testing.assert_allclose(found, oracle, rtol=0, atol=8 * EPSILON)
    # Two neighbours that change places cost 4e-10, and some of 3,000 lie as close as a roundoff.
    assert spearman(found, oracle) == pytest.approx(1, abs=1e-8)


@pytest.fixture
def subnormals_are_zero() -> Iterator[None]:
    """What many a library built with ``-ffast-math`` leaves the processor in."""
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor has no such state")
    yield
    torch.set_flush_denormal(False)


def test_subnormal_numbers_count(subnormals_are_zero: None) -> None:
    whole_numbers = np.random.default_rng(0).integers(-999, 1000, (2, 200, 24))
    first, second = whole_numbers.astype(np.float32)
    # A whole number is the bits of that many times the least number there is.
    signs = np.where(whole_numbers < 0, np.uint32(1 << 31), np.uint32(0))
    bits = np.abs(whole_numbers).astype(np.uint32) | signs
    tiny = bits.view(np.float32)
    np.testing.assert_array_equal(paired_cosine(*tiny), paired_cosine(first, second))
    np.testing.assert_array_equal(paired_cosine(tiny[0], second), paired_cosine(first, second))
    assert not zero_rows(tiny[0]).any()


def test_zero_rows_are_those_of_zeros_only() -> None:
    matrix = np.array([[0, 0], [0, 1e-45], [-0.0, 0], [math.nan, 0], [1, -1]], dtype=np.float32)
    assert zero_rows(matrix).tolist() == [True, False, True, False, False]
    assert zero_rows(matrix[:0]).tolist() == []
