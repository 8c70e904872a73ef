"""Losses and gradients are those of a second version that computes layer by layer, in loops."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from benchmark.errors import ModelError
from benchmark.training import BatchNormHead, DiffCSE, SimCSE, masked
from benchmark.training.objectives.simcse import doubled
from tests.oracles import training as oracle
from tests.training.objectives.networks import HEADS, LAYERS, Make, batch, diffcse, parts, simcse

MAKES: list[Make] = ["bert", "roberta"]
CLOSE = 1e-9
"""Of float64: sums of some hundred terms in another order."""


def state_of(module: nn.Module) -> dict[str, Tensor]:
    return dict(module.named_parameters())


def positions(make: Make, ids: Tensor) -> Tensor:
    """RoBERTa numbers what is not padding from 2 on, and gives padding its own number."""
    if make == "bert":
        return torch.arange(len(ids))
    there = (ids != 1).long()
    return torch.cumsum(there, dim=0) * there + 1


def states_of(
    make: Make, state: Mapping[str, Tensor], ids: Tensor, attention: Tensor, first: Tensor | None
) -> Tensor:
    config = parts(make).config
    rows = oracle.embedded(
        state, ids, positions(make, ids), parts(make).padding, config.layer_norm_eps
    )
    if first is not None:
        rows = torch.cat([first[None], rows[1:]])
    return oracle.hidden(state, rows, attention, LAYERS, HEADS, config.layer_norm_eps)


def vectors_of(make: Make, module: SimCSE, given: Mapping[str, Tensor]) -> Tensor:
    """Return what stands behind the head of every view, flat."""
    state, head = state_of(module.encoder), state_of(module.head)
    rows = [
        states_of(make, state, ids, attention, None)[0]
        for ids, attention in zip(
            given["input_ids"].flatten(0, 1), given["attention_mask"].flatten(0, 1), strict=True
        )
    ]
    vectors = torch.stack(rows)
    if not isinstance(module.head, BatchNormHead):
        return torch.tanh(oracle.dense(vectors, head, "dense"))
    wide = oracle.batch_normed(vectors @ head["net.0.weight"].T)
    wide = wide * head["net.1.weight"] + head["net.1.bias"]
    wide = torch.where(wide > 0, wide, torch.zeros_like(wide))
    return oracle.batch_normed(wide @ head["net.3.weight"].T)


def without_dropout(module: nn.Module) -> nn.Module:
    """In training, for the norms over the batch, but with nothing dropped."""
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return module.train()


def gradients(loss: Tensor, module: nn.Module) -> dict[str, Tensor]:
    names, values = zip(
        *((n, p) for n, p in module.named_parameters() if p.requires_grad), strict=True
    )
    found = torch.autograd.grad(loss, values, allow_unused=True)
    return {n: g for n, g in zip(names, found, strict=True) if g is not None}


def assert_same(ours: Tensor, theirs: Tensor, module: nn.Module) -> None:
    torch.testing.assert_close(ours, theirs, rtol=CLOSE, atol=CLOSE)
    mine, others = gradients(ours, module), gradients(theirs, module)
    assert mine.keys() >= others.keys()
    for name, gradient in mine.items():
        expected = others.get(name, torch.zeros_like(gradient))
        torch.testing.assert_close(gradient, expected, rtol=CLOSE, atol=CLOSE)
    assert any(gradient.abs().max() > 1e-4 for gradient in mine.values())


@pytest.mark.parametrize("make", MAKES)
@pytest.mark.parametrize("views", [2, 3])
def test_simcse_is_the_rule(make: Make, views: int):
    module = simcse(make, hard_weight=0.7).eval()
    given = batch(make, views)
    if views == 2:
        # Without dropout both views are one: their words differ instead.
        given = batch(make, 3)
        given = {name: value[:, :2] for name, value in given.items()}
    vectors = vectors_of(make, module, given).unflatten(0, (-1, views))
    hard = vectors[:, 2] if views == 3 else None
    expected = oracle.contrastive(vectors[:, 0], vectors[:, 1], hard, 0.05, 0.7)
    found = module(**given)
    assert found.replaced is None
    assert found.total is found.contrastive
    assert_same(found.total, expected, module)


@pytest.mark.parametrize("make", MAKES)
def test_diffcse_is_the_rule(make: Make):
    module = without_dropout(diffcse(make, weight=0.3))
    given = batch(make, 3)
    given = {name: value[:, :2] for name, value in given.items()}
    hidden_ids = masked(
        given["input_ids"], module.vocabulary, 0.4, torch.Generator().manual_seed(3)
    )
    vectors = vectors_of(make, module.contrast, given)
    contrastive = oracle.contrastive(vectors[0::2], vectors[1::2], None, 0.05, 0.0)
    flat, attention = given["input_ids"].flatten(0, 1), given["attention_mask"].flatten(0, 1)
    with torch.no_grad():
        written = module.generator(
            input_ids=hidden_ids.flatten(0, 1), attention_mask=attention
        ).logits.argmax(-1)
    logits, labels = [], []
    for row in range(len(flat)):
        edited = written[row].clone()
        edited[0] = module.vocabulary.first
        labels.append((edited != flat[row]) * attention[row])
        states = states_of(
            make, state_of(module.discriminator), edited * attention[row], attention[row],
            vectors[row],
        )  # fmt: skip
        logits.append(states @ module.classifier.weight.T + module.classifier.bias)
    replaced = oracle.replaced(logits, labels)
    assert 0 < sum(int(label.sum()) for label in labels) < attention.sum()
    found = module(**given, masked_ids=hidden_ids)
    torch.testing.assert_close(found.contrastive, contrastive, rtol=CLOSE, atol=CLOSE)
    torch.testing.assert_close(found.replaced, replaced, rtol=CLOSE, atol=CLOSE)
    assert_same(found.total, contrastive + 0.3 * replaced, module)


@pytest.mark.parametrize("make", MAKES)
def test_the_discriminator_trains_the_encoder_and_never_the_generator(make: Make):
    module = diffcse(make).train()
    module(**batch(make, 2)).replaced.backward()
    assert all(parameter.grad is None for parameter in module.generator.parameters())
    # Through the condition alone.
    assert any(
        parameter.grad is not None and parameter.grad.abs().max() > 0
        for parameter in module.contrast.encoder.parameters()
    )


def test_padding_of_a_longer_batch_changes_the_replaced_loss_alone():
    """Padded positions count, as in the authors' code: they are not replaced."""
    module = without_dropout(diffcse("bert"))
    short = batch("bert", 3)
    short = {name: value[:, :2] for name, value in short.items()}
    longer = {name: nn.functional.pad(value, (0, 4)) for name, value in short.items()}
    losses = [module(**given, masked_ids=given["input_ids"]) for given in (short, longer)]
    torch.testing.assert_close(losses[0].contrastive, losses[1].contrastive)
    assert losses[0].replaced != losses[1].replaced


