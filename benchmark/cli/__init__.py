"""The command line: the only place that reads flags and prints.

Nothing is imported here, so that there is next to no time in which Ctrl-C is still Python's.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

__all__ = ["main", "run_eval"]


def run_eval(arguments: "Sequence[str] | None" = None) -> int:
    """Run ``run_eval.py``; return the exit code.

    Args:
        arguments: run as a function, with these; None for the arguments of this process, whose
            streams and signals are then taken over.
    """
    return _run("run_eval", arguments)


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run ``sebench VERB``; return the exit code.

    Args:
        arguments: as for `run_eval`.
    """
    return _run("main", arguments)


def _run(command: 'Literal["run_eval", "main"]', arguments: "Sequence[str] | None") -> int:
    if arguments is not None:
        from benchmark.cli import app

        return int(getattr(app, command)(arguments))
    try:
        from benchmark.cli.process import as_process
    except KeyboardInterrupt:
        sys.stderr = None  # so that nothing else is said, whatever comes up now
        os.write(2, b"error: interrupted\n")
        os._exit(130)
    return as_process(command)
