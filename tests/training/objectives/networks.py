"""Small networks in float64, and batches with padding, for both families."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaModel,
)

from benchmark.training import BatchNormHead, DenseHead, DiffCSE, SimCSE, Vocabulary

Make = Literal["bert", "roberta"]
WIDTH, LAYERS, HEADS, WORDS = 16, 2, 4, 40


class Parts(NamedTuple):
    """Of a family: its configuration, its classes, and its special tokens."""

    config: Any
    model: Any
    generator: Any
    vocabulary: Vocabulary
    padding: int


def parts(make: Make) -> Parts:
    sizes = {
        "vocab_size": WORDS, "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "max_position_embeddings": 24,
        "attn_implementation": "eager", "initializer_range": 0.3,
    }  # fmt: skip
    if make == "bert":
        vocabulary = Vocabulary(WORDS, mask=4, first=2, special=frozenset({0, 1, 2, 3, 4}))
        return Parts(BertConfig(**sizes), BertModel, BertForMaskedLM, vocabulary, 0)
    vocabulary = Vocabulary(WORDS, mask=39, first=0, special=frozenset({0, 1, 2, 3, 39}))
    return Parts(RobertaConfig(**sizes), RobertaModel, RobertaForMaskedLM, vocabulary, 1)


def simcse(make: Make, *, batch_norm: bool = False, **settings: Any) -> SimCSE:
    torch.manual_seed(1)
    family = parts(make)
    encoder = family.model(family.config, add_pooling_layer=False)
    head = BatchNormHead(WIDTH) if batch_norm else DenseHead(WIDTH)
    return SimCSE(encoder, head, **settings).double()


def diffcse(make: Make, **settings: Any) -> DiffCSE:
    contrast, family = simcse(make, batch_norm=True), parts(make)
    return DiffCSE(
        contrast,
        family.generator(family.config),
        family.model(family.config, add_pooling_layer=False),
        family.vocabulary,
        **settings,
    ).double()


def batch(make: Make, views: int, sentences: int = 5, length: int = 9) -> dict[str, torch.Tensor]:
    """Sentences of several lengths, each view its own words where there are three."""
    random = torch.Generator().manual_seed(7)
    family = parts(make)
    ids = torch.randint(5, 38, (sentences, 1 if views == 2 else views, length), generator=random)
    ids = ids.expand(sentences, views, length).clone()
    ids[:, :, 0] = family.vocabulary.first
    attention = torch.ones_like(ids)
    for place in range(sentences):
        attention[place, :, length - place % 4 :] = 0
    ids[attention == 0] = family.padding
    return {"input_ids": ids, "attention_mask": attention}
