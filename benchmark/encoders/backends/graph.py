"""A model and its pooler as one module that can be exported, and ids to calibrate it with."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.checkpoint import Checkpoint
from benchmark.encoders.poolers import Pooler
from benchmark.encoders.pooling import forward_and_pool
from benchmark.places import embedded_folder

if TYPE_CHECKING:
    import torch

_CALIBRATION_SENTENCES = 300


def pooled_module(model: Any, pooler: Pooler) -> torch.nn.Module:
    """Return a module from (n, length) ids without padding to (n, d) float32 vectors."""
    import torch

    class PooledModule(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return forward_and_pool(self.model, ids, pooler, hooks=False).float()

    return PooledModule().eval()


def example_ids() -> torch.Tensor:
    """Return ids to trace with; both sizes stay free."""
    import torch

    return torch.full((2, 9), 100, dtype=torch.long)


def calibration_ids(checkpoint: Checkpoint) -> list[NDArray[np.int64]]:
    """Return ids of demonstration sentences: what the ranges of int8 are measured on.

    Never the evaluation data: ranges fitted to it would be fitted to the test.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True)
    rows = tokenizer(_sentences()[:_CALIBRATION_SENTENCES])["input_ids"]
    return [np.array([row], np.int64) for row in rows]


def _sentences() -> list[str]:
    path = embedded_folder() / "demo" / "pairs.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        pairs = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        sentences = [pair[side] for pair in pairs for side in ("first", "second")]
    return list(dict.fromkeys(sentences))
