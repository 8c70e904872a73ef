"""What a record says of its task: no verb that reads records needs a catalogue of tasks.

Records of version 2 named their task only; they are given the rest when they are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from benchmark.one_line import one_line
from benchmark.results.record import SCHEMA_VERSION, TaskRecord
from benchmark.tasks import KINDS, Task, all_tasks, known_task, table

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
