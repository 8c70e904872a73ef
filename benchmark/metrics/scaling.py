"""Rows brought to one size by powers of two, so that no product of theirs over- or underflows.

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
