"""Vectors on disk: no sentence goes through the same encoder twice.

One file for each encoder, named by a hash of everything that decides its vectors. Its rows
are blocks of sentences, each with digests, token counts, vectors and a checksum: 150,000
look-ups are then some large reads and one pass over a dictionary.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.blocks import Block, Vectors, pack
from benchmark.embeddings.database import (
    give_back,
    identity_of,
    is_damage,
    is_gone,
    is_new,
    prepare,
    reading,
    writing,
)

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16
_USE_GRAIN_SECONDS = 600.0
"""Use is noted this coarsely, so that reading seldom writes."""


# Whatever the bytes of a damaged file may be, these are the types that come out.
_LIST = """
SELECT id, checksum, COALESCE(CAST(used AS REAL), 0), digests_checksum,
    COALESCE(CAST(digests AS BLOB), x'')
FROM block ORDER BY id DESC
"""

_Key = tuple[int, object]
"""Number and checksum of a block: the number alone may be another block's soon."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up gave.

    Attributes:
        places: (m,) which of the asked sentences were there.
        vectors: theirs, in that order.
    """

    places: NDArray[np.intp]
    vectors: Vectors


NOTHING = Found(np.empty(0, np.intp), Vectors(np.empty((0, 0), np.float32), np.empty(0, np.int32)))


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
                found, used, damaged = _gather(connection, wanted)
        except sqlite3.Error as error:
            self._report(error)
            return NOTHING
        except OSError as error:
            self._cannot_be_read(error)
            return NOTHING
        self._note(used, damaged)
        return found

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

    def _note(self, used: Sequence[int], damaged: Sequence[_Key]) -> None:
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

    def _report(self, error: sqlite3.Error) -> None:
        if is_damage(error):
            self._set_aside(error)
        else:
            self._cannot_be_read(error)

    def _cannot_be_read(self, error: Exception) -> None:
        logger.warning("%s: the vectors in %s cannot be read (%s)", self.name, self.path, error)

    def _set_aside(self, error: sqlite3.Error) -> None:
        aside = self.path.with_suffix(".damaged")
        try:
            self.path.replace(aside)
        except OSError as failure:  # another process did it first, or may not
            self._cannot_be_read(failure)
            return
        logger.warning(
            "%s: the stored vectors are damaged (%s), set aside as %s; encoding again",
            self.name,
            error,
            aside,
        )


def digest(sentence: str) -> bytes:
    """Return what stands for a sentence: a hash of its bytes, 128 bits."""
    content = sentence.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _gather(
    connection: sqlite3.Connection, wanted: dict[bytes, int]
) -> tuple[Found, list[int], list[_Key]]:
    """Return what is wanted and there, the blocks whose use is to be noted, the damaged ones."""
    missing = dict(wanted)
    places: list[NDArray[np.intp]] = []
    pieces: list[Vectors] = []
    used: list[int] = []
    damaged: list[_Key] = []
    stale = time.time() - _USE_GRAIN_SECONDS
    for number, checksum, last_use, listed, digests in connection.execute(_LIST).fetchall():
        if zlib.crc32(digests) != listed:
            damaged.append((number, checksum))
            continue
        here = {key: row for row, key in enumerate(_keys(digests)) if key in missing}
        if not here:
            continue
        vectors = _read(connection, number, digests)
        if vectors is None:
            damaged.append((number, checksum))
            continue
        if pieces and vectors.matrix.shape[1] != pieces[0].matrix.shape[1]:
            continue  # an encoder that changed and kept its version: what it said last counts
        places.append(np.array([missing.pop(key) for key in here], np.intp))
        rows = list(here.values())
        pieces.append(
            vectors.rows(np.array(rows, np.intp)) if len(rows) < len(vectors) else vectors
        )
        if last_use < stale:
            used.append(number)
    if not pieces:
        return NOTHING, used, damaged
    matrix = np.concatenate([piece.matrix for piece in pieces])
    tokens = np.concatenate([piece.tokens for piece in pieces])
    return Found(np.concatenate(places), Vectors(matrix, tokens)), used, damaged


def _keys(digests: bytes) -> list[bytes]:
    return [digests[i : i + _DIGEST_BYTES] for i in range(0, len(digests), _DIGEST_BYTES)]


def _read(connection: sqlite3.Connection, number: int, digests: bytes) -> Vectors | None:
    """Return the vectors of a block, or None when it is not what was written with these digests."""
    try:
        checksum, tokens, vectors = connection.execute(
            "SELECT checksum, tokens, vectors FROM block WHERE id = ?", (number,)
        ).fetchone()
        block = Block(digests, tokens, vectors)
        return block.unpacked() if block.checksum == checksum else None
    except (sqlite3.DatabaseError, TypeError, ValueError):
        return None


def _require_sound(connection: sqlite3.Connection) -> None:
    """Raise `sqlite3.DatabaseError` when more than the content of a block is damaged."""
    [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(" ".join(verdict.split()))
