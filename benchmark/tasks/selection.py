"""From what somebody typed after ``--tasks`` to a list of tasks."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import get_args

from benchmark.errors import UsageError
from benchmark.options import Training
from benchmark.suggestions import did_you_mean
from benchmark.tasks.catalogue import Task, all_tasks, grouped


def select_tasks(
    wanted: str | Task | Iterable[str | Task], others: Iterable[Task] = ()
) -> tuple[Task, ...]:
    """Return the tasks that are asked for, in the order of the papers' tables.

    Args:
        wanted: ids, aliases, groups, globs (``STS1*``) and exclusions (``!STS13``), separated
            by commas or blanks, in any case. Exclusions alone start from the group ``all``.
            As in paths, ``*`` does not cross a ``/``: ``STS*`` holds no development split.
            Tasks themselves may stand among them.
        others: tasks to choose among that are not in the catalogue; they come last.

    Raises:
        UsageError: an unknown name, a glob that matches nothing, nothing left, or two different
            tasks of one id.
    """
    asked = [wanted] if isinstance(wanted, (str, Task)) else list(wanted)
    given = [entry for entry in asked if isinstance(entry, Task)]
    known = _distinct((*all_tasks(), *others, *given))
    text = " ".join(str(entry) for entry in asked if not isinstance(entry, Task))
    names = [name for name in re.split(r"[,\s]+", text) if name]
    included = [name for name in names if not name.startswith("!")]
    left_out = [name.removeprefix("!") for name in names if name.startswith("!")]
    excluded = {task.id for name in left_out for task in _named(name, known)}
    if names and not included and not given:
        included = ["all"]
    chosen = {task.id for name in included for task in _named(name, known)}
    chosen = (chosen | {task.id for task in given}) - excluded
    if not chosen:
        raise UsageError(f"`tasks` {text!r} leaves no task; see `list_tasks`")
    return tuple(task for task in known if task.id in chosen)


def _distinct(tasks: Iterable[Task]) -> tuple[Task, ...]:
    found: dict[str, Task] = {}
    for task in tasks:
        if found.setdefault(task.id, task) != task:
            raise UsageError(
                f"`tasks`: two different tasks are called {task.id}; a variant is a task with an "
                "id of its own"
            )
    return tuple(found.values())


def with_protocol(tasks: Iterable[Task], protocol: str) -> tuple[Task, ...]:
    """Return the tasks with classifiers trained by this protocol; others stay as they are.

    Another protocol than the task's own makes another task: ``MR`` becomes ``MR/sklearn``. A task
    that is such a variant already stays what it is.

    Raises:
        UsageError: an unknown protocol.
    """
    known = get_args(Training)
    if protocol not in known:
        raise UsageError(
            f"unknown protocol {protocol!r}{did_you_mean(protocol, known)}; there are "
            f"{', '.join(known)}"
        )
    return tuple(
        replace(task, id=f"{task.id}/{protocol}", variant_of=task.id, protocol=protocol)
        if task.protocol not in ("", protocol) and not task.variant_of
        else task
        for task in tasks
    )


def task_by_id(task_id: str) -> Task:
    """Return the task of a record: of the catalogue, or a variant by another protocol.

    Raises:
        UsageError: there is none.
    """
    known = {task.id: task for task in all_tasks()}
    base, _, protocol = task_id.rpartition("/")
    if task_id not in known and base in known and known[base].protocol:
        [task] = with_protocol([known[base]], protocol)
        return task
    if task_id not in known:
        raise UsageError(f"unknown task {task_id!r}{did_you_mean(task_id, known)}")
    return known[task_id]


def known_task(task_id: str) -> Task | None:
    """Return the task of a record, None where the catalogue has none of that id."""
    try:
        return task_by_id(task_id)
    except UsageError:
        return None


def _named(name: str, tasks: Sequence[Task]) -> tuple[Task, ...]:
    folded, groups = name.lower(), grouped(tasks)
    for group, members in groups.items():
        if group.lower() == folded:
            return members
    found = tuple(task for task in tasks if _matches(task, folded))
    if not found:
        known = [*groups, *(known for task in tasks for known in (task.id, *task.aliases))]
        raise UsageError(f"unknown task {name!r}{did_you_mean(name, known)}; see `list_tasks`")
    return found


def _matches(task: Task, pattern: str) -> bool:
    return any(_glob(known.lower(), pattern) for known in (task.id, *task.aliases))


def _glob(name: str, pattern: str) -> bool:
    names, patterns = name.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatch.fnmatchcase, names, patterns))
