"""How far is too far: parsing, and the size of a sample."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.measures import ACCURACY, SPEARMAN, Tolerance, parse_tolerance

SIZES = {
    "MR": 10662,
    "CR": 3775,
    "SUBJ": 10000,
    "MPQA": 10606,
    "SST2": 1821,
    "TREC": 500,
    "MRPC": 1725,
}
"""Samples of the test sets, as the papers give them."""


def test_points_are_taken_as_written():
    assert parse_tolerance(0.01).points(None) == Decimal("0.01")
    assert parse_tolerance("0.05") == Tolerance(0.05)
    assert SPEARMAN.tolerance.points(None) == Decimal("0.01")


def test_two_samples_of_each_transfer_task():
    in_points = {task: float(ACCURACY.tolerance.points(size)) for task, size in SIZES.items()}
    assert in_points == {
        "MR": 0.02,
        "CR": 0.06,
        "SUBJ": 0.02,
        "MPQA": 0.02,
        "SST2": 0.11,
        "TREC": 0.4,
        "MRPC": 0.12,
    }


@given(
    st.integers(1, 20_000).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, 3))
    )
)
def test_so_many_changed_samples_are_allowed_however_accuracies_are_rounded(drawn):
    tested, right, changed = drawn
    before, after = (
        round(100 * Fraction(count, tested), 2) for count in (right, max(right - changed, 0))
    )
    allowed = Tolerance(changed, in_samples=True).points(tested)
    assert abs(before - after) <= Fraction(allowed)


@given(st.one_of(st.floats(0, 100), st.integers(0, 99).map(lambda n: f"{n} samples")))
def test_what_is_written_is_read_back(written):
    tolerance = parse_tolerance(written)
    assert parse_tolerance(tolerance.written()) == tolerance
    assert parse_tolerance(str(tolerance.written())) == tolerance


def test_both_units_have_names():
    assert str(parse_tolerance("1 sample")) == "1 sample"
    assert str(parse_tolerance("2 samples")) == "2 samples"
    assert str(parse_tolerance(0.01)) == "0.01 points"


@pytest.mark.parametrize(
    "written", ["-0.1", "101", "nan", "inf", "", "two samples", "2 sample s", -1.0]
)
def test_anything_else_is_refused(written):
    with pytest.raises(ValueError, match=r"neither points from 0 to 100, like .*, nor samples"):
        parse_tolerance(written)


@pytest.mark.parametrize("tested", [None, 0])
def test_a_correlation_has_no_samples(tested):
    with pytest.raises(ValueError, match="a tolerance of 2 samples is for accuracies"):
        ACCURACY.tolerance.points(tested)
