"""Run the campaign, or parts of it: ``python -m tests.campaign [PART ...] [--seed N] ...``."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

# Threads do not survive a fork, and none are wanted for vectors of eight numbers.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

from tests.campaign import commands, flips, kills, syscalls
from tests.campaign.scene import Blow, Scene

UNAVAILABLE = 77
"""Exit code when a part that was asked for cannot be done here."""


class Part(NamedTuple):
    """A kind of blows, and what says why it cannot be done here."""

    blows: Callable[[Scene, random.Random], Iterator[Blow]]
    unavailable: Callable[[], str] = lambda: ""


PARTS = {
    "calls": Part(kills.at_each_call, syscalls.unavailable),
    "again": Part(kills.again_and_again, syscalls.unavailable),
    "several": Part(kills.several_at_once, syscalls.unavailable),
    "leftovers": Part(kills.leftovers, syscalls.unavailable),
    "store": Part(flips.store),
    "records": Part(flips.records),
    "gold": Part(flips.gold),
    "commands": Part(commands.commands),
    "exports": Part(commands.exports, commands.no_exporter),
}


def main() -> int:
    """Run what is asked for; 0 if nothing was wrong, 1 if something was, 77 if it cannot be run."""
    asked = _arguments()
    for name in asked.part:
        if why := PARTS[name].unavailable():
            print(why)
            return UNAVAILABLE
    for setting in ("BENCHMARK_DATA_DIR", "BENCHMARK_CACHE_BYTES"):
        os.environ.pop(setting, None)
    memory = Path("/dev/shm")  # no power is cut, so waiting for a disk would show nothing
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        scene = Scene(Path(folder))
        wrong = sum([_run(name, scene, asked) for name in asked.part])
        os.chdir("/")
    return int(wrong > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.campaign", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all without any")
    parser.add_argument("--seed", type=int, default=0, help="what is done, and in which order")
    parser.add_argument("--seconds", type=float, default=60, help="the most for each part")
    parser.add_argument("--rounds", type=int, default=sys.maxsize, help="the most for each part")
    asked = parser.parse_args()
    asked.part = asked.part or list(PARTS)
    if unknown := set(asked.part) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return asked


def _run(name: str, scene: Scene, asked: argparse.Namespace) -> int:
    """Run a part; print what was wrong, and a summary; return how often something was."""
    until, counts, faults = time.monotonic() + asked.seconds, Counter[str](), 0
    blows = PARTS[name].blows(scene, random.Random(f"{asked.seed} {name}"))
    complete = True
    for number, blow in enumerate(blows, 1):
        counts[blow.kind] += blow.blows
        faults += bool(blow.wrong)
        for text in dict.fromkeys(blow.wrong):
            print(f"  {name} {number}: {blow.what}: {text}", flush=True)
        if number == asked.rounds or time.monotonic() > until:
            complete = False
            break
    done = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
    all_of_them = " (every one there is)" if complete else ""
    print(f"{name}: {done}{all_of_them}, {faults} faults, seed {asked.seed}", flush=True)
    return faults


if __name__ == "__main__":
    sys.exit(main())
