"""Is this file the one that the published scores were computed on?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from benchmark.datasets.catalogue import FileEntry
from benchmark.errors import DataError
from benchmark.foreign import Unreadable, read_bytes

MAX_FILE_BYTES = 64 * 2**20
"""No file of the catalogue comes near this; a larger one is an attack or a mistake."""


def normalise_line_ends(content: bytes) -> bytes:
    """Turn CRLF into LF: copies of SICK's test file differ in nothing else."""
    return content.replace(b"\r\n", b"\n")


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of the content, line ends normalised, in hexadecimal."""
    return hashlib.sha256(normalise_line_ends(content)).hexdigest()


def read_content(path: Path) -> bytes:
    """Return the bytes of a file with line ends normalised.

    Raises:
        DataError: the file cannot be read, is no plain file, or larger than any that is wanted.
    """
    try:
        return normalise_line_ends(read_bytes(path, MAX_FILE_BYTES))
    except Unreadable as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def difference(content: bytes, entry: FileEntry) -> str | None:
    """Say in words how a content (line ends normalised) differs from its entry.

    Returns:
        None when it is the catalogue's content, else a clause such as
        ``"20 lines where 5,000 are expected: the file is cut short"``.
    """
    if hashlib.sha256(content).hexdigest() == entry.sha256:
        return None
    lines = content.count(b"\n") + int(bool(content) and not content.endswith(b"\n"))
    if not content:
        return f"the file is empty where {entry.lines:,} lines are expected"
    if content.startswith(b"version https://git-lfs"):
        return "the file is a Git LFS pointer, not the data: run `git lfs pull` where it comes from"
    if content.lstrip()[:1] == b"<" and b"<html" in content[:2000].lower():
        return "the file is a web page, not the data: a download went wrong"
    if lines < entry.lines:
        return f"{lines:,} lines where {entry.lines:,} are expected: the file is cut short"
    if lines > entry.lines:
        return f"{lines:,} lines where {entry.lines:,} are expected"
    return (
        f"{lines:,} lines as expected, but other text: a re-tokenised, translated or edited copy "
        f"(sha256 {hashlib.sha256(content).hexdigest()[:12]}…, expected {entry.sha256[:12]}…)"
    )
