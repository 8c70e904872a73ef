"""The command in processes of its own, as people run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import encoder_files
from tests.made_up_data import write_senteval

PROJECT = Path(__file__).parents[2]

Start = Callable[..., subprocess.Popen[str]]

# Stands in for the command and kills itself, as the kernel would, at the n-th call of a function.
KILLED_AT = """
import importlib, os, signal, sys
sys.path.insert(0, sys.argv[1])
(module, _, function), deadly = sys.argv[2].rpartition("."), sys.argv[3]
home, calls = importlib.import_module(module), iter(range(1, 1000))
original = getattr(home, function)
def counted(*arguments, **options):
    if next(calls) == int(deadly):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)
setattr(home, function, counted)
from benchmark.cli import run_eval
sys.exit(run_eval(sys.argv[4:]))
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of encoders in the current folder, which is empty but for it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(encoder_files.CALLS, str(tmp_path / "calls.txt"))
    shutil.copy(encoder_files.__file__, tmp_path / "mine.py")
    return "mine.py"


@pytest.fixture(scope="session")
def made_up_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentEval folder of made-up pairs, for ``--unverified-data``."""
    return write_senteval(tmp_path_factory.mktemp("senteval"))


def calls() -> list[str]:
    """What the encoders of `mine` were asked so far."""
    path = Path(os.environ[encoder_files.CALLS])
    return path.read_text().splitlines() if path.exists() else []


def start(arguments: list[str], variables: Mapping[str, str] | None = None) -> Any:
    """Start the command; its streams are pipes."""
    return _popen([str(PROJECT / "run_eval.py"), *arguments], variables)


def start_killed_at(function: str, call: int, arguments: list[str]) -> Any:
    """Start the command so that it is killed at a call of a function of ours or of ``os``."""
    return _popen(["-c", KILLED_AT, str(PROJECT), function, str(call), *arguments], None)


def _popen(arguments: list[str], variables: Mapping[str, str] | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | dict(variables or {}),
    )


def ended(process: subprocess.Popen[str], code: int = 0) -> str:
    """Wait until it has ended as expected; return what it printed."""
    out, err = process.communicate(timeout=1200)
    assert process.returncode == code, err
    return out


def told(arguments: list[str]) -> list[dict[str, Any]]:
    """Run the command and return its runs."""
    return list(json.loads(ended(start([*arguments, "--format", "json"])))["runs"])


def lasting(run: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same whenever a score is computed: all but times."""
    passing = ("timings", "effort", "created", "sha256")
    tasks = {
        task: {field: value for field, value in record.items() if field not in passing}
        for task, record in run["tasks"].items()
    }
    return {"model": run["model"], "tasks": tasks, "averages": run["averages"]}


def records(folder: Path) -> dict[str, bytes]:
    """Every file below an output folder."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
