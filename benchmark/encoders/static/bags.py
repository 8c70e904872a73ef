"""Means of bags of vectors: which rows a sentence has, whatever their order.

Sums of floating-point numbers depend on their order in the last bits. Two sentences of the same
words have one bag and should have one vector; in the order of the sentences their cosine is now 1
and now 0.9999999, and ranks see that. So rows are summed in the order of their numbers
(`in_order`), unless the result is rounded to 16 bits as its library does it: there a last bit is a
thousand times as large, and the library's order is part of its result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_NUMBERS = 2**22
"""That are gathered at once: 16 MB of float32."""

Rows = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Gives the (n, k, d) vectors of (n, k) row numbers."""


def bag_means(bags: Sequence[Sequence[int]], rows: Rows, width: int, kind: Any) -> NDArray[Any]:
    """Return the (n, d) means of n bags; an empty one has the zero vector.

    Bags of one size are taken together. A mean adds one row to the next, so that it does not
    depend on the other bags to the last bit.

    Args:
        bags: the row numbers of each.
        rows: where their vectors are.
        width: d.
        kind: the type of the means.
    """
    by_size: defaultdict[int, list[int]] = defaultdict(list)
    for place, bag in enumerate(bags):
        by_size[len(bag)].append(place)
    means = np.zeros((len(bags), width), kind)
    for size, places in by_size.items():
        if not size:
            continue
        at_once = max(1, _MOST_NUMBERS // (size * max(1, width)))
        for start in range(0, len(places), at_once):
            some = places[start : start + at_once]
            ids = np.array([bags[place] for place in some], np.int64)
            means[some] = rows(ids).mean(axis=1)
    return means


def in_order(bag: Sequence[int]) -> list[int]:
    """Return a bag in the one order that all sentences with these rows share."""
    return sorted(bag)
