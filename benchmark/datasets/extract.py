"""Take wanted files, and nothing else, out of an archive that nobody vouches for."""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from benchmark.atomic import write_atomically
from benchmark.datasets import verify
from benchmark.datasets.catalogue import FileEntry
from benchmark.errors import DataError

MAX_FILE_BYTES = 64 * 2**20
"""No file of the catalogue comes near this; a larger member is an attack or a mistake."""


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
        differs = verify.difference(verify.normalise_line_ends(content), entry)
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
        with tarfile.open(archive, mode="r:*") as tar:
            members = tar.getmembers()
            for member in members:
                _refuse_escape(archive, member)
            for member in members:
                path = _wanted_path(member.name, missing)
                if path is not None:
                    yield missing.pop(path), _content(archive, tar, member)
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        # Damaged compression shows as any of these; only the first line of it fits a message.
        reason = str(error).partition("\n")[0].rstrip(":")
        raise DataError(f"{archive}: not a readable tar archive ({reason})") from error


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
    file = tar.extractfile(member) if member.isreg() else None
    if file is None or member.size > MAX_FILE_BYTES:
        raise DataError(
            f"{archive}: refused, member {member.name!r} is no plain file of a sensible size"
        )
    return file.read()
