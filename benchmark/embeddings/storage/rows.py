"""What is in the file of one encoder: whose vectors these are, and a row for each sentence."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.storage.database import drop_tables, is_damage, tables

FORMAT = 2
"""Raised whenever the layout changes; what a file of another format holds is not read."""

_LAYOUT = (
    """
    CREATE TABLE encoder (
        name TEXT NOT NULL, identity TEXT NOT NULL, width INTEGER NOT NULL, used REAL NOT NULL
    )
    """,
    """
    CREATE TABLE vector (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        tokens INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        vector BLOB NOT NULL
    )
    """,
)

# Whatever the bytes of a damaged file may be, these are the types that come out, or NULL.
_ROWS = """
SELECT id, CAST(digest AS BLOB), CAST(tokens AS INTEGER), CAST(checksum AS INTEGER),
    CAST(vector AS BLOB)
FROM vector
"""
_DROP = "DELETE FROM vector WHERE id = ? AND CAST(checksum AS INTEGER) IS ?"
_INSERT = "INSERT OR REPLACE INTO vector (digest, tokens, checksum, vector) VALUES (?, ?, ?, ?)"

_DIGEST_BYTES = 16
_ASKED_AT_ONCE = 500
"""SQLite takes at least 999 parameters."""

_READ_WHOLE = 3
"""Where a third of all rows is asked for, reading all of them is quicker than finding each."""


@dataclass(frozen=True, slots=True)
class EncodedVectors:
    """Vectors of some sentences, and what is worth knowing of their encoding.

    Attributes:
        matrix: (n, d) float32.
        tokens: (n,) int32 counts, 0 where the encoder counts none, negative for a sentence
            that was cut at the model's limit.
    """

    matrix: NDArray[np.float32]
    tokens: NDArray[np.int32]

    def rows(self, places: NDArray[np.intp]) -> EncodedVectors:
        """Return those of some of the sentences."""
        return EncodedVectors(self.matrix[places], self.tokens[places])

    def copy(self) -> EncodedVectors:
        """Return the same in memory of its own."""
        return EncodedVectors(self.matrix.copy(), self.tokens.copy())


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up gave.

    Attributes:
        places: (m,) which of the asked sentences were there.
        vectors: theirs, in that order.
    """

    places: NDArray[np.intp]
    vectors: EncodedVectors


NOTHING = Found(
    np.empty(0, np.intp), EncodedVectors(np.empty((0, 0), np.float32), np.empty(0, np.int32))
)

RowKey = tuple[int, object]
"""Number and checksum of a row: the number alone may be another row's soon."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What reading the rows of a file gave.

    Attributes:
        found: what was asked for and is there.
        damaged: rows that are not what was written.
        broken: why reading ended before the last row; None if it did not.
    """

    found: Found
    damaged: list[RowKey]
    broken: sqlite3.Error | None


class Owner(NamedTuple):
    """Whose vectors a file holds: the encoder, its dimension, the time of the last use."""

    identity: str
    width: int
    used: float


def prepare(connection: sqlite3.Connection, name: str, identity: str, width: int) -> None:
    """Lay out a new file, or one of another format, encoder or width; leave ours as it is.

    Of an encoder that changed its width and kept its version, what it said last counts.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    owner = owner_of(connection)
    if owner is not None and owner[:2] == (identity, width):
        return
    drop_tables(connection)
    for statement in _LAYOUT:
        connection.execute(statement)
    # The name of a folder need not be text: SQLite takes UTF-8 only.
    writable = name.encode("utf-8", "backslashreplace").decode()
    connection.execute("INSERT INTO encoder VALUES (?, ?, ?, 0)", (writable, identity, width))
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def is_new(connection: sqlite3.Connection) -> bool:
    """Tell whether the file holds nothing, not even of another format."""
    return not tables(connection)


def format_of(connection: sqlite3.Connection) -> int:
    """Return the format of the file; 0 for a new one."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def owner_of(connection: sqlite3.Connection) -> Owner | None:
    """Return whose vectors the file holds; None when it is not of this format.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    if format_of(connection) != FORMAT:
        return None
    if list(tables(connection).values()) != [statement.strip() for statement in _LAYOUT]:
        raise sqlite3.DatabaseError("malformed layout")
    row = connection.execute(
        "SELECT identity, COALESCE(CAST(width AS INTEGER), 0), COALESCE(CAST(used AS REAL), 0) "
        "FROM encoder"
    ).fetchone()
    if row is None:
        raise sqlite3.DatabaseError("it does not say whose vectors it holds")
    return Owner(str(row[0]), row[1], row[2])


def note_use(connection: sqlite3.Connection, now: float) -> None:
    """Remember when the file was used last."""
    connection.execute("UPDATE encoder SET used = ?", (now,))


def digest(sentence: str) -> bytes:
    """Return what stands for a sentence: a hash of its bytes, 128 bits."""
    content = sentence.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def digests(connection: sqlite3.Connection) -> set[bytes]:
    """Return what stands for the sentences of all rows: from the index, without their vectors.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    return {key for (key,) in connection.execute("SELECT digest FROM vector")}


