"""Take wanted files, and nothing else, out of an archive that nobody vouches for."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from benchmark.atomic import write_atomically
from benchmark.datasets.catalogue import FileEntry
from benchmark.datasets.files import MAX_FILE_BYTES, difference, normalise_line_ends
from benchmark.errors import DataError
from benchmark.foreign import open_plain

MAX_ARCHIVE_BYTES = 256 * 2**20
"""Inflated; the published archive has 90 MB."""

MAX_MEMBERS = 10_000
"""The published archive has some hundreds."""

_COMPRESSIONS: Mapping[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
"""By the first bytes of a file."""


def extract(archive: Path, wanted: Collection[FileEntry], destination: Path) -> None:
    """Write the wanted files of a tar archive below a folder, each verified and whole.

    Files are named by the catalogue, never by the archive: a member is only looked at when
    its own name ends in a wanted path. An archive with a member that points outside
    (absolute, or through ``..``) is refused altogether, as is a wanted file that is a link,
    a device, or too large. One that is not the original is left out; the others are written.

    Raises:
        DataError: the archive is unreadable or unsafe, or lacks or damages a wanted file.
        OSError: the destination cannot be written.
    """
    missing = {entry.path: entry for entry in wanted}
    refusals = []
    for entry, content in _wanted_contents(archive, missing):
        differs = difference(normalise_line_ends(content), entry)
        if differs:
            refusals.append(f"its {entry.path} is not the original: {differs}")
        else:
            write_atomically(destination / entry.path, content)
    if missing:
        refusals.append(f"does not hold {', '.join(sorted(missing))}")
    if refusals:
        more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
        raise DataError(f"{archive}: {refusals[0]}{more}")


def _wanted_contents(
    archive: Path, missing: dict[str, FileEntry]
) -> Iterator[tuple[FileEntry, bytes]]:
    """Yield what is found of the missing files, and strike each off."""
    try:
        with _inflated(archive) as content, tarfile.open(fileobj=content, mode="r:") as tar:
            members = _members(archive, tar)
            for member in members:
                path = _wanted_path(member.name, missing)
                if path is not None:
                    yield missing.pop(path), _content(archive, tar, member)
    except DataError:
        raise
    except Exception as error:
        # Damage shows as almost anything, and only the first line of it fits a message.
        reason = str(error).partition("\n")[0].rstrip(":") or type(error).__name__
        raise DataError(f"{archive}: not a readable tar archive ({reason})") from error


@contextlib.contextmanager
def _inflated(archive: Path) -> Iterator[Any]:
    with contextlib.ExitStack() as open_files:
        file: Any = open_files.enter_context(open_plain(archive))
        begin = file.read(6)
        file.seek(0)
        for magic, opened in _COMPRESSIONS.items():
            if begin.startswith(magic):
                file = open_files.enter_context(opened(file))
        yield _Bounded(archive, file)


class _Bounded:
    """What an archive holds when it is inflated, refused where it becomes too much."""

    def __init__(self, archive: Path, file: BinaryIO) -> None:
        self._archive = archive
        self._file = file

    def read(self, size: int) -> bytes:
        if size > MAX_FILE_BYTES:
            raise DataError(f"{self._archive}: refused, it asks for {size:,} bytes at once")
        self._require(self._file.tell() + size)
        return self._file.read(size)

    def seek(self, place: int) -> int:
        self._require(place)
        return self._file.seek(place)

    def tell(self) -> int:
        return self._file.tell()

    def _require(self, place: int) -> None:
        if place > MAX_ARCHIVE_BYTES:
            raise DataError(
                f"{self._archive}: refused, it inflates to more than {MAX_ARCHIVE_BYTES:,} bytes"
            )


def _members(archive: Path, tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """List what is inside; all of it is looked at before anything is taken."""
    members = []
    for member in tar:
        _refuse_escape(archive, member)
        members.append(member)
        if len(members) > MAX_MEMBERS:
            raise DataError(f"{archive}: refused, it has more than {MAX_MEMBERS:,} members")
    return members


def _refuse_escape(archive: Path, member: tarfile.TarInfo) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise DataError(f"{archive}: refused, member {member.name!r} points outside the archive")


def _wanted_path(name: str, missing: Mapping[str, FileEntry]) -> str | None:
    """Match whole path components from the right: archives differ in their top folders."""
    parts = PurePosixPath(name).parts
    tails = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((tail for tail in tails if tail in missing), None)


def _content(archive: Path, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    plain = member.isreg() and not member.issparse() and member.size <= MAX_FILE_BYTES
    file = tar.extractfile(member) if plain else None
    if file is None:
        raise DataError(
            f"{archive}: refused, member {member.name!r} is no plain file of a sensible size"
        )
    return file.read()
