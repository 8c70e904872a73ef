"""Ctrl-C and SIGTERM are one line and their exit code, whenever they come."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.forks import PROJECT, Case, Ended, run_all

ENCODERS = """
import atexit, os, signal, sys, threading
import numpy as np
from benchmark import EncoderCard

class Interrupting:
    card = EncoderCard(name="interrupting", version="1")
    number = signal.SIGINT

    def interrupt(self):
        os.kill(os.getpid(), self.number)

    def encode(self, sentences):
        self.interrupt()
        return np.random.default_rng(0).random((len(sentences), 3), np.float32)

class Terminating(Interrupting):
    number = signal.SIGTERM

class Converting(Interrupting):
    '''What the C interface of numpy does with whatever is raised while numpy is imported.'''
    def interrupt(self):
        try:
            super().interrupt()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            raise ImportError("numpy._core.multiarray failed to import") from None

class Swallowing(Interrupting):
    def interrupt(self):
        try:
            super().interrupt()
        except BaseException:
            pass

class Collected(Interrupting):
    def interrupt(self):
        Dying()

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

class Twice(Interrupting):
    '''The second comes while the first is being dealt with.'''
    def interrupt(self):
        try:
            super().interrupt()
        finally:
            super().interrupt()

class Waiting(Interrupting):
    '''The main thread waits, for ever, for another.'''
    def interrupt(self):
        threading.Timer(0, super().interrupt).start()
        threading.Event().wait()

class AtExit(Interrupting):
    def interrupt(self):
        atexit.register(super().interrupt)

class AtExitTwice(Interrupting):
    def interrupt(self):
        atexit.register(super().interrupt)
        super().interrupt()

"""
CREW = """
import os, signal, threading
from benchmark import EncoderCard

class FromWorkers:
    card = EncoderCard(name="from-workers", version="1")

    def encode(self, sentences):
        os.kill(os.getppid(), signal.SIGINT)
        threading.Event().wait()