def checksum(key: bytes, tokens: int, vector: bytes | memoryview) -> int:
    """CRC-32 over a row: for failing disks, not against forgery."""
    return crc32(vector, crc32(tokens.to_bytes(4, "little", signed=True), crc32(key)))


def insert(
    connection: sqlite3.Connection, sentences: Sequence[str], vectors: EncodedVectors
) -> None:
    """Store vectors; of a sentence that is there, or comes twice, the last one stays."""
    size = vectors.matrix.shape[1] * 4
    content = np.ascontiguousarray(vectors.matrix, "<f4").data.cast("B")
    rows = []
    for row, (sentence, tokens) in enumerate(zip(sentences, vectors.tokens.tolist(), strict=True)):
        key, vector = digest(sentence), content[row * size : (row + 1) * size]
        rows.append((key, tokens, checksum(key, tokens, vector), vector))
    # In the order of the index, whose pages are then written one after the other.
    connection.executemany(_INSERT, sorted(rows, key=itemgetter(0)))


def gather(connection: sqlite3.Connection, wanted: dict[bytes, int], width: int) -> Gathered:
    """Return the vectors of wanted digests, each of which has a place.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    missing, size = dict(wanted), width * 4
    places: list[int] = []
    counts: list[int] = []
    content = bytearray()
    damaged: list[RowKey] = []
    broken = None
    try:
        for number, key, tokens, checked, vector in _rows(connection, wanted):
            if not _is_intact(key, tokens, checked, vector, size):
                damaged.append((number, checked))
            elif (place := missing.pop(key, None)) is not None:
                places.append(place)
                counts.append(tokens)
                content += vector
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        broken = error
    found = NOTHING
    if places:
        matrix = np.frombuffer(content, "<f4").reshape(len(places), -1)
        found = Found(np.array(places, np.intp), EncodedVectors(matrix, np.array(counts, np.int32)))
    return Gathered(found, damaged, broken)


def _rows(connection: sqlite3.Connection, wanted: dict[bytes, int]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of these digests, or all that there are."""
    [stored] = connection.execute("SELECT COUNT(*) FROM vector").fetchone()
    if len(wanted) * _READ_WHOLE >= stored:
        yield from connection.execute(_ROWS)
        return
    keys = sorted(wanted)
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        asked = keys[start : start + _ASKED_AT_ONCE]
        marks = ", ".join("?" * len(asked))
        yield from connection.execute(f"{_ROWS} WHERE digest IN ({marks})", asked)


def _is_intact(key: Any, tokens: Any, checked: Any, vector: Any, size: int) -> bool:
    try:
        return len(vector) == size and checksum(key, tokens, vector) == checked
    except (TypeError, AttributeError, OverflowError):  # NULL, or no count that was ever written
        return False


def drop(connection: sqlite3.Connection, damaged: Sequence[RowKey]) -> None:
    """Delete damaged rows.

    Raises:
        sqlite3.DatabaseError: more than the content of rows is damaged.
    """
    # A row goes with its entry in the index, which a damaged digest would not find.
    connection.execute("REINDEX vector")
    connection.executemany(_DROP, damaged)
    [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(" ".join(verdict.split()))
