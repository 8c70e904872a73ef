"""What a task is, the catalogue of them (``tasks.toml``), and choosing among them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from benchmark.errors import UsageError
from benchmark.globs import matches
from benchmark.options import Training
from benchmark.suggestions import did_you_mean
from benchmark.toml_tables import packaged_table


@dataclass(frozen=True, slots=True)
class Task:
    """One column of a published table; never changed in place, a variant is another task.

    Attributes:
        id: canonical name (``STS12``, ``STSBenchmark/dev``).
        heading: what the papers print above its column.
        group: the table it belongs to; its members, in order, make the average.
        kind: the class of tasks that knows how to score it (``similarity``).
        dataset: id in the data catalogue.
        parts: subsets or splits of it that are scored, empty for all.
        split: name of the split for the signature.
        aggregation: which of the scores over subsets is the main one.
        aliases: other accepted names.
        checkpoint: which checkpoint answers when a model has several (``sts``, ``transfer``).
        in_all: whether the group ``all`` contains it.
        note: a caution that goes wherever the score goes.
        groups: other groups that hold it, for selection.
        scheme: of a classification, how the classifier is chosen and tested: ``nested``
            cross-validation, cross-validation ``folds`` and a test set, a fixed ``split``, or a
            ``split-no-l2``, where no strengths are tried; of supervised relatedness, what it is
            selected by: ``dev-pearson``, ``dev-spearman``.
        protocol: of a classification, how classifiers are trained.
        analysed: whether alignment, uniformity and retrieval are measured as well.
        variant_of: id of the catalogue's task that this one is scored like, but for the protocol.
        linear: of a classification, that it takes no hidden units, whatever the protocol says.
        extra_metrics: what is recorded beside the metric of its kind (``f1``).
    """

    id: str
    heading: str
    group: str
    dataset: str
    kind: str = "similarity"
    parts: tuple[str, ...] = ()
    split: str = "test"
    aggregation: str = "all"
    aliases: tuple[str, ...] = ()
    checkpoint: str = "sts"
    in_all: bool = True
    note: str = ""
    groups: tuple[str, ...] = ()
    scheme: str = ""
    protocol: str = ""
    extra_metrics: tuple[str, ...] = ()
    variant_of: str = ""
    analysed: bool = False
    linear: bool = False


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
    """Return the catalogue's tasks of each group, ``all`` last."""
    return grouped(all_tasks())


def grouped(tasks: Sequence[Task]) -> dict[str, tuple[Task, ...]]:
    """Return tasks by group, ``all`` last."""
    named: dict[str, tuple[Task, ...]] = {}
    for task in tasks:
        for group in (task.group, *task.groups):
            named[group] = (*named.get(group, ()), task)
    return named | {"all": tuple(task for task in tasks if task.in_all)}


def table(group: str) -> tuple[Task, ...]:
    """Return the tasks that one table shows, and whose average it prints."""
    return tuple(task for task in all_tasks() if task.group == group)


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
    return any(matches(known.lower(), pattern) for known in (task.id, *task.aliases))
