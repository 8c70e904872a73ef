"""What a task is, and the catalogue of them (``tasks.toml``) with its groups."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

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
            cross-validation, cross-validation ``folds`` and a test set, or a fixed ``split``.
        protocol: of a classification, how classifiers are trained.
        analysed: whether alignment, uniformity and retrieval are measured as well.
        variant_of: id of the catalogue's task that this one is scored like, but for the protocol.
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
