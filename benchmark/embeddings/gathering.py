"""Look sentences up in the blocks of one file: what is there, and what is damaged."""

from __future__ import annotations

import hashlib
import sqlite3
import time
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.blocks import Block, Vectors

_DIGEST_BYTES = 16
_USE_GRAIN_SECONDS = 600.0
"""Use is noted this coarsely, so that reading seldom writes."""

# Whatever the bytes of a damaged file may be, these are the types that come out.
_LIST = """
SELECT id, checksum, COALESCE(CAST(used AS REAL), 0), digests_checksum,
    COALESCE(CAST(digests AS BLOB), x'')
FROM block ORDER BY id DESC
"""

BlockKey = tuple[int, object]
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
class Gathered:
    """What reading the blocks of a file gave.

    Attributes:
        found: what was asked for and is there.
        to_note: numbers of blocks that were used, and whose last use was noted long ago.
        damaged: blocks that are not what was written.
    """

    found: Found
    to_note: list[int]
    damaged: list[BlockKey]


def digest(sentence: str) -> bytes:
    """Return what stands for a sentence: a hash of its bytes, 128 bits."""
    content = sentence.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def gather(connection: sqlite3.Connection, wanted: dict[bytes, int]) -> Gathered:
    """Return the vectors of wanted digests, each of which has a place; the newest blocks first.

    Raises:
        sqlite3.Error: the file cannot be read, or is damaged beyond its blocks.
    """
    missing = dict(wanted)
    pieces: list[Found] = []
    to_note: list[int] = []
    damaged: list[BlockKey] = []
    long_ago = time.time() - _USE_GRAIN_SECONDS
    for number, checksum, used, digests_checksum, digests in connection.execute(_LIST).fetchall():
        intact = zlib.crc32(digests) == digests_checksum
        here = {key: row for row, key in enumerate(_keys(digests)) if key in missing}
        if intact and not here:
            continue
        vectors = _read(connection, number, digests) if intact else None
        if vectors is None:
            damaged.append((number, checksum))
        elif _is_as_wide(vectors, pieces):
            places = np.array([missing.pop(key) for key in here], np.intp)
            pieces.append(Found(places, _only(vectors, list(here.values()))))
            if used < long_ago:
                to_note.append(number)
    return Gathered(_joined(pieces), to_note, damaged)


def _is_as_wide(vectors: Vectors, pieces: list[Found]) -> bool:
    """Of an encoder that changed and kept its version, what it said last counts."""
    return not pieces or vectors.matrix.shape[1] == pieces[0].vectors.matrix.shape[1]


def _only(vectors: Vectors, rows: list[int]) -> Vectors:
    whole = rows == list(range(len(vectors)))
    return vectors if whole else vectors.rows(np.array(rows, np.intp))


def _joined(pieces: list[Found]) -> Found:
    if not pieces:
        return NOTHING
    places = np.concatenate([piece.places for piece in pieces])
    matrix = np.concatenate([piece.vectors.matrix for piece in pieces])
    tokens = np.concatenate([piece.vectors.tokens for piece in pieces])
    return Found(places, Vectors(matrix, tokens))


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
