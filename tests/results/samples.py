"""Results as a run would make them, without a run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from benchmark.encoders import EncoderCard
from benchmark.errors import BenchmarkError
from benchmark.results import (
    SCHEMA_VERSION,
    DataRecord,
    ModelRecord,
    Run,
    TaskResult,
    asked_by_id,
    asked_of,
    sign,
)
from benchmark.tasks import KINDS, Task, select_tasks

CARD = EncoderCard(
    name="tiny-bert",
    version="1",
    adapter="transformers",
    source="org/tiny-bert",
    revision="0123456789abcdef0123456789abcdef01234567",
    weights_sha256="ab" * 32,
    settings_sha256="cd" * 32,
    pooler="cls_before_pooler",
    max_length=512,
    backend="torch",
)
"""An encoder of known identity."""


def task_named(name: str) -> Task:
    """Return the one task of this name."""
    [task] = select_tasks(name)
    return task


def sample_result(
    task_id: str = "STS12",
    score: float = 0.5,
    *,
    card: EncoderCard = CARD,
    name: str | None = None,
    verified: bool = True,
    **changes: Any,
) -> TaskResult:
    """Return the record of a score; ``changes`` replace its fields."""
    task = task_named(task_id)
    data_sha256 = hashlib.sha256(task.dataset.encode()).hexdigest()
    unverified = () if verified else ("scored on unverified data",)
    trains = KINDS[task.kind].trains
    whole = {"accuracy": score} if trains else {"spearman": score, "pearson": score}
    result = TaskResult(
        schema_version=SCHEMA_VERSION,
        task=task.id,
        asked=asked_of(task),
        main_score=score,
        metric=KINDS[task.kind].measure.name,
        aggregation=task.aggregation,
        scores={"test" if trains else task.aggregation: whole},
        subsets={"first": {"spearman": score, "pearson": score, "pairs": 750}},
        choices={},
        counts={"pairs": 750, "zero_vectors": 0, "truncated_sentences": 0},
        timings={"load_seconds": 0.25, "encode_seconds": 1.5, "score_seconds": 0.125},
        data=DataRecord(task.dataset, task.split, data_sha256, verified),
        model=ModelRecord(name or card.name, card.fingerprint, card.fields()),
        environment={"benchmark": "0.1.0", "device": "cpu"},
        signature=sign(task, data_sha256, verified, card),
        notes=(*((task.note,) if task.note else ()), *unverified),
        created="2026-01-02T03:04:05+00:00",
    )
    return replace(result, **changes)


def renamed(result: TaskResult, task_id: str) -> TaskResult:
    """Return the record as one of another task: a variant, or one that no catalogue has."""
    signature = result.signature.replace(f"task:{result.task}|", f"task:{task_id}|")
    asked = asked_by_id(task_id, result.metric)
    return replace(result, task=task_id, asked=asked, signature=signature)


def sample_run(
    scores: Mapping[str, float],
    tasks: str | Iterable[str] | None = None,
    *,
    name: str = "tiny-bert",
    card: EncoderCard = CARD,
    verified: bool = True,
    failures: Mapping[str, BenchmarkError] | None = None,
) -> Run:
    """Return a run of these main scores, by task; ``tasks`` is what was asked, if more."""
    results = [
        sample_result(task, score, card=card, name=name, verified=verified)
        for task, score in scores.items()
    ]
    return Run(
        model=name,
        tasks=select_tasks(tasks or list(scores)),
        results={result.task: result for result in results},
        failures=dict(failures or {}),
        timings={"total_seconds": 2.5},
        counts={"distinct_sentences": 1234, "tokens": 56789, "truncated": 0},
    )
