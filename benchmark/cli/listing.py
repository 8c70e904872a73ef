"""What there is, from the catalogues alone, and what a run would do, in words or as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from tabulate import tabulate

from benchmark.cli.console import as_typed
from benchmark.cli.example import describe_example
from benchmark.datasets import load_catalogue
from benchmark.encoders.asked.catalogue import Preset, named_models, named_presets
from benchmark.encoders.text import SEVERAL
from benchmark.one_line import one_line
from benchmark.options import RunOptions
from benchmark.sheet import Row, Section, Sheet, written
from benchmark.tasks import Task, all_tasks, groups

if TYPE_CHECKING:
    from benchmark.members import Asked
    from benchmark.plan import ModelPlan, Plan, TaskPlan

_WIDEST_TEMPLATE = 60

Planned = TypeVar("Planned", "ModelPlan", "TaskPlan")


def list_models(form: str) -> str:
    """Return the models and the presets of the catalogue in a format."""
    models = [
        {
            "model": name,
            "title": model.title,
            "pooler": model.pooler,
            "source": ", ".join(
                source.id if kind == "any" else f"{source.id} ({kind})"
                for kind, source in model.checkpoints.items()
            ),
        }
        for name, model in named_models().items()
    ]
    presets = [
        {
            "preset": name,
            "title": preset.title,
            "pooler": preset.pooler,
            "template": _template(preset, form),
            "rules": ",".join(preset.rules),
            "source": preset.source,
        }
        for name, preset in named_presets().items()
    ]
    return _rendered([models, presets], form)


def _template(preset: Preset, form: str) -> str:
    """Return what a sentence is put into; in a terminal's table the beginning of the first."""
    if form == "json":
        return preset.template
    first, *others = (template.replace("\n", "\\n") for template in preset.templates)
    if form != "table":
        return SEVERAL.join((first, *others))
    shown = textwrap.shorten(first, _WIDEST_TEMPLATE, placeholder=" ...")
    return shown + (f" (and {len(others)} others)" if others else "")


def list_tasks(form: str) -> str:
    """Return the task catalogue in a format."""
    rows = []
    for task in all_tasks():
        dataset = load_catalogue().datasets[task.dataset]
        member = [name for name, members in groups().items() if task in members]
        rows.append(
            {
                "task": task.id,
                "also": ", ".join(task.aliases),
                "groups": ", ".join(member),
                "pairs": sum(part.scored for part in dataset.select(task.parts)) or "",
                "data set": dataset.title,
                "terms": dataset.terms,
            }
        )
    return _rendered([rows], form)


def _rendered(tables: Sequence[Sequence[dict[str, Any]]], form: str) -> str:
    """Return tables in a format; as JSON all their rows in one list."""
    rows = [row for table in tables for row in table]
    return written(
        form,
        lambda: Sheet((), tuple(map(_section, tables))),
        json=lambda: msgspec.json.format(msgspec.json.encode(rows), indent=2).decode(),
    )


def _section(rows: Sequence[dict[str, Any]]) -> Section:
    columns = "".join("r" if isinstance(value, int) else "l" for value in rows[0].values())
    lines = tuple(Row(tuple(map(str, row.values()))) for row in rows)
    return Section("", tuple(rows[0]), columns, lines)


def describe_plan(
    asked: Sequence[Asked],
    tasks: Sequence[Task],
    options: RunOptions,
    form: str,
) -> str:
    """Return what a run would do, without doing it."""
    from benchmark.plan import make_plan

    plan = _as_typed(make_plan(asked, tasks, options))
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(plan), indent=2).decode()
    task_rows = [
        (task.task, f"{task.pairs:,}" if task.pairs else "unknown", _data(task))
        for task in plan.tasks
    ]
    model_rows = [
        (model.model, model.source, model.pooler or "own", _tokens(model), _presence(model))
        for model in plan.models
    ]
    return "\n\n".join(
        [
            _table(("Task", "Pairs", "Data"), task_rows),
            _table(("Model", "From", "Pooler", "Tokens", "Files"), model_rows),
            *(describe_example(model, model.example) for model in plan.models if model.example),
            _summary(plan),
        ]
    )


def _as_typed(plan: Plan) -> Plan:
    def typed(entry: Planned) -> Planned:
        return replace(entry, problem=as_typed(entry.problem)) if entry.problem else entry

    models, tasks = tuple(map(typed, plan.models)), tuple(map(typed, plan.tasks))
    return replace(plan, models=models, tasks=tasks)


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    cells = [tuple(map(one_line, row)) for row in rows]
    return tabulate(cells, headings, disable_numparse=True)


def _data(task: TaskPlan) -> str:
    return f"problem: {task.problem}" if task.problem else task.data or "to be downloaded"


def _tokens(model: ModelPlan) -> str:
    return "unknown" if model.tokens is None else f"{model.tokens:,}"


def _presence(model: ModelPlan) -> str:
    if model.problem:
        return f"problem: {model.problem}"
    if model.here is None:
        return "a service, not asked" if model.asks_service else "a Python object, not run"
    return "here" if model.here else "to be downloaded"


def _summary(plan: Plan) -> str:
    lines = [
        (
            f"{plan.sentences:,} sentences, {plan.distinct_sentences:,} of them distinct, "
            "would be encoded once for each model"
        )
    ]
    if any(plan.steps):
        chains = "; ".join(" + ".join(chain) or "none" for chain in plan.steps)
        lines.append(
            f"a row each for steps {chains}" if len(plan.steps) > 1 else f"steps: {chains}"
        )
    if plan.download_bytes:
        lines.append(
            f"{plan.download_bytes / 1e6:.1f} MB of evaluation data would be downloaded; the "
            "sentences in it are not counted above"
        )
    return "\n".join([*lines, "nothing was done (--dry-run)"])
