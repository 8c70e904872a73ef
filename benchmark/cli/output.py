"""The result on standard output."""

from __future__ import annotations

import sys


def emit(text: object, end: str = "\n") -> None:
    """Print a result, or a part of it, now.

    When it cannot be written (the reader has gone, the disk is full) the command goes on; how that
    ends is decided in `benchmark.cli.process`.
    """
    print(text, end=end)
    sys.stdout.flush()
