"""Each step against something that was not written here, or was written twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers.util.quantization import quantize_embeddings

from benchmark.errors import ModelError, UsageError
from benchmark.metrics.cosine import paired_cosine
from benchmark.steps import Binary, Dense, Normalize, RemoveTop, Truncate, Whitening
from benchmark.steps.built_in import ACTIVATIONS
from tests.steps.made_up import rows

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


@pytest.mark.parametrize("kind", [Truncate, Whitening, RemoveTop])
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
    # Torch's length is a float32 sum of seven squares and its root: some ten roundoffs of 6e-8.
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=0)
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


# --- binary ---------------------------------------------------------------------------------------


def test_the_bits_are_those_of_the_library() -> None:
    vectors = rows(50, 16) - 1
    vectors[3, :4] = 0
    found = Binary().apply(vectors)
    assert set(np.unique(found)) == {-1, 1}
    assert found.dtype == np.float32
    wanted = np.unpackbits(quantize_embeddings(vectors, "ubinary"), axis=1)
    assert np.array_equal(found > 0, wanted.astype(bool))


def test_the_cosine_of_bits_ranks_as_their_hamming_distance() -> None:
    vectors = rows(60, 24) - 1
    packed = quantize_embeddings(vectors, "ubinary")
    apart = np.bitwise_count(packed[:30] ^ packed[30:]).sum(axis=1)
    bits = Binary().apply(vectors)
    np.testing.assert_allclose(paired_cosine(bits[:30], bits[30:]), 1 - 2 * apart / 24, atol=1e-6)


def test_what_is_not_a_number_has_no_sign() -> None:
    vectors = rows(3, 4)
    vectors[1, 1] = np.nan
    with pytest.raises(ModelError, match="step binary: a value is not a number"):
        Binary().apply(vectors)
