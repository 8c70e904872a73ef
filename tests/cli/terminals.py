"""What a process shows on a terminal."""

from __future__ import annotations

import os


def all_shown(terminal: int) -> bytes:
    """Read what is written to a terminal until the other side is closed, and close this one."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side has gone
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts)
