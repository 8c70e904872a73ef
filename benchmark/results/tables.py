"""The tables of the papers: what stands in them, in which order, and their average.

What is in order and what belongs into a table say the records themselves
(`benchmark.results.record.TaskRecord`), and every verb asks here.
"""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.results.record import TaskRecord, TaskResult


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

    It is the mean of the scores as printed, each times 100 and rounded to two decimals first,
    again rounded to two decimals (SimCSE's and DiffCSE's ``evaluation.py``). Classifiers of
    another protocol are averaged where no score by the table's own is there.
    """
    members = [result for result in results if result.asked.group == group]
    columns = columns_of((result.asked for result in members), group)
    by_rules: dict[tuple[bool, str], dict[str, TaskResult]] = {}
    for result in members:
        asked = result.asked
        by_rules.setdefault((asked.is_variant, asked.protocol), {})[asked.column] = result
    for _, found in sorted(by_rules.items()):
        if columns and set(columns) <= set(found):
            scores = [float(printed(found[column].main_score)) for column in columns]
            return round(sum(scores) / len(scores), 2)
    return None