"""
KEPT = "; finished tasks are kept, the same command goes on from there"


@pytest.fixture
def encoders(tmp_path: Path) -> str:
    (tmp_path / "encoders.py").write_text(ENCODERS)
    return "encoders.py"


def one_line(ended: Ended, line: str, code: int = 130) -> None:
    """Require this line as the last, this exit code, and nothing that Python says by itself."""
    assert ended.code == code, ended
    assert ended.err.splitlines()[-1] == f"error: {line}"
    assert ended.err.count("error: ") == 1
    assert "Traceback" not in ended.err
    assert "ignored" not in ended.err


def at_imports(
    arguments: Sequence[object], points: Sequence[int], folder: Path, command: str = "run_eval"
) -> list[Ended]:
    """Run a command many times, with Ctrl-C at these imports; all must be ended by it."""
    ended = run_all([Case(arguments, command, at=at) for at in points], folder, preload=())
    for point, one in zip(points, ended, strict=True):
        if one.fired:  # else there are not so many imports
            line = one.err.splitlines()[-1].removeprefix("error: ")
            assert line in ("interrupted", f"interrupted{KEPT}"), point
            one_line(one, line)
    return ended


# --- while modules are imported -------------------------------------------------------------------


def test_at_the_first_imports_of_all(tmp_path: Path):
    """The first two are those of the two packages, which import nothing themselves."""
    ended = at_imports(["--help"], range(3, 12), tmp_path / "notes")
    assert {(one.code, one.err, one.out) for one in ended} == {(130, "error: interrupted\n", "")}


@pytest.mark.parametrize(
    ("command", "arguments"), [("run_eval", ["--list-tasks"]), ("main", ["compare", "x"])]
)
def test_while_it_starts(command: str, arguments: list[str], tmp_path: Path):
    ended = at_imports(arguments, range(20, 400, 47), tmp_path / "notes", command)
    assert sum(one.fired for one in ended) >= 5


def test_while_a_run_imports_what_it_needs(encoders: str, tmp_path: Path):
    asked = ["--model", f"{encoders}:Interrupting", "--tasks", "DemoSTS"]
    ended = at_imports(asked, range(220, 460, 35), tmp_path / "notes")
    assert sum(one.fired for one in ended) >= 4
    assert {one.out for one in ended} == {""}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "points"),
    [("torch", range(450, 1300, 100)), ("scipy.stats", range(450, 800, 60)), ("numba", (450, 550))],
)
def test_while_a_large_library_is_imported_in_the_middle_of_a_run(
    library: str, points: Sequence[int], tmp_path: Path
):
    """Some turn what is raised into an ImportError, print it, or go on without a part."""
    head = "    def interrupt(self):\n"
    text = ENCODERS.replace(head, f"{head}        import {library}\n", 1)
    (tmp_path / "encoders.py").write_text(text)
    ended = at_imports(
        ["--model", "encoders.py:Interrupting", "--tasks", "DemoSTS"], points, tmp_path / "notes"
    )
    assert sum(one.fired for one in ended) >= 1


# --- while it works -------------------------------------------------------------------------------


def test_wherever_it_comes_while_it_works(encoders: str, tmp_path: Path):
    lines = {
        "Interrupting": f"interrupted{KEPT}",
        "Converting": f"interrupted{KEPT}",
        "Swallowing": f"interrupted{KEPT}",
        "Collected": f"interrupted{KEPT}",
        "Waiting": f"interrupted{KEPT}",
        "Twice": "interrupted",
        "AtExitTwice": f"interrupted{KEPT}",
        "AtExit": "interrupted",
    }
    asked = ["--tasks", "DemoSTS", "--no-cache", "--overwrite", "--model"]
    cases = [Case([*asked, f"{encoders}:{name}"]) for name in lines]
    for line, ended in zip(lines.values(), run_all(cases, tmp_path / "notes"), strict=True):
        one_line(ended, line)


def test_what_is_finished_is_kept_though_it_is_swallowed(encoders: str, mine: str, tmp_path: Path):
    """The encoder after the one that swallowed it is not asked any more."""
    models = [f"{mine}:WordHash", f"{encoders}:Converting", f"{mine}:Raises"]
    asked = ["--model", *models, "--tasks", "DemoSTS", "--quiet"]
    [ended] = run_all([Case(asked)], tmp_path / "notes")
    assert (ended.code, ended.out, ended.err) == (130, "", f"error: interrupted{KEPT}\n")
    assert [path.parts[-3] for path in Path("results").rglob("*.json")] == ["word-hash"]


def test_the_other_signal_ends_it_in_the_same_way(encoders: str, mine: str, tmp_path: Path):
    models = [f"{mine}:WordHash", f"{encoders}:Terminating"]
    [ended] = run_all([Case(["--model", *models, "--tasks", "DemoSTS"])], tmp_path / "notes")
    one_line(ended, f"terminated{KEPT}", 143)
    assert [path.parts[-3] for path in Path("results").rglob("*.json")] == ["word-hash"]


def test_while_worker_processes_run(tmp_path: Path):
    (tmp_path / "crew.py").write_text(CREW)
    (tmp_path / "encoders.py").write_text("from crew import FromWorkers\n")
    asked = ["--model", "encoders.py:FromWorkers", "--tasks", "DemoSTS", "--workers", "2"]
    done = subprocess.run(
        [sys.executable, PROJECT / "run_eval.py", *asked],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": "."},
    )
    one_line(Ended(done.returncode, done.stdout, done.stderr, True), f"interrupted{KEPT}")


def test_what_whoever_starts_it_ignores_stays_ignored(encoders: str):
    ignoring = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    asked = ["--model", f"{encoders}:Interrupting", "--tasks", "DemoSTS", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", ignoring, sys.executable, str(PROJECT / "run_eval.py"), *asked],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Model ")
