"""How stored vectors stay within their limit: what was not used for longest goes first."""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmark.embeddings.database import (
    delete,
    give_back,
    is_at_rest,
    is_damage,
    reading,
    size_of,
    writing,
)
from benchmark.embeddings.layout import is_laid_out, is_new

logger = logging.getLogger(__name__)

KEPT, SET_ASIDE = ".sqlite", ".damaged"
"""What the names of files end in: vectors, and what was once such a file."""


_LIST = """
SELECT COALESCE(CAST(used AS REAL), 0), id, COALESCE(CAST(bytes AS INTEGER), 0) FROM block
"""


class _Stored(NamedTuple):
    """A block of some file; they sort by their last use."""

    used: float
    path: Path
    number: int
    size: int
    file_at_rest: bool


def shrink_to(goal: float, files: Sequence[Path]) -> None:
    """Evict blocks until the files take at most so many bytes.

    Files that are of no use to anybody (damaged, of another format) go first. What cannot be
    evicted is reported and stays: no run fails because of it.
    """
    waiting = deque(sorted(_blocks_of(files)))
    # A file takes more than its blocks, so what was set free is measured after each.
    while waiting and (excess := sum(map(size_of, files)) - goal) > 0:
        blocks = _next(waiting, excess)
        path = blocks[0].path
        with _reported(path):
            try:
                _evict(path, blocks)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                delete(path)


def _blocks_of(files: Sequence[Path]) -> list[_Stored]:
    found: list[_Stored] = []
    for path in files:
        with _reported(path):
            found += _blocks(path)
    return found


def _blocks(path: Path) -> list[_Stored]:
    """Return the blocks of a file; delete it if it is of no use."""
    try:
        at_rest = is_at_rest(path)
        with reading(path) as connection:
            new = is_new(connection)
            known = path.suffix == KEPT and (new or is_laid_out(connection))
            listed = connection.execute(_LIST).fetchall() if known and not new else []
        if listed or (known and not at_rest):
            return [_Stored(used, path, number, size, at_rest) for used, number, size in listed]
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
    delete(path)
    return []


def _next(waiting: deque[_Stored], excess: float) -> list[_Stored]:
    """Take blocks of one file until they make up so many bytes, or it is another file's turn."""
    taken: list[_Stored] = []
    while waiting and excess > 0 and (not taken or waiting[0].path == taken[0].path):
        taken.append(waiting.popleft())
        excess -= taken[-1].size
    return taken


def _evict(path: Path, blocks: Sequence[_Stored]) -> None:
    """Delete blocks, but for those used meanwhile; and the file with the last of them."""
    with writing(path) as connection:
        connection.executemany(
            "DELETE FROM block WHERE id = ? AND COALESCE(CAST(used AS REAL), 0) = ?",
            [(block.number, block.used) for block in blocks],
        )
        give_back(connection)
    with writing(path) as connection:
        left = connection.execute("SELECT 1 FROM block LIMIT 1").fetchone()
        if left is None and blocks[0].file_at_rest:
            path.unlink()


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        if size_of(path):  # else another process deleted it meanwhile
            logger.warning("%s: cannot be evicted (%s)", path, error)
