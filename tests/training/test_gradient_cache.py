"""A batch in chunks has the loss and the gradients of the whole one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmark.training.gradient_cache import backward_in_chunks
from benchmark.training.objectives.masking import masked
from tests.training.objectives.networks import Make, batch, diffcse, simcse

MAKES: list[Make] = ["bert", "roberta"]
CLOSE = 1e-9
"""Of float64: sums of some hundred terms in another order."""


def without_dropout(objective: nn.Module) -> nn.Module:
    for module in objective.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return objective.train()


def gradients(objective: nn.Module) -> dict[str, Tensor]:
    return {n: w.grad for n, w in objective.named_parameters() if w.grad is not None}


def assert_same(found: nn.Module, expected: nn.Module) -> None:
    ours, theirs = gradients(found), gradients(expected)
    assert ours.keys() == theirs.keys()
    for name, gradient in theirs.items():
        largest = max(gradient.abs().max().item(), 1.0)
        assert torch.allclose(ours[name], gradient, rtol=0, atol=CLOSE * largest), name


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
@pytest.mark.parametrize(("views", "batch_norm"), [(2, False), (2, True), (3, False)])
def test_simcse(make: Make, size: int, views: int, batch_norm: bool):
    whole = without_dropout(simcse(make, batch_norm=batch_norm, hard_weight=0.3))
    chunked = deepcopy(whole)
    given = batch(make, views)
    expected = whole(**given)
    expected.total.backward()
    losses = backward_in_chunks(chunked, given, size)
    assert losses.total.item() == pytest.approx(expected.total.item(), rel=1e-12)
    assert_same(chunked, whole)
    statistics = [name for name, _ in whole.named_buffers() if "running" in name]
    assert len(statistics) == (4 if batch_norm else 0)
    for name in statistics:  # the head saw the batch once
        assert torch.allclose(chunked.get_buffer(name), whole.get_buffer(name))


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("size", [1, 2, 4])
def test_diffcse(make: Make, size: int):
    whole = without_dropout(diffcse(make, weight=0.7))
    chunked = deepcopy(whole)
    given = batch(make, 2)
    torch.manual_seed(3)
    expected = whole(**given)
    expected.total.backward()
    torch.manual_seed(3)
    losses = backward_in_chunks(chunked, given, size)
    for name in ("total", "contrastive", "replaced"):
        assert getattr(losses, name).item() == pytest.approx(getattr(expected, name).item())
    assert_same(chunked, whole)


@pytest.mark.parametrize("make", MAKES)
def test_each_chunk_is_encoded_again_with_its_own_dropout(make: Make):
    """The same passes in the same order, with one graph: what takes the memory of the batch."""
    whole = diffcse(make, weight=0.7).train()
    chunked = deepcopy(whole)
    given = batch(make, 2, sentences=6)
    torch.manual_seed(4)
    places = (0, 2, 4)
    parts = [{name: value[place : place + 2] for name, value in given.items()} for place in places]
    states = torch.cat([whole.contrast.states(**part) for part in parts])
    contrastive, vectors = whole.contrast.of_states(states, 6, 2)
    hidden = masked(given["input_ids"], whole.vocabulary, whole.mask_ratio)
    replaced: Any = 0.0
    for place, part in zip(places, parts, strict=True):
        rows = vectors[2 * place : 2 * place + 4]
        replaced = replaced + whole.replaced(hidden[place : place + 2], rows, **part) / 3
    (contrastive + whole.weight * replaced).backward()
    after = torch.get_rng_state()
    torch.manual_seed(4)
    losses = backward_in_chunks(chunked, given, 2)
    assert losses.contrastive.item() == pytest.approx(contrastive.item(), rel=1e-12)
    assert losses.replaced is not None
    assert losses.replaced.item() == pytest.approx(replaced.item(), rel=1e-12)
    assert_same(chunked, whole)
    assert torch.equal(torch.get_rng_state(), after)
