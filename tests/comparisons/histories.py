"""Histories of made-up training runs: records of steps, with predictions and gold beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.encoders import EncoderCard
from benchmark.results.record import TrainingRecord
from tests.comparisons.made_up import gold_scores, noisy, store
from tests.results.samples import CARD

DEV = "STSBenchmark/dev"


def card_of(*words: object) -> EncoderCard:
    """A state of its own for each words."""
    digest = hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()
    return replace(CARD, weights_sha256=digest)


def created_at(step: int, day: int = 2) -> str:
    """A time that grows with the step."""
    return f"2026-01-{day:02d}T{step // 3600:02d}:{step // 60 % 60:02d}:{step % 60:02d}+00:00"


def write_step(
    folder: Path,
    run: str,
    step: int,
    given: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    state: object = "",
    epoch: float | None = None,
    created: str = "",
    **changes: Any,
) -> Path:
    """Write the records of a step of a run below an output folder."""
    return store(
        folder,
        f"{run}/step-{step}",
        given,
        card=card_of(folder, run, step, state),
        training=TrainingRecord(run, step, epoch),
        created=created or created_at(step),
        **changes,
    )


def noise_of(step: int, seed: int) -> float:
    """How noisy a made-up run is at a step: it learns, and then forgets a little."""
    return 0.25 + 0.9 * float(np.exp(-step / 300)) + 0.00008 * step + 0.01 * (seed % 3)


def write_history(
    folder: Path,
    run: str,
    steps: Iterable[int],
    *,
    tasks: Iterable[str] = (DEV,),
    rows: int = 300,
    seed: int = 0,
    **changes: Any,
) -> Path:
    """Write the history of a run below an output folder.

    Neighbouring steps err alike, as those of a real run do.
    """
    for step in steps:
        given = {}
        for number, task in enumerate(tasks):
            gold = gold_scores(rows, seed=number)
            shared = noisy(gold, noise_of(step, seed), seed=1000 * seed + number)
            own = noisy(gold, 0.1, seed=step + 7 * seed + number)
            given[task] = ((shared + 0.2 * own).astype(np.float32), gold)
        write_step(folder, run, step, given, epoch=step / 1000, **changes)
    return folder
