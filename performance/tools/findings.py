"""What a program found, written down after every measured part: a time limit loses nothing."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark.atomic import write_atomically
from benchmark.one_line import one_line

Entry = dict[str, Any]
"""Figures of one part; ``left_out`` with a reason, ``error`` with a ``traceback``, or ``wrong``
with what does not hold."""


class Findings:
    """Entries by name, in a file that is written anew after each.

    Attributes:
        entries: so far.
    """

    def __init__(self, path: Path | None, seconds: float) -> None:
        """Keep entries in a file, and end after so many seconds."""
        self.entries: dict[str, Entry] = {}
        self._path = path
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self._until - time.monotonic()

    def measure(self, name: str, question: Callable[[], Entry], needs: float = 1.0) -> None:
        """Ask a question if there is time for it, and keep its answer, or how it failed.

        Args:
            name: of the entry.
            question: returns it.
            needs: seconds that it takes, roughly.
        """
        if self.left < needs:
            self.leave_out(name, f"it takes some {needs:.0f} s, {max(self.left, 0):.0f} s are left")
            return
        started = time.monotonic()
        try:
            entry = question()
        except Exception as error:  # whatever it is: the next part is asked all the same
            said = one_line(f"{type(error).__name__}: {error}")[:300]
            entry = {"error": said, "traceback": traceback.format_exc()}
        self._keep(name, entry | {"took": round(time.monotonic() - started, 3)})

    def leave_out(self, name: str, why: str) -> None:
        """Note that something was not asked."""
        self._keep(name, {"left_out": why})

    def _keep(self, name: str, entry: Entry) -> None:
        self.entries[name] = entry
        if self._path is not None:
            content = json.dumps(self.entries, indent=1, default=str)
            write_atomically(self._path, content.encode() + b"\n")
        print(f"{name}: {verdict(entry)}", file=sys.stderr, flush=True)


def verdict(entry: Entry) -> str:
    """Return one line on an entry: what failed, or that it is well."""
    for word in ("error", "wrong", "left_out"):
        if entry.get(word):
            return one_line(f"{word.replace('_', ' ')}: {entry[word]}")
    return f"done ({entry.get('took', 0):.1f} s)"


def is_sound(entry: Entry) -> bool:
    """Tell whether nothing failed and nothing is wrong."""
    return not entry.get("error") and not entry.get("wrong")
