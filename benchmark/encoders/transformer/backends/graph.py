"""A model and its pooler as one module that can be exported, and what to calibrate it with."""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING, Any

from benchmark.encoders.transformer.poolers import Pooler, forward_and_pool
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
            return forward_and_pool(self.model, ids, pooler).float()

    return PooledModule().eval()


def example_ids(model: Any) -> torch.Tensor:
    """Return ids of a model to trace with; both sizes stay free."""
    import torch

    # From the middle of the vocabulary: special ids, which some models look for, are at its ends.
    middle = model.get_input_embeddings().num_embeddings // 2
    return torch.full((2, 9), middle, dtype=torch.long)


def calibration_sentences() -> list[str]:
    """Return demonstration sentences: what the ranges of int8 are measured on.

    Never the evaluation data: ranges fitted to it would be fitted to the test. Of every third
    sentence only the first words are taken, one to three: very short inputs have ranges of
    their own, and whole sentences alone do not cover them.
    """
    path = embedded_folder() / "demo" / "pairs.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        pairs = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        sentences = [pair[side] for pair in pairs for side in ("first", "second")]
    some = list(dict.fromkeys(sentences))[:_CALIBRATION_SENTENCES]
    return [
        _first_words(text, place // 3 % 3 + 1) if place % 3 == 0 else text
        for place, text in enumerate(some)
    ]


def calibration_sha256() -> str:
    """Return the SHA-256 of the sentences that decide the ranges of int8."""
    return hashlib.sha256("\n".join(calibration_sentences()).encode()).hexdigest()


def _first_words(text: str, count: int) -> str:
    return " ".join(text.split()[:count])
