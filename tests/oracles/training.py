"""The losses of SimCSE and DiffCSE once more: from weights by name, layer by layer, in loops.

A sentence is computed by itself, its padding with it, a head of attention after the other. Of
torch there are products, sums, exponentials, and gradients by its rules; no layer of it, none of
transformers. What dropout multiplied by is given, in the order in which layers ask for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

State = Mapping[str, Tensor]
Drops = Iterator[Tensor]


class Network(NamedTuple):
    """What weights do not say: of a family, and of a model's size.

    Attributes:
        layers: how many.
        heads: of attention.
        eps: of layer norms.
        padding: id of padding.
        counted: positions are numbered as RoBERTa has it: padding by its id, others from there on.
        between: something is dropped between attention and its layer norm (not in DistilBERT).
    """

    layers: int
    heads: int
    eps: float
    padding: int
    counted: bool
    between: bool = True


def states(
    state: State,
    network: Network,
    ids: Tensor,
    attention: Tensor,
    *,
    types: Tensor | None = None,
    drops: Drops | None = None,
    first: Tensor | None = None,
) -> Tensor:
    """Return the (n, length, width) last hidden states.

    Args:
        state: weights, named as BERT's are.
        network: that they are of.
        ids: (n, length).
        attention: (n, length), 0 at padding.
        types: (n, length), which of the two kinds of token; by default all of the first.
        drops: of the embeddings, then layer by layer: of attention, behind it, at the layer's end.
        first: (n, width), what takes the place of the first embedding, not dropped from.
    """
    count = 1 + network.layers * (3 if network.between else 2)
    masks = None if drops is None else [next(drops) for _ in range(count)]
    found = []
    for place, tokens in enumerate(ids):
        own = iter([] if masks is None else [mask[place] for mask in masks])
        rows = embedded(state, network, tokens, None if types is None else types[place])
        rows = rows * next(own, 1.0)
        if first is not None:
            rows = torch.cat([first[place][None], rows[1:]])
        for layer in range(network.layers):
            rows = _layer(state, network, f"encoder.layer.{layer}", rows, attention[place], own)
        found.append(rows)
    return torch.stack(found)


def embedded(state: State, network: Network, ids: Tensor, types: Tensor | None) -> Tensor:
    """Return the (length, width) embeddings of one sentence, after the layer norm.

    The row of the padding id is never trained; of RoBERTa, nor is that of its position.
    """
    numbers, count = [], network.padding
    for token in ids.tolist():
        count += token != network.padding
        numbers.append(network.padding if token == network.padding else count)
    if not network.counted:
        numbers = list(range(len(ids)))
    words, places = "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"
    rows = []
    for at, (token, number) in enumerate(zip(ids.tolist(), numbers, strict=True)):
        word, place = state[words][token], state[places][number]
        if token == network.padding:
            word = word.detach()
            place = place.detach() if network.counted else place
        row = word + place
        if "embeddings.token_type_embeddings.weight" in state:
            kind = 0 if types is None else int(types[at])
            row = row + state["embeddings.token_type_embeddings.weight"][kind]
        rows.append(row)
    return normed(torch.stack(rows), state, "embeddings.LayerNorm", network.eps)


def _layer(
    state: State, network: Network, name: str, rows: Tensor, attention: Tensor, drops: Drops
) -> Tensor:
    """Return what one layer makes of (length, width)."""
    queries, keys, values = (
        dense(rows, state, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
    )
    size = rows.shape[1] // network.heads
    kept = next(drops, None)
    parts = []
    for head in range(network.heads):
        own = slice(head * size, (head + 1) * size)
        scores = queries[:, own] @ keys[:, own].T / math.sqrt(size)
        scores = scores.masked_fill(attention[None] == 0, -math.inf)
        shares = torch.exp(scores - scores.max(dim=1, keepdim=True).values)
        shares = shares / shares.sum(dim=1, keepdim=True)
        parts.append((shares if kept is None else shares * kept[head]) @ values[:, own])
    attended = dense(torch.cat(parts, dim=1), state, f"{name}.attention.output.dense")
    if network.between:
        attended = attended * next(drops, 1.0)
    rows = normed(rows + attended, state, f"{name}.attention.output.LayerNorm", network.eps)
    inner = gelu(dense(rows, state, f"{name}.intermediate.dense"))
    inner = dense(inner, state, f"{name}.output.dense") * next(drops, 1.0)
    return normed(rows + inner, state, f"{name}.output.LayerNorm", network.eps)


def written(
    state: State, network: Network, ids: Tensor, attention: Tensor, drops: Drops | None = None
) -> Tensor:
    """Return the (n, length) most likely tokens of a masked language model.

    Args:
        state: weights, named as `named` has them.
        network: that they are of.
        ids: (n, length), some masked.
        attention: (n, length), 0 at padding.
        drops: as for `states`.
    """
    rows = gelu(dense(states(state, network, ids, attention, drops=drops), state, "transform"))
    scores = dense(normed(rows, state, "transform.LayerNorm", network.eps), state, "decoder")
    return torch.tensor(
        [[max(range(len(of)), key=of.__getitem__) for of in row] for row in scores.tolist()]
    )


NAMES = [
    (r"^(bert|roberta|distilbert)\.", ""),
    (r"^transformer\.", "encoder."),
    (r"\.q_lin\.", ".self.query."),
    (r"\.k_lin\.", ".self.key."),
    (r"\.v_lin\.", ".self.value."),
    (r"\.attention\.out_lin\.", ".attention.output.dense."),
    (r"\.sa_layer_norm\.", ".attention.output.LayerNorm."),
    (r"\.ffn\.lin1\.", ".intermediate.dense."),
    (r"\.ffn\.lin2\.", ".output.dense."),
    (r"\.output_layer_norm\.", ".output.LayerNorm."),
    (r"^(cls\.predictions\.transform\.dense|lm_head\.dense|vocab_transform)\.", "transform."),
    (
        r"^(cls\.predictions\.transform\.LayerNorm|lm_head\.layer_norm|vocab_layer_norm)\.",
        "transform.LayerNorm.",
    ),
    (r"^(cls\.predictions\.decoder|lm_head\.decoder|vocab_projector)\.", "decoder."),
]
"""What a weight is called in each family, and here."""


def named(state: State) -> dict[str, Tensor]:
    """Return weights of a masked language model under BERT's names."""
    found = {}
    for name, value in state.items():
        here = name
        for pattern, word in NAMES:
            here = re.sub(pattern, word, here)
        found[here] = value
    return found


