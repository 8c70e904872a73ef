"""Names of models and tasks as names of files and folders."""

from __future__ import annotations

import re

_MOST_BYTES = 120
"""File systems count bytes, and a temporary file has a longer name than its record."""


def slug(name: str) -> str:
    """Return a file name for a model or task name: ``org/name`` becomes ``org__name``.

    Whatever could leave the folder or trouble a file system becomes a ``-``.
    """
    safe = re.sub(r"[^\w.@+-]", "-", name.replace("/", "__"))
    short = re.sub(r"^\.+", "-", safe).encode()[:_MOST_BYTES].decode(errors="ignore")
    return short or "-"
