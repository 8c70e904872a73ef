"""Losses and gradients are those of a second version that computes layer by layer, in loops."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmark.training import DiffCSE, SimCSE, masked
from tests.oracles import training as oracle
from tests.training.objectives.networks import (
    Generator,
    Make,
    batch,
    diffcse,
    generator_of,
    pairs,
    parts,
    recorded,
    simcse,
)

MAKES: list[Make] = ["bert", "roberta"]
PAIRED: list[tuple[Make, Generator]] = [
    ("bert", "bert"), ("bert", "distilbert"), ("roberta", "roberta"), ("roberta", "distilroberta"),
]  # fmt: skip
CLOSE = {torch.float64: 1e-9, torch.float32: 1e-5}
"""Of the largest. In float32 a logit near 20, a cosine by the temperature, is known to 2e-6."""


def state_of(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def by_the_rules(
    make: Make,
    module: SimCSE | DiffCSE,
    given: Mapping[str, Tensor],
    *,
    masked_ids: Tensor | None = None,
    generator: Generator | None = None,
    drops: list[Tensor] | None = None,
) -> dict[str, Tensor]:
    """Return the losses of a module's weights by the oracle, in the mode that the module is in."""
    dropped: Iterator[Tensor] | None = None if drops is None else iter(drops)
    network, views = parts(make).network, given["input_ids"].shape[1]
    flat = {name: value.flatten(0, 1) for name, value in given.items()}
    ids, attention, types = flat["input_ids"], flat["attention_mask"], flat.get("token_type_ids")
    contrast = module.contrast if isinstance(module, DiffCSE) else module
    read: dict[str, Any] = {"types": types, "drops": dropped}
    found = oracle.states(state_of(contrast.encoder), network, ids, attention, **read)
    vectors = oracle.headed(found[:, 0], state_of(contrast.head), contrast.training)
    of_view = [vectors[view::views] for view in range(views)]
    hard = of_view[2] if views == 3 else None
    contrastive = oracle.contrastive(*of_view[:2], hard, contrast.temperature, contrast.hard_weight)
    if not isinstance(module, DiffCSE):
        assert dropped is None or next(dropped, None) is None
        return {"total": contrastive, "contrastive": contrastive}
    assert masked_ids is not None
    words = oracle.named(module.generator.state_dict())
    tokens = oracle.written(
        words, generator_of(generator or make)[1], masked_ids.flatten(0, 1), attention, dropped
    )
    assert any(token != 0 for token in (tokens != masked_ids.flatten(0, 1)).flatten())
    edited, labels = oracle.edited(tokens, ids, attention, parts(make).vocabulary.first)
    # Some of it is replaced and some is not.
    assert 0 < sum(map(sum, labels)) < attention.sum()
    seen = oracle.states(
        state_of(module.discriminator), network, torch.tensor(edited), attention, **read,
        first=vectors,
    )  # fmt: skip
    assert dropped is None or next(dropped, None) is None
    replaced = oracle.replaced(oracle.dense(seen, state_of(module.classifier), ""), labels)
    total = contrastive + module.weight * replaced
    return {"total": total, "contrastive": contrastive, "replaced": replaced}


def gradients(loss: Tensor, module: nn.Module) -> dict[str, Tensor]:
    trained = {n: p for n, p in module.named_parameters() if p.requires_grad}
    found = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
    return {
        name: torch.zeros_like(trained[name]) if gradient is None else gradient
        for name, gradient in zip(trained, found, strict=True)
    }


def assert_same(
    found: Any, expected: Mapping[str, Tensor], module: nn.Module, reference: nn.Module
) -> None:
    """Each loss, and each weight's gradient of the total, of the largest of all."""
    close = CLOSE[found.total.dtype]
    for name, loss in expected.items():
        torch.testing.assert_close(getattr(found, name).double(), loss, rtol=close, atol=close)
    mine, others = gradients(found.total, module), gradients(expected["total"], reference)
    largest = max(float(gradient.abs().max()) for gradient in others.values())
    assert mine.keys() == others.keys()
    assert largest > 1e-3
    for name, gradient in mine.items():
        torch.testing.assert_close(
            gradient.double(), others[name], rtol=0, atol=close * largest, msg=name
        )


