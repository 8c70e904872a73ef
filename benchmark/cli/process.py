"""The command line as a process: its signals, its streams, its exit code.

Ctrl-C and SIGTERM: one line and an exit code of their own, whenever they come. While the program
starts and while it ends there is nothing to put in order, and much that would turn an exception
into another one or print it (extension modules that are being imported, Python's own shutdown):
the process ends where it is. In between, a KeyboardInterrupt unwinds what was begun, as it would in
any program. It may be swallowed on its way: what came is remembered, and
`Interrupts.require_none` raises it again.

Standard output and error do not fail: what nobody can read ends no work.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any, Literal, NoReturn, TextIO

_UNPRINTED = 1
"""Exit code where the result could not be printed, and nothing worse happened."""

_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_RESTORED = "\r\x1b[K\x1b[?25h"
"""For a terminal on which a bar may stand: clears its line, shows the cursor."""

_DESCRIPTORS = (0, 1, 2)


def as_process(command: Literal["run_eval", "main"]) -> int:
    """Run a command of `benchmark.cli.app` for the arguments of this process.

    Nothing that the reader of a stream does ends it early, and a signal ends it in one line.
    A result that could not be printed is an error, unless its reader has gone or the stream was
    closed from the start: then nobody wants it. The exit code of a gate is its verdict alone.

    Returns:
        The exit code.
    """
    gc.disable()  # what is imported stays; a verb that begins its work turns it on
    interrupts = Interrupts()
    interrupts.take_over()
    output = take_over_streams()
    try:
        from benchmark.cli import app
        from benchmark.cli.allocation import keep_memory

        keep_memory()
        arguments = sys.argv[1:]
        code = getattr(app, command)(arguments)
        sys.stdout.flush()
        if output.lost is not None and not isinstance(output.lost, BrokenPipeError):
            gate = command == "main" and arguments[:1] == ["check"]
            code = code if gate else max(code, _UNPRINTED)
            word = "warning" if gate else "error"
            why = output.lost.strerror
            print(f"{word}: the result cannot be printed ({why})", file=sys.stderr)
    except KeyboardInterrupt:  # in the little that is left when the command has ended
        interrupts.exit_at_once()
    interrupts.unwind(False)
    return int(code)


class Interrupts:
    """What the signals of this process do.

    Attributes:
        came: the signal that came first, None as long as none did.
    """

    def __init__(self) -> None:
        self.came: int | None = None
        self._unwinds = False
        self._told = False

    def take_over(self) -> None:
        """Handle both signals from now on, but for one that whoever started us had ignored."""
        usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
        for number, handler in usual.items():
            if signal.getsignal(number) is handler:
                signal.signal(number, self._handle)
        sys.excepthook = self._say_unless_interrupted
        sys.unraisablehook = self._say_ignored_unless_interrupted

    def unwind(self, yes: bool) -> None:
        """Say whether the first signal is to unwind, instead of ending the process at once."""
        self._unwinds = yes

    def require_none(self) -> None:
        """Raise KeyboardInterrupt if a signal came: whoever called last may have swallowed it."""
        if self.came is not None:
            raise KeyboardInterrupt

    def told(self) -> tuple[str, int]:
        """Return the word for the signal that came, which is now to be said, and the exit code."""
        self._told = True
        number = self.came or signal.SIGINT
        return _WORDS[signal.Signals(number)], 128 + number

    def exit_at_once(self) -> NoReturn:
        """End the process; say why, if it was not said yet."""
        if not self._told:
            word, _ = self.told()
            restored = _RESTORED if os.isatty(2) else ""
            with suppress(OSError):
                os.write(2, f"{restored}error: {word}\n".encode())
        os._exit(128 + (self.came or signal.SIGINT))

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        again, self.came = self.came is not None, self.came or number
        if again or not self._unwinds:
            self.exit_at_once()
        raise KeyboardInterrupt

    def _say_unless_interrupted(self, kind: type[BaseException], *rest: Any) -> None:
        """Extension modules print what they swallow."""
        if self.came is None:
            sys.__excepthook__(kind, *rest)

    def _say_ignored_unless_interrupted(self, ignored: sys.UnraisableHookArgs) -> None:
        if self.came is None:
            sys.__unraisablehook__(ignored)


def current() -> Interrupts:
    """Return what handles the signals of this process; where none does, one that never came."""
    for number in _WORDS:
        owner = getattr(signal.getsignal(number), "__self__", None)
        if isinstance(owner, Interrupts):
            return owner
    return Interrupts()


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
