"""Files that are damaged: each bit of a record, of predictions, gold and the store; cut files."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmark.errors import UnreadableRecord
from benchmark.results import read_record
from benchmark.results.predictions import kept_gold
from tests.campaign.scene import SMALL_PAGES, Blow, Scene, contents, flip, same_file

Wrong = Callable[[Scene, Path, bytes], list[str]]
"""Looks at what became of a file; is told what was in it before the blow."""

MOST_RUNS = 5
"""Until a damaged store is whole again: what it still serves is not stored at once."""


def records(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Damage records and predictions: the next run computes them again, or they say the same."""
    _finish(scene)
    names = [name for name in scene.files if name.endswith((".json", ".npy"))]
    yield from _blows(scene, dice, [scene.results / name for name in names], _computed_again)


def gold(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Damage gold scores: whoever reads them is refused, or gets the same."""
    _finish(scene)
    [name] = [name for name in scene.files if name.endswith(".npz")]
    yield from _blows(scene, dice, [scene.results / name], _refused)


def store(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Damage stored vectors: no wrong one is served, and after a few runs all is whole again.

    Half of the rows are missing, as after a killed run, so that each run also writes.
    """
    scene.reset()
    scene.run()
    for path in sorted(scene.vectors.iterdir()):
        connection = sqlite3.connect(path)
        connection.execute("DELETE FROM vector WHERE id % 2")
        connection.commit()
        connection.close()
    scene.keep("half stored")
    [path, *_] = sorted(scene.vectors.iterdir())
    yield from _blows(scene, dice, [path], _whole_again, state="half stored")


def _finish(scene: Scene) -> None:
    scene.reset()
    scene.run()
    scene.keep("finished")


def _blows(
    scene: Scene, dice: random.Random, paths: list[Path], wrong: Wrong, state: str = "finished"
) -> Iterator[Blow]:
    before = {path: path.read_bytes() for path in paths}
    for path, place, bit in _places(before, dice):
        scene.reset(state)
        if bit is None:
            os.truncate(path, place)
        else:
            flip(path, place, bit)
        what = f"cut at byte {place}" if bit is None else f"bit {bit} of byte {place} flipped"
        kind = "cuts" if bit is None else "flips"
        yield Blow(f"{path.name}: {what}", kind, wrong(scene, path, before[path]))


def _places(
    files: dict[Path, bytes], dice: random.Random
) -> Iterator[tuple[Path, int, int | None]]:
    """Yield every bit of files (None: a cut there) in random order, first one of each byte.

    Every other one is of the first pages of a file, where a store keeps its layout.
    """
    rounds = [(list(files), bit) for bit in range(8)]
    for number, (paths, turn) in enumerate(rounds):
        places = [(path, place) for path in paths for place in range(len(files[path]))]
        dice.shuffle(places)
        first = [(path, place) for path, place in places if place < 2 * SMALL_PAGES]
        others = [(path, place) for path, place in places if place >= 2 * SMALL_PAGES]
        while first or others:
            for part in filter(None, (first, others)):
                path, place = part.pop()
                yield path, place, (place + turn) % 8
                if number == 0 and place % 4 == 0:
                    yield path, place, None


def _computed_again(scene: Scene, path: Path, before: bytes) -> list[str]:
    damaged = path.read_bytes()
    ended = scene.run()
    wrong = [*scene.wrong_in(ended, quiet=False)]
    after = path.read_bytes()
    as_written = _says(path, after) == _says(path, before)
    if not as_written and (after == damaged or not same_file(path.name, after, before)):
        wrong.append(f"{path.name} was believed" if after == damaged else "it is still wrong")
    name = path.relative_to(scene.results).as_posix()
    others = contents(scene.results)
    wrong += [
        f"{other} has changed"
        for other, content in scene.files.items()
        if other != name and not same_file(other, others.get(other, b""), content)
    ]
    wrong += scene.wrong_in(again := scene.run())
    if again.code == 0 and not all(run["resumed"] for run in json.loads(again.out)["runs"]):
        wrong.append("it is computed again by every run")
    return wrong


def _says(path: Path, content: bytes) -> object:
    try:
        return json.loads(content) if path.suffix == ".json" else content
    except ValueError:
        return None


def _refused(scene: Scene, path: Path, before: bytes) -> list[str]:
    wrong = [*scene.wrong_in(scene.run())]
    record = next(scene.results.rglob("*.json"))
    try:
        read = kept_gold(record, read_record(record))
    except UnreadableRecord:
        return wrong
    path.write_bytes(before)
    wanted = kept_gold(record, read_record(record))
    assert wanted is not None
    if read is None or read.subsets != wanted.subsets or not _equal(read.values, wanted.values):
        wrong.append("other gold scores were read")
    return wrong


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


def _whole_again(scene: Scene, path: Path, before: bytes) -> list[str]:
    wrong: list[str] = []
    for number in range(MOST_RUNS):
        ended = scene.run(output=scene.siege / f"results {number}")
        wrong += [*scene.wrong_in(ended, quiet=False), *scene.wrong_vectors()]
        if wrong or (not ended.err and not scene.encoded()):
            return wrong
    return [f"after {MOST_RUNS} runs it still says: {ended.err.strip()[-300:]}"]
