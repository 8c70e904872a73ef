"""The contrastive loss: every first view is to find its second among all those of the batch."""

from __future__ import annotations

import torch
from torch import Tensor, distributed
from torch.nn import functional

TEMPERATURE = 0.05
"""Of both papers."""


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
    logits = _cosines(first, second) / temperature
    if hard is not None:
        own = hard_weight * torch.eye(len(first), dtype=logits.dtype, device=logits.device)
        logits = torch.cat([logits, _cosines(first, hard) / temperature + own], dim=1)
    return functional.cross_entropy(logits, torch.arange(len(first), device=logits.device))


def _cosines(rows: Tensor, columns: Tensor) -> Tensor:
    """Return all cosines; in float32 at least, even where products are computed in less."""
    with torch.autocast(rows.device.type, enabled=False):
        wide = torch.promote_types(rows.dtype, torch.float32)
        unit = [functional.normalize(vectors.to(wide), dim=-1) for vectors in (rows, columns)]
        return unit[0] @ unit[1].T


def gathered(vectors: Tensor) -> Tensor:
    """Return the (n, d) vectors of all processes in order; the own ones keep their gradient.

    Source: SimCSE's code. Each process has the loss of the whole batch, and gradients of its own
    rows; the means that data parallel training takes over processes put them together, scaled by
    the number of processes.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return vectors
    everywhere = [torch.zeros_like(vectors) for _ in range(distributed.get_world_size())]
    distributed.all_gather(everywhere, vectors.detach().contiguous())
    everywhere[distributed.get_rank()] = vectors
    return torch.cat(everywhere)
