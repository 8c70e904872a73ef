"""What stands on a sentence's vector in training only; at evaluation it is left out."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DenseHead(nn.Module):
    """SimCSE's head: a dense layer and tanh, like BERT's own pooler, but fresh.

    Source: Gao et al. (2021), section 6.3 and appendix A (``mlp_only_train``).
    """

    def __init__(self, width: int) -> None:
        """Make a fresh head for vectors of this width."""
        super().__init__()
        self.dense = nn.Linear(width, width)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (n, width) of (n, width)."""
        return torch.tanh(self.dense(vectors))


class BatchNormHead(nn.Module):
    """DiffCSE's head: two dense layers without biases, each normalised over the batch.

    Source: Chuang et al. (2022), section 4.1 and their code (``mlp_type`` batchnorm).
    """

    def __init__(self, width: int) -> None:
        """Make a fresh head for vectors of this width."""
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(width, 2 * width, bias=False),
            nn.BatchNorm1d(2 * width),
            nn.ReLU(inplace=True),
            nn.Linear(2 * width, width, bias=False),
            nn.BatchNorm1d(width, affine=False),
        )

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (n, width) of (n, width); in training n is at least 2.

        Raises:
            ValueError: one vector alone has no spread to be normalised by.
        """
        found: Tensor = self.net(vectors)
        return found
