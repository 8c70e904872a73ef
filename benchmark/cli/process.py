"""The command line as a process: its signals, its streams, its exit code."""

from __future__ import annotations

import gc
import sys
from typing import Literal

from benchmark.cli.interrupts import Interrupts
from benchmark.cli.streams import take_over_streams

_UNPRINTED = 1
"""Exit code where the result could not be printed, and nothing worse happened."""


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
