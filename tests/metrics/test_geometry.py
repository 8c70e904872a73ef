"""Alignment and uniformity: the oracle's, torch's formulas, and values that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.metrics import geometry, paired_cosine
from benchmark.metrics.geometry import alignment, alignment_of_cosines, uniformity
from tests.oracles import geometry as oracle

PATIENT = settings(deadline=None, max_examples=60)
ROUNDING = 1e-12

VALUES = st.integers(-3, 3) | st.floats(-1e3, 1e3, width=32)


def matrices(least: int) -> st.SearchStrategy[np.ndarray]:
    widths = st.integers(1, 5)
    return widths.flatmap(
        lambda width: st.lists(
            st.lists(VALUES, min_size=width, max_size=width), min_size=least, max_size=12
        )
    ).map(lambda rows: np.array(rows, np.float32))


@PATIENT
@given(matrices(1))
def test_alignment_is_the_oracles(rows: np.ndarray) -> None:
    other = rows[::-1]
    expected = oracle.alignment(rows.tolist(), other.tolist())
    assert alignment(rows, other) == pytest.approx(expected, abs=ROUNDING)


@PATIENT
@given(matrices(2), st.integers(1, 200))
def test_uniformity_is_the_oracles_in_blocks_of_any_size(rows: np.ndarray, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "BLOCK_BYTES", size)
        assert uniformity(rows) == pytest.approx(oracle.uniformity(rows.tolist()), abs=ROUNDING)


def test_they_are_the_published_code() -> None:
    """Wang and Isola's listing, with torch."""
    torch = pytest.importorskip("torch")
    x, y = np.random.default_rng(0).normal(size=(2, 40, 8))
    tx, ty = (torch.nn.functional.normalize(torch.tensor(v), dim=1) for v in (x, y))
    assert alignment(x, y) == pytest.approx(float((tx - ty).norm(p=2, dim=1).pow(2).mean()))
    uniform = torch.pdist(tx, p=2).pow(2).mul(-2).exp().mean().log()
    assert uniformity(x) == pytest.approx(float(uniform))


def test_values_that_are_known() -> None:
    axes = np.eye(4)
    assert alignment(axes, axes) == 0
    assert alignment(axes, -axes) == pytest.approx(4)
    assert alignment(axes, np.roll(axes, 1, axis=0)) == pytest.approx(2)
    assert uniformity(axes) == pytest.approx(-4)  # all squared distances are 2
    assert uniformity(np.ones((5, 3))) == pytest.approx(0, abs=ROUNDING)


def test_uniformity_of_the_sphere() -> None:
    """On the circle the mean of exp(4 cos t - 4) is exp(-4) times a Bessel function, I0(4)."""
    from scipy.special import ive

    angles = np.random.default_rng(0).uniform(0, 2 * math.pi, 3000)
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert uniformity(rows) == pytest.approx(math.log(ive(0, 4)), abs=0.01)


def test_blocks_of_the_usual_size_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(700, 16)).astype(np.float32)
    whole = uniformity(rows)
    monkeypatch.setattr(geometry, "BLOCK_BYTES", 8 * 700 * 64)
    assert uniformity(rows) == pytest.approx(whole, abs=1e-13)


@pytest.mark.parametrize("power", [-126, -70, 9, 120])
def test_a_power_of_two_changes_no_bit(power: int) -> None:
    x, y = np.round(64 * np.random.default_rng(0).normal(size=(2, 30, 4))).astype(np.float32)
    scaled = np.ldexp(x, power)
    assert alignment(scaled, y) == alignment(x, y)
    assert uniformity(scaled) == uniformity(x)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_length_does_not_matter(scale: float) -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 30, 4)).astype(np.float32)
    scaled = x * np.float32(scale)
    assert alignment(scaled, y) == pytest.approx(alignment(x, y), abs=1e-6)
    assert uniformity(scaled) == pytest.approx(uniformity(x), abs=1e-6)


def test_a_zero_vector_stays_zero() -> None:
    assert alignment(np.zeros((1, 3)), np.eye(3)[:1]) == 1
    assert uniformity(np.array([[0.0, 0.0], [1.0, 0.0]])) == pytest.approx(-2)


def test_cosines_are_enough_for_alignment() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 50, 6)).astype(np.float32)
    assert alignment_of_cosines(paired_cosine(x, y)) == pytest.approx(alignment(x, y), abs=1e-6)


@pytest.mark.parametrize(
    ("measure", "why"),
    [
        (lambda: alignment(np.empty((0, 3)), np.empty((0, 3))), "no positive pair"),
        (lambda: alignment_of_cosines(np.empty(0)), "no positive pair"),
        (lambda: alignment(np.ones((2, 3)), np.ones((3, 3))), "no pairs"),
        (lambda: alignment(np.ones((1, 2)), np.full((1, 2), np.nan)), "finite"),
        (lambda: uniformity(np.ones((1, 3))), "fewer than two"),
        (lambda: uniformity(np.array([[1.0], [np.inf]])), "finite"),
        (lambda: uniformity(np.ones(4)), "shape"),
    ],
)
def test_refusals(measure, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        measure()
