"""Folders that are either wholly there or not there at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HALF = ".half"
"""What the name of a folder ends in that is being written."""


def remove_halves(folder: Path) -> None:
    """Remove what killed writers left; the caller knows that no other one lives."""
    for path in folder.glob(f"*{HALF}"):
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to write into, which takes its name when everything is on the disk.

    Args:
        path: what it is to be called; nothing is there yet.

    Raises:
        OSError: it cannot be written; nothing of it stays.
    """
    half = path.with_name(path.name + HALF)
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    try:
        yield half
        publish(half, path)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def publish(half: Path, path: Path) -> None:
    """Give a folder its name, once what is in it has reached the disk.

    Raises:
        OSError: it cannot be written.
    """
    for inside in half.rglob("*"):
        _sync(inside)
    _sync(half)
    os.replace(half, path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if path.is_dir():  # not every file system lets a folder be synced
            with contextlib.suppress(OSError):
                os.fsync(descriptor)
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
