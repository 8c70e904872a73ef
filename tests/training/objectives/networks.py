"""Small networks in float64, and batches with padding, for both families."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    DistilBertConfig,
    DistilBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
)

from benchmark.training import BatchNormHead, DenseHead, DiffCSE, SimCSE, Vocabulary
from tests.oracles.training import Network

Make = Literal["bert", "roberta"]
Generator = Literal["bert", "distilbert", "roberta", "distilroberta"]
WIDTH, LAYERS, HEADS, WORDS = 16, 2, 4, 40
SIZES = {
    "vocab_size": WORDS, "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH,
    "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "max_position_embeddings": 24,
    "attn_implementation": "eager", "initializer_range": 0.3,
}  # fmt: skip
SMALLER = {"dim": 12, "hidden_dim": 20, "n_layers": 1, "n_heads": 3}
"""A generator is a smaller one, by its own names for sizes."""


class Parts(NamedTuple):
    """Of a family: its configuration, its class, its special tokens, and what the oracle knows."""

    config: Any
    model: Any
    vocabulary: Vocabulary
    padding: int
    network: Network


def parts(make: Make, **settings: Any) -> Parts:
    if make == "bert":
        config = BertConfig(**{**SIZES, **settings})
        vocabulary = Vocabulary(WORDS, mask=4, first=2, special=frozenset({0, 1, 2, 3, 4}))
        network = Network(LAYERS, HEADS, config.layer_norm_eps, 0, counted=False)
        return Parts(config, BertModel, vocabulary, 0, network)
    config = RobertaConfig(**{**SIZES, "layer_norm_eps": 1e-5, "type_vocab_size": 1, **settings})
    vocabulary = Vocabulary(WORDS, mask=39, first=0, special=frozenset({0, 1, 2, 3, 39}))
    network = Network(LAYERS, HEADS, config.layer_norm_eps, 1, counted=True)
    return Parts(config, RobertaModel, vocabulary, 1, network)


def simcse(
    make: Make, *, batch_norm: bool = False, attention: str = "eager", **settings: Any
) -> SimCSE:
    torch.manual_seed(1)
    family = parts(make, attn_implementation=attention)
    encoder = family.model(family.config, add_pooling_layer=False)
    head = BatchNormHead(WIDTH, 0.3) if batch_norm else DenseHead(WIDTH, 0.3)
    return SimCSE(encoder, head, **settings).double()


def generator_of(name: Generator) -> tuple[nn.Module, Network]:
    """Return a masked language model, and what the oracle must know of it."""
    if name == "distilbert":
        small = {**SIZES, **SMALLER}
        for other in ("hidden_size", "intermediate_size", "num_hidden_layers"):
            del small[other]
        del small["num_attention_heads"]
        network = Network(1, 3, 1e-12, 0, counted=False, between=False)
        return DistilBertForMaskedLM(DistilBertConfig(**small)), network
    if name == "bert":
        return BertForMaskedLM(parts("bert").config), parts("bert").network
    config = parts("roberta", num_hidden_layers=1 if name == "distilroberta" else LAYERS).config
    network = parts("roberta").network._replace(layers=config.num_hidden_layers)
    return RobertaForMaskedLM(config), network


def diffcse(
    make: Make,
    generator: Generator | None = None,
    *,
    head: nn.Module | None = None,
    attention: str = "eager",
    **settings: Any,
) -> DiffCSE:
    contrast = simcse(make, batch_norm=True, attention=attention)
    contrast.head = head or contrast.head
    family = parts(make, attn_implementation=attention)
    return DiffCSE(
        contrast,
        generator_of(generator or make)[0],
        family.model(family.config, add_pooling_layer=False),
        family.vocabulary,
        **settings,
    ).double()


def batch(make: Make, views: int, sentences: int = 5, length: int = 9) -> dict[str, Tensor]:
    """Sentences of several lengths, each view its own words where there are three.

    BERT's have types too, of both kinds: whoever drops them computes something else.
    """
    random = torch.Generator().manual_seed(7)
    family = parts(make)
    ids = torch.randint(5, 38, (sentences, 1 if views == 2 else views, length), generator=random)
    ids = ids.expand(sentences, views, length).clone()
    ids[:, :, 0] = family.vocabulary.first
    attention = torch.ones_like(ids)
    for place in range(sentences):
        attention[place, :, length - place % 4 :] = 0
    ids[attention == 0] = family.padding
    found = {"input_ids": ids, "attention_mask": attention}
    if make == "bert":
        found["token_type_ids"] = (ids > 20).long()
    return found


def pairs(make: Make) -> dict[str, Tensor]:
    """Two views of other words: without dropout, those of one sentence would be the same."""
    return {name: value[:, :2] for name, value in batch(make, 3).items()}


@contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Tensor]]:
    """Within, what any layer drops is known: a list of what dropout multiplied by, in order."""
    random, drops = torch.Generator().manual_seed(11), []

    def dropout(given: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False):
        if not training or p == 0:
            return given
        kept = torch.bernoulli(torch.full(given.shape, 1 - p), generator=random).to(given) / (1 - p)
        drops.append(kept)
        return given * kept

    with monkeypatch.context() as patched:
        patched.setattr(nn.functional, "dropout", dropout)
        yield drops
