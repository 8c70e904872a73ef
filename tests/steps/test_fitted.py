"""Steps that are fitted, each against a library or a plain second version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers.util.quantization import quantize_embeddings
from sklearn.decomposition import PCA, TruncatedSVD

from benchmark.errors import ModelError, UsageError
from benchmark.steps import Center, Int8, RemoveTop, Whitening, apply_steps
from tests.oracles import whitening
from tests.steps.made_up import rows

FITTED = [Whitening(), Center(), RemoveTop(1), Int8()]


# --- whitening ------------------------------------------------------------------------------------


def assert_same_up_to_signs(found: Any, wanted: Any) -> None:
    wanted = np.asarray(wanted)
    signs = np.sign((found * wanted).sum(axis=0))
    np.testing.assert_allclose(found * signs, wanted, rtol=0, atol=2e-5)


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(0, 4))
def test_whitening_is_that_of_the_paper(seed: int, width: int, fewer: int) -> None:
    fitted_on, others = rows(40, width, seed), rows(5, width, seed + 1)
    kept = max(1, width - fewer)
    found = Whitening(kept).fit(fitted_on).apply(others)
    assert (found.dtype, found.shape) == (np.float32, (5, kept))
    assert_same_up_to_signs(found, whitening.whitened(others.tolist(), fitted_on.tolist(), kept))


def test_what_is_whitened_is_uncorrelated_and_of_variance_one() -> None:
    vectors = rows(500, 8)
    found = Whitening().fit(vectors).apply(vectors).astype(np.float64)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(np.cov(found.T), np.eye(8), atol=1e-5)


@pytest.mark.parametrize("scale", [1e-15, 1e15])
def test_the_scale_of_vectors_does_not_matter(scale: float) -> None:
    vectors = rows(30, 4)
    scaled = (vectors * scale).astype(np.float32)
    wanted = Whitening().fit(vectors).apply(vectors)
    assert_same_up_to_signs(Whitening().fit(scaled).apply(scaled), wanted)


@pytest.mark.parametrize(
    ("vectors", "kept", "directions"),
    [
        (rows(4, 6), None, 3),
        (rows(4, 6), 4, 3),
        (rows(40, 6)[:, [0, 1, 2, 2, 1, 0]], 4, 3),
        (np.repeat(rows(1, 3), 9, axis=0), 1, 0),
        (rows(1, 3), 1, 0),
        (rows(9, 3), 4, 3),
    ],
    ids=["few rows", "one too many", "equal columns", "equal rows", "one row", "narrow"],
)
def test_no_axis_is_made_of_rounding_errors(vectors: Any, kept: Any, directions: int) -> None:
    with pytest.raises(UsageError, match=f"vary in {directions} directions only"):
        Whitening(kept).fit(vectors)
    if directions:
        assert np.isfinite(Whitening(directions).fit(vectors).apply(vectors)).all()


# --- center and remove_top ------------------------------------------------------------------------


def test_the_mean_is_taken_away() -> None:
    fitted_on, others = rows(40, 5), rows(3, 5, seed=1)
    found = Center().fit(fitted_on).apply(others)
    np.testing.assert_allclose(found, others - fitted_on.mean(axis=0, dtype=float), atol=1e-6)


@pytest.mark.parametrize("directions", [1, 3])
def test_without_centering_it_is_the_common_component_removal_of_sif(directions: int) -> None:
    fitted_on, others = rows(60, 8), rows(5, 8, seed=1)
    svd = TruncatedSVD(directions, algorithm="arpack", random_state=0)
    top = svd.fit(fitted_on.astype(np.float64)).components_
    found = RemoveTop(directions).fit(fitted_on).apply(others)
    np.testing.assert_allclose(found, others - others @ top.T @ top, atol=1e-5)


@pytest.mark.parametrize("directions", [1, 3])
def test_behind_centering_it_is_all_but_the_top(directions: int) -> None:
    vectors = rows(60, 8)
    top = PCA(directions).fit(vectors.astype(np.float64)).components_
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    found = apply_steps([Center(), RemoveTop(directions)], vectors)
    np.testing.assert_allclose(found, centred - centred @ top.T @ top, atol=1e-5)
    alone = apply_steps([RemoveTop(directions)], vectors)
    assert abs(alone - found).max() > 0.1


def test_not_all_is_taken_away() -> None:
    with pytest.raises(UsageError, match="step remove_top:3: 9 vectors of 3 dimensions lie in 3"):
        RemoveTop(3).fit(rows(9, 3))
    with pytest.raises(UsageError, match="lie in 1 directions; take fewer away"):
        RemoveTop(1).fit(np.repeat(rows(1, 3), 9, axis=0))


# --- int8 -----------------------------------------------------------------------------------------


def test_the_levels_are_those_of_the_library() -> None:
    fitted_on, others = rows(200, 12), rows(50, 12, seed=1) * 1.5
    fitted_on[:, 5] = 0.25
    wanted = quantize_embeddings(others, "int8", calibration_embeddings=fitted_on)
    found = Int8().fit(fitted_on).apply(others)
    assert found.dtype == np.float32
    assert np.array_equal(found, wanted)
    assert {found.min(), found.max()} == {-128, 127}


def test_one_vector_has_no_range() -> None:
    with pytest.raises(UsageError, match="step int8: one vector has no range"):
        Int8().fit(rows(1, 3))


# --- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", FITTED, ids=lambda step: step.name)
def test_nothing_is_fitted_on_what_is_not_finite(step: Any) -> None:
    vectors = rows(9, 3)
    vectors[4, 1] = np.inf
    with pytest.raises(ModelError, match="cannot be fitted on vectors that are not finite"):
        step.fit(vectors)


@pytest.mark.parametrize("step", FITTED, ids=lambda step: step.name)
def test_vectors_of_another_width_than_it_was_fitted_on(step: Any) -> None:
    with pytest.raises(ModelError, match=f"{step.name}: fitted on 3 dimensions, the vectors have"):
        step.fit(rows(9, 3)).apply(rows(2, 4))


@pytest.mark.parametrize("step", FITTED, ids=lambda step: step.name)
def test_a_row_becomes_the_same_whatever_is_beside_it(step: Any) -> None:
    vectors, ready = rows(9, 3), step.fit(rows(30, 3, seed=1))
    before = vectors.copy()
    whole = ready.apply(vectors)
    alone = np.concatenate([ready.apply(vectors[i : i + 1]) for i in range(9)])
    np.testing.assert_allclose(whole, alone, atol=1e-6)
    assert np.array_equal(vectors, before)
