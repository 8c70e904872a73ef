"""Published rows, and which of their figures can be held against scores of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from benchmark.leaderboard import BESIDE, BOARDS
from benchmark.results import PublishedRow, PublishedTable
from benchmark.results.published import Mark
from benchmark.tasks import KINDS, Task, all_tasks, table, with_protocol


@dataclass(frozen=True, slots=True)
class Quotation:
    """A published row, and what of it can be held against scores of ours.

    Attributes:
        row: as it was published.
        tasks: by column, what gives a score like its figure; of a row that prints nothing but an
            average, the tasks of its table.
        left_out: why the other figures are compared with nothing, by column; ``""`` stands for the
            average.
    """

    row: PublishedRow
    tasks: Mapping[str, Task]
    left_out: Mapping[str, str]

    @property
    def averaged(self) -> bool:
        """Whether the average can be compared: that of all tasks of a table."""
        whole = {task.id for task in table(self.row.group)}
        return self.row.average is not None and bool(whole) and set(self.tasks) == whole

    @property
    def comparable(self) -> bool:
        """Whether a figure of it can be compared, or the average."""
        return bool(self.tasks and (self.row.scores or self.averaged))

    @property
    def only_average(self) -> bool:
        """Whether nothing but an average is printed."""
        return not self.row.scores

    def among(self, chosen: Collection[str]) -> Quotation:
        """Return what is left of it when these tasks alone are asked."""
        kept = {column: task for column, task in self.tasks.items() if column in chosen}
        return Quotation(self.row, kept, self.left_out)


def quotations_of(model: str, tables: Iterable[PublishedTable]) -> list[Quotation]:
    """Return the published rows of a model of the catalogue, on the leaderboards' tables.

    Figures of which nobody knows where they come from are evidence of nothing, and left out.
    """
    return [
        quoted(row)
        for printed in tables
        if printed.group in (*BOARDS, *BESIDE)
        for row in printed.rows
        if row.catalogue == model and row.status != "unverified"
    ]


def quoted(row: PublishedRow) -> Quotation:
    """Return what of a published row can be held against scores of ours.

    A rule that the source does not state is taken for that of the papers' tables; what it does
    state must be what is computed here, but for the aggregation and the correlation, which are
    tried.
    """
    columns = list(row.scores) or [task.id for task in table(row.group)]
    tasks, left_out = {}, {}
    for column in columns:
        task = _task(column, row)
        why = "no task of this program" if task is None else _incomparable(row, task)
        if task is None or why:
            left_out[column] = why
        else:
            tasks[column] = task
    return Quotation(row, tasks, left_out)


def _task(column: str, row: PublishedRow) -> Task | None:
    task = next((task for task in all_tasks() if task.id == column), None)
    if task is None or not task.protocol or not row.protocol.classifier:
        return task
    return with_protocol([task], row.protocol.classifier)[0]


_NOT_OF_ONE_ENCODER: Mapping[Mark, str] = {
    "cross-encoder": "of a cross-encoder, which has no vectors",
    "best-of-columns": "of another training run in each column",
    "other-seeds": "of other training runs than the published checkpoint",
}
"""Marks of figures that the vectors of the published checkpoint cannot give."""


def _incomparable(row: PublishedRow, task: Task) -> str:
    """Say why a figure cannot be held against a score of ours; empty if it can."""
    marked = next((mark for mark in row.marks if mark in _NOT_OF_ONE_ENCODER), None)
    return _NOT_OF_ONE_ENCODER[marked] if marked else _other_question(row, task)


def _other_question(row: PublishedRow, task: Task) -> str:
    """Return what is asked otherwise than here; nothing if it is the same."""
    rules, asked = row.protocol, KINDS[task.kind].question(task)
    if rules.data not in ("", "senteval"):
        return f"of other text ({rules.data})"
    if rules.split not in ("", task.split):
        return f"of the split {rules.split}"
    if rules.similarity not in ("", asked.get("sim", "")):
        return f"by another similarity ({rules.similarity})"
    if rules.metric not in ("", asked["metric"]) and not tried(task):
        return f"by another measure ({rules.metric})"
    return ""


def tried(task: Task) -> bool:
    """Tell whether a task's aggregation and correlation are choices that cost nothing."""
    return "agg" in KINDS[task.kind].question(task)


_RULES = {"agg": "aggregation", "metric": "measure", "clf": "classifier"}
"""In words, by field of a question."""


def unstated(quotation: Quotation) -> list[str]:
    """Return which rules of what is compared the source does not state."""
    rules = quotation.row.protocol
    stated = {"agg": rules.aggregation, "metric": rules.metric, "clf": rules.classifier}
    asked = {f for task in quotation.tasks.values() for f in KINDS[task.kind].question(task)}
    found = [_RULES[field] for field, value in stated.items() if field in asked and not value]
    return found if rules.data else [*found, "text"]
