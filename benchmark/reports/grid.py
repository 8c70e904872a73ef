"""Runs to rows and columns of text: the one form that every format is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.one_line import one_line
from benchmark.results import Run, printed, shown_name
from benchmark.tasks import table

MISSING = "-"
UNVERIFIED = "*"


@dataclass(frozen=True, slots=True)
class Grid:
    """One table: the models against the tasks of one group.

    Attributes:
        group: the group of tasks.
        headings: ``Model``, one for each task as in the papers, ``Avg.``.
        rows: one for each run, all text.
    """

    group: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grids(runs: Sequence[Run]) -> list[Grid]:
    """Return one table for each group that was asked of any run.

    A score is times 100 with two decimals, a dash where there is none; scores on unverified
    data carry a star, and a model whose scores are approximate says so behind its name. The
    average is left out for a group of one task, and is a dash unless every task of the group is
    there.
    """
    names = dict.fromkeys(group for run in runs for group in run.groups)
    return [_grid(group, runs) for group in names]


def _grid(group: str, runs: Sequence[Run]) -> Grid:
    order = [task.id for task in table(group)]
    asked = {task.id: task for run in runs for task in run.tasks if task.group == group}
    tasks = sorted(asked.values(), key=lambda task: order.index(task.variant_of or task.id))
    averaged = len(order) > 1
    headings = ("Model", *(task.heading for task in tasks), *(("Avg.",) if averaged else ()))
    rows = []
    for run in runs:
        average = run.average(group) or MISSING
        cells = [_cell(run, task.id) for task in tasks]
        name = one_line(shown_name(run.model, run.results.values()))
        rows.append((name, *cells, *((average,) if averaged else ())))
    return Grid(group, headings, tuple(rows))


def _cell(run: Run, task_id: str) -> str:
    result = run.results.get(task_id)
    if result is None:
        return MISSING
    return printed(result.main_score) + ("" if result.data.verified else UNVERIFIED)
