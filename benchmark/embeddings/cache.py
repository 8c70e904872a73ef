"""The folder of all stored vectors: where it is, what is in it, and how it stays small.

The least recently used blocks go first, of whichever encoder they are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmark.embeddings.database import FORMAT, format_of, reading, writing
from benchmark.embeddings.store import VectorStore
from benchmark.errors import UsageError

logger = logging.getLogger(__name__)

FOLDER_VARIABLE = "BENCHMARK_CACHE_DIR"
LIMIT_VARIABLE = "BENCHMARK_CACHE_BYTES"
DEFAULT_LIMIT = 10 * 1024**3
_SHRUNK = 0.9
"""How far below the limit an eviction goes, so that not every run evicts."""


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
        found = [summary for path in self._files() if (summary := _summary(path)) is not None]
        return sorted(found, key=lambda summary: -summary.used)

    def clear(self, summaries: Iterable[StoreSummary] | None = None) -> int:
        """Delete these files, or everything, damaged and unreadable files included.

        Returns:
            The bytes that were set free.

        Raises:
            OSError: a file cannot be deleted.
        """
        chosen = self._everything() if summaries is None else [s.path for s in summaries]
        return sum(_delete(path) for path in chosen)

    def shrink(self, limit: int | None = None) -> int:
        """Evict what was not used for longest until the rest fits; return the bytes set free.

        Damaged files that were set aside go first.
        """
        limit = self.limit if limit is None else limit
        before = self._bytes()
        if before <= limit:
            return 0
        for path in self._everything():
            if path.suffix == ".damaged":
                _delete(path)
        goal = limit * _SHRUNK
        excess = self._bytes() - goal
        for path, numbers in _oldest(self._files(), excess).items():
            _evict(path, numbers)
        return before - self._bytes()

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.sqlite")) if self.folder.is_dir() else []

    def _everything(self) -> list[Path]:
        kept = (".sqlite", ".damaged")
        here = self.folder.iterdir() if self.folder.is_dir() else []
        return sorted(path for path in here if path.suffix in kept)

    def _bytes(self) -> int:
        return sum(_size(path) for path in self._everything())


def default_cache() -> VectorCache:
    """Return the cache of this user; environment variables name another folder or limit.

    Raises:
        UsageError: the limit in the environment is no number of bytes.
    """
    import platformdirs

    named = os.environ.get(FOLDER_VARIABLE)
    base = (
        Path(named) if named else Path(platformdirs.user_cache_dir("sentence-embedding-benchmark"))
    )
    limit = os.environ.get(LIMIT_VARIABLE)
    if limit is not None and not limit.isdecimal():
        raise UsageError(f"{LIMIT_VARIABLE}={limit}: not a number of bytes")
    return VectorCache(base / "vectors", int(limit) if limit else DEFAULT_LIMIT)


def _summary(path: Path) -> StoreSummary | None:
    try:
        with reading(path) as connection:
            if format_of(connection) != FORMAT:
                raise sqlite3.DatabaseError("written by another version")
            name, identity = connection.execute("SELECT name, identity FROM encoder").fetchone()
            sentences, used = connection.execute(
                "SELECT COALESCE(SUM(sentences), 0), COALESCE(MAX(used), 0) FROM block"
            ).fetchone()
    except (sqlite3.Error, TypeError) as error:
        logger.warning("%s: cannot be read (%s); `cache clear` deletes it", path, error)
        return None
    fingerprint = str(json.loads(identity).get("fingerprint", ""))
    return StoreSummary(path, name, fingerprint, sentences, _size(path), used)


def _oldest(files: Iterable[Path], excess: float) -> dict[Path, list[int]]:
    """Return which blocks of which files to evict to set so many bytes free."""
    blocks = sorted((used, path, number, size) for path, number, size, used in _blocks(files))
    chosen: dict[Path, list[int]] = {}
    for _, path, number, size in blocks:
        if excess <= 0:
            break
        chosen.setdefault(path, []).append(number)
        excess -= size
    return chosen


def _blocks(files: Iterable[Path]) -> Iterator[tuple[Path, int, int, float]]:
    for path in files:
        try:
            with reading(path) as connection:
                for number, size, used in connection.execute("SELECT id, bytes, used FROM block"):
                    yield path, number, size, used
        except sqlite3.Error as error:
            logger.warning("%s: cannot be read (%s); `cache clear` deletes it", path, error)


def _evict(path: Path, numbers: list[int]) -> None:
    with writing(path) as connection:
        connection.executemany("DELETE FROM block WHERE id = ?", [(number,) for number in numbers])
        connection.execute("PRAGMA incremental_vacuum").fetchall()


def _delete(path: Path) -> int:
    size = _size(path)
    path.unlink(missing_ok=True)
    return size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
