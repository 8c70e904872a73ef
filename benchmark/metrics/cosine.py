"""Cosine similarity of paired rows, as the reference computes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmark.metrics.scaling import Real, scaled_rows

_BLOCK_BYTES = 2**20
"""Of one side: small enough to stay in the cache of a processor while it is worked on."""


def paired_cosine(first: NDArray[Real], second: NDArray[Real]) -> NDArray[Real]:
    """Return the cosine of each row of one matrix with the same row of the other.

    SentEval's rule (``senteval/sts.py``): dot product over the product of the norms, in the
    dtype of the embeddings (float32), not clipped to [-1, 1]; where a vector is zero the
    similarity is 0. Two things are ours. A vector and itself have similarity 1, where the
    reference is off by a last bit or two. Ranks see such bits: STS12 has 79 pairs of the same
    sentence, and their noise alone moves its Spearman correlation by up to 0.00003, differently
    on each processor. And rows are first brought to one size by powers of two: that changes no
    bit of ordinary vectors, and those around 1e-22 or 1e22, whose squares float32 does not
    hold, have the cosine of their directions, where the reference loses its digits, or has 0.

    Args:
        first: (n, d) float32, finite.
        second: the same shape.

    Returns:
        (n,) float32.
    """
    cosines = np.zeros(len(first), first.dtype)
    size = max(1, _BLOCK_BYTES // max(1, first[:1].nbytes))
    for start in range(0, len(first), size):
        block = slice(start, start + size)
        cosines[block] = _cosines(scaled_rows(first[block]), scaled_rows(second[block]))
    return cosines


def _cosines(first: NDArray[Real], second: NDArray[Real]) -> NDArray[Real]:
    # vecdot takes the sums as np.dot does for two vectors: the reference's to the last bit.
    dots = np.vecdot(first, second)
    norms = np.sqrt(np.vecdot(first, first)) * np.sqrt(np.vecdot(second, second))
    cosines: NDArray[Real] = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
    cosines[(norms > 0) & (first == second).all(axis=1)] = 1
    return cosines
