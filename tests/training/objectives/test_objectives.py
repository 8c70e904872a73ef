"""What the objectives do beside computing losses, and what they refuse."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AlbertConfig, AlbertModel

from benchmark.errors import ModelError, UsageError
from benchmark.training import BatchNormHead, DenseHead, DiffCSE, SimCSE, contrastive_loss
from benchmark.training.objectives.simcse import doubled
from tests.training.objectives.networks import (
    SIZES,
    WIDTH,
    Make,
    batch,
    diffcse,
    generator_of,
    pairs,
    parts,
    simcse,
)

MAKES: list[Make] = ["bert", "roberta"]


def without_dropout(module: nn.Module) -> nn.Module:
    """In training, for the norms over the batch, but with nothing dropped."""
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return module.train()


def networks() -> tuple[SimCSE, nn.Module, nn.Module]:
    """Return what DiffCSE of BERT is made of."""
    family = parts("bert")
    discriminator = family.model(family.config, add_pooling_layer=False)
    return simcse("bert", batch_norm=True), generator_of("bert")[0], discriminator


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
    short = pairs("bert")
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


def test_each_view_is_masked_by_itself_and_anew():
    module, seen = diffcse("bert", mask_ratio=0.5).eval(), []
    module.generator.register_forward_pre_hook(
        lambda _, __, given: seen.append(given["input_ids"]), with_kwargs=True
    )
    given = batch("bert", 2)
    for _ in range(2):
        module(**given)
    first, second = (ids.unflatten(0, (-1, 2)) for ids in seen)
    assert not torch.equal(first[:, 0], first[:, 1])
    assert not torch.equal(first, second)


def test_the_generator_drops_in_training_as_the_rest_does():
    module, modes = diffcse("bert"), []
    module.generator.register_forward_pre_hook(lambda layer, _: modes.append(layer.training))
    for mode in (True, False):
        module.train(mode)(**batch("bert", 2))
    assert modes == [True, False]


@pytest.mark.parametrize("deep", [False, True])
def test_a_discriminator_outside_the_loss_is_the_librarys(deep: bool):
    module = diffcse("bert").eval()
    given = {name: value[:, 0] for name, value in batch("bert", 2).items()}
    before = module.discriminator(**given).last_hidden_state
    module(**batch("bert", 2))
    if deep:
        # The condition of a copy enters the copy.
        module = copy.deepcopy(module)
        module(**batch("bert", 2))
    assert torch.equal(before, module.discriminator(**given).last_hidden_state)


@pytest.mark.parametrize("make", [DenseHead, BatchNormHead])
def test_a_fresh_head_is_as_the_encoders_library_makes_it(make: type[nn.Module]):
    torch.manual_seed(0)
    dense = [part for part in make(256).modules() if isinstance(part, nn.Linear)]
    for layer in dense:
        # The standard error of a standard deviation of n normal numbers is 1 / sqrt(2n) of it.
        count = layer.weight.numel()
        assert abs(layer.weight.std() / 0.02 - 1) < 5 / (2 * count) ** 0.5
        # Normal, not uniform: some are beyond three standard deviations.
        assert layer.weight.abs().max() > 0.06
        assert layer.bias is None or not layer.bias.any()
    wider = next(part for part in make(256, 0.5).modules() if isinstance(part, nn.Linear))
    assert 0.45 < wider.weight.std() < 0.55


def test_a_nan_is_never_a_loss_that_is_none():
    module = diffcse("bert").eval()
    with torch.no_grad():
        module.contrast.encoder.embeddings.LayerNorm.weight[0] = torch.nan
    losses = module(**pairs("bert"))
    assert losses.total.isnan()
    assert losses.contrastive.isnan()
    assert losses.replaced.isnan()


def test_a_generator_of_nan_is_refused():
    contrast, generator, discriminator = networks()
    with torch.no_grad():
        generator.bert.embeddings.LayerNorm.bias[3] = torch.nan
    with pytest.raises(ModelError, match=r"generator's weight .*LayerNorm\.bias holds a NaN"):
        DiffCSE(contrast, generator, discriminator, parts("bert").vocabulary)


@pytest.mark.parametrize("views", [1, 4])
def test_other_numbers_of_views_are_refused(views: int):
    with pytest.raises(ValueError, match="2 or 3 views"):
        simcse("bert")(**batch("bert", views))


def test_a_batch_of_one_is_refused():
    with pytest.raises(ValueError, match="a batch of one sentence"):
        simcse("bert")(**batch("bert", 2, sentences=1))
    with pytest.raises(ValueError, match="a batch of one sentence"):
        diffcse("bert").eval()(**batch("bert", 2, sentences=1))
    # A hard negative is something to tell it from.
    assert simcse("bert")(**batch("bert", 3, sentences=1)).total > 0


def test_views_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"not \(3, 4\), \(2, 4\)"):
        contrastive_loss(torch.ones(3, 4), torch.ones(2, 4))


def test_networks_of_two_vocabularies_are_refused():
    contrast, generator, discriminator = networks()
    generator.config.vocab_size = 41
    with pytest.raises(ModelError, match="the generator has 41"):
        DiffCSE(contrast, generator, discriminator, parts("bert").vocabulary)


def test_an_encoder_that_is_its_own_discriminator_is_refused():
    contrast, generator, _ = networks()
    with pytest.raises(ModelError, match="another copy"):
        DiffCSE(contrast, generator, contrast.encoder, parts("bert").vocabulary)


def test_attention_that_leaves_padding_out_is_refused():
    contrast, generator, discriminator = networks()
    discriminator.config = SimpleNamespace(
        vocab_size=SIZES["vocab_size"],
        hidden_size=WIDTH,
        _attn_implementation="flash_attention_2",
    )
    with pytest.raises(ModelError, match="flash_attention_2, which leaves out padding"):
        DiffCSE(contrast, generator, discriminator, parts("bert").vocabulary)


def test_embeddings_of_another_width_are_refused():
    """ALBERT's are widened behind the layer that the vector enters by."""
    contrast, generator, _ = networks()
    small: dict[str, Any] = {**SIZES, "embedding_size": 8}
    discriminator = AlbertModel(AlbertConfig(**small), add_pooling_layer=False)
    module = DiffCSE(contrast, generator, discriminator, parts("bert").vocabulary).double()
    with pytest.raises(ModelError, match=r"AlbertModel: its layer `embeddings` returns \(10, 9, 8"):
        module(**batch("bert", 2))


def test_embeddings_that_are_not_called_are_refused():
    """The condition would be left out, and nobody would see it."""
    contrast, generator, discriminator = networks()
    module = DiffCSE(contrast, generator, discriminator, parts("bert").vocabulary).double()
    discriminator.embeddings = copy.deepcopy(discriminator.embeddings)
    discriminator.embeddings._forward_hooks.clear()
    with pytest.raises(ModelError, match="does not call its layer `embeddings`"):
        module(**batch("bert", 2))


@pytest.mark.parametrize("make", [simcse, diffcse])
def test_a_part_of_the_batch_on_each_gpu_is_refused(make: Any):
    """As `nn.DataParallel` runs it: negatives would be fewer, and the condition another's."""
    replica = make("bert")._replicate_for_data_parallel()
    if isinstance(replica, DiffCSE):
        replica.contrast = replica.contrast._replicate_for_data_parallel()
    with pytest.raises(UsageError, match="negatives of its own"):
        replica(**batch("bert", 2))
