"""SQLite files that hold vectors: how they are opened, deleted and told from damaged ones.

Connections live for one read or one write. SQLite's rollback journal keeps a killed writer
from leaving half of a write, and its locks keep several processes from each other's way.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

logger = logging.getLogger(__name__)

WAIT_SECONDS = 60.0
"""How long a process waits for another one to finish its read or write."""

_PAGE_BYTES = 65536
"""SQLite's largest. A row that no longer fits into a page leaves the rest of it empty."""

_REST_SECONDS = 60.0
_JOURNAL = "-journal"
"""SQLite's name for what takes a write back that was killed."""

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

    One of ours that became read-only is made writable; whatever was to be stored in it would
    be encoded again by every run, for ever.

    Args:
        path: of the file.
        new: make it if it is not there.

    Raises:
        sqlite3.Error: it cannot be written, stays locked, or is damaged.
    """
    _make_writable(path)
    with _connected(path, "rwc" if new else "rw") as connection:
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException as error:
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("ROLLBACK")
            if _calls_itself_read_only(path, error):
                raise sqlite3.DatabaseError("its header says that it is read-only") from error
            raise
        connection.execute("COMMIT")


def _make_writable(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if os.access(path, os.W_OK):
            return
        path.chmod(mode | stat.S_IWUSR)
    except OSError:  # not there, another user's, or all of the disk is read-only: SQLite says so
        return
    logger.warning("%s was read-only; it is writable again", path)


def _calls_itself_read_only(path: Path, error: BaseException) -> bool:
    """A bit of the header does that, https://www.sqlite.org/fileformat2.html, "write version"."""
    code = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_READONLY and os.access(path, os.W_OK)


@contextmanager
def _connected(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, WAIT_SECONDS, isolation_level=None, uri=True)) as connection:
        try:
            yield connection
        except UnicodeDecodeError as error:  # a message that quotes a damaged layout
            raise sqlite3.DatabaseError("malformed layout") from error


def tables(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the statement that made each table, in the order in which they were made."""
    found = connection.execute(
        "SELECT CAST(name AS TEXT), sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid"
    ).fetchall()
    return {name: made for name, made in found if not name.startswith("sqlite_")}  # its own


def drop_tables(connection: sqlite3.Connection) -> None:
    """Leave nothing in the file, whoever laid it out."""
    for table in tables(connection):
        quoted = table.replace('"', '""')
        connection.execute(f'DROP TABLE "{quoted}"')
    connection.execute("PRAGMA user_version = 0")
    # The file shrinks when the transaction ends.
    [free] = connection.execute("PRAGMA freelist_count").fetchone()
    for _ in range(free):
        # Of a statement without a result Python takes one step only, and that is one page.
        connection.execute("PRAGMA incremental_vacuum")


def is_at_rest(path: Path) -> bool:
    """Tell whether nobody wrote a file lately, so that it may be unlinked.

    SQLite's files must not be taken from under a process that has them open: it would mistake
    the journal of the next file of that name for its own (sqlite.org/howtocorrupt.html, 2.4).
    """
    return time.time() - path.stat().st_mtime > _REST_SECONDS


def delete(path: Path) -> None:
    """Delete a file, whatever it holds; one that was written just now is only emptied.

    Raises:
        OSError: it cannot be deleted.
    """
    try:
        at_rest = is_at_rest(path)
        with writing(path) as connection:
            discard(connection, path, at_rest=at_rest)
    except (sqlite3.Error, FileNotFoundError):  # it is damaged, or not there
        path.unlink(missing_ok=True)


def discard(connection: sqlite3.Connection, path: Path, *, at_rest: bool) -> None:
    """Delete a file that is being written, or only its content if others may have it open."""
    if at_rest:
        path.unlink()
    else:
        drop_tables(connection)


def settle(folder: Path) -> None:
    """Take back what killed writers left half done in files that nobody opens any more.

    SQLite does so for whoever opens the file; the journal of another version's vectors, or of a
    file that was deleted, would stay for ever. One of a writer that lives is locked, or young.
    """
    for journal in folder.glob(f"*{_JOURNAL}"):
        path = journal.with_name(journal.name.removesuffix(_JOURNAL))
        with suppress(sqlite3.Error, OSError):  # of a damaged file it goes with that
            if not is_at_rest(journal):
                continue
            at_rest = not path.exists() or is_at_rest(path)
            with writing(path, new=True) as connection:
                if tables(connection):
                    [version] = connection.execute("PRAGMA user_version").fetchone()
                    # A write, for a journal that holds nothing yet stays until the next one.
                    connection.execute(f"PRAGMA user_version = {version}")
                elif at_rest:
                    path.unlink()


def size_of(path: Path) -> int:
    """Return the bytes that a file takes; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
