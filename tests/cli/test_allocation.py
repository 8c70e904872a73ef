"""What a command does about memory, each time in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

PROGRAM = """
import json, mmap, os, resource
import numpy as np
from benchmark.cli.allocation import keep_memory

if {kept}:
    keep_memory()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def work(rounds):
    for _ in range(rounds):
        blocks = [np.ones(40 << 17) for _ in range(2)]  # of 40 MiB

work(2)
before = faults()
work(5)
pages = 5 * 2 * (40 << 20) // mmap.PAGESIZE
print(json.dumps({{"share": (faults() - before) / pages, "set": dict(os.environ)}}))
"""


def told(kept: bool, **environment: str) -> dict[str, object]:
    """Return what such a process says."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(kept=kept)],
        env=ours | environment, capture_output=True, text=True, check=True, cwd=PROJECT,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_blocks_are_not_given_back() -> None:
    """The system clears each page anew unless they are: huge pages make that fewer faults."""
    given_back, kept = told(kept=False)["share"], told(kept=True)["share"]
    assert isinstance(given_back, float)
    assert isinstance(kept, float)
    if given_back < 0.001:
        pytest.skip("this C library, or this kernel, gives nothing back by itself")
    assert kept < given_back / 10


def test_what_the_user_has_set_stays() -> None:
    found = told(kept=True, MALLOC_ARENA_MAX="3", LRU_CACHE_CAPACITY="77")["set"]
    assert isinstance(found, dict)
    assert found["MALLOC_ARENA_MAX"] == "3"
    assert found["LRU_CACHE_CAPACITY"] == "77"
    assert found["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "32"
