"""What the command line says beside its result, all of it on standard error.

On a terminal there are bars; in a pipe or in CI plain lines, few of them.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING, Any

from benchmark.cli.interrupts import current
from benchmark.errors import BenchmarkError
from benchmark.one_line import one_line

if TYPE_CHECKING:
    from benchmark.embeddings import Advance

_LINE_SECONDS = 15.0
_STDOUT, _STDERR = 1, 2


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

    @property
    def download_bar(self) -> Callable[..., Any] | None:
        """Return the tqdm class for downloads: the hub client's own, or one that is silent."""
        if self.shows_bars:
            return None
        return _silent_bar

    def error(self, message: str, error: BenchmarkError) -> None:
        """Print an error on one line, and where it came from when debugging."""
        if self.debug:
            traceback.print_exception(error)
        print(f"error: {one_line(message)}", file=sys.stderr)

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
        return _bar(work) if self.shows_bars else nullcontext(_Lines(work))


def _silent_bar(*arguments: Any, **options: Any) -> Any:
    from tqdm import tqdm

    return tqdm(*arguments, **options | {"disable": True})


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
        print(f"{word}{one_line(record.getMessage())}", file=sys.stderr)


@contextmanager
def _bar(work: str) -> Iterator[Advance]:
    from rich.console import Console as RichConsole
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    label = escape(one_line(work))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as progress:
        bar = progress.add_task(label, total=None)

        def advance(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        yield advance


class _Lines:
    """A line every quarter of a minute."""

    def __init__(self, work: str) -> None:
        self._work = work
        self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._said > _LINE_SECONDS:
            self._said = now
            print(f"{one_line(self._work)}: {done / total:.0%}", file=sys.stderr)
