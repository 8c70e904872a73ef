"""What there is, from the catalogues alone, and what a run would do, in words or as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from tabulate import tabulate

from benchmark.cli.console import as_typed
from benchmark.cli.example import describe_example
from benchmark.datasets import load_catalogue
from benchmark.encoders.asked.catalogue import (
    CatalogueModel,
    Preset,
    named_models,
    named_presets,
)
from benchmark.encoders.text import SEVERAL
from benchmark.errors import UsageError
from benchmark.one_line import one_line
from benchmark.sheet import Row, Section, Sheet, written
from benchmark.suggestions import did_you_mean
from benchmark.tasks import all_tasks, groups

if TYPE_CHECKING:
    from benchmark.plan import ModelPlan, Plan, TaskPlan

_WIDEST_TEMPLATE = 60
_MINUTE = 60

Planned = TypeVar("Planned", "ModelPlan", "TaskPlan")


def list_models(words: Sequence[str], form: str) -> str:
    """Return the models and the presets of the catalogue in a format.

    JSON and CSV have all that is known of a model; other formats a table for each kind of
    training, sorted by backbone and year.

    Args:
        words: that a model's or a preset's name, title, backbone, training and year must have
            among them, all of them, whatever their case.
        form: of the list.

    Raises:
        UsageError: nothing has them.
    """
    models = [_model(name, model) for name, model in named_models().items()]
    presets = [_preset(name, preset, form) for name, preset in named_presets().items()]
    found = [row for row in models if _has(row, words)]
    others = [row for row in presets if _has(row, words)]
    if not found and not others:
        raise UsageError(
            f"`list_models` {' '.join(words)}: no model and no preset has all of these words in "
            f"its name, title, backbone, training or year{_absent(words, [*models, *presets])}"
        )
    if form in ("csv", "json"):
        return _rendered([*found, *others], [("", found), ("", others)], form)
    trainings = sorted({row["training"] for row in found})
    tables = [(f"training: {name or 'not stated'}", _trained(found, name)) for name in trainings]
    return _rendered([*found, *others], [*tables, ("presets", others)], form)


def _model(name: str, model: CatalogueModel) -> dict[str, Any]:
    return {
        "model": name,
        "title": model.title,
        "backbone": model.backbone,
        "year": model.year,
        "training": model.training,
        "pooler": model.pooler,
        "pooler_source": model.pooler_source,
        "with_preset": model.preset,  # rows with a "preset" are presets
        "prompt": model.prompt,
        "max_length": model.max_length,
        "adapter": model.adapter,
        "licence": model.licence,
        "citation": model.citation,
        "source": ", ".join(
            source.id if kind == "any" else f"{source.id} ({kind})"
            for kind, source in model.checkpoints.items()
        ),
    }


def _preset(name: str, preset: Preset, form: str) -> dict[str, Any]:
    return {
        "preset": name,
        "title": preset.title,
        "pooler": preset.pooler,
        "template": _template(preset, form),
        "rules": ",".join(preset.rules),
        "source": preset.source,
    }


def _has(row: dict[str, Any], words: Sequence[str]) -> bool:
    text = _searched(row)
    return all(word.casefold() in text for word in words)


def _searched(row: dict[str, Any]) -> str:
    searched = ("model", "preset", "title", "backbone", "training", "year")
    return " ".join(str(row.get(name, "")) for name in searched).casefold()


def _absent(words: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    """Say which words no row has at all, and what was probably meant by each."""
    absent = [word for word in words if not any(_has(row, [word]) for row in rows)]
    known = {part for row in rows for text in _searched(row).split() for part in text.split("-")}
    told = ", ".join(f"{word}{did_you_mean(word, sorted(known))}" for word in absent)
    return f"; none has {told}" if told else ""


def _trained(rows: Sequence[dict[str, Any]], training: str) -> list[dict[str, Any]]:
    """Return the rows of one kind of training, and of each what tells models apart."""
    same = sorted(
        (row for row in rows if row["training"] == training),
        key=lambda row: (row["backbone"], row["year"] or 0, row["model"]),
    )
    shown = ("model", "backbone", "year", "pooler")
    return [{name: row[name] for name in shown} for row in same]


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
    return _rendered(rows, [("", rows)], form)


def _rendered(
    rows: Sequence[dict[str, Any]],
    tables: Iterable[tuple[str, Sequence[dict[str, Any]]]],
    form: str,
) -> str:
    """Return tables, each below its title, in a format; as JSON the rows in one list."""
    return written(
        form,
        lambda: Sheet((), tuple(_section(title, shown) for title, shown in tables if shown)),
        json=lambda: msgspec.json.format(msgspec.json.encode(rows), indent=2).decode(),
    )


def _section(title: str, rows: Sequence[dict[str, Any]]) -> Section:
    columns = "".join("r" if isinstance(value, int) else "l" for value in rows[0].values())
    lines = tuple(
        Row(tuple("" if value is None else str(value) for value in row.values())) for row in rows
    )
    return Section(title, tuple(rows[0]), columns, lines)


def describe_plan(plan: Plan, form: str) -> str:
    """Return what a run would do in a format."""
    plan = _as_typed(plan)
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(plan), indent=2).decode()
    task_rows = [
        (task.task, f"{task.pairs:,}" if task.pairs else "unknown", _data(task))
        for task in plan.tasks
    ]
    model_rows = [
        (
            *(model.model, model.source, model.pooler or "own", _tokens(model)),
            *(_to_encode(model), _presence(model)),
        )
        for model in plan.models
    ]
    return "\n\n".join(
        [
            _table(("Task", "Pairs", "Data"), task_rows),
            _table(("Model", "From", "Pooler", "Tokens", "To encode", "Files"), model_rows),
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


def _to_encode(model: ModelPlan) -> str:
    if model.to_encode is None:
        return "unknown"
    if model.to_encode:
        return f"{model.to_encode:,}"
    return "0, all recorded" if model.recorded == model.rows else "0, all stored"


def problems_of(plan: Plan) -> list[str]:
    """Return what would go wrong, as far as it is known: each problem once."""
    tasks = [(task.task, task.problem) for task in plan.tasks]
    models = [(model.model, model.problem) for model in plan.models]
    found = [(name, problem) for name, problem in (*tasks, *models) if problem]
    return list(
        dict.fromkeys(
            problem if problem.startswith(name) else f"{name}: {problem}" for name, problem in found
        )
    )


def _presence(model: ModelPlan) -> str:
    if model.problem:
        return f"problem: {model.problem}"
    if model.here is None:
        return "a service, not asked" if model.asks_service else "a Python object, not run"
    return "here" if model.here else "to be downloaded"


def _summary(plan: Plan) -> str:
    data = f"{plan.sentences:,} sentences, {plan.distinct_sentences:,} of them distinct"
    known = [model for model in plan.models if model.to_encode is not None]
    if plan.models and len(known) == len(plan.models) and not any(m.to_encode for m in known):
        lines = [f"{data}; nothing would be encoded, each model has a record or a vector of all"]
    else:
        lines = [f"{data}; each model would encode, once, what it has no record and no vector of"]
    lines += [_time(model) for model in known if model.to_encode and model.seconds is not None]
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


def _time(model: ModelPlan) -> str:
    """Say how long encoding would take by what was measured, and by what measurement."""
    assert model.rate is not None  # noqa: S101 - it has seconds
    assert model.seconds is not None  # noqa: S101
    seconds, rate = model.seconds, model.rate
    told = f"{seconds:.0f} s" if seconds < 2 * _MINUTE else f"{seconds / _MINUTE:.0f} minutes"
    return (
        f"{one_line(model.model)}: about {told if seconds >= 1 else '1 s'} of encoding, at the "
        f"{rate.sentences_per_second:,.0f} sentences a second that were measured on such a machine "
        f"on {rate.measured}"
    )
