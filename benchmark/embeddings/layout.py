"""What is in the file of one encoder: whose vectors these are, and blocks of them."""

from __future__ import annotations

import sqlite3

from benchmark.embeddings.database import drop_tables, tables

FORMAT = 1
"""Raised whenever the layout changes; what a file of another format holds is not read."""

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


def prepare(connection: sqlite3.Connection, name: str, identity: str) -> None:
    """Lay out a new file, or one of another format or encoder; leave ours as it is.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    if identity_of(connection) == identity:
        return
    drop_tables(connection)
    for statement in _LAYOUT:
        connection.execute(statement)
    # The name of a folder need not be text: SQLite takes UTF-8 only.
    writable = name.encode("utf-8", "backslashreplace").decode()
    connection.execute("INSERT INTO encoder VALUES (?, ?)", (writable, identity))
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def is_new(connection: sqlite3.Connection) -> bool:
    """Tell whether the file holds nothing, not even of another format."""
    return not tables(connection)


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
    if list(tables(connection).values()) != [statement.strip() for statement in _LAYOUT]:
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
