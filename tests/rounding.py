"""How close two computations of the same vectors come, whatever processor makes them.

float32 has a unit roundoff u of 6e-8. A sum of n products that is taken in another order (by
another kernel, on more threads, in a batch of another size, or in double precision) moves by some
sqrt(n) u of its terms; a layer is a few such sums, and the normalization behind it keeps the error
in proportion. The models of the tests have up to six layers, 16 to 384 wide: some tens of u. The
test of this file has what was measured, and what a fault costs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

OF_A_NETWORK = 1e-5
"""Of the largest entry: 170 u."""


def assert_close(found: Any, wanted: Any, within: float = OF_A_NETWORK) -> None:
    """Compare what an encoder gave, in float32; what is not finite must be the same.

    Args:
        found: the vectors.
        wanted: the same ones, computed in another way.
        within: how far an entry may be off, of the largest entry.
    """
    assert found.dtype == np.float32
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=within * _largest(wanted))


def assert_apart(others: Any, vectors: Any) -> None:
    """Make sure that comparing tells something: these are not the same by a hundred times that."""
    assert np.abs(others - vectors).max() > 100 * OF_A_NETWORK * _largest(vectors)


def _largest(vectors: Any) -> float:
    wide = np.abs(np.asarray(vectors, np.float64))
    return float(wide[np.isfinite(wide)].max(initial=0))
