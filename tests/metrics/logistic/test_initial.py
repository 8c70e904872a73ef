"""First weights and permutations: those of torch and numpy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.metrics.logistic.training import Permutations, initial_weights, seeded


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), classes=st.integers(2, 6), dimensions=st.integers(1, 1600))
def test_first_weights_are_those_of_a_seeded_linear_layer(
    seed: int, classes: int, dimensions: int
) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layer = torch.nn.Linear(dimensions, classes)
    weights, bias = initial_weights(seed, classes, dimensions)
    # Torch multiplies and adds in one rounding where the processor can, and in two where not: half
    # a unit of the product, which is twice as large as the weight may be, and half of each sum.
    rounding = 2.0**-22 / dimensions**0.5
    np.testing.assert_allclose(weights, layer.weight.detach().numpy(), rtol=0, atol=rounding)
    np.testing.assert_allclose(bias, layer.bias.detach().numpy(), rtol=0, atol=rounding)


def test_permutations_are_the_legacy_generators_in_order() -> None:
    reference = np.random.RandomState(1111)
    expected = np.stack([reference.permutation(37) for _ in range(7)])
    permutations = Permutations(seeded(1111), 37)
    np.testing.assert_array_equal(permutations.passes(0, 3), expected[:3])
    np.testing.assert_array_equal(permutations.passes(3, 4), expected[3:])
    np.testing.assert_array_equal(permutations.passes(0, 7), expected)


def test_permutations_are_the_same_whoever_asks_first() -> None:
    permutations = Permutations(seeded(5), 101)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda first: permutations.passes(first, 2), [8, 0, 4, 2, 6]))
    alone = Permutations(seeded(5), 101)
    for first, found in zip([8, 0, 4, 2, 6], drawn, strict=True):
        np.testing.assert_array_equal(found, alone.passes(first, 2))


def test_no_global_random_state_is_touched() -> None:
    np.random.seed(3)
    torch.manual_seed(3)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    initial_weights(1111, 2, 10)
    Permutations(seeded(1111), 10).passes(0, 4)
    assert (np.random.get_state()[1] == before[0]).all()
    assert torch.equal(torch.get_rng_state(), before[1])


@pytest.mark.parametrize("size", [1, 2])
def test_permutations_of_hardly_anything(size: int) -> None:
    assert sorted(Permutations(seeded(0), size).passes(0, 1)[0]) == list(range(size))
