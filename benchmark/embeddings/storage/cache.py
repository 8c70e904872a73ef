"""The folder of all stored vectors: where it is, what is in it, and how it stays small.

The vectors of the encoder that was not used for longest go first.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmark.embeddings.storage.database import (
    delete,
    discard,
    is_at_rest,
    is_damage,
    reading,
    settle,
    size_of,
    writing,
)
from benchmark.embeddings.storage.rows import FORMAT, format_of, is_new, owner_of
from benchmark.embeddings.storage.store import VectorStore
from benchmark.errors import UsageError
from benchmark.foreign import Unreadable, parse_json
from benchmark.places import cache_folder

logger = logging.getLogger(__name__)

LIMIT_VARIABLE = "BENCHMARK_CACHE_BYTES"
DEFAULT_LIMIT = 10 * 1024**3

KEPT, SET_ASIDE = ".sqlite", ".damaged"
"""What the names of files end in: vectors, and what was once such a file."""

_MOST_DIGITS = 18
"""Of a limit: more bytes than any disk has, and SQLite can still count them."""

_LAST_SECOND = 253402300799.0
"""Of the year 9999, the last that has a date."""


@dataclass(frozen=True, slots=True)
class StoreSummary:
    """What one file of the cache holds.

    Attributes:
        path: of the file.
        name: the model's, as it was asked for when the file was made.
        fingerprint: of the encoder's card.
        sentences: that have a vector.
        bytes: on the disk.
        used: time of the last use, seconds since 1970.
    """

    path: Path
    name: str
    fingerprint: str
    sentences: int
    bytes: int
    used: float


@dataclass(frozen=True, slots=True)
class VectorCache:
    """Stored vectors of all encoders, at most about ``limit`` bytes of them."""

    folder: Path
    limit: int = DEFAULT_LIMIT

    def store(self, identity: str, name: str) -> VectorStore:
        """Return the store of an encoder, which may be empty yet."""
        file = hashlib.sha256(identity.encode()).hexdigest()[:32]
        return VectorStore(self.folder / f"{file}.sqlite", identity, name)

    def summaries(self) -> list[StoreSummary]:
        """Return what is in it, the last used first; unreadable files are reported and left out."""
        files = [path for path in self._files() if path.suffix == KEPT]
        found = [summary for path in files if (summary := _summary(path)) is not None]
        return sorted(found, key=lambda summary: -summary.used)

    def clear(self, summaries: Iterable[StoreSummary] | None = None) -> int:
        """Delete these files, or everything, damaged and unreadable files included.

        Of a file that was written just now, and may be in use, only the content goes.

        Returns:
            The bytes that were set free.

        Raises:
            OSError: a file cannot be deleted; all others are.
        """
        chosen = self._files() if summaries is None else [s.path for s in summaries]
        freed, failures = 0, []
        for path in chosen:
            size = size_of(path)
            try:
                delete(path)
            except OSError as error:
                failures.append(error)
            else:
                freed += size - size_of(path)
        settle(self.folder)
        if failures:
            raise failures[0]
        return freed

    def shrink(self, limit: int | None = None) -> int:
        """Evict what was not used for longest until the rest fits; return the bytes set free.

        Files that are of no use to anybody (damaged, of another format) go first. What cannot be
        evicted is reported and stays: no run fails because of it. Whatever the limit, what killed
        writers left half done is taken back.
        """
        settle(self.folder)
        limit = self.limit if limit is None else limit
        before = self.size()
        if before > limit:
            for file in _by_use(self._files()):
                if self.size() <= limit:
                    break
                with _reported(file.path):
                    _evict(file)
        return max(before - self.size(), 0)

    def say_if_too_large(self, store: VectorStore | None) -> None:
        """Warn of the vectors of one encoder that alone are beyond the limit: none will be kept."""
        if store is not None and (size := size_of(store.path)) > self.limit:
            logger.warning(
                "%s: its stored vectors take %s bytes, more than the limit of %s, and are deleted; "
                "the next run encodes all again: set %s higher",
                store.name,
                f"{size:,}",
                f"{self.limit:,}",
                LIMIT_VARIABLE,
            )

    def size(self) -> int:
        """Return the bytes that everything takes on the disk."""
        return sum(map(size_of, self._files()))

    def _files(self) -> list[Path]:
        try:
            here = list(self.folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            logger.warning("%s: cannot be read (%s)", self.folder, error.strerror)
            return []
        return sorted(path for path in here if path.suffix in (KEPT, SET_ASIDE))


def default_cache() -> VectorCache:
    """Return the cache of this user; environment variables name another folder or limit.

    Raises:
        UsageError: the limit in the environment is no number of bytes.
    """
    limit = os.environ.get(LIMIT_VARIABLE) or str(DEFAULT_LIMIT)
    if not (limit.isdecimal() and len(limit) <= _MOST_DIGITS):
        raise UsageError(f"{LIMIT_VARIABLE}={limit}: not a number of bytes")
    return VectorCache(cache_folder() / "vectors", int(limit))


def _summary(path: Path) -> StoreSummary | None:
    try:
        with reading(path) as connection:
            if is_new(connection):
                return None
            owner = owner_of(connection)
            if owner is None:
                raise sqlite3.DatabaseError(f"of format {format_of(connection)}, not {FORMAT}")
            [name] = connection.execute("SELECT name FROM encoder").fetchone()
            [sentences] = connection.execute("SELECT COUNT(*) FROM vector").fetchone()
        fingerprint = str(parse_json(owner.identity)["fingerprint"])
    except (sqlite3.Error, Unreadable, TypeError, ValueError, KeyError) as error:
        if size_of(path):  # else another process deleted it meanwhile
            logger.warning("%s: cannot be read (%s); `cache clear` deletes it", path, error)
        return None
    used = min(max(owner.used, 0.0), _LAST_SECOND)
    return StoreSummary(path, str(name), fingerprint, sentences, size_of(path), used)


class _File(NamedTuple):
    """A file with vectors; they sort by their last use."""

    used: float
    path: Path
    at_rest: bool


def _by_use(paths: Sequence[Path]) -> list[_File]:
    """Return the files with vectors; delete those that are of no use."""
    found = []
    for path in paths:
        with _reported(path):
            found += _file_at(path)
    return sorted(found)


def _file_at(path: Path) -> list[_File]:
    try:
        at_rest = is_at_rest(path)
        with reading(path) as connection:
            new = is_new(connection)
            owner = owner_of(connection) if path.suffix == KEPT else None
        if owner is not None:
            return [_File(owner.used, path, at_rest)]
        if new and not at_rest:
            return []
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
    delete(path)
    return []


def _evict(file: _File) -> None:
    """Delete the vectors of an encoder that nobody used meanwhile."""
    try:
        with writing(file.path) as connection:
            owner = owner_of(connection)
            if owner is not None and owner.used == file.used:
                discard(connection, file.path, at_rest=file.at_rest)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        delete(file.path)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if size_of(path):  # else another process deleted it meanwhile
            logger.warning("%s: cannot be evicted (%s)", path, error)
