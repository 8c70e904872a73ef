"""The result on standard output, and readers that go away before its end."""

from __future__ import annotations

import os
import sys


def emit(text: object, end: str = "\n") -> None:
    """Print a result, or a part of it.

    When the reader (head, less) has gone, nothing more can be said there, but what the command
    found still stands: it goes on, and ends with its own exit code.
    """
    try:
        print(text, end=end)
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Lead standard output nowhere, so that not even its closing fails."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
