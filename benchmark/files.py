"""Files and folders that somebody else may have made: read within bounds, none left out."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_file(path: Path, most_bytes: int) -> bytes:
    """Return the content of a plain file.

    Args:
        path: may be a link to a plain file, not to a pipe, a socket or a device: those may
            never end, or never begin.
        most_bytes: a larger file is not read at all.

    Raises:
        OSError: it cannot be read, is no plain file, or is too large.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file", str(path))
    with path.open("rb") as file:
        # The size that a file system gives may be that of another moment, or none (/proc).
        content = file.read(most_bytes + 1) if status.st_size <= most_bytes else None
    if content is None or len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"larger than {most_bytes:,} bytes", str(path))
    return content


def json_files(folder: Path) -> list[Path]:
    """Return whatever is called ``*.json`` at any depth of a folder, hidden files left out.

    Links to folders are not followed.

    Raises:
        OSError: a folder cannot be read; what may lie in it is not passed over in silence.
    """

    def refuse(error: OSError) -> None:
        raise error

    return [
        Path(place, name)
        for place, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if name.endswith(".json") and not name.startswith(".")
    ]
