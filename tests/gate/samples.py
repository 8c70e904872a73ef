"""Runs and baselines for the gate, without any model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.gate import Baseline, updated
from benchmark.results import ResultStore, Run, StoredRun, TaskResult, collect
from benchmark.tasks import select_tasks
from tests.results.samples import CARD, sample_result

OTHER_WEIGHTS = replace(CARD, weights_sha256="ef" * 32)

HOSTILE = (
    'a|b`c</td><script>alert(1)</script>"&]]>\x1b[31m\x00\n::error::pwned\u202e%0A##[error],*_'
    "[x](y)"
)
"""A name that tries to leave every format it gets into."""


def run_of(
    scores: Mapping[str, float], *, name: str = "tiny-bert", card: Any = CARD, **changes: Any
) -> Run:
    """A run in memory with these main scores; ``changes`` go into every record."""
    changes = {"counts": {"pairs": 750, "samples": 1000}} | changes
    results = {
        task: sample_result(task, score, card=card, name=name, **changes)
        for task, score in scores.items()
    }
    return Run(name, select_tasks(list(results)), results)


def accuracy(task: str, score: float, tested: int, **changes: Any) -> TaskResult:
    """The record of a transfer task with that many samples in its test set."""
    counts = {"samples": tested + 1000, "train_samples": 1000, "test_samples": tested}
    return sample_result(task, score, counts=counts, **changes)


def run_with(*records: TaskResult, name: str = "tiny-bert") -> Run:
    """A run in memory with these records."""
    by_task = {record.task: record for record in records}
    return Run(name, select_tasks(list(by_task)), by_task)


def baseline_with(*runs: Run, path: Path = Path("baseline.toml")) -> Baseline:
    """The baseline that an update writes for these runs."""
    return updated(Baseline(path), runs).baseline


def stored(folder: Path, *runs: Run) -> list[StoredRun]:
    """The same runs as records in a folder."""
    store = ResultStore(folder)
    for run in runs:
        for record in run.results.values():
            card = replace(CARD, **record.model.card)
            store.write(run.model, card, record)
    return collect([folder])
