"""What stands on a sentence's vector in training only; at evaluation it is left out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

INITIALIZER_RANGE = 0.02
"""Of BERT and RoBERTa: standard deviation of fresh weights."""


class DenseHead(nn.Module):
    """SimCSE's head: a dense layer and tanh, like BERT's own pooler, but fresh.

    Source: Gao et al. (2021), section 6.3 and appendix A (``mlp_only_train``).
    """

    def __init__(self, width: int, initializer_range: float = INITIALIZER_RANGE) -> None:
        """Make a fresh head.

        Args:
            width: of the vectors it is for.
            initializer_range: standard deviation of its weights, as the encoder's configuration
                has it.
        """
        super().__init__()
        self.dense = nn.Linear(width, width)
        _initialised(self, initializer_range)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (n, width) of (n, width)."""
        return torch.tanh(self.dense(vectors))


class BatchNormHead(nn.Module):
    """DiffCSE's head: two dense layers without biases, each normalised over the batch.

    Source: Chuang et al. (2022), section 4.1 and their code (``mlp_type`` batchnorm).
    """

    def __init__(self, width: int, initializer_range: float = INITIALIZER_RANGE) -> None:
        """Make a fresh head.

        Args:
            width: of the vectors it is for.
            initializer_range: standard deviation of its weights, as the encoder's configuration
                has it.
        """
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(width, 2 * width, bias=False),
            nn.BatchNorm1d(2 * width),
            nn.ReLU(inplace=True),
            nn.Linear(2 * width, width, bias=False),
            nn.BatchNorm1d(width, affine=False),
        )
        _initialised(self, initializer_range)

    def forward(self, vectors: Tensor) -> Tensor:
        """Return (n, width) of (n, width); in training n is at least 2.

        Raises:
            ValueError: one vector alone has no spread to be normalised by.
        """
        found: Tensor = self.net(vectors)
        return found


def _initialised(head: nn.Module, initializer_range: float) -> None:
    """Make dense layers as fresh as those of the encoder's library, which the authors' are."""
    for layer in head.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=initializer_range)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
