"""Run a program in a process of its own, and say what it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

_LAUNCHER = Path(__file__).with_name("launcher.py")

_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""What the libraries of all contenders ask for the number of their threads."""


class ChildFailed(Exception):
    """A program ended otherwise than well; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program took and said.

    Attributes:
        seconds: from its start to its end, on the wall's clock.
        processor_seconds: of all its threads.
        peak_bytes: the most memory it (or a child of it) had at once.
        output: its standard output.
        messages: its standard error.
    """

    seconds: float
    processor_seconds: float
    peak_bytes: int
    output: str
    messages: str


def environment(threads: int, **more: str) -> dict[str, str]:
    """Return the environment of a child: so many threads, no network, no bars."""
    return {
        **os.environ,
        **dict.fromkeys(_THREADS, str(threads)),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "true",
        "PYTHONWARNINGS": "ignore",
        **more,
    }


def run_child(
    command: Sequence[str], variables: Mapping[str, str], limit: float | None = None
) -> Outcome:
    """Run a command in the project's folder and wait for its end.

    Args:
        command: program and arguments.
        variables: the whole environment.
        limit: seconds after which it is killed.

    Raises:
        ChildFailed: it ended with another code than 0, or had to be killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-I", "-S", str(_LAUNCHER), str(report), *command],
            cwd=PROJECT,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, messages = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"killed after {limit:,.0f} s") from None
        finally:
            _end(process)
        if process.returncode or not report.is_file():
            raise ChildFailed(_last_words(messages, process.returncode))
        figures = json.loads(report.read_text("utf-8"))
    return Outcome(**figures, output=output, messages=messages)


def _end(process: subprocess.Popen[str]) -> None:
    """Let nothing of it live on when we are interrupted."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_words(messages: str, code: int) -> str:
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'said nothing'} (exit code {code})"
