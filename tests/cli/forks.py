"""Many command lines, each in a fork of one process: quick, and as real as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PROJECT = Path(__file__).parents[2]

Stream = Literal["kept", "closed", "full", "gone"]
"""Kept in a file, closed by who starts the program, on a full disk, a pipe without a reader."""

FORKING = """
import os, sys
preload, cases, folder = eval(sys.argv[1])
sys.path.insert(0, sys.argv[2])
sys.dont_write_bytecode = True
for module in preload:
    __import__(module)

def lead(stream, number, place):
    if stream == "closed":
        os.close(number)
        setattr(sys, "stdout" if number == 1 else "stderr", None)
        return
    if stream == "gone":
        reading, opened = os.pipe()
        os.close(reading)
    else:
        path = "/dev/full" if stream == "full" else f"{place}.{number}"
        opened = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.dup2(opened, number)
    os.close(opened)

def interrupting(at, place):
    count = 0
    def hook(event, arguments):
        nonlocal count
        if event != "import":
            return
        count += 1
        if count == at:
            os.close(os.open(f"{place}.fired", os.O_WRONLY | os.O_CREAT))
            os.kill(os.getpid(), 2)
    return hook

for number, case in enumerate(cases):
    place = os.path.join(folder, str(number))
    child = os.fork()
    if not child:
        break
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))
else:
    sys.exit()
command, arguments, streams, at = case
sys.argv = ["run_eval.py", *arguments]
for descriptor, stream in zip((1, 2), streams):
    lead(stream, descriptor, place)
if at:
    sys.addaudithook(interrupting(at, place))
from benchmark.cli import main, run_eval
sys.exit(run_eval() if command == "run_eval" else main())
"""

IN_USE = ("benchmark.cli.process", "benchmark.cli.app", "benchmark.evaluation", "benchmark.reports")
"""To load once for all, where it does not matter when they are loaded."""


@dataclass(frozen=True)
class Case:
    """A command line.

    Attributes:
        arguments: of the command.
        command: ``run_eval`` or ``main``.
        streams: what standard output and error are.
        at: the import at which the process gets SIGINT, 1 for the first; 0 for never.
    """

    arguments: Sequence[object]
    command: Literal["run_eval", "main"] = "run_eval"
    streams: tuple[Stream, Stream] = ("kept", "kept")
    at: int = 0


@dataclass(frozen=True)
class Ended:
    """How it ended: a negative code is that of a signal, as for `subprocess`."""

    code: int
    out: str
    err: str
    fired: bool


def run_all(
    cases: Sequence[Case],
    folder: Path,
    *,
    preload: Sequence[str] = IN_USE,
    variables: Mapping[str, str] | None = None,
) -> list[Ended]:
    """Run each command line in the current folder, one after another; ``folder`` is for notes."""
    folder.mkdir()
    plain = [
        (case.command, [str(argument) for argument in case.arguments], case.streams, case.at)
        for case in cases
    ]
    done = subprocess.run(
        [sys.executable, "-c", FORKING, repr((preload, plain, str(folder))), str(PROJECT)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "100"} | dict(variables or {}),
    )

    def said(number: int, what: object) -> str:
        path = folder / f"{number}.{what}"
        return path.read_text() if path.exists() else ""

    return [
        Ended(int(code), said(number, 1), said(number, 2), (folder / f"{number}.fired").exists())
        for number, code in enumerate(done.stdout.split())
    ]
