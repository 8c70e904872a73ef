"""Write vectors to the store while encoding goes on, in pieces worth a write."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence

import numpy as np

from benchmark.embeddings.blocks import Vectors
from benchmark.embeddings.store import VectorStore

logger = logging.getLogger(__name__)

_SECONDS = 1.0
"""Encoding that a killed run may lose."""


class Keeper:
    """Gathers vectors, and writes them about once a second.

    A full disk or a lost folder is reported once; the run goes on without the store.
    """

    def __init__(self, store: VectorStore | None) -> None:
        """Write into this store; into none if there is none."""
        self._store = store
        self._sentences: list[str] = []
        self._vectors: list[Vectors] = []
        self._written = time.monotonic()

    def keep(self, sentences: Sequence[str], vectors: Vectors) -> None:
        """Take the vectors of some sentences, as they are now."""
        if self._store is None:
            return
        self._sentences.extend(sentences)
        self._vectors.append(vectors.copy())  # an encoder may use one buffer again and again
        if time.monotonic() - self._written > _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what was taken so far."""
        if self._store is None or not self._vectors:
            return
        gathered = Vectors(
            np.concatenate([vectors.matrix for vectors in self._vectors]),
            np.concatenate([vectors.tokens for vectors in self._vectors]),
        )
        try:
            self._store.add(self._sentences, gathered)
        except (OSError, sqlite3.Error) as error:
            logger.warning(
                "%s: vectors cannot be stored in %s (%s); going on without",
                self._store.name,
                self._store.path.parent,
                error,
            )
            self._store = None
        self._sentences, self._vectors = [], []
        self._written = time.monotonic()
