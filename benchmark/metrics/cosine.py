"""Cosine similarity of paired rows, as the reference computes it, of vectors of any size.

Rows are brought to one size by powers of two, so that no product of theirs over- or underflows.
Multiplying by a power of two is exact: what is computed from such rows and does not depend on
their lengths has the very bits that it has for rows of an ordinary size.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", bound=np.floating[Any])

_CLEAR_OF_SUBNORMALS = 66
"""Binary digits between the largest number of a row and what the processor may take for zero
without any effect on a sum of products."""


def scaled_rows(matrix: NDArray[Real]) -> NDArray[Real]:
    """Return each row times the power of two that brings its largest magnitude into [1/2, 1).

    Subnormal numbers count for what they are, also where the processor was told to take them
    for zero (PyTorch's ``set_flush_denormal``, libraries built with ``-ffast-math``).

    Args:
        matrix: (n, d) float32 or float64, finite; rows of zeros stay as they are.

    Returns:
        (n, d) of the same type, contiguous.
    """
    kind = np.finfo(matrix.dtype)
    largest = np.maximum(matrix.max(axis=1, initial=0), -matrix.min(axis=1, initial=0))
    usual = largest >= np.ldexp(kind.smallest_normal, _CLEAR_OF_SUBNORMALS)
    usual &= largest < np.ldexp(kind.max, -3)  # the factor is no subnormal number either
    exponents = np.where(usual, np.frexp(largest)[1], 0)
    factors = np.ldexp(matrix.dtype.type(1), -exponents)
    scaled: NDArray[Real] = np.multiply(matrix, factors[:, None], order="C")
    if not usual.all():
        scaled[~usual] = _from_bits(matrix[~usual])
    return scaled


def zero_rows(matrix: NDArray[Real]) -> NDArray[np.bool_]:
    """Tell which rows of an (n, d) matrix are exactly zero (a sentence without known words)."""
    return np.asarray(~_magnitudes(matrix).any(axis=1))


def _from_bits(rows: NDArray[Real]) -> NDArray[Real]:
    kind = np.finfo(rows.dtype)
    magnitudes = _magnitudes(rows)
    subnormal = magnitudes < 1 << kind.nmant
    normal = np.where(subnormal, np.copysign(magnitudes.astype(rows.dtype), rows), rows)
    fractions, exponents = np.frexp(normal)
    exponents += np.where(subnormal, kind.minexp - kind.nmant, 0)
    top = exponents.max(axis=1, where=fractions != 0, initial=kind.minexp * 2, keepdims=True)
    return np.asarray(np.ldexp(fractions, exponents - top), rows.dtype)


def _magnitudes(matrix: NDArray[Real]) -> NDArray[np.unsignedinteger[Any]]:
    """Return the bits of each number but its sign: a whole number that grows with it."""
    whole = np.dtype(f"u{matrix.dtype.itemsize}")
    return np.ascontiguousarray(np.abs(matrix)).view(whole)


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
