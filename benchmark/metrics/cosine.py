"""Cosine similarity of paired rows, as the reference computes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def paired_cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine of each row of one matrix with the same row of the other.

    SentEval's rule (``senteval/sts.py``): dot product over the product of the norms, in the
    dtype of the embeddings (float32), not clipped to [-1, 1]; where a vector is zero the
    similarity is 0. One thing is ours: a vector and itself have similarity 1, where the
    reference is off by a last bit or two. Ranks see such bits: STS12 has 79 pairs of the same
    sentence, and their noise alone moves its Spearman correlation by up to 0.00003, differently
    on each processor.

    Args:
        first: (n, d) float32, finite.
        second: the same shape.

    Returns:
        (n,) float32.
    """
    # vecdot takes the sums as np.dot does for two vectors: the reference's to the last bit.
    dots = np.vecdot(first, second)
    norms = np.sqrt(np.vecdot(first, first)) * np.sqrt(np.vecdot(second, second))
    # A product of norms that underflows to zero says no more than a zero vector does.
    cosines: NDArray[np.float32] = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
    cosines[(norms > 0) & (first == second).all(axis=1)] = 1
    return cosines


def zero_rows(matrix: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which rows of an (n, d) matrix are exactly zero (a sentence without known words)."""
    return np.asarray(~matrix.any(axis=1))
