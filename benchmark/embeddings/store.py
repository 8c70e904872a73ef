"""Vectors on disk: no sentence goes through the same encoder twice.

One file for each encoder, named by a hash of everything that decides its vectors. Its rows
are blocks of sentences, each with digests, token counts, vectors and a checksum: 150,000
look-ups are then some large reads and one pass over a dictionary.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.embeddings.blocks import Block, Vectors, pack
from benchmark.embeddings.database import delete, give_back, is_damage, is_gone, reading, writing
from benchmark.embeddings.gathering import NOTHING, BlockKey, Found, digest, gather
from benchmark.embeddings.layout import identity_of, is_new, prepare

__all__ = ["NOTHING", "Found", "VectorStore"]

logger = logging.getLogger(__name__)


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

        Nothing that is wrong with the file stops a run: a damaged block is dropped, a damaged
        file set aside, one that cannot be read left alone. Each is reported, and the
        sentences count as not there.

        Args:
            sentences: distinct ones; of one that repeats, the last place is told.
        """
        wanted = {digest(sentence): place for place, sentence in enumerate(sentences)}
        try:
            if not wanted or not self.path.is_file():
                return NOTHING
            with reading(self.path) as connection:
                if not self._is_ours(connection):
                    return NOTHING
                gathered = gather(connection, wanted)
        except (OSError, sqlite3.Error) as error:
            if is_damage(error):
                self._set_aside(error)
            else:
                self._cannot_be_read(error)
            return NOTHING
        self._note(gathered.to_note, gathered.damaged)
        return gathered.found

    def add(self, sentences: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors of sentences; they are on the disk when this returns.

        Vectors that are not finite are left out: the next run shall try again.

        Raises:
            OSError, sqlite3.Error: they cannot be written.
        """
        finite = np.flatnonzero(np.isfinite(vectors.matrix).all(axis=1))
        if not len(finite):
            return
        block = pack([digest(sentences[int(row)]) for row in finite], vectors.rows(finite))
        try:
            self._write(block, len(finite))
        except sqlite3.Error as error:
            if is_damage(error):
                self._set_aside(error)
            elif not is_gone(error):
                raise
            self._write(block, len(finite))

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

    def _write(self, block: Block, sentences: int) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with writing(self.path, new=True) as connection:
            prepare(connection, self.name, self.identity)
            connection.execute(
                "INSERT INTO block (sentences, bytes, used, digests_checksum, checksum, digests, "
                "tokens, vectors) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    sentences,
                    block.size,
                    time.time(),
                    block.digests_checksum,
                    block.checksum,
                    block.digests,
                    block.tokens,
                    block.vectors,
                ),
            )

    def _is_ours(self, connection: sqlite3.Connection) -> bool:
        if identity_of(connection) == self.identity:
            return True
        if not is_new(connection):
            logger.warning(
                "%s: %s was stored by another version or for another encoder; encoding again",
                self.name,
                self.path,
            )
        return False

    def _note(self, used: Sequence[int], damaged: Sequence[BlockKey]) -> None:
        """Note the use of blocks, drop damaged ones; a file that is read-only stays as it is."""
        if damaged:
            logger.warning(
                "%s: %d damaged blocks of stored vectors in %s; encoding their sentences again",
                self.name,
                len(damaged),
                self.path,
            )
        if not used and not damaged:
            return
        now = time.time()
        try:
            with writing(self.path) as connection:
                connection.executemany(
                    "UPDATE block SET used = ? WHERE id = ?", [(now, number) for number in used]
                )
                connection.executemany(
                    "DELETE FROM block WHERE id = ? AND checksum IS ?", list(damaged)
                )
                if damaged:
                    give_back(connection)
                    _require_sound(connection)
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


def _require_sound(connection: sqlite3.Connection) -> None:
    """Raise `sqlite3.DatabaseError` when more than the content of a block is damaged."""
    [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(" ".join(verdict.split()))
