"""Runs that are killed: at each system call, again and again, and while others are at work."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence

from tests.campaign.scene import Blow, Ended, Scene


def at_each_call(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Kill a run that starts from nothing at each of its system calls, in random order."""
    for call in _shuffled(range(1, len(_calls(scene)) + 1), dice):
        scene.reset()
        ended = scene.run(kill_at=call)
        yield _killed([ended], scene.wrong_after_kill())


def again_and_again(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Kill a run, and the run that goes on from there, and so on."""
    most = len(_calls(scene))
    while True:
        scene.reset()
        ends = [scene.run(kill_at=dice.randint(1, most // 2)) for _ in range(dice.randint(2, 5))]
        yield _killed(ends, scene.wrong_after_kill())


def several_at_once(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Start two or three at once, some of which are killed; the others must end well."""
    most = len(_calls(scene))
    while True:
        scene.reset()
        deadly = [dice.choice([None, dice.randint(1, most)]) for _ in range(dice.choice([2, 3]))]
        ends = [one.end() for one in [scene.start(kill_at=call) for call in deadly]]
        alive = [ended for ended in ends if ended.code != -signal.SIGKILL]
        wrong = [text for ended in alive for text in scene.wrong_in(ended)]
        yield _killed(ends, wrong + scene.wrong_after_kill())


def leftovers(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Kill runs while they write a file; what is half written is gone after a later run.

    It may take its time to be sure that the writer is dead, so the files are made old.
    """
    calls = _calls(scene)
    for call in _shuffled(
        [call for call in range(1, len(calls) + 1) if _writes(calls, call)], dice
    ):
        scene.reset()
        ended = scene.run(kill_at=call)
        half = [path for path in scene.results.rglob(".*") if path.is_file()]
        if not half:
            continue
        for path in half:
            os.utime(path, (0, 0))
        wrong = [*scene.wrong_in(scene.run())]
        left = [path.name for path in half if path.exists()]
        yield _killed([ended], wrong + [f"{name} is still there" for name in left])


def _writes(calls: Sequence[str], call: int) -> bool:
    """Tell whether a file is half written there: write, fsync and chmod come before its rename."""
    return any(name.startswith("rename") for name in calls[call - 1 : call + 3])


def _calls(scene: Scene) -> tuple[str, ...]:
    """Return the system calls that change files which a run makes that starts from nothing."""
    scene.reset()
    return scene.run(kill_at=sys.maxsize).calls


def _shuffled(places: Sequence[int], dice: random.Random) -> list[int]:
    return dice.sample(places, len(places))


def _killed(ends: list[Ended], wrong: list[str]) -> Blow:
    deaths = [ended for ended in ends if ended.code == -signal.SIGKILL]
    failed = [ended for ended in ends if ended.code not in (0, -signal.SIGKILL)]
    wrong += [f"exit code {ended.code}: {ended.err.strip()[-300:]}" for ended in failed]
    what = ", ".join(f"call {len(ended.calls)} ({ended.calls[-1]})" for ended in deaths)
    return Blow(f"{len(ends)} runs, killed at {what or 'none'}", "kills", wrong, len(deaths))
