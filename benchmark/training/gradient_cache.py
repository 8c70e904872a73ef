"""A batch of any size in little memory: its encoder runs over it in chunks, and its loss is exact.

A contrastive loss needs all vectors of a batch at once, but not all that their encoder keeps for
its gradient. So the vectors are computed without that, chunk by chunk; loss and head are computed
on all of them; and each chunk is encoded again, with the same random numbers, to carry the gradient
of its vectors on into the encoder.

Source: Gao et al. (2021), "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup"
(arXiv 2101.06983).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from benchmark.training.objectives.diffcse import DiffCSE
from benchmark.training.objectives.masking import masked
from benchmark.training.objectives.simcse import Losses, SimCSE

Backward = Callable[..., object]
"""Computes the gradients of a loss, as ``torch.Tensor.backward`` does, perhaps scaled."""


def backward_in_chunks(
    objective: SimCSE | DiffCSE,
    batch: dict[str, Tensor],
    size: int,
    *,
    backward: Backward = Tensor.backward,
    computing: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> Losses:
    """Add the gradients of a batch to those of the objective's weights.

    Without dropout they are those of the whole batch at once; with it, random numbers come in
    another order.

    Args:
        objective: in training mode.
        batch: what its ``forward`` takes, (n, views, length).
        size: sentences in a chunk.
        backward: is given a loss, and what ``torch.Tensor.backward`` takes beside.
        computing: what is computed under, autocast for one.

    Returns:
        The losses of the batch, without a graph.
    """
    contrast = objective.contrast if isinstance(objective, DiffCSE) else objective
    count, views = batch["input_ids"].shape[:2]
    chunks = list(_chunks(batch, size))
    random, parts = [], []
    with torch.no_grad(), computing():
        for chunk in chunks:
            random.append(_random_state(batch["input_ids"].device))
            parts.append(contrast.states(**chunk))
    states = torch.cat(parts).detach().requires_grad_()
    with computing():
        loss, vectors = contrast.of_states(states, count, views)
    replaced = None
    backward(loss, retain_graph=isinstance(objective, DiffCSE))
    if isinstance(objective, DiffCSE):
        replaced, gradient = _replaced(objective, chunks, vectors.detach(), backward, computing)
        torch.autograd.backward(vectors, gradient)
    after = _random_state(states.device)
    assert states.grad is not None  # noqa: S101 - it was asked for
    rows = iter(torch.split(states.grad, size * views))
    for chunk, before in zip(chunks, random, strict=True):
        _set_random_state(before, states.device)
        with computing():
            again = contrast.states(**chunk)
        torch.autograd.backward(again, next(rows).to(again.dtype))
    _set_random_state(after, states.device)
    loss = loss.detach()
    if isinstance(objective, DiffCSE) and replaced is not None:
        return Losses(loss + objective.weight * replaced, loss, replaced)
    return Losses(loss, loss)


def _replaced(
    objective: DiffCSE,
    chunks: list[dict[str, Tensor]],
    vectors: Tensor,
    backward: Backward,
    computing: Callable[[], AbstractContextManager[Any]],
) -> tuple[Tensor, Tensor]:
    """Return the loss of replaced tokens, and its weighed gradient for the vectors."""
    leaf = vectors.requires_grad_()
    ids = torch.cat([chunk["input_ids"] for chunk in chunks])
    hidden = masked(ids, objective.vocabulary, objective.mask_ratio)
    total = torch.zeros((), device=vectors.device)
    start = 0
    for chunk in chunks:
        sentences, views = chunk["input_ids"].shape[:2]
        rows = leaf[start * views : (start + sentences) * views]
        with computing():
            # All chunks are padded to one length: a mean over each is a part of that over all.
            part = objective.replaced(hidden[start : start + sentences], rows, **chunk) * (
                sentences / len(ids)
            )
        backward(objective.weight * part)
        total = total + part.detach()
        start += sentences
    assert leaf.grad is not None  # noqa: S101 - it was asked for
    return total, leaf.grad


def _chunks(batch: dict[str, Tensor], size: int) -> Iterator[dict[str, Tensor]]:
    for start in range(0, len(batch["input_ids"]), size):
        yield {name: value[start : start + size] for name, value in batch.items()}


def _random_state(device: torch.device) -> tuple[Tensor, Tensor | None]:
    on_gpu = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    return torch.get_rng_state(), on_gpu


def _set_random_state(state: tuple[Tensor, Tensor | None], device: torch.device) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state(state[1], device)
