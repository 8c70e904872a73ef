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
        digests_checksum INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        digests BLOB NOT NULL,
        tokens BLOB NOT NULL,
        vectors BLOB NOT NULL
    )
    """,
)

_AROUND_THE_FILE = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_AUTH,
}


def is_damage(error: Exception) -> bool:
    """Tell a file that is not what was written from trouble around it: locks, rights, space.

    Errors of Python's module itself (text that is no UTF-8) have no code; they are damage too.
    """
    if not isinstance(error, sqlite3.Error):
        return False
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF not in _AROUND_THE_FILE


def is_gone(error: sqlite3.Error) -> bool:
    """Tell whether the file was deleted or moved away between opening and writing."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_DBMOVED


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a file that is there, and see it as it is now until the end.

    It is opened for writing if that is allowed: the first who comes after a killed writer
    must take back what that one left half done.

    Raises:
        sqlite3.Error: it cannot be opened, stays locked, or is damaged.
    """
    with _connected(path, "rw") as connection:
        connection.execute("BEGIN")
        yield connection


@contextmanager
def writing(path: Path, *, new: bool = False) -> Iterator[sqlite3.Connection]:
    """Connect to a file for one transaction: all of it is kept, or nothing.

    Args:
        path: of the file.
        new: make it if it is not there.

    Raises:
        sqlite3.Error: it cannot be written, stays locked, or is damaged.
    """
    with _connected(path, "rwc" if new else "rw") as connection:
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextmanager
def _connected(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, WAIT_SECONDS, isolation_level=None, uri=True)) as connection:
        try:
            yield connection
        except UnicodeDecodeError as error:  # a message that quotes a damaged layout
            raise sqlite3.DatabaseError("malformed layout") from error


def delete(path: Path) -> None:
    """Delete a file, whatever it holds, while nobody writes it.

    Raises:
        OSError: it cannot be deleted.
    """
    try:
        with writing(path):
            path.unlink(missing_ok=True)
    except sqlite3.Error:  # it is damaged, or not there
        path.unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """Return the bytes that a file takes; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def prepare(connection: sqlite3.Connection, name: str, identity: str) -> None:
    """Lay out a new file, or one of another format or encoder; leave ours as it is."""
    if identity_of(connection) == identity:
        return
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        quoted = table.replace('"', '""')
        connection.execute(f'DROP TABLE "{quoted}"')
    for statement in _LAYOUT:
        connection.execute(statement)
    # The name of a folder need not be text: SQLite takes UTF-8 only.
    writable = name.encode("utf-8", "backslashreplace").decode()
    connection.execute("INSERT INTO encoder VALUES (?, ?)", (writable, identity))
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    give_back(connection)


def give_back(connection: sqlite3.Connection) -> None:
    """Let the file shrink by what was deleted, when the transaction ends."""
    connection.execute("PRAGMA incremental_vacuum").fetchall()


def is_new(connection: sqlite3.Connection) -> bool:
    """Tell whether nothing was ever written."""
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def format_of(connection: sqlite3.Connection) -> int:
    """Return the format of the file; 0 for a new one."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def is_laid_out(connection: sqlite3.Connection) -> bool:
    """Tell whether the file is of this format.

    Raises:
        sqlite3.DatabaseError: it says so, but its tables are others.
    """
    if format_of(connection) != FORMAT:
        return False
    found = connection.execute("SELECT sql FROM sqlite_master ORDER BY rowid").fetchall()
    if [statement for (statement,) in found] != [statement.strip() for statement in _LAYOUT]:
        raise sqlite3.DatabaseError("malformed layout")
    return True


def identity_of(connection: sqlite3.Connection) -> str | None:
    """Return whose vectors the file holds; None when it is not of this format.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    if not is_laid_out(connection):
        return None
    row = connection.execute("SELECT identity FROM encoder").fetchone()
    return None if row is None else str(row[0])
