"""``--dry-run``: the plan in words, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from tabulate import tabulate

from benchmark.encoders import EncoderOptions, ModelReference
from benchmark.one_line import one_line
from benchmark.plan import ModelPlan, Plan, TaskPlan, make_plan
from benchmark.tasks import Task
from benchmark.tasks.loading import DataOptions


def describe_plan(
    references: Sequence[ModelReference],
    tasks: Sequence[Task],
    options: EncoderOptions,
    sources: DataOptions,
    form: str,
) -> str:
    """Return what a run would do, without doing it."""
    plan = make_plan(references, tasks, options, sources)
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(plan), indent=2).decode()
    task_rows = [(task.task, f"{task.pairs:,}", _data(task)) for task in plan.tasks]
    model_rows = [
        (model.model, model.source, model.pooler or "own", _tokens(model), _presence(model))
        for model in plan.models
    ]
    return "\n\n".join(
        [
            _table(("Task", "Pairs", "Data"), task_rows),
            _table(("Model", "From", "Pooler", "Tokens", "Files"), model_rows),
            _summary(plan),
        ]
    )


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    cells = [tuple(map(one_line, row)) for row in rows]
    return tabulate(cells, headings, disable_numparse=True)


def _data(task: TaskPlan) -> str:
    return f"problem: {task.problem}" if task.problem else task.data or "to be downloaded"


def _tokens(model: ModelPlan) -> str:
    return "unknown" if model.tokens is None else f"{model.tokens:,}"


def _presence(model: ModelPlan) -> str:
    if model.here is None:
        return "a Python object, not run"
    if model.problem:
        return f"problem: {model.problem}"
    return "here" if model.here else "to be downloaded"


def _summary(plan: Plan) -> str:
    lines = [
        (
            f"{plan.sentences:,} sentences, {plan.distinct_sentences:,} of them distinct, "
            "would be encoded once for each model"
        )
    ]
    if plan.download_bytes:
        lines.append(
            f"{plan.download_bytes / 1e6:.1f} MB of evaluation data would be downloaded; the "
            "sentences in it are not counted above"
        )
    return "\n".join([*lines, "nothing was done (--dry-run)"])
