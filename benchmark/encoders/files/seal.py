"""What is loaded is what was hashed: files are noted when hashed, and looked at again after.

Other libraries open files by path, long after their hash was taken, and a training loop may have
written to them in between: its new weights would be scored as the old ones, and their vectors
kept under the old ones' name. A file is told by what the file system says of it. Where that
cannot tell, because a file was written so shortly before it was hashed that a second write may
bear the same time, it is hashed again (git speaks of files that are "racily clean").
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmark.errors import ModelError
from benchmark.foreign import Unreadable, open_plain

logger = logging.getLogger(__name__)

_GRAIN_SECONDS = 2.0
"""No file system's clock is coarser (FAT's is that coarse)."""

_POINTER = b"version https://git-lfs.github.com/spec/"
_MOST_POINTER_BYTES = 1024


class _Stamp(NamedTuple):
    """What the file system says of a file: another one, or a write to it, changes some of it."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Noted:
    stamp: _Stamp
    sha256: str
    fresh: bool
    """Written so shortly before, that another write may not show."""


class Seal:
    """The files of a checkpoint as they were when they were hashed.

    It goes along to other processes and machines: there, too, the content decides.
    """

    def __init__(self) -> None:
        """Know no file yet."""
        self._files: dict[Path, _Noted] = {}
        self._lists: dict[tuple[Path, tuple[str, ...]], list[str]] = {}

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file, in hexadecimal; a file that stays is read only once.

        Raises:
            ModelError: it cannot be read, or is not what it was when it was hashed before.
        """
        path = path.absolute()
        known = self._files.get(path)
        stamp = _stamp(path)
        if known is None or known.fresh or known.stamp != stamp:
            self._note(path, stamp)
        return self._files[path].sha256

    def listed(self, folder: Path, patterns: Sequence[str]) -> list[Path]:
        """Return the files of a folder that match any pattern; another list later is a change."""
        folder = folder.absolute()
        names = _names(folder, patterns)
        self._lists[folder, tuple(patterns)] = names
        return [folder / name for name in names]

    @contextmanager
    def unchanged(self, *, hash_again: bool = True) -> Iterator[None]:
        """Hold that what is read inside is what was hashed.

        Only what has left the files counts: what is still mapped to one can change later.

        Args:
            hash_again: files that were written just before they were hashed; without, a write
                in the same moment does not show.

        Raises:
            ModelError: a file changed, is gone, or came in addition.
        """
        for path in self._files:
            # On another machine, or after a change of rights, the content alone can tell.
            if _stamp_now(path) != self._files[path].stamp:
                self._note(path, _stamp(path))
        try:
            yield
        except Exception as error:
            self._require_unchanged(hash_again, error)
            raise
        self._require_unchanged(hash_again)

    def _require_unchanged(self, hash_again: bool, cause: Exception | None = None) -> None:
        for path, noted in list(self._files.items()):
            if _stamp_now(path) != noted.stamp:
                raise _changed(path) from cause
            if noted.fresh and hash_again:
                self._note(path, noted.stamp)
        for (folder, patterns), names in self._lists.items():
            if different := set(names) ^ set(_names(folder, patterns)):
                raise _changed(folder / min(different)) from cause

    def _note(self, path: Path, stamp: _Stamp) -> None:
        """Hash a file that should be at this stamp; with content known before, it is the same."""
        written = max(stamp.modified, stamp.changed) / 1e9
        fresh = time.time() - written < _GRAIN_SECONDS
        digest = sha256_of_file(path)
        known = self._files.get(path)
        if _stamp_now(path) != stamp or (known is not None and known.sha256 != digest):
            raise _changed(path)
        self._files[path] = _Noted(stamp, digest, fresh)


def say_if_rewritten(encoder: object) -> None:
    """Say that the folder of an encoder is no longer what was read, if it has one.

    What was loaded is what was hashed; but who reads a name next to a score should know.
    """
    seal = getattr(getattr(encoder, "checkpoint", None), "seal", None)
    if isinstance(seal, Seal):
        try:
            with seal.unchanged(hash_again=False):
                pass
        except ModelError as error:
            what = str(error).partition(" while it was")[0]
            logger.warning("%s since it was read: the scores are of what it was before", what)


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises:
        ModelError: it cannot be read, is no regular file (a pipe would be waited for, a device
            read for ever), or only stands for one that git-lfs has not fetched.
    """
    try:
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size <= _MOST_POINTER_BYTES and file.read(len(_POINTER)) == _POINTER:
                raise ModelError(
                    f"{path}: a git-lfs pointer, not the file itself; run `git lfs pull` there"
                )
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (Unreadable, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ModelError(f"{path}: cannot be read ({reason})") from error


def _stamp(path: Path) -> _Stamp:
    try:
        with open_plain(path) as file:
            status = os.fstat(file.fileno())
    except Unreadable as error:
        raise ModelError(f"{path}: cannot be read ({error})") from error
    return _Stamp(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )


def _stamp_now(path: Path) -> _Stamp | None:
    """Return the stamp of a file that was there before; None if it is no longer."""
    try:
        return _stamp(path)
    except ModelError:
        return None


def _names(folder: Path, patterns: Sequence[str]) -> list[str]:
    found: set[Path] = set()
    for pattern in patterns:
        # By name: a link that leads nowhere, or a pipe, is refused and not passed over.
        named = folder / pattern
        found |= {named} if os.path.lexists(named) else set(folder.glob(pattern))
    return [path.relative_to(folder).as_posix() for path in sorted(found)]


def _changed(path: Path) -> ModelError:
    return ModelError(
        f"{path}: changed while it was being read (a training loop writes there?); run again, or "
        "score a copy"
    )
