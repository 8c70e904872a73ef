"""A large batch in the memory of a small one: chunk after chunk, computed twice."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint


def in_chunks(compute: Callable[..., Tensor], size: int | None, *rows: Tensor) -> Tensor:
    """Return what is computed of rows, and keep nothing of it but the result.

    A contrastive loss needs the vectors of the whole batch, and of the networks that made them
    what one chunk of it takes: each chunk is computed once for its result, and once more when its
    gradient is there, with the same random numbers. So loss and gradients are those of the whole
    batch at once, at the price of a second pass forward; unlike accumulated gradients of small
    batches, of which each has its own few negatives.

    Args:
        compute: takes rows and returns as many; each row's result is of that row alone.
        size: of a chunk, in rows; None is all at once.
        *rows: (n, ...) each.

    Source: Gao et al. (2021), "Scaling deep contrastive learning batch size under memory limited
    setup" (arXiv 2101.06983), by torch's checkpoints.
    """
    if size is None or len(rows[0]) <= size:
        return compute(*rows)
    chunks = zip(*(torch.split(values, size) for values in rows), strict=True)
    if not torch.is_grad_enabled():
        return torch.cat([compute(*chunk) for chunk in chunks])
    return torch.cat([checkpoint(compute, *chunk, use_reentrant=False) for chunk in chunks])
