"""However a run ends, its workers end with it; what was stored is not encoded again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import psutil
import pytest

from benchmark.embeddings import Processes, VectorCache, embed
from tests.embeddings.engines.conftest import END
from tests.embeddings.engines.encoders import Plain, vectors_of

T = TypeVar("T")

PROJECT = Path(__file__).parents[3]
SENTENCES = [f"sentence {place}" for place in range(1024 * 30)]

SCRIPT = """
import sys
from pathlib import Path
from benchmark.embeddings import Processes, VectorCache, embed
from tests.embeddings.engines.encoders import GetsStuck
from tests.embeddings.engines.test_no_orphans import SENTENCES
if __name__ == "__main__":
    store = VectorCache(Path("cache")).store('{"fingerprint": "x"}', "plain")
    embed(GetsStuck("notes", int(sys.argv[1])), SENTENCES, store=store, engine=Processes(2))
"""


def start(folder: Path, chunks: int = 0) -> subprocess.Popen[str]:
    """Encode with two workers, which get stuck after so many chunks of sentences each."""
    (folder / "script.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, "script.py", str(chunks)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that a signal to its group does not reach these tests
    )


def wait_until(happened: Callable[[], T]) -> T:
    """Return the first answer that is not nothing."""
    deadline = time.monotonic() + END
    while not (found := happened()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return those that can be told by their command: one that has just been forked is still
    called as its parent is, and may become Python's tracker of shared memory."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def assert_gone(processes: list[psutil.Process]) -> None:
    assert processes
    _, alive = psutil.wait_procs(processes, timeout=END)
    assert not alive


def at_work(folder: Path) -> bool:
    notes = folder / "notes"
    return notes.exists() and len({line.split()[0] for line in notes.open()}) == 2


@pytest.mark.parametrize(
    "number",
    [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGINT],
)
def test_workers_that_are_at_work(number: int, tmp_path: Path) -> None:
    """They would take hours; none of them is waited for."""
    process = start(tmp_path)
    wait_until(lambda: at_work(tmp_path))
    workers = workers_of(process)
    assert len(workers) == 2
    # Ctrl-C reaches all processes of a terminal's job, the others only the one that is named.
    send = os.killpg if number == signal.SIGINT else os.kill
    send(process.pid, number)
    assert_gone(workers)
    _, err = process.communicate(timeout=END)
    assert process.returncode == -number
    assert err.count("Traceback") == (number == signal.SIGINT)  # the parent's own


def test_workers_that_have_not_begun(tmp_path: Path) -> None:
    """Ctrl-C while they import what they need: they say nothing."""
    process = start(tmp_path)
    workers = wait_until(lambda: workers_of(process))
    os.killpg(process.pid, signal.SIGINT)
    assert_gone(workers)
    _, err = process.communicate(timeout=END)
    assert process.returncode == -signal.SIGINT
    assert err.count("Traceback") == 1, err


def test_what_a_killed_parent_stored_is_not_encoded_again(tmp_path: Path) -> None:
    process = start(tmp_path, 4)
    folder = tmp_path / "cache"
    cache = VectorCache(folder)
    store = cache.store('{"fingerprint": "x"}', "plain")
    wait_until(lambda: len(store.look_up(SENTENCES).places) > 2000)
    workers = workers_of(process)
    process.kill()
    assert_gone(workers)
    process.communicate(timeout=END)
    there = len(store.look_up(SENTENCES).places)
    assert 2000 < there < len(SENTENCES)
    notes = tmp_path / "again"
    resumed = embed(Plain(str(notes)), SENTENCES, store=store, engine=Processes(2))
    assert len(resumed.report.encoded) == len(SENTENCES) - there
    assert len(notes.read_text().splitlines()) == len(SENTENCES) - there
    assert np.array_equal(resumed[SENTENCES], vectors_of(SENTENCES))
    assert not embed(Plain(), SENTENCES, store=store).report.encoded
