"""The contrastive loss: every first view is to find its second among all those of the batch."""

from __future__ import annotations

import torch
from torch import Tensor, distributed
from torch.nn import functional

TEMPERATURE = 0.05
"""Of both papers."""
EPS = 1e-8
"""Least length that a vector is divided by, as in torch's cosine similarity."""


def contrastive_loss(
    first: Tensor,
    second: Tensor,
    hard: Tensor | None = None,
    *,
    temperature: float = TEMPERATURE,
    hard_weight: float = 0.0,
) -> Tensor:
    """Return the cross-entropy of finding the other view of each sentence.

    Cosines of every first view with every second one, divided by the temperature, are the logits;
    the diagonal is right. Hard negatives are further columns: of all sentences for each.

    Args:
        first: (n, d), a row a sentence.
        second: (n, d), the other views, in the same order.
        hard: (n, d), a sentence that contradicts each.
        temperature: that cosines are divided by.
        hard_weight: added to the logit of each sentence's own hard negative.

    Raises:
        ValueError: the shapes differ, or a sentence is alone: there is nothing to tell it from.

    Source: Gao et al. (2021), equations 4 and 5, and their code for the weight.
    """
    others = [second] if hard is None else [second, hard]
    if first.ndim != 2 or any(other.shape != first.shape for other in others):
        shapes = ", ".join(str(tuple(views.shape)) for views in (first, *others))
        raise ValueError(f"views of one shape (n, d) are needed, not {shapes}")
    if hard is None and len(first) < 2:
        raise ValueError("a batch of one sentence has no negative; take at least two")
    # In float32 at least, even where products are computed in less.
    with torch.autocast(first.device.type, enabled=False):
        own, *columns = (
            functional.normalize(wide(views), dim=-1, eps=EPS) for views in (first, *others)
        )
        logits = own @ torch.cat(columns).T / temperature
        if hard is not None:
            logits[:, len(first) :].diagonal().add_(hard_weight)
        return functional.cross_entropy(logits, torch.arange(len(first), device=logits.device))


def wide(values: Tensor) -> Tensor:
    """Return values in float32 at least: no loss is summed in less."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def gathered(vectors: Tensor, *, whole: bool = False) -> Tensor:
    """Return the vectors of all processes in order; the own ones keep their gradient.

    Each process then has the loss of the whole batch, and the gradient of its own rows: their sum
    over processes is the gradient of one process that has all rows. Data parallel training takes
    means over processes, so that it is divided by their number, as in the authors' code; ``whole``
    multiplies by that number beforehand.

    Args:
        vectors: (n, ...), a row a sentence; n may differ among processes.
        whole: the mean over processes is to be the gradient of the whole batch.

    Source: SimCSE's code, but for ``whole`` and unequal n.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return vectors
    processes, own = distributed.get_world_size(), vectors
    size = torch.tensor([len(vectors)], device=vectors.device)
    sizes = [torch.zeros_like(size) for _ in range(processes)]
    distributed.all_gather(sizes, size)
    counts: list[int] = torch.cat(sizes).tolist()
    rows = vectors.new_zeros((max(counts), *vectors.shape[1:]))
    rows[: len(vectors)] = vectors.detach()
    everywhere = [torch.zeros_like(rows) for _ in range(processes)]
    distributed.all_gather(everywhere, rows)
    if whole and vectors.requires_grad:
        own = vectors.view_as(vectors)
        own.register_hook(lambda gradient: gradient * processes)  # type: ignore[no-untyped-call]
    parts = [found[:count] for found, count in zip(everywhere, counts, strict=True)]
    parts[distributed.get_rank()] = own
    return torch.cat(parts)