def prepared(module: nn.Module, dtype: torch.dtype, *, training: bool) -> tuple[Any, Any]:
    """Return a module in a mode, with what norms remember set, and its copy in float64."""
    random = torch.Generator().manual_seed(5)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm1d):
            norm.running_mean = torch.randn(norm.num_features, generator=random)
            norm.running_var = 0.5 + torch.rand(norm.num_features, generator=random)
    module = module.to(dtype).train(training)
    return module, copy.deepcopy(module).double()


@pytest.mark.parametrize("dtype", list(CLOSE), ids=str)
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("views", [2, 3])
@pytest.mark.parametrize("make", MAKES)
def test_simcse_is_the_rule(
    make: Make, views: int, training: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
):
    module, reference = prepared(simcse(make, hard_weight=0.7), dtype, training=training)
    given = batch(make, 3) if views == 3 else batch(make, 2) if training else pairs(make)
    with recorded(monkeypatch) as drops:
        found = module(**given)
    assert bool(drops) is training
    assert found.replaced is None
    expected = by_the_rules(make, reference, given, drops=drops if training else None)
    assert_same(found, expected, module, reference)


@pytest.mark.parametrize("dtype", list(CLOSE), ids=str)
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize(("make", "generator"), PAIRED)
def test_diffcse_is_the_rule(
    make: Make,
    generator: Generator,
    training: bool,
    dtype: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
):
    module, reference = prepared(diffcse(make, generator, weight=0.3), dtype, training=training)
    given = batch(make, 2) if training else pairs(make)
    hidden = masked(given["input_ids"], module.vocabulary, 0.4, torch.Generator().manual_seed(3))
    with recorded(monkeypatch) as drops:
        found = module(**given, masked_ids=hidden)
    assert bool(drops) is training
    expected = by_the_rules(
        make, reference, given, masked_ids=hidden, generator=generator,
        drops=drops if training else None,
    )  # fmt: skip
    assert_same(found, expected, module, reference)


@pytest.mark.parametrize("make", MAKES)
def test_diffcse_with_hard_negatives_is_the_rule(make: Make):
    """They have a mask and a condition of their own, as in the authors' code."""
    built = diffcse(make, weight=0.3)
    built.contrast.hard_weight = 0.7
    module, reference = prepared(built, torch.float64, training=False)
    given = batch(make, 3)
    hidden = masked(given["input_ids"], module.vocabulary, 0.4, torch.Generator().manual_seed(3))
    found = module(**given, masked_ids=hidden)
    assert_same(found, by_the_rules(make, reference, given, masked_ids=hidden), module, reference)


@pytest.mark.parametrize("make", MAKES)
def test_attention_as_torch_has_it_is_the_rule_too(make: Make):
    """At padding as well, which the loss of replaced tokens counts."""
    built = diffcse(make, weight=0.3, attention="sdpa")
    module, reference = prepared(built, torch.float64, training=False)
    given = pairs(make)
    hidden = masked(given["input_ids"], module.vocabulary, 0.4, torch.Generator().manual_seed(3))
    found = module(**given, masked_ids=hidden)
    assert module.discriminator.config._attn_implementation == "sdpa"
    assert_same(found, by_the_rules(make, reference, given, masked_ids=hidden), module, reference)


@pytest.mark.parametrize("make", MAKES)
def test_a_generator_may_write_padding(make: Make):
    """RoBERTa counts positions of what is not padding: those behind it move."""
    module, reference = prepared(diffcse(make, weight=0.3), torch.float64, training=False)
    padding = parts(make).padding
    for model in (module, reference):
        with torch.no_grad():
            dict(model.generator.named_parameters())[
                "cls.predictions.bias" if make == "bert" else "lm_head.bias"
            ][padding] += 2
    given, seen = pairs(make), []
    hidden = masked(given["input_ids"], module.vocabulary, 0.4, torch.Generator().manual_seed(3))
    module.discriminator.register_forward_pre_hook(
        lambda _, __, read: seen.append(read["input_ids"]), with_kwargs=True
    )
    found = module(**given, masked_ids=hidden)
    there = given["attention_mask"].flatten(0, 1) == 1
    assert (seen[0] == padding)[there].any()
    assert (seen[0] != padding)[there].any()
    assert_same(found, by_the_rules(make, reference, given, masked_ids=hidden), module, reference)
