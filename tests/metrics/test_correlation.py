"""Ranks and correlations: scipy's, exact arithmetic's, and blind to what must not matter."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmark.metrics import UndefinedCorrelation, midranks, pearson, spearman

PATIENT = settings(deadline=None, max_examples=40)

ROUNDING = 1e-12
"""Both sides sum at most a few hundred float64 products of numbers no larger than one."""

ANY_FLOAT = st.floats(allow_nan=False, allow_infinity=False)
FEW_VALUES = st.integers(-3, 3)  # nearly everything is tied
CORRELATIONS = pytest.mark.parametrize("correlate", [pearson, spearman])


def columns(values: st.SearchStrategy, least: int = 2, most: int = 40) -> st.SearchStrategy:
    """Two lists of one length, neither of them constant."""
    pairs = st.lists(st.tuples(values, values), min_size=least, max_size=most)
    return pairs.map(lambda rows: tuple(map(list, zip(*rows, strict=True)))).filter(
        lambda both: all(len(set(column)) > 1 for column in both)
    )


def exact_pearson(first: list[float], second: list[float]) -> float:
    """Pearson's formula in rational numbers; only the last square root is rounded."""
    x, y = list(map(Fraction, first)), list(map(Fraction, second))
    x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
    xy = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    xx = sum((a - x_mean) ** 2 for a in x)
    yy = sum((b - y_mean) ** 2 for b in y)
    return math.sqrt(xy**2 / (xx * yy)) * (1 if xy > 0 else -1)


# --- ranks ----------------------------------------------------------------------------------------


@PATIENT
@given(st.lists(FEW_VALUES | ANY_FLOAT, max_size=60))
def test_midranks_are_scipys_average_ranks(values: list[float]) -> None:
    expected = scipy.stats.rankdata(values, method="average")
    np.testing.assert_array_equal(midranks(values), expected)


@pytest.mark.parametrize(
    ("values", "ranks"),
    [
        ([], []),
        ([7.5], [1]),
        ([30, 10, 20], [3, 1, 2]),
        ([5, 5, 5, 5], [2.5, 2.5, 2.5, 2.5]),
        ([1, 0, 1, 2, 1], [3, 1, 3, 5, 3]),
        ([0.0, -0.0, -1.0], [2.5, 2.5, 1]),
        ([2**60 + 1, 2**60], [2, 1]),  # would be tied as floats
    ],
)
def test_midranks_of(values: list[float], ranks: list[float]) -> None:
    found = midranks(values)
    assert found.dtype == np.float64
    assert found.tolist() == ranks


def test_midranks_keep_float32_apart_that_differ_in_the_last_bit() -> None:
    one = np.float32(1)
    above = np.nextafter(one, np.float32(2))
    assert midranks(np.array([above, one, above], dtype=np.float32)).tolist() == [2.5, 1, 2.5]


# --- equal to the reference libraries -------------------------------------------------------------


@PATIENT
@given(columns(FEW_VALUES | st.integers(-1000, 1000)))
def test_pearson_is_scipys(both: tuple[list[int], list[int]]) -> None:
    expected = scipy.stats.pearsonr(*both).statistic
    assert pearson(*both) == pytest.approx(expected, abs=ROUNDING)


@PATIENT
@given(columns(FEW_VALUES | ANY_FLOAT))
def test_spearman_is_scipys(both: tuple[list[float], list[float]]) -> None:
    expected = scipy.stats.spearmanr(*both).statistic
    assert spearman(*both) == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int64])
@pytest.mark.parametrize("ties", [5, 10_000])
def test_correlations_of_thousands_are_scipys(dtype: type, ties: int) -> None:
    generator = np.random.default_rng(ties)
    first = generator.integers(-ties, ties, 4000).astype(dtype)
    second = (first + generator.integers(-ties, ties, 4000)).astype(dtype)
    wide = first.astype(np.float64), second.astype(np.float64)
    assert pearson(first, second) == pytest.approx(scipy.stats.pearsonr(*wide)[0], abs=ROUNDING)
    assert spearman(first, second) == pytest.approx(scipy.stats.spearmanr(*wide)[0], abs=ROUNDING)


# --- equal to exact arithmetic, where the libraries lose digits -----------------------------------


@PATIENT
@given(columns(ANY_FLOAT, most=12))
def test_pearson_is_exact_at_any_scale(both: tuple[list[float], list[float]]) -> None:
    assert pearson(*both) == pytest.approx(exact_pearson(*both), abs=ROUNDING)


