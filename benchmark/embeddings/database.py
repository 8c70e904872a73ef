"""The SQLite file that holds the vectors of one encoder.

Connections live for one read or one write. SQLite's rollback journal keeps a killed writer
from leaving half a block, and its locks keep several processes from each other's way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FORMAT = 1
"""Raised whenever the layout changes; what a file of another format holds is not read."""

WAIT_SECONDS = 60.0
"""How long a process waits for another one to finish its read or write."""

_PAGE_BYTES = 65536

# Small columns first: SQLite reads a row from its start as far as it is asked for.
_LAYOUT = (
    "CREATE TABLE encoder (name TEXT NOT NULL, identity TEXT NOT NULL)",
    """
    CREATE TABLE block (
        id INTEGER PRIMARY KEY,
        sentences INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        used REAL NOT NULL,
        checksum INTEGER NOT NULL,
        digests BLOB NOT NULL,
        tokens BLOB NOT NULL,
        vectors BLOB NOT NULL
    )
    """,
)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a file that is there, for reading.

    Raises:
        sqlite3.OperationalError: it cannot be opened, or stays locked.
    """
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, WAIT_SECONDS, isolation_level=None, uri=True)) as connection:
        yield connection


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a file, new or not, for one transaction: all of it is kept, or nothing.

    Raises:
        sqlite3.OperationalError: it cannot be written, or stays locked.
    """
    with closing(sqlite3.connect(path, WAIT_SECONDS, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def prepare(connection: sqlite3.Connection, name: str, identity: str) -> None:
    """Lay out a new file, or one of another format; leave one of this format as it is."""
    if format_of(connection) == FORMAT:
        return
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        quoted = table.replace('"', '""')
        connection.execute(f'DROP TABLE "{quoted}"')
    for statement in _LAYOUT:
        connection.execute(statement)
    connection.execute("INSERT INTO encoder VALUES (?, ?)", (name, identity))
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def format_of(connection: sqlite3.Connection) -> int:
    """Return the format of the file; 0 for a new one."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def identity_of(connection: sqlite3.Connection) -> str | None:
    """Return whose vectors the file holds; None when it is not of this format."""
    if format_of(connection) != FORMAT:
        return None
    row = connection.execute("SELECT identity FROM encoder").fetchone()
    return None if row is None else str(row[0])
