"""The token ids of many sentences, in one array: a hundred bytes each instead of a thousand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from operator import index
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.raising import raised
from benchmark.errors import ModelError

_AT_ONCE = 16384
"""Rows that are looked at together."""

_MOST = np.iinfo(np.int32).max


class TokenRows(Sequence[list[int]]):
    """Rows of token ids; each is a list when it is asked for.

    Attributes:
        lengths: (n,) of the rows.
    """

    def __init__(self, flat: NDArray[np.integer[Any]], lengths: NDArray[np.int64]) -> None:
        """Cut (m,) ids, which are the rows one behind the other, into rows of these lengths."""
        self.lengths = lengths
        self._flat = flat
        self._ends = np.cumsum(lengths)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.lengths)

    @overload
    def __getitem__(self, place: int) -> list[int]: ...
    @overload
    def __getitem__(self, place: slice) -> list[list[int]]: ...
    def __getitem__(self, place: int | slice) -> list[int] | list[list[int]]:
        """Return a row, or several."""
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        end = self._ends[place]
        row: list[int] = self._flat[end - self.lengths[place] : end].tolist()
        return row


def checked_tokens(name: str, tokenized: Any, sentences: int) -> tuple[TokenRows, list[int]]:
    """Return the token ids and the places that were cut, if these are what they should be.

    Raises:
        ModelError: they are not; one line says how.
    """
    try:
        ids, cut = tokenized.ids, [index(place) for place in tokenized.truncated]
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        parts = list(_parts(ids))
    except Exception as error:
        raise ModelError(
            f"{name}: tokenize returned {type(tokenized).__name__}, not TokenizedSentences of "
            f"lists of token ids ({raised(error)})"
        ) from error
    if len(lengths) != sentences:
        raise ModelError(f"{name}: tokenize returned {len(lengths)} rows for {sentences} sentences")
    if odd := [part.dtype for part in parts if part.dtype.kind not in "iu"]:
        raise ModelError(f"{name}: tokenize returned ids of {odd[0]}, not whole numbers")
    flat = np.concatenate(parts) if parts else np.empty(0, np.int32)
    if flat.size and flat.min() < 0:
        raise ModelError(f"{name}: tokenize returned the negative id {flat.min()}")
    if wrong := [place for place in cut if not 0 <= place < sentences]:
        raise ModelError(f"{name}: tokenize says that sentence {wrong[0]} of {sentences} was cut")
    return TokenRows(flat, lengths), cut


def _parts(ids: Sequence[Sequence[int]]) -> Iterator[NDArray[Any]]:
    """Yield the ids of some rows after the other, whatever they are, as small as they may be."""
    for start in range(0, len(ids), _AT_ONCE):
        tokens = list(itertools.chain.from_iterable(ids[start : start + _AT_ONCE]))
        if not tokens:
            continue
        part = np.array(tokens)
        if part.dtype.kind in "iu" and part.min() >= -_MOST and part.max() <= _MOST:
            part = part.astype(np.int32)
        yield part
