"""What the command line says: the result on standard output, all else on standard error.

On a terminal there are bars; in a pipe or in CI plain lines, few of them.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from benchmark.cli.process import current
from benchmark.cli.width import fitted, terminal_width
from benchmark.errors import BenchmarkError
from benchmark.one_line import one_line

if TYPE_CHECKING:
    from benchmark.embeddings import Advance

Words = Annotated[list[str] | None, Parameter(consume_multiple=True)]
Quiet = Annotated[bool, Parameter(help="No progress, only warnings and errors.")]
Debug = Annotated[bool, Parameter(help="Errors with their traceback.")]
"""Options that verbs share."""

_LINE_SECONDS = 15.0
_BAR = "{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left"
_STDOUT, _STDERR = 1, 2
_NAMED = re.compile(r"(?<![^\s(;])`([a-z][a-z_]*)`(?![^\s):;,.?]|\.\w)")
"""A name as Python knows it, by itself: not in quotes, not a part of a path."""


def as_typed(message: str) -> str:
    """Write the options that a message of the library names as they are typed.

    Nothing else is touched: neither a name that no verb knows as an option, nor one inside of a
    longer word, which is somebody's file.

    >>> as_typed("give another `output_dir`, not `here`")
    'give another --output-dir, not `here`'
    """
    if not _NAMED.search(message):
        return message
    from benchmark.cli.app import option_names

    typed = option_names()
    return _NAMED.sub(lambda found: typed.get(found[1], found[0]), message)


def emit(text: object, end: str = "\n") -> None:
    """Print a result, or a part of it, now; on a terminal its tables fit the width.

    When it cannot be written (the reader has gone, the disk is full) the command goes on; how that
    ends is decided in `benchmark.cli.process`.
    """
    print(fitted(str(text), terminal_width()), end=end)
    sys.stdout.flush()


class Console:
    """Messages and progress.

    Attributes:
        quiet: only warnings and errors.
        debug: errors with their traceback.
    """

    def __init__(self, *, quiet: bool, debug: bool) -> None:
        """Take over the messages of the package's loggers; the work begins."""
        gc.enable()
        self.quiet = quiet
        self.debug = debug
        logger = logging.getLogger("benchmark")
        logger.setLevel(logging.WARNING if quiet else logging.INFO)
        logger.handlers = [_StandardError()]
        logger.propagate = False

    @property
    def shows_bars(self) -> bool:
        """Tell whether somebody is watching."""
        return not self.quiet and sys.stderr.isatty() and not os.environ.get("CI")

    def bar(self, *arguments: Any, **options: Any) -> Any:
        """Draw a bar that goes away, where somebody is watching; downloads call this as a class."""
        from tqdm import tqdm

        return tqdm(*arguments, **options | {"disable": not self.shows_bars, "leave": False})

    def error(self, message: str, error: BenchmarkError) -> None:
        """Print an error on one line, and where it came from when debugging."""
        if self.debug:
            traceback.print_exception(error)
        self.say_error(message)

    def say_error(self, message: str) -> None:
        """Print what is wrong on one line."""
        _say(f"error: {one_line(as_typed(message))}")

    @contextmanager
    def watch(self, work: str) -> Iterator[Advance]:
        """Show how far a piece of work is."""
        interrupts = current()
        interrupts.require_none()
        with self._shown(work) as show:

            def advance(done: int, total: int) -> None:
                interrupts.require_none()
                show(done, total)

            yield advance

    def _shown(self, work: str) -> AbstractContextManager[Advance]:
        if self.quiet:
            return nullcontext(_show_nothing)
        return self._drawn(work) if self.shows_bars else nullcontext(_Lines(work))

    @contextmanager
    def _drawn(self, work: str) -> Iterator[Advance]:
        with self.bar(desc=one_line(work), total=1, bar_format=_BAR) as bar:

            def advance(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield advance


def _show_nothing(_done: int, _total: int) -> None:
    """For who wants no progress."""


@contextmanager
def standard_output_diverted() -> Iterator[None]:
    """Keep the result clean: what a library, an encoder or its children print goes elsewhere.

    Python's own stream and the file descriptor below it lead to standard error meanwhile.
    """
    sys.stdout.flush()
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)


class _StandardError(logging.Handler):
    """Writes to whatever standard error is at the moment, a word in front for warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        word = "warning: " if record.levelno >= logging.WARNING else ""
        _say(f"{word}{one_line(as_typed(record.getMessage()))}")


def _say(line: str) -> None:
    if "tqdm" not in sys.modules:
        print(line, file=sys.stderr)
        return
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)  # above what may be drawn


class _Lines:
    """A line every quarter of a minute."""

    def __init__(self, work: str) -> None:
        self._work = work
        self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._said > _LINE_SECONDS:
            self._said = now
            _say(f"{one_line(self._work)}: {done / total:.0%}")
