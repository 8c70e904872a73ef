"""What a record says of its task, and the tables that tasks stand in: columns, order, average.

Records say that themselves (`benchmark.results.record.TaskRecord`): no verb that reads them needs a
catalogue of tasks. Those of version 2 named their task only; they are given the rest when they are
read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from benchmark.one_line import one_line
from benchmark.results.record import SCHEMA_VERSION, TaskRecord, TaskResult
from benchmark.tasks import KINDS, Task, all_tasks, known_task, table
from benchmark.tasks.own import OwnTask

BEFORE = 2
"""The version that is read too."""


def asked_of(task: Task, together: Iterable[Task] = ()) -> TaskRecord:
    """Return what a record says of a task.

    Args:
        task: that was scored.
        together: what else was asked; the tasks of a group that is in no catalogue are a table.
    """
    column = task.variant_of or task.id
    members = tuple(member.id for member in table(task.group))
    if column not in members:
        named = (other.variant_of or other.id for other in together if other.group == task.group)
        members = tuple(dict.fromkeys([*members, *named, column]))
    groups = list(dict.fromkeys(known.group for known in all_tasks()))
    return TaskRecord(
        id=task.id,
        heading=one_line(task.heading),
        group=one_line(task.group),
        kind=task.kind,
        table=members,
        place=groups.index(task.group) if task.group in groups else None,
        column=column,
        protocol=task.protocol,
        aliases=task.aliases,
        note=one_line(task.note),
        analysed=task.analysed,
        classes=tuple(map(one_line, task.classes)) if isinstance(task, OwnTask) else (),
        citation=task.citation if isinstance(task, OwnTask) else "",
    )


def asked_by_id(task_id: str, metric: str = "") -> TaskRecord:
    """Return what is known of a task of which only the id is written down.

    Args:
        task_id: of the packaged catalogue; another one has no group, and its id for a heading.
        metric: of its main score, which tells the kind of an unknown task.
    """
    task = known_task(task_id)
    if task is not None:
        return asked_of(task)
    kinds = [name for name, kind in KINDS.items() if kind.measure.name == metric]
    heading, kind = one_line(task_id), kinds[0] if kinds else ""
    return TaskRecord(task_id, heading, group="", kind=kind, column=task_id)


def upgraded(document: dict[str, Any], task_id: str, metric: str) -> dict[str, Any]:
    """Return a record of an earlier version as one of this version would be."""
    asked = asked_by_id(task_id, metric)
    return document | {"schema_version": SCHEMA_VERSION, "asked": asdict(asked)}


def printed(score: float) -> str:
    """Return a score as the papers print it: times 100, two decimals."""
    return f"{100 * score:.2f}"


def in_order(asked: Iterable[TaskRecord]) -> list[TaskRecord]:
    """Return tasks in the order of the papers' tables, those of no known table last.

    Tables stand in their place, then those that are in no catalogue by name; within one its
    columns say the order, and a variant stands behind its task.
    """
    tasks = list(asked)
    tables = {task.group: columns_of(tasks, task.group) for task in tasks}

    def place(task: TaskRecord) -> tuple[object, ...]:
        columns = tables[task.group]
        column = columns.index(task.column) if task.column in columns else len(columns)
        known = (task.place is None, task.place or 0, not task.group, task.group)
        return (*known, column, task.column, task.is_variant, task.id)

    return sorted(tasks, key=place)


def columns_of(asked: Iterable[TaskRecord], group: str) -> tuple[str, ...]:
    """Return ids of the columns of a table, as the tasks of it that are there tell them."""
    tables = [task.table for task in asked if task.group == group]
    longest_first = sorted(tables, key=len, reverse=True)
    return tuple(dict.fromkeys(column for table in longest_first for column in table))


def is_averaged(asked: Iterable[TaskRecord], group: str) -> bool:
    """Tell whether a table has an average: one of a single column has none."""
    return len(columns_of(asked, group)) > 1


def average(results: Iterable[TaskResult], group: str) -> float | None:
    """Return the average of a table as the papers print it, None if one of its tasks is missing.

    Scores of different measures, which a group of one's own may hold, have none.

    It is the mean of the scores as printed, each times 100 and rounded to two decimals first,
    again rounded to two decimals (SimCSE's and DiffCSE's ``evaluation.py``). Classifiers of
    another protocol are averaged where no score by the table's own is there.
    """
    members = [result for result in results if result.asked.group == group]
    columns = columns_of((result.asked for result in members), group)
    by_rules: dict[tuple[bool, str, str], dict[str, TaskResult]] = {}
    for result in members:
        asked = result.asked
        rules = asked.is_variant, asked.protocol, result.metric
        by_rules.setdefault(rules, {})[asked.column] = result
    for _, found in sorted(by_rules.items()):
        if columns and set(columns) <= set(found):
            return average_of(found[column].main_score for column in columns)
    return None


def average_of(scores: Iterable[float]) -> float:
    """Return the average of scores, fractions of 1, as the papers print it: see `average`."""
    points = [float(printed(score)) for score in scores]
    return round(sum(points) / len(points), 2)
