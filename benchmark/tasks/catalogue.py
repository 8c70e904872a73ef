"""The task catalogue (``tasks.toml``) and its groups."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from benchmark.tasks.task import Task
from benchmark.toml_tables import packaged_table


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """The file."""

    tasks: tuple[Task, ...]


@functools.cache
def all_tasks() -> tuple[Task, ...]:
    """Return every task, in the order of the papers' tables.

    Raises:
        UsageError: an entry has an unknown key, lacks one, or has a value of the wrong type.
    """
    return packaged_table(__package__, "tasks.toml", _Catalogue).tasks


@functools.cache
def groups() -> dict[str, tuple[Task, ...]]:
    """Return the tasks of each group, ``all`` last."""
    named: dict[str, tuple[Task, ...]] = {}
    for task in all_tasks():
        for group in (task.group, *task.groups):
            named[group] = (*named.get(group, ()), task)
    return named | {"all": tuple(task for task in all_tasks() if task.in_all)}


def table(group: str) -> tuple[Task, ...]:
    """Return the tasks that one table shows, and whose average it prints."""
    return tuple(task for task in all_tasks() if task.group == group)
