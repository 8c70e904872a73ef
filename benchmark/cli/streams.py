"""Standard output and error that do not fail: what nobody can read ends no work."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO

_DESCRIPTORS = (0, 1, 2)


class LastingOutput(io.RawIOBase):
    """Writes to a stream for as long as that takes it; what is said after that is lost.

    Attributes:
        lost: why something was lost, None as long as nothing was.
    """

    def __init__(self, stream: Any) -> None:
        """Write to a stream that has no buffer of its own."""
        self.lost: OSError | None = None
        self._stream = stream

    def writable(self) -> bool:
        """Tell that it is written to."""
        return True

    def fileno(self) -> int:
        """Return the number of the stream below."""
        return int(self._stream.fileno())

    def isatty(self) -> bool:
        """Tell whether somebody is watching."""
        return bool(self._stream.isatty())

    def write(self, content: Any, /) -> int | None:
        """Write what can be written; the rest is lost, and that is no error here."""
        try:
            written: int | None = self._stream.write(content)
        except OSError as error:
            self.lost = self.lost or error
            return len(content)
        return written


def take_over_streams() -> LastingOutput:
    """Let nothing that is written to ``sys.stdout`` or ``sys.stderr`` fail from now on.

    Streams that were closed when the program started lead nowhere: else the next files to be
    opened would get their numbers, and all that is printed. A character that the encoding lacks
    is written as its escape.

    Returns:
        Standard output, which knows whether it lost something.
    """
    _fill_gaps()
    output, sys.stdout = _lasting(sys.stdout, 1)
    _, sys.stderr = _lasting(sys.stderr, 2)
    return output


def _fill_gaps() -> None:
    while (opened := os.open(os.devnull, os.O_RDWR)) in _DESCRIPTORS:
        os.set_inheritable(opened, True)
    os.close(opened)


def _lasting(stream: TextIO | None, descriptor: int) -> tuple[LastingOutput, TextIO]:
    if not isinstance(stream, io.TextIOWrapper):
        output = LastingOutput(io.FileIO(descriptor, "w", closefd=False))
        return output, io.TextIOWrapper(io.BufferedWriter(output), "utf-8", "backslashreplace")
    output = LastingOutput(getattr(stream.buffer, "raw", stream.buffer))
    unbuffered = stream.write_through  # -u, or PYTHONUNBUFFERED
    buffer: Any = output if unbuffered else io.BufferedWriter(output)
    text = io.TextIOWrapper(
        buffer,
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=unbuffered,
    )
    return output, text
