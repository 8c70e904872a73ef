"""Files, and folders of them, that are either wholly there or not there at all.

A writer holds a lock on its temporary file. The lock goes with the process, however that ends, so
that what a killed writer left can be told from what a living one is writing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PREFIX, _SUFFIX, _WHOLE = ".", ".half", ".whole"

_SECONDS = 60.0
"""A younger file may be that of a writer that has made it and not locked it yet."""


_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` so that no reader ever sees half of it.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and take
    the final name in one step; a crash or a full disk leaves the previous file as it was.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(_SUFFIX, f"{_PREFIX}{path.name}.", path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _lock(file.fileno())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            if sys.platform != "win32":  # where an open file cannot be renamed
                os.replace(temporary, path)
        if sys.platform == "win32":
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


@contextlib.contextmanager
def written_whole(folder: Path, last: str) -> Iterator[Path]:
    """Fill a new folder that then becomes this one, or whose files take their places in it.

    What fails or is killed on the way leaves what was there. A folder that was not there appears
    whole. Into one that is there, other files of which stay, files can only be moved one by one:
    meanwhile it is without ``last``, so that nobody reads old and new together, and who is killed
    then has the new one beside it, for `finish_whole`.

    Args:
        folder: may be there, or not.
        last: path below it of the file without which nobody reads the others.

    Yields:
        The folder to be filled, beside the other.

    Raises:
        OSError: it cannot be written.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    finish_whole(folder, last)
    half = folder.with_name(f"{_PREFIX}{folder.name}{_SUFFIX}")
    _remove_tree(half)  # of a writer that was killed
    half.mkdir()
    try:
        yield half
        _sync_tree(half)
        os.replace(half, _whole(folder))
    except BaseException:
        with contextlib.suppress(OSError):
            _remove_tree(half)
        raise
    finish_whole(folder, last)


def finish_whole(folder: Path, last: str) -> None:
    """Put in its place what a killed writer left whole beside a folder, if it did.

    Args:
        folder: as it was given to `written_whole`.
        last: the same.

    Raises:
        OSError: a file cannot be moved.
    """
    folder = folder.resolve()
    whole = _whole(folder)
    if not whole.is_dir():
        return
    if not folder.exists():
        os.replace(whole, folder)
    else:
        if (whole / last).exists():
            (folder / last).unlink(missing_ok=True)
            _sync_folder(folder)
            for path in sorted(path for path in whole.rglob("*") if path.is_file()):
                if path != whole / last:
                    _move(path, folder / path.relative_to(whole))
            _move(whole / last, folder / last)
        _remove_tree(whole)
    _sync_folder(folder.parent)


def _whole(folder: Path) -> Path:
    return folder.with_name(f"{_PREFIX}{folder.name}{_WHOLE}")


def _move(path: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    os.replace(path, to)
    _sync_folder(to.parent)


def _remove_tree(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _sync_tree(folder: Path) -> None:
    """Make sure that all files below a folder are on the disk, not on their way to it."""
    for place, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(place, name), os.O_RDWR)  # noqa: PTH118
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        _sync_folder(Path(place))


def name_whole_folder(written: Path, path: Path) -> None:
    """Give a folder its name, once everything in it has reached the disk.

    Args:
        written: the folder, on the same file system.
        path: what it is to be called; nothing is there.

    Raises:
        OSError: a file of it cannot be written; nothing has the name.
    """
    _sync_tree(written)
    os.replace(written, path)
    _sync_folder(path.parent)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time do what is inside; others wait. The empty file stays.

    A killed process holds no lock. Where a file system has no locks, nobody waits.

    Raises:
        OSError: the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        with contextlib.suppress(OSError):
            _wait_for_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def remove_halves(folder: Path) -> None:
    """Remove what killed writers left in a folder and two levels below, nothing of living ones.

    What cannot be looked at or removed stays: it is in nobody's way.
    """
    for level in ("", "*/", "*/*/"):
        for path in folder.glob(f"{level}{_PREFIX}*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                _remove_if_dead(path)


def _remove_if_dead(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | _AS_IT_IS)
    try:
        if time.time() - os.fstat(descriptor).st_mtime < _SECONDS:
            return
        if sys.platform != "win32":  # where a living writer's file cannot be told from a dead one's
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a living writer refuses
            # Since it was opened it may have taken its final name, and another file this one.
            if os.path.samestat(os.fstat(descriptor), path.lstat()):
                path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    # Some network file systems have no locks; there the age alone tells.
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _wait_for_lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # gives up after ten seconds
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _sync_folder(folder: Path) -> None:
    # The rename itself must survive a power cut; not every file system lets a folder be synced.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
