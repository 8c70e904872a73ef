"""Start one command, wait, and write down its time and memory.

    python -I -S launcher.py REPORT COMMAND ...

A process inherits the peak memory of the one that started it. This program is small, so that the
figure is the command's own. It runs as a file, and imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> int:
    """Run the command; return its exit code."""
    report, *command = sys.argv[1:]
    started = time.perf_counter()
    process = subprocess.Popen(command)  # noqa: S603 - our own command
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = code = os.waitstatus_to_exitcode(status)
    figures = {
        "seconds": seconds,
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * _UNIT,
    }
    with open(report, "w", encoding="utf-8") as file:
        json.dump(figures, file)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