@PATIENT
@given(columns(st.integers(-8, 8)), st.sampled_from([1e3, 1e8, 1e15]))
def test_large_offsets_do_no_harm(both: tuple[list[int], list[int]], offset: float) -> None:
    shifted = [offset + value / 8 for value in both[0]]  # exact: 1e15 leaves room for eighths
    assert pearson(shifted, both[1]) == pytest.approx(exact_pearson(*both), abs=ROUNDING)
    assert spearman(shifted, both[1]) == spearman(*both)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (1.0, 1.0 + 2**-52),  # neighbours: their mean is one of them
        (0.0, 5e-324),  # the smallest number there is
        (1e308, 1.7e308),  # the sum overflows
        (-1.7e308, 1.7e308),  # the difference overflows
        (-1e-300, 1e-300),  # the squares underflow
    ],
)
@CORRELATIONS
def test_two_different_values_always_correlate_fully(correlate, low: float, high: float) -> None:
    assert correlate([low, high], [0, 1]) == pytest.approx(1, abs=1e-15)
    assert correlate([high, low], [0, 1]) == pytest.approx(-1, abs=1e-15)


# --- what must not matter -------------------------------------------------------------------------


@PATIENT
@given(columns(FEW_VALUES | ANY_FLOAT), st.randoms(use_true_random=False))
@CORRELATIONS
def test_order_of_pairs_does_not_matter(correlate, both, random) -> None:
    rows = list(zip(*both, strict=True))
    random.shuffle(rows)
    shuffled = list(zip(*rows, strict=True))
    assert correlate(*shuffled) == pytest.approx(correlate(*both), abs=ROUNDING)


@PATIENT
@given(columns(FEW_VALUES | ANY_FLOAT))
@CORRELATIONS
def test_columns_can_change_places_and_sign(correlate, both) -> None:
    first, second = both
    assert correlate(second, first) == correlate(first, second)
    negated = [-value for value in first]
    assert correlate(negated, second) == pytest.approx(-correlate(first, second), abs=ROUNDING)


@PATIENT
@given(columns(FEW_VALUES | ANY_FLOAT))
@CORRELATIONS
def test_results_stay_between_minus_one_and_one(correlate, both) -> None:
    assert -1 <= correlate(*both) <= 1
    assert correlate(both[0], both[0]) == pytest.approx(1, abs=1e-14)


@PATIENT
@given(columns(st.integers(-100, 100)))
@pytest.mark.parametrize("rising", [lambda v: v**3, lambda v: 2.0**v, lambda v: math.atan(v) - 9])
def test_spearman_sees_ranks_only(rising, both: tuple[list[int], list[int]]) -> None:
    first, second = both
    assert spearman(list(map(rising, first)), second) == spearman(first, second)


@PATIENT
@given(columns(st.integers(-1000, 1000)), st.integers(-900, 900))
def test_pearson_is_the_same_at_every_power_of_two(both, exponent: int) -> None:
    scaled = [math.ldexp(value, exponent) for value in both[0]]
    assert pearson(scaled, both[1]) == pearson(*both)


# --- what has no correlation ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ([], [], "fewer than two"),
        ([1.0], [2.0], "fewer than two"),
        ([3, 3, 3], [1, 2, 3], "equal"),
        ([1, 2, 3], [0.1, 0.1, 0.1], "equal"),
        ([0.0, -0.0], [1, 2], "equal"),
        ([1, math.nan, 3], [1, 2, 3], "not finite"),
        ([1, 2, 3], [1, math.inf, 3], "not finite"),
        ([-math.inf, 2, 3], [1, 2, 3], "not finite"),
    ],
)
@CORRELATIONS
def test_undefined(correlate, first: list[float], second: list[float], why: str) -> None:
    with pytest.raises(UndefinedCorrelation, match=why):
        correlate(first, second)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ([1, 2], [1, 2, 3], "2 and 3 values"),
        ([], [1, 2], "0 and 2 values"),
        ([[1, 2], [3, 4]], [1, 2], "shape"),
        (5.0, 5.0, "shape"),
    ],
)
@CORRELATIONS
def test_misuse_is_not_called_undefined(correlate, first, second, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        correlate(first, second)
    assert not isinstance(caught.value, UndefinedCorrelation)


@PATIENT
@given(columns(st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_input_is_left_as_it_was(both: tuple[list[float], list[float]]) -> None:
    arrays = [np.array(column) for column in both]
    assume(all(array.min() != array.max() for array in arrays))
    pearson(*arrays)
    spearman(*arrays)
    assert [array.tolist() for array in arrays] == [list(column) for column in both]
