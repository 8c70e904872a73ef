"""What these tests share."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

END = 300.0
"""Seconds after which a test gives up on what a busy machine does late; nothing waits for it."""

SENTENCES = [f"{'word ' * (place % 23)}{place}" for place in range(1500)]
"""Of many lengths: some 90 batches of the encoder `Tokens`, in 20 jobs."""


@pytest.fixture(autouse=True)
def no_process_stays() -> Iterator[None]:
    """Whatever happened in a test, the processes it started are gone.

    What was there before (the browser of other tests) may start processes of its own meanwhile.
    """
    before = set(psutil.Process().children(recursive=True))
    yield
    left = [p for p in psutil.Process().children(recursive=True) if p not in before]
    ours = [p for p in left if not is_tracker(p) and before.isdisjoint(ancestors(p))]
    _, alive = psutil.wait_procs(ours, timeout=END)
    assert not alive


def ancestors(process: psutil.Process) -> list[psutil.Process]:
    """Return who started a process, and who started that one, and so on."""
    try:
        return process.parents()
    except psutil.NoSuchProcess:
        return []


def is_tracker(process: psutil.Process) -> bool:
    """Python's own tracker of shared memory lives as long as the process that started it."""
    try:
        return "resource_tracker" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return True
