"""Scores that follow from sums over rows: Pearson's correlation, and means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sums_by_unit(terms: Floats, units: NDArray[np.int64], count: int) -> Floats:
    """Add up (terms, n) values over the rows of each of ``count`` units: (units, terms)."""
    return np.stack([np.bincount(units, term, count) for term in terms], axis=1)


def standardised(values: NDArray[Any]) -> Floats:
    """Centre (n,) values and scale them to standard deviation one, so that squares keep digits.

    Values without any spread become zeros.
    """
    if values.min() == values.max():
        return np.zeros(len(values))
    centred = values.astype(np.float64)
    centred = centred / np.abs(centred).max()
    centred = centred - centred.mean()
    return np.asarray(centred / centred.std())


def correlation(total: Any, x: Any, xx: Any, y: Any, yy: Any, xy: Any) -> Floats:
    """Return Pearson's correlation from sums of weights, values, squares and products.

    NaN where a list has no spread: what is left there is rounding, some 1e-16 of the sums that
    cancelled.
    """
    x_spread, y_spread = total * xx - x**2, total * yy - y**2
    defined = (x_spread > 1e-12 * total * xx) & (y_spread > 1e-12 * total * yy)
    return np.asarray(
        (total * xy - x * y) / np.sqrt(np.where(defined, x_spread * y_spread, np.nan))
    )
