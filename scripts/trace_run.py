"""Show how many of our files one run walks through, and how often it goes from one to another.

    python scripts/trace_run.py                                  # the embedded model and pairs
    python scripts/trace_run.py --model NAME --tasks sts         # as run_eval.py takes them

A file is walked through when a function of it is called; that it is imported is not enough. The
run is a fresh one: records and vectors go to a folder that is deleted afterwards. Functions that
other processes call are not seen.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "benchmark"


class Walk:
    """The calls of functions in files of the package, as a profiler is told of them."""

    def __init__(self) -> None:
        """Nothing was called yet."""
        self.calls: Counter[str] = Counter()
        self.changes: Counter[int] = Counter()
        self._last: dict[int, str] = {}

    def profile(self, frame: FrameType, event: str, _argument: object) -> None:
        """Count a call: of a function, for a module's or a class's body is not optimized."""
        code = frame.f_code
        if event != "call" or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        file = code.co_filename
        if not file.startswith(str(PACKAGE)):
            return
        thread = threading.get_ident()
        self.calls[file] += 1
        self.changes[thread] += file != self._last.get(thread)
        self._last[thread] = file

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Count what is called inside the ``with``, in threads that start there too."""
        threading.setprofile(self.profile)
        sys.setprofile(self.profile)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def described(self) -> str:
        """Return the files by room, the counts of calls, and the two numbers."""
        lines = [
            f"{self.calls[file]:>9,}  {Path(file).relative_to(PROJECT)}"
            for file in sorted(self.calls)
        ]
        changes = sum(self.changes.values())
        return "\n".join([*lines, f"{len(self.calls)} files, {changes:,} changes of file"])


def main(arguments: list[str]) -> int:
    """Run, print where it went, and return the run's exit code."""
    sys.path.insert(0, str(PROJECT))
    walk = Walk()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCHMARK_CACHE_DIR"] = f"{folder}/cache"
        from benchmark.cli.app import run_eval

        with contextlib.redirect_stdout(io.StringIO()), walk.watched():
            code = run_eval([*arguments, "--output-dir", f"{folder}/results", "--quiet"])
    print(walk.described())
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
