"""A model and its pooler as one graph: what is exported, what it is calibrated and compared with.

Exporters record the operations that one example takes. What a model decides by the length of its
input (windows, padding, buckets of positions) is then fixed to that example, without a word. So
what came out is looked at once, when it is made: it must compute what torch computes.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.transformer.hidden import PLAIN, Marks, forward_and_pool
from benchmark.encoders.transformer.poolers import Pooler
from benchmark.places import embedded_folder

if TYPE_CHECKING:
    import torch

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]

_LENGTHS = (1, 2, 3, 9, 17, 64, 130, 257)
_LONGEST = 1024
"""Beyond that one comparison takes longer than the export; windows and buckets end before."""

_ROUNDING = 1e-3
"""In float32, of the largest entry. Sums in other orders cost 1e-6 here, ten times that in deep
models; a position, mask or layer that is wrong costs 1e-2 and more."""

_LEAST_COSINE = {"bfloat16": 0.99, "int8": 0.9}
"""Of the median. bfloat16 keeps 8 bits (0.9998 measured on MiniLM), int8 has ranges (0.997)."""

_CALIBRATION_SENTENCES = 300


def pooled_module(model: Any, pooler: Pooler, marks: Marks = PLAIN) -> torch.nn.Module:
    """Return a module from (n, length) ids without padding to (n, d) float32 vectors."""
    import torch

    class PooledModule(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return forward_and_pool(self.model, ids, pooler, marks).float()

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


def probes(
    known: int, limit: int | None, calibration: Sequence[Ids] | None, marks: Marks = PLAIN
) -> list[Ids]:
    """Return (2, length) token ids of lengths from one to the limit, and some token kept of each.

    Args:
        known: how many tokens the model has embeddings for.
        limit: the most tokens that it is given; None for no limit.
        calibration: (1, length) ids of sentences, for ranges that were measured on sentences;
            None to draw ids from the middle of the vocabulary, away from special ones.
        marks: how many tokens are left out.
    """
    if calibration is None:
        stream = np.random.default_rng(0).integers(known // 4, max(1, known * 3 // 4), 2 * _LONGEST)
    else:
        stream = np.concatenate(calibration, axis=1)[0]
    longest = min(limit or _LONGEST, _LONGEST, len(stream))
    beyond = (marks.skipped + length for length in _LENGTHS)
    lengths = sorted({*(length for length in beyond if length < longest), longest})
    return [np.stack([stream[:length], stream[-length:]]) for length in lengths]


def with_masks(asked: Sequence[Ids], mask: int) -> list[Ids]:
    """Return probes with a mask token in the first row, two in the other if that is long enough."""
    masked = [ids.copy() for ids in asked]
    for ids in masked:
        middle = ids.shape[1] // 2
        ids[:, middle] = ids[1, middle // 2] = mask
    return masked


def reference(module: torch.nn.Module, asked: Sequence[Ids]) -> list[Vectors]:
    """Return the (2, d) vectors of each probe, computed by torch in float32."""
    import torch

    with torch.inference_mode():
        return [module(torch.from_numpy(ids)).numpy() for ids in asked]


def difference(
    compute: Callable[[list[list[int]]], Vectors],
    asked: Sequence[Ids],
    wanted: Sequence[Vectors],
    precision: str,
) -> str | None:
    """Return in what an export differs from torch; None where it is only rounding.

    Raises:
        Exception: whatever it raises where it takes only some lengths.
    """
    cosines = []
    for ids, exact in zip(asked, wanted, strict=True):
        found = compute(ids.tolist())
        largest = float(np.abs(exact).max())
        if precision == "float32" and not np.abs(found - exact).max() <= _ROUNDING * largest:
            off = float(np.abs(found - exact).max()) / largest
            return f"at {ids.shape[1]} tokens they are off by {off:.1g} of the largest entry"
        lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(exact, axis=1)
        cosines.append((found * exact).sum(axis=1) / np.maximum(lengths, 1e-30))
    middle = float(np.median(cosines))
    if precision != "float32" and not middle >= _LEAST_COSINE[precision]:
        return f"the median cosine with them is {middle:.2f}"
    return None
