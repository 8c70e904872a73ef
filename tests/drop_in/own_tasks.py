"""What benchmark's own tasks say about the same data and the same vectors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.datasets import load_catalogue
from benchmark.datasets.files import Folder, load_parts
from benchmark.tasks import KINDS, TaskScores, all_tasks
from tests.drop_in.word_vectors import Vectors


def own_scores(
    name: str, downstream: Path, protocol: str = "senteval-fast", parts: tuple[str, ...] = ()
) -> TaskScores:
    """Score a task of that name, over these parts (all by default)."""
    task = {known.id: known for known in all_tasks()}[name]
    if task.protocol:
        task = replace(task, protocol=protocol)
    return KINDS[task.kind].score(task, read(name, downstream, parts), Vectors())


def read(name: str, downstream: Path, parts: tuple[str, ...] = ()) -> tuple[Any, ...]:
    """Read these parts of a data set (all by default)."""
    dataset = load_catalogue().datasets[name]
    folder = Folder(downstream, "test")
    return load_parts(dataset, dataset.select(parts), folder, unverified=True).parts
