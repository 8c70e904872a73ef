"""The stored vectors of several encoders that compute together: what comes is cut apart."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.storage.rows import NOTHING, EncodedVectors, Found
from benchmark.embeddings.storage.store import VectorStore


@dataclass(frozen=True, slots=True)
class PartedStore:
    """Vectors that consist of parts of one width, each part in the store of its own encoder.

    Whoever asks one of those encoders alone finds there what it would have computed.

    Attributes:
        stores: of the parts, in their order.
    """

    stores: tuple[VectorStore, ...]

    @property
    def name(self) -> str:
        """Of the model, for messages."""
        return self.stores[0].name

    @property
    def path(self) -> Path:
        """Of one of the files, for messages."""
        return self.stores[0].path

    def look_up(self, sentences: Sequence[str]) -> Found:
        """Return the vectors of those sentences of which every part is there."""
        found = [store.look_up(sentences) for store in self.stores]
        there = functools.reduce(np.intersect1d, [part.places for part in found])
        if not len(there):
            return NOTHING
        parts = [part.vectors.rows(_rows_at(there, part.places)) for part in found]
        matrix = np.concatenate([part.matrix for part in parts], axis=1)
        return Found(there, EncodedVectors(matrix, parts[0].tokens))

    def add(self, sentences: Sequence[str], vectors: EncodedVectors) -> None:
        """Keep the vectors of sentences, each part in its store.

        Raises:
            OSError, sqlite3.Error: they cannot be written.
        """
        parts = np.split(vectors.matrix, len(self.stores), axis=1)
        for store, part in zip(self.stores, parts, strict=True):
            store.add(sentences, EncodedVectors(part, vectors.tokens))


def _rows_at(wanted: NDArray[np.intp], places: NDArray[np.intp]) -> NDArray[np.intp]:
    order = np.argsort(places)
    return order[np.searchsorted(places[order], wanted)]
