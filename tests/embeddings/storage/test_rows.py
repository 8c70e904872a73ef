"""Rows of one file: back to the last bit, found either way, and nothing that was changed passes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from benchmark.embeddings.storage import EncodedVectors, rows
from benchmark.embeddings.storage.rows import (
    checksum,
    digest,
    gather,
    insert,
    owner_of,
    prepare,
)
from tests.embeddings.storage.known import vectors_of

KEY, TOKENS, VECTOR = b"0123456789abcdef", -7, np.arange(3, dtype="<f4").tobytes()


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty file of an encoder of three dimensions, in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        prepare(connection, "mine", "me", 3)
        yield connection


def test_every_changed_byte_changes_the_checksum() -> None:
    right = checksum(KEY, TOKENS, VECTOR)
    for part in (KEY, VECTOR):
        for place in range(len(part)):
            for change in (1, 0x80, 0xFF):
                damaged = bytearray(part)
                damaged[place] ^= change
                key, vector = (damaged, VECTOR) if part is KEY else (KEY, damaged)
                assert checksum(bytes(key), TOKENS, bytes(vector)) != right
    assert all(checksum(KEY, TOKENS ^ 1 << bit, VECTOR) != right for bit in range(31))
    assert checksum(KEY, -TOKENS, VECTOR) != right


@pytest.mark.parametrize(
    "matrix",
    [
        np.arange(6, dtype=">f4").reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype="<f4").reshape(2, 3)),
        np.repeat(np.arange(6, dtype="<f4").reshape(2, 3), 2, axis=0)[::2],
    ],
    ids=["big-endian", "by columns", "with gaps"],
)
def test_the_order_of_bytes_is_always_the_same(
    connection: sqlite3.Connection, matrix: np.ndarray
) -> None:
    insert(connection, ["a", "b"], EncodedVectors(matrix, np.array([5, -7], np.int32)))
    stored = connection.execute("SELECT digest, tokens, vector FROM vector").fetchall()
    assert sorted(stored) == sorted(
        [
            (digest("a"), 5, b"\0\0\0\0\0\0\x80?\0\0\0@"),
            (digest("b"), -7, b"\0\0@@\0\0\x80@\0\0\xa0@"),
        ]
    )


@pytest.mark.parametrize("asked", [1, 3, 17, 40])
@pytest.mark.parametrize("read_whole", [0, 10**6], ids=["one by one", "all"])
def test_both_ways_of_reading_find_the_same(
    connection: sqlite3.Connection, asked: int, read_whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_READ_WHOLE", read_whole)
    monkeypatch.setattr(rows, "_ASKED_AT_ONCE", 4)
    stored = [f"sentence {place}" for place in range(25)]
    insert(connection, stored, vectors_of(stored))
    wanted = [f"sentence {place}" for place in range(3, 3 + asked)]
    places = {digest(sentence): place for place, sentence in enumerate(wanted)}
    gathered = gather(connection, places, 3)
    found = [wanted[place] for place in gathered.found.places]
    assert sorted(found) == sorted({*wanted} & {*stored})
    assert gathered.found.vectors.matrix.tobytes() == vectors_of(found).matrix.tobytes()
    assert gathered.found.vectors.tokens.tolist() == vectors_of(found).tokens.tolist()
    assert gathered.damaged == []
    assert gathered.broken is None
    assert len(places) == asked  # what was handed in stays as it is


def test_few_of_many_are_found_by_the_index(connection: sqlite3.Connection) -> None:
    """Looked at in SQLite's own plan."""
    [*_, plan] = connection.execute(
        f"EXPLAIN QUERY PLAN {rows._ROWS} WHERE digest IN (?, ?)", (b"a", b"b")
    ).fetchone()
    assert "SEARCH vector USING INDEX" in plan


def test_a_row_is_replaced_and_a_layout_stays(connection: sqlite3.Connection) -> None:
    for _ in range(2):
        prepare(connection, "mine", "me", 3)
        insert(connection, ["a", "b"], vectors_of(["a", "b"]))
    assert connection.execute("SELECT COUNT(*) FROM vector").fetchone() == (2,)
    assert owner_of(connection) == ("me", 3, 0.0)
    prepare(connection, "mine", "me", 4)
    assert connection.execute("SELECT COUNT(*) FROM vector").fetchone() == (0,)


def test_rows_and_copies() -> None:
    vectors = EncodedVectors(
        np.arange(6, dtype=np.float32).reshape(3, 2), np.array([5, 0, -7], np.int32)
    )
    some = vectors.rows(np.array([2, 0]))
    assert some.matrix.tolist() == [[4, 5], [0, 1]]
    assert some.tokens.tolist() == [-7, 5]
    copy = vectors.copy()
    copy.matrix[:], copy.tokens[:] = 9, 9
    assert vectors.matrix[0].tolist() == [0, 1]
    assert vectors.tokens.tolist() == [5, 0, -7]
