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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.blocks import Block, Vectors, pack
from benchmark.embeddings.database import identity_of, prepare, reading, writing

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16
_USE_GRAIN_SECONDS = 600.0
"""Use is noted this coarsely, so that reading seldom writes."""


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
        """
        if not sentences or not self.path.is_file():
            return NOTHING
        wanted = {digest(sentence): place for place, sentence in enumerate(sentences)}
        try:
            with reading(self.path) as connection:
                if identity_of(connection) != self.identity:
                    return NOTHING
                found, used, damaged = _gather(connection, wanted)
        except sqlite3.OperationalError as error:
            logger.warning("%s: the vectors in %s cannot be read (%s)", self.name, self.path, error)
            return NOTHING
        except sqlite3.DatabaseError as error:
            self._set_aside(error)
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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with writing(self.path) as connection:
            prepare(connection, self.name, self.identity)
            connection.execute(
                "INSERT INTO block (sentences, bytes, used, checksum, digests, tokens, vectors) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    len(finite),
                    block.size,
                    time.time(),
                    block.checksum,
                    block.digests,
                    block.tokens,
                    block.vectors,
                ),
            )

    def _note(self, used: Sequence[int], damaged: Sequence[int]) -> None:
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
        try:
            with writing(self.path) as connection:
                now = time.time()
                connection.executemany(
                    "UPDATE block SET used = ? WHERE id = ?", [(now, number) for number in used]
                )
                connection.executemany(
                    "DELETE FROM block WHERE id = ?", [(number,) for number in damaged]
                )
        except sqlite3.OperationalError as error:
            logger.debug("%s: use not noted (%s)", self.path, error)
        except sqlite3.DatabaseError as error:
            self._set_aside(error)

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        aside = self.path.with_suffix(".damaged")
        self.path.replace(aside)
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
) -> tuple[Found, list[int], list[int]]:
    """Return what is wanted and there, the blocks whose use is to be noted, the damaged ones."""
    missing = dict(wanted)
    places: list[NDArray[np.intp]] = []
    pieces: list[Vectors] = []
    used, damaged = [], []
    stale = time.time() - _USE_GRAIN_SECONDS
    listed = connection.execute("SELECT id, used, digests FROM block ORDER BY id DESC").fetchall()
    for number, last_use, digests in listed:
        keys = [digests[i : i + _DIGEST_BYTES] for i in range(0, len(digests), _DIGEST_BYTES)]
        rows = [row for row, key in enumerate(keys) if key in missing]
        if not rows:
            continue
        vectors = _read(connection, number)
        if vectors is None:
            damaged.append(number)
            continue
        places.append(np.array([missing.pop(keys[row]) for row in rows], np.intp))
        pieces.append(vectors.rows(np.array(rows, np.intp)) if len(rows) < len(keys) else vectors)
        if last_use < stale:
            used.append(number)
    if not pieces:
        return NOTHING, used, damaged
    matrix = np.concatenate([piece.matrix for piece in pieces])
    tokens = np.concatenate([piece.tokens for piece in pieces])
    return Found(np.concatenate(places), Vectors(matrix, tokens)), used, damaged


def _read(connection: sqlite3.Connection, number: int) -> Vectors | None:
    """Return the vectors of a block, or None when it is not what was written."""
    try:
        checksum, *parts = connection.execute(
            "SELECT checksum, digests, tokens, vectors FROM block WHERE id = ?", (number,)
        ).fetchone()
        block = Block(*parts)
        return block.unpacked() if block.checksum == checksum else None
    except (sqlite3.DatabaseError, TypeError, ValueError):
        return None