def test_dropout_makes_the_views_and_a_seed_makes_the_dropout():
    module = simcse("bert").train()
    given = doubled({name: value[:, 0] for name, value in batch("bert", 2).items()})
    losses = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        losses.append(module(**given).total.item())
    assert losses[0] == losses[1] != losses[2]


def test_a_discriminator_outside_the_loss_is_the_librarys():
    module = diffcse("bert").eval()
    given = {name: value[:, 0] for name, value in batch("bert", 2).items()}
    before = module.discriminator(**given).last_hidden_state
    module(**batch("bert", 2))
    assert torch.equal(before, module.discriminator(**given).last_hidden_state)


def test_half_precision_keeps_the_cosines():
    module = simcse("bert").float().eval()
    given = batch("bert", 3)
    exact = module(**given).total
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = module(**given).total
    assert rough.dtype == torch.float32
    assert abs(rough - exact) < 0.05 * abs(exact)


@pytest.mark.parametrize("views", [1, 4])
def test_other_numbers_of_views_are_refused(views: int):
    with pytest.raises(ValueError, match="2 or 3 views"):
        simcse("bert")(**batch("bert", views))


def test_a_batch_of_one_is_refused():
    with pytest.raises(ValueError, match="a batch of one sentence"):
        simcse("bert")(**batch("bert", 2, sentences=1))


def test_networks_of_two_vocabularies_are_refused():
    family = parts("bert")
    other = family.generator(
        family.config.__class__(**{**family.config.to_dict(), "vocab_size": 41})
    )
    contrast = simcse("bert", batch_norm=True)
    discriminator = family.model(family.config, add_pooling_layer=False)
    with pytest.raises(ModelError, match="the generator has 41"):
        DiffCSE(contrast, other, discriminator, family.vocabulary)
