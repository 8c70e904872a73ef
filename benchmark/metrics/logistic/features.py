"""Features of samples that are formed when they are asked for, from vectors that are there once.

A sentence that many samples have keeps one vector, and of half a million pairs no row is formed
before its batch is trained: four times the width of a vector each would not fit into memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Form = Literal["u", "|u-v|, u*v", "u, v, u*v, |u-v|"]
"""What a row is made of, blocks side by side: u is its sentence's vector, v that of the other."""

BLOCKS: Final[dict[Form, int]] = {"u": 1, "|u-v|, u*v": 2, "u, v, u*v, |u-v|": 4}
"""How many vectors wide a row is."""

MOST_ROWS: Final = 8192
"""Rows that are formed at once where all of them are wanted in the end."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows of features, (n, d) float32, each formed from one vector or two.

    Indexing gives an array, as of an array of that shape.

    Attributes:
        table: (m, k) float32, contiguous.
        first: (n,) row of the table that is u.
        second: (n,) row of the table that is v, of pairs; the same as ``first`` of sentences.
        form: what is made of them.
    """

    table: NDArray[np.float32]
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    form: Form = "u"

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of rows, and how wide one is."""
        return len(self.first), self.table.shape[1] * BLOCKS[self.form]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.first)

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        """Form these rows."""
        u: NDArray[np.float32] = self.table[self.first[rows]]
        if self.form == "u":
            return u
        v = self.table[self.second[rows]]
        with np.errstate(over="ignore", invalid="ignore"):  # refused as not finite
            blocks = [np.abs(u - v), u * v]
        if self.form == "u, v, u*v, |u-v|":
            blocks = [u, v, *reversed(blocks)]
        return np.concatenate(blocks, axis=-1)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Form all of them."""
        return np.asarray(self[:], dtype)


Features = NDArray[np.float32] | Gathered


def gathered(features: Features) -> Gathered:
    """Return features as rows of a table; of an array they are its own rows, and nothing moves."""
    if isinstance(features, Gathered):
        return features
    rows = np.arange(len(features), dtype=np.int32)
    return Gathered(np.ascontiguousarray(features), rows, rows)


def stacked(first: Features, second: Features) -> Features:
    """Return the rows of both, one after another; what shares a table goes on sharing it."""
    if not isinstance(first, Gathered) or not isinstance(second, Gathered):
        return np.concatenate([first, second])
    if first.table is not second.table or first.form != second.form:
        return np.concatenate([first, second])
    return Gathered(
        first.table,
        np.concatenate([first.first, second.first]),
        np.concatenate([first.second, second.second]),
        first.form,
    )


def blocks_of(count: int) -> list[slice]:
    """Return the stretches in which so many rows are gone through."""
    return [slice(start, start + MOST_ROWS) for start in range(0, count, MOST_ROWS)]


def all_finite(features: Features) -> bool:
    """Tell whether every number of every row is finite."""
    return all(bool(np.isfinite(features[rows]).all()) for rows in blocks_of(len(features)))
