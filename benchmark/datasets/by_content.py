"""Files that are known by their content, wherever they lie below a folder.

Data that comes in no download lies where its owner put it. What a file is called says nothing:
one is taken exactly if its content is the catalogue's. Only files of the right size are read.
"""

from __future__ import annotations

import itertools
import logging
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmark.datasets.catalogue import FileEntry
from benchmark.datasets.files import read_content, sha256_of
from benchmark.errors import DataError

logger = logging.getLogger(__name__)

MOST_SEEN = 100_000
"""Files and folders that are looked at below one folder."""

MOST_READ = 2**30
"""Bytes of files of the right size that are read below one folder."""

DEEPEST = 12
"""Levels below the folder."""


def find_by_content(root: Path, wanted: Iterable[FileEntry]) -> dict[str, Path]:
    """Look for files below a folder by what is in them.

    Links are followed, each folder is looked into once; what cannot be read, is no plain file or
    lies beyond the bounds is passed over. Of equal files the first is taken, nearer ones before
    deeper ones and in the order of names.

    Args:
        root: the folder.
        wanted: entries of the catalogue; those without a size are not looked for.

    Returns:
        Where each file lies that was found, by its path in the catalogue.
    """
    missing = {entry.sha256: entry for entry in wanted if entry.bytes}
    found: dict[str, Path] = {}
    left = MOST_READ
    for path, size in _files_below(root) if missing else ():
        # A copy with CRLF is longer by a byte a line, at most.
        if not any(e.bytes <= size <= e.bytes + e.lines for e in missing.values()):
            continue
        left -= size
        if left < 0:
            logger.warning("%s: too many files of the right size below it; name a nearer one", root)
            break
        entry = missing.pop(_sha256(path), None)
        if entry is not None:
            found[entry.path] = path
        if not missing:
            break
    return found


def _files_below(root: Path) -> Iterator[tuple[Path, int]]:
    """Yield each plain file with its size, level by level."""
    level, entered, seen = [root], set[tuple[int, int]](), 0
    for _ in range(DEEPEST + 1):
        deeper: list[Path] = []
        for folder in level:
            for path, status in _entries_of(folder):
                seen += 1
                if seen > MOST_SEEN:
                    logger.warning(
                        "%s: more than %s files below it, not all were looked at; name a folder "
                        "nearer to the data",
                        root,
                        f"{MOST_SEEN:,}",
                    )
                    return
                if stat.S_ISREG(status.st_mode):
                    yield path, status.st_size
                elif stat.S_ISDIR(status.st_mode):
                    place = status.st_dev, status.st_ino
                    if place not in entered:
                        entered.add(place)
                        deeper.append(path)
        level = deeper


def _entries_of(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in itertools.islice(entries, MOST_SEEN + 1))
    except OSError as error:
        logger.debug("%s: passed over (%s)", folder, error.strerror)
        return
    for name in names:
        try:
            yield folder / name, os.stat(folder / name)  # noqa: PTH116 - of a link's target
        except OSError:
            continue


def _sha256(path: Path) -> str:
    try:
        return sha256_of(read_content(path))
    except DataError:
        return ""
