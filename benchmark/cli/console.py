"""What the command line says beside its result, all of it on standard error.

On a terminal there are bars; in a pipe or in CI plain lines, few of them.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmark.embeddings import Advance, unwatched
from benchmark.errors import BenchmarkError

_LINE_SECONDS = 15.0


class Console:
    """Messages and progress.

    Attributes:
        quiet: only warnings and errors.
        debug: errors with their traceback.
    """

    def __init__(self, *, quiet: bool, debug: bool) -> None:
        """Take over the messages of the package's loggers."""
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
        from tqdm import tqdm

        return functools.partial(tqdm, disable=True)

    def error(self, message: str, error: BenchmarkError) -> None:
        """Print an error on one line, and where it came from when debugging."""
        if self.debug:
            traceback.print_exception(error)
        print(f"error: {' '.join(message.split())}", file=sys.stderr)

    @contextmanager
    def encoding(self, name: str) -> Iterator[Advance]:
        """Show how encoding goes on."""
        if self.quiet:
            yield unwatched
        elif self.shows_bars:
            with _bar(name) as advance:
                yield advance
        else:
            yield _Lines(name)


class _StandardError(logging.Handler):
    """Writes to whatever standard error is at the moment, a word in front for warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        word = "warning: " if record.levelno >= logging.WARNING else ""
        print(f"{word}{record.getMessage()}", file=sys.stderr)


@contextmanager
def _bar(name: str) -> Iterator[Advance]:
    from rich.console import Console as RichConsole
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("sentences"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as progress:
        bar = progress.add_task(f"{escape(name)}: loading", total=None)

        def advance(done: int, total: int) -> None:
            progress.update(
                bar, completed=done, total=total, description=f"{escape(name)}: encoding"
            )

        yield advance


class _Lines:
    """One line at the start and one every quarter of a minute."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == 0:
            self._say(f"encoding {total:,} distinct sentences", now)
        elif done < total and now - self._said > _LINE_SECONDS:
            self._say(f"{done:,} of {total:,} sentences encoded ({done / total:.0%})", now)

    def _say(self, text: str, now: float) -> None:
        self._said = now
        print(f"{self._name}: {text}", file=sys.stderr)