def edited(
    tokens: Tensor, ids: Tensor, attention: Tensor, first: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Return what the discriminator reads, and what is right of each token: 1 is replaced."""
    read, right = [], []
    for row in range(len(ids)):
        own = [first, *tokens[row, 1:].tolist()]
        there = [bool(value) for value in attention[row]]
        read.append([token if here else 0 for token, here in zip(own, there, strict=True)])
        right.append(
            [
                int(here and token != original)
                for token, original, here in zip(own, ids[row].tolist(), there, strict=True)
            ]
        )
    return read, right


def dense(rows: Tensor, state: State, name: str) -> Tensor:
    prefix = f"{name}." if name else ""
    return rows @ state[f"{prefix}weight"].T + state[f"{prefix}bias"]


def gelu(rows: Tensor) -> Tensor:
    return rows * 0.5 * (1 + torch.erf(rows / math.sqrt(2)))


def normed(rows: Tensor, state: State, name: str, eps: float) -> Tensor:
    centred = rows - rows.mean(dim=-1, keepdim=True)
    variance = (centred**2).mean(dim=-1, keepdim=True)
    return centred / torch.sqrt(variance + eps) * state[f"{name}.weight"] + state[f"{name}.bias"]


def headed(vectors: Tensor, state: State, training: bool, eps: float = 1e-5) -> Tensor:
    """Return what a head makes of the vectors of a batch, both views of it together."""
    if "dense.weight" in state:
        # Of e^2x, for nothing overflows here.
        powers = torch.exp(2 * dense(vectors, state, "dense"))
        return (powers - 1) / (powers + 1)
    for products, norm in (("net.0", "net.1"), ("net.3", "net.4")):
        vectors = vectors @ state[f"{products}.weight"].T
        mean, variance = state[f"{norm}.running_mean"], state[f"{norm}.running_var"]
        if training:
            mean = vectors.mean(dim=0)
            variance = ((vectors - mean) ** 2).mean(dim=0)
        vectors = (vectors - mean) / torch.sqrt(variance + eps)
        if norm == "net.1":
            vectors = vectors * state["net.1.weight"] + state["net.1.bias"]
            vectors = torch.where(vectors > 0, vectors, torch.zeros_like(vectors))
    return vectors


def contrastive(
    first: Tensor, second: Tensor, hard: Tensor | None, temperature: float, weight: float
) -> Tensor:
    """Return the mean over sentences of minus the log of the share that the right one has."""
    losses = []
    for place, row in enumerate(first):
        logits = [cosine(row, other) / temperature for other in second]
        if hard is not None:
            logits += [
                cosine(row, other) / temperature + (weight if place == at else 0.0)
                for at, other in enumerate(hard)
            ]
        together = sum(torch.exp(logit) for logit in logits)
        losses.append(-torch.log(torch.exp(logits[place]) / together))
    return sum(losses) / len(losses)


def cosine(first: Tensor, second: Tensor) -> Tensor:
    return (first * second).sum() / torch.sqrt((first**2).sum() * (second**2).sum())


def replaced(logits: Tensor, labels: list[list[int]]) -> Tensor:
    """Return the mean over all positions of minus the log of the right label's share."""
    losses = [
        -torch.log(torch.exp(row[label]) / torch.exp(row).sum())
        for of_sentence, right in zip(logits, labels, strict=True)
        for row, label in zip(of_sentence, right, strict=True)
    ]
    return sum(losses) / len(losses)
