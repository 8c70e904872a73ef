"""The losses of SimCSE and DiffCSE once more: from weights by name, layer by layer, in loops."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

State = Mapping[str, Tensor]


def embedded(state: State, ids: Tensor, positions: Tensor, padding: int, eps: float) -> Tensor:
    """Return the (length, width) embeddings of one sentence, after the layer norm.

    The row of the padding id is never trained.
    """
    rows = state["embeddings.word_embeddings.weight"][ids]
    rows = torch.where((ids == padding)[:, None], rows.detach(), rows)
    rows = rows + state["embeddings.position_embeddings.weight"][positions]
    rows = rows + state["embeddings.token_type_embeddings.weight"][0]
    return normed(rows, state, "embeddings.LayerNorm", eps)


def hidden(state: State, rows: Tensor, attention: Tensor, layers: int, heads: int, eps: float):
    """Return the (length, width) last hidden states of embeddings, one head after the other."""
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        queries, keys, values = (
            dense(rows, state, f"{name}.attention.self.{part}")
            for part in ("query", "key", "value")
        )
        size = rows.shape[1] // heads
        parts = []
        for head in range(heads):
            own = slice(head * size, (head + 1) * size)
            scores = queries[:, own] @ keys[:, own].T / math.sqrt(size)
            scores = scores.masked_fill(attention[None] == 0, -math.inf)
            parts.append(torch.softmax(scores, dim=1) @ values[:, own])
        rows = normed(
            rows + dense(torch.cat(parts, dim=1), state, f"{name}.attention.output.dense"),
            state, f"{name}.attention.output.LayerNorm", eps,
        )  # fmt: skip
        inner = dense(rows, state, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))
        rows = normed(
            rows + dense(inner, state, f"{name}.output.dense"),
            state, f"{name}.output.LayerNorm", eps,
        )  # fmt: skip
    return rows


def dense(rows: Tensor, state: State, name: str) -> Tensor:
    return rows @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def normed(rows: Tensor, state: State, name: str, eps: float) -> Tensor:
    centred = rows - rows.mean(dim=1, keepdim=True)
    variance = (centred**2).mean(dim=1, keepdim=True)
    return centred / torch.sqrt(variance + eps) * state[f"{name}.weight"] + state[f"{name}.bias"]


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


def batch_normed(rows: Tensor, eps: float = 1e-5) -> Tensor:
    """Return rows of a batch, each column centred and scaled, by the variance over n."""
    centred = rows - rows.mean(dim=0)
    return centred / torch.sqrt((centred**2).mean(dim=0) + eps)


def replaced(logits: list[Tensor], labels: list[Tensor]) -> Tensor:
    """Return the mean over all positions of minus the log of the right label's share."""
    losses = [
        -torch.log(torch.exp(row[int(label)]) / torch.exp(row).sum())
        for of_sentence, right in zip(logits, labels, strict=True)
        for row, label in zip(of_sentence, right, strict=True)
    ]
    return sum(losses) / len(losses)
