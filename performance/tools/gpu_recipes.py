"""Real runs of the recipes, as anybody starts them, judged while they train.

    python -m performance.tools.gpu_recipes --json F --seconds 100 --folder G [--data-dir D]

Begins with what the part ``training`` left in the folder. SimCSE and DiffCSE, some seconds each, in
bfloat16 on a GPU; where the data is given STS-B's development set judges them.
"""

from __future__ import annotations

import itertools
import logging
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmark import evaluate
from benchmark.results.collection import EVALUATION, collect
from benchmark.training import train
from performance.tools.findings import Entry, Findings
from performance.tools.gpu_part import Asked, run_part
from performance.tools.gpu_training import GENERATOR, MODEL, TEXT, Pace, TimeIsOverError

_LEARNING_RATE = 5e-5
"""Of both, to see something in so few steps; the papers' are for models that know a language."""

_STEPS, _EVERY = 400, 50


def measure(findings: Findings, asked: Asked) -> None:
    """Ask all."""
    logging.basicConfig(level=logging.WARNING)
    for left, method in ((2, "simcse"), (1, "diffcse")):
        question = partial(_run, asked, findings, method, left)
        findings.measure(f"{method}, judged", question, needs=10.0)
    # Last: CUDA is then started by a trainer, after it has said how, as in anybody's run.
    findings.measure("no training", partial(_untrained, asked), needs=3.0)


def _untrained(asked: Asked) -> Entry:
    """Return the score before any training, by pooler."""
    model, [task] = str(asked.folder / MODEL), _tasks(asked)
    found = {
        pooler: evaluate(model, task, pooler=pooler, device=asked.device, cache=False,
                         **_data(asked))
        for pooler in ("cls_before_pooler", "avg")
    }  # fmt: skip
    return {pooler: run[task].main_score for pooler, run in found.items()}


def _run(asked: Asked, findings: Findings, method: str, left: int) -> Entry:
    """Train with a share of the time that is left; return how its scores went, and the pace."""
    seconds = (findings.left - 8.0) / left - 4.0
    steps, every = (20, 10) if asked.tiny else (_STEPS, _EVERY)
    folder = asked.folder / method
    pace = Pace(asked.device, time.perf_counter() + seconds)
    generator = {"generator": str(asked.folder / GENERATOR)} if method == "diffcse" else {}
    entry: Entry = {"steps_asked": steps, "learning_rate": _LEARNING_RATE}
    started = time.perf_counter()
    try:
        [run] = train(
            method, model=str(asked.folder / MODEL), data=str(asked.folder / TEXT),
            output_dir=folder, watch=pace.watch, tasks=",".join(_tasks(asked)), max_steps=steps,
            batch_size=64, eval_steps=every, learning_rate=_LEARNING_RATE, device=asked.device,
            precision="float32" if asked.device == "cpu" else "bfloat16", save_steps=10**6,
            **generator, **_data(asked),
        )  # fmt: skip
        entry |= {"best_step": run.best_step, "best": dict(run.scores)}
    except TimeIsOverError:
        entry["ended_early"] = pace.times[-1][0]
    entry["seconds"] = time.perf_counter() - started
    entry["seconds_to_first_step"] = pace.times[0][1] - started
    entry["steps_a_second"] = pace.steps_a_second()
    entry["seconds_of_evaluations"] = _evaluations(pace, every)
    return entry | {"curve": _curve(folder, asked)}


def _evaluations(pace: Pace, every: int) -> list[float]:
    """Return by how much steps after an evaluation came later than others."""
    usual = 1 / pace.steps_a_second()
    return [
        round(later - one - usual, 3)
        for (step, one), (_, later) in itertools.pairwise(pace.times)
        if step % every == 0
    ]


def _curve(folder: Path, asked: Asked) -> list[tuple[int, float]]:
    """Return steps and scores, from the records of the run's history."""
    [task] = _tasks(asked)
    results = [run.results[task] for run in collect([folder / EVALUATION])]
    return sorted(
        (result.training.step, result.main_score) for result in results if result.training
    )


def _tasks(asked: Asked) -> list[str]:
    return ["STSBenchmark/dev" if asked.data_dir else "DemoSTS"]


def _data(asked: Asked) -> dict[str, Any]:
    if not asked.data_dir:
        return {}
    return {"data_dir": Path(asked.data_dir).resolve(), "unverified_data": True}


if __name__ == "__main__":
    sys.exit(run_part(measure))
