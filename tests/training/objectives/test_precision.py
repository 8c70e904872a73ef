"""Mixed precision: products in less than float32, losses never."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmark.training import masked
from tests.oracles import training as oracle
from tests.training.objectives.networks import WORDS, Make, batch, diffcse, pairs, simcse

MAKES: list[Make] = ["bert", "roberta"]
EPSILON = torch.finfo(torch.bfloat16).eps


def tapped(layer: nn.Module, found: list[Tensor]) -> None:
    """Keep what a layer returns, with its gradient."""

    def keep(_layer: nn.Module, _given: Any, returned: Tensor) -> None:
        if returned.requires_grad:
            returned.retain_grad()
        found.append(returned)

    layer.register_forward_hook(keep)


def mixed() -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16)


@pytest.mark.parametrize("views", [2, 3])
@pytest.mark.parametrize("make", MAKES)
def test_the_contrastive_loss_is_that_of_the_rounded_vectors(make: Make, views: int):
    """What comes out of the head is rounded; nothing behind it is."""
    module, heads = simcse(make, hard_weight=0.7).float().eval(), []
    tapped(module.head, heads)
    given = batch(make, 3) if views == 3 else pairs(make)
    with mixed():
        losses = module(**given)
    losses.total.backward()
    (vectors,) = heads
    assert vectors.dtype == torch.bfloat16
    exact = vectors.detach().double().requires_grad_()
    of_view = [exact[view::views] for view in range(views)]
    expected = oracle.contrastive(*of_view[:2], of_view[2] if views == 3 else None, 0.05, 0.7)
    expected.backward()
    assert losses.total.dtype == torch.float32
    torch.testing.assert_close(losses.total.double(), expected.detach(), rtol=1e-5, atol=1e-5)
    # The gradient is rounded once, when it comes back to the vectors.
    largest = float(exact.grad.abs().max())
    torch.testing.assert_close(vectors.grad.double(), exact.grad, rtol=EPSILON, atol=1e-5 * largest)


@pytest.mark.parametrize("make", MAKES)
def test_the_replaced_loss_is_that_of_the_rounded_logits(make: Make):
    module, logits, written = diffcse(make, weight=0.3).float().eval(), [], []
    tapped(module.classifier, logits)
    module.generator.register_forward_hook(lambda _, __, found: written.append(found.logits))
    given = pairs(make)
    hidden = masked(given["input_ids"], module.vocabulary, 0.4, torch.Generator().manual_seed(3))
    with mixed():
        losses = module(**given, masked_ids=hidden)
    flat, attention = given["input_ids"].flatten(0, 1), given["attention_mask"].flatten(0, 1)
    assert logits[0].dtype == written[0].dtype == torch.bfloat16
    assert written[0].shape[-1] == WORDS
    # The first of several that are most likely after rounding.
    tokens = torch.tensor(
        [[max(range(WORDS), key=of.__getitem__) for of in row] for row in written[0].tolist()]
    )
    _, labels = oracle.edited(tokens, flat, attention, module.vocabulary.first)
    expected = oracle.replaced(logits[0].detach().double(), labels)
    assert losses.replaced.dtype == losses.total.dtype == torch.float32
    torch.testing.assert_close(losses.replaced.double(), expected, rtol=1e-6, atol=1e-6)
    total = losses.contrastive + 0.3 * losses.replaced
    torch.testing.assert_close(losses.total, total, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("make", MAKES)
def test_rounding_moves_a_loss_by_what_it_moves_cosines(make: Make):
    """A weighted mean of cosines' errors, divided by the temperature, is all a loss can move.

    Rounding's own error of a vector is some multiple of epsilon: it is measured, and bounded, for
    more would be another computation than the one in float32.
    """
    module, heads = simcse(make).float().eval(), []
    tapped(module.head, heads)
    given = pairs(make)
    exact = module(**given).total
    with mixed():
        rough = module(**given).total
    unit = [nn.functional.normalize(vectors.detach().double()) for vectors in heads]
    assert (unit[0] - unit[1]).norm(dim=1).max() < 8 * EPSILON
    cosines = [vectors[0::2] @ vectors[1::2].T for vectors in unit]
    # The right one's logit moves by at most this, and so does the logarithm of the sum.
    bound = 2 * (cosines[0] - cosines[1]).abs().max() / 0.05
    assert abs(rough - exact) <= bound + 1e-5
    assert rough != exact


def test_weights_and_gradients_stay_in_float32():
    module = diffcse("bert").float().train()
    with mixed():
        losses = module(**batch("bert", 2))
    losses.total.backward()
    for name, parameter in module.named_parameters():
        assert parameter.dtype == torch.float32
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all()
