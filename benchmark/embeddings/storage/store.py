"""The stored vectors of one encoder: looked up before encoding, written while it goes on.

One file for each encoder, named by a hash of everything that decides its vectors.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmark.embeddings.storage.database import delete, is_damage, is_gone, reading, writing
from benchmark.embeddings.storage.rows import (
    NOTHING,
    EncodedVectors,
    Found,
    Owner,
    RowKey,
    digest,
    digests,
    drop,
    gather,
    insert,
    is_new,
    note_use,
    owner_of,
    prepare,
)

logger = logging.getLogger(__name__)

_USE_GRAIN_SECONDS = 600.0
"""Use is noted this coarsely, so that reading seldom writes."""

_SECONDS = 1.0
"""Encoding that a killed run may lose."""


@dataclass(frozen=True, slots=True)
class VectorStore:
    """The vectors of one encoder.

    Attributes:
        path: of the file.
        identity: everything that decides a vector, as text; the file holds it too.
        name: of the model, for listings and messages.
    """

    path: Path
    identity: str
    name: str

    def look_up(self, sentences: Sequence[str]) -> Found:
        """Return the vectors that are there.

        Nothing that is wrong with the file stops a run: a damaged row is dropped, a damaged
        file set aside, one that cannot be read left alone. Each is reported, and the
        sentences count as not there.

        Args:
            sentences: distinct ones; of one that repeats, the last place is told.
        """
        try:
            if not sentences or not self.path.is_file():
                return NOTHING
            wanted = {digest(sentence): place for place, sentence in enumerate(sentences)}
            with reading(self.path) as connection:
                owner = self._owner(connection)
                if owner is None:
                    return NOTHING
                gathered = gather(connection, wanted, owner.width)
        except (OSError, sqlite3.Error) as error:
            if is_damage(error):
                self._set_aside(error)
            else:
                self._cannot_be_read(error)
            return NOTHING
        if gathered.damaged:
            logger.warning(
                "%s: %d damaged rows of stored vectors in %s; encoding their sentences again",
                self.name,
                len(gathered.damaged),
                self.path,
            )
        if gathered.broken:
            self._set_aside(gathered.broken)
        else:
            self._note(owner.used, gathered.damaged)
        return gathered.found

    def count(self, sentences: Sequence[str]) -> int:
        """Return of how many distinct sentences there are vectors; nothing is read or noted.

        Whether each is whole is seen when it is looked up. A file that cannot be read has none.
        """
        wanted = {digest(sentence) for sentence in sentences}
        try:
            if not wanted or not self.path.is_file():
                return 0
            with reading(self.path) as connection:
                owner = owner_of(connection)
                if owner is None or owner.identity != self.identity:
                    return 0
                return len(wanted & digests(connection))
        except (OSError, sqlite3.Error):
            return 0

    def add(self, sentences: Sequence[str], vectors: EncodedVectors) -> None:
        """Keep the vectors of sentences; they are on the disk when this returns.

        Vectors that are not finite are left out: the next run shall try again.

        Raises:
            OSError, sqlite3.Error: they cannot be written.
        """
        finite = np.flatnonzero(np.isfinite(vectors.matrix).all(axis=1))
        if not len(finite):
            return
        kept = [sentences[int(place)] for place in finite]
        try:
            self._write(kept, vectors.rows(finite))
        except sqlite3.Error as error:
            if is_damage(error):
                self._set_aside(error)
            elif not is_gone(error):
                raise
            self._write(kept, vectors.rows(finite))

    def forget(self) -> bool:
        """Delete all vectors of the encoder; tell whether they are gone."""
        try:
            delete(self.path)
        except (OSError, sqlite3.Error) as error:
            logger.warning(
                "%s: the vectors in %s cannot be deleted (%s); going on without",
                self.name,
                self.path,
                error,
            )
            return False
        return True

    def _write(self, sentences: Sequence[str], vectors: EncodedVectors) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with writing(self.path, new=True) as connection:
            prepare(connection, self.name, self.identity, vectors.matrix.shape[1])
            insert(connection, sentences, vectors)
            note_use(connection, time.time())

    def _owner(self, connection: sqlite3.Connection) -> Owner | None:
        owner = owner_of(connection)
        if owner is not None and owner.identity == self.identity:
            return owner
        if not is_new(connection):
            logger.warning(
                "%s: %s was stored by another version or for another encoder; encoding again",
                self.name,
                self.path,
            )
        return None

    def _note(self, used: float, damaged: Sequence[RowKey]) -> None:
        """Note the use, drop damaged rows; a file that is read-only stays as it is."""
        now = time.time()
        if not damaged and abs(now - used) < _USE_GRAIN_SECONDS:
            return
        try:
            with writing(self.path) as connection:
                if is_new(connection):  # somebody cleared it meanwhile
                    return
                note_use(connection, now)
                if damaged:
                    drop(connection, damaged)
        except sqlite3.Error as error:
            if is_damage(error):
                self._set_aside(error)
            else:
                logger.debug("%s: use not noted (%s)", self.path, error)

    def _cannot_be_read(self, error: Exception) -> None:
        logger.warning("%s: the vectors in %s cannot be read (%s)", self.name, self.path, error)

    def _set_aside(self, error: Exception) -> None:
        aside = self.path.with_suffix(".damaged")
        try:
            self.path.replace(aside)
        except FileNotFoundError:  # another process did it first
            return
        except OSError as failure:
            self._cannot_be_read(failure)
            return
        logger.warning(
            "%s: the stored vectors are damaged (%s), set aside as %s; encoding again",
            self.name,
            error,
            aside,
        )


class Kept(Protocol):
    """What `Keeper` writes into, and `benchmark.embeddings.embed` looks up: a `VectorStore`."""

    @property
    def name(self) -> str:
        """Of the model, for messages."""
        ...

    @property
    def path(self) -> Path:
        """Of a file, for messages."""
        ...

    def look_up(self, sentences: Sequence[str]) -> Found:
        """Return the vectors that are there."""
        ...

    def add(self, sentences: Sequence[str], vectors: EncodedVectors) -> None:
        """Keep the vectors of sentences."""
        ...


class Keeper:
    """Gathers vectors while encoding goes on, and writes them about once a second.

    A full disk or a lost folder is reported once; the run goes on without the store.
    """

    def __init__(self, store: Kept | None, most: float = math.inf) -> None:
        """Write into this store; into none if there is none.

        Args:
            store: of the encoder.
            most: sentences; as soon as so many are gathered, they are written.
        """
        self._store = store
        self._most = most
        self._sentences: list[str] = []
        self._vectors: list[EncodedVectors] = []
        self._written = time.monotonic()

    def keep(self, sentences: Sequence[str], vectors: EncodedVectors) -> None:
        """Take the vectors of some sentences, as they are now."""
        if self._store is None:
            return
        self._sentences.extend(sentences)
        self._vectors.append(vectors.copy())  # an encoder may use one buffer again and again
        late = time.monotonic() - self._written > _SECONDS
        if late or len(self._sentences) >= self._most:
            self.flush()

    def flush(self) -> None:
        """Write what was taken so far."""
        if self._store is None or not self._vectors:
            return
        gathered = EncodedVectors(
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
