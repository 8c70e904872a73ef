"""The task catalogue (``tasks.toml``) and its groups."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

import msgspec

from benchmark.tasks.task import Task


@functools.cache
def all_tasks() -> tuple[Task, ...]:
    """Return every task, in the order of the papers' tables."""
    text = resources.files(__package__).joinpath("tasks.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["tasks"], tuple[Task, ...])


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
