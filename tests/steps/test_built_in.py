"""Each step against something that was not written here, or was written twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmark.errors import ModelError, UsageError
from benchmark.steps import (
    Corpus,
    Dense,
    Normalize,
    Step,
    Truncate,
    Whitening,
    label_of,
    read_steps,
    step_by_name,
)
from benchmark.steps.built_in import ACTIVATIONS, STEPS
from tests.oracles import whitening


def rows(count: int, width: int, seed: int = 0) -> Any:
    """Rows whose dimensions are of different size and correlated."""
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((width, width)) * np.geomspace(3, 0.2, width)
    return (generator.standard_normal((count, width)) @ mixing + 1).astype(np.float32)


# --- truncate -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dimensions", [1, 3, 5])
def test_the_first_dimensions_stay(dimensions: int) -> None:
    vectors = rows(4, 5)
    found = Truncate(dimensions).apply(vectors)
    assert np.array_equal(found, vectors[:, :dimensions])
    found[:] = 0
    assert np.array_equal(vectors, rows(4, 5))


def test_no_more_dimensions_than_there_are() -> None:
    with pytest.raises(UsageError, match=r"step truncate:6: the vectors have only 5 dimensions"):
        Truncate(6).apply(rows(4, 5))


@pytest.mark.parametrize("kind", [Truncate, Whitening])
@pytest.mark.parametrize("dimensions", [0, -1, 2.0, "3", True])
def test_a_number_of_dimensions(kind: Any, dimensions: Any) -> None:
    with pytest.raises(UsageError, match="not a number from 1 on"):
        kind(dimensions)


# --- normalize ------------------------------------------------------------------------------------


def test_length_one_as_in_torch() -> None:
    vectors = np.concatenate([rows(50, 7), np.zeros((1, 7), np.float32), rows(1, 7) * 1e-20])
    wanted = torch.nn.functional.normalize(torch.from_numpy(vectors), dim=1).numpy()
    found = Normalize().apply(vectors)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=3e-7, atol=0)
    assert not found[50].any()


def test_a_length_that_float32_does_not_hold_is_no_zero_vector() -> None:
    vectors = np.array([[3e38, 3e38], [3, 4]], np.float32)
    found = Normalize().apply(vectors)
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], [0.6, 0.8], rtol=1e-6)


# --- dense ----------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("bias", "outputs"), [(True, 3), (False, 5)])
def test_a_layer_is_that_of_torch(activation: str, bias: bool, outputs: int) -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(5, outputs, bias=bias, dtype=torch.float64)
    vectors = rows(6, 5)
    with torch.no_grad():
        wanted = getattr(torch.nn, activation)().eval()(layer(torch.from_numpy(vectors).double()))
    shift = layer.bias.detach().numpy() if bias else None
    found = Dense(layer.weight.detach().numpy(), shift, activation).apply(vectors)
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-6, atol=1e-7)


def test_a_residual_is_added() -> None:
    vectors, zero = rows(3, 4), np.zeros((4, 4))
    assert np.array_equal(Dense(zero, residual=True).apply(vectors), vectors)
    aside = np.eye(2, 4)
    found = Dense(zero[:2], np.zeros(2), residual=True, aside=aside).apply(vectors)
    assert np.array_equal(found, vectors[:, :2])


def test_every_weight_is_in_the_name_of_a_layer() -> None:
    weight, bias = np.ones((2, 3)), np.zeros(2)
    layers = [
        Dense(weight, bias),
        Dense(weight),
        Dense(weight + 1e-9, bias),
        Dense(weight, bias + 1e-9),
        Dense(weight, bias, "ReLU"),
        Dense(weight, bias, residual=True, aside=weight),
        Dense(weight, bias, residual=True, aside=weight * 2),
    ]
    assert len({layer.name for layer in layers}) == len(layers)
    assert layers[0].name.startswith("dense:3>2:tanh:")
    assert Dense(weight.copy(), bias.copy()).name == layers[0].name


def test_a_layer_for_another_width() -> None:
    with pytest.raises(ModelError, match="takes 3 dimensions, the pooled vectors have 4"):
        Dense(np.ones((2, 3))).apply(rows(2, 4))


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


def test_nothing_is_fitted_on_what_is_not_finite() -> None:
    vectors = rows(9, 3)
    vectors[4, 1] = np.inf
    with pytest.raises(ModelError, match="cannot be fitted on vectors that are not finite"):
        Whitening().fit(vectors)


def test_vectors_of_another_width_than_it_was_fitted_on() -> None:
    with pytest.raises(ModelError, match="step whiten: fitted on 3 dimensions, the vectors have 4"):
        Whitening().fit(rows(9, 3)).apply(rows(2, 4))


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("truncate:128", Truncate(128)),
        ("normalize", Normalize()),
        ("whiten", Whitening()),
        ("whiten:64", Whitening(64)),
    ],
)
def test_steps_have_words(said: str, step: Any) -> None:
    assert step_by_name(said) == step
    assert step.name == said
    assert read_steps([said, step]) == (step, step)


def test_every_word_makes_a_step() -> None:
    for name in STEPS:
        found = [say for say in (name, f"{name}:3") if _makes(say)]
        assert found, name


def _makes(said: str) -> bool:
    try:
        step = step_by_name(said)
    except UsageError:
        return False
    return step.name == said and (isinstance(step, Step) or hasattr(step, "fit"))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("truncat:3", r"no step is called 'truncat:3' \(did you mean truncate\?\)"),
        ("", "no step is called ''"),
        ("truncate", "truncate needs a number, as in truncate:256"),
        ("normalize:3", "normalize takes no number"),
        ("truncate:x", "a whole number belongs behind the colon"),
        ("truncate:", "a whole number belongs behind the colon"),
        ("truncate:-3", "a whole number belongs behind the colon"),
        ("truncate:1234567890123", "a whole number belongs behind the colon"),
        ("truncate:0", "keeps 0 dimensions"),
    ],
)
def test_words_that_mean_nothing(said: str, wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        step_by_name(said)


def test_what_it_is_fitted_on_is_said() -> None:
    assert label_of(Whitening(4)) == "whiten:4@own"
    first, second = Corpus("nli", ("a", "b")), Corpus("nli", ("a", "c"))
    assert label_of(Whitening(4, first)).startswith("whiten:4@nli/")
    assert label_of(Whitening(4, first)) != label_of(Whitening(4, second))
    assert label_of(Truncate(4)) == "truncate:4"
