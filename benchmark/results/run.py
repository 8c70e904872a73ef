"""One model's results over the tasks that were asked, and the averages the papers print."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmark.errors import BenchmarkError
from benchmark.one_line import encodable
from benchmark.results.record import TaskResult
from benchmark.tasks import Task, table


def printed(score: float) -> str:
    """Return a score as the papers print it: times 100, two decimals."""
    return f"{100 * score:.2f}"


@dataclass(frozen=True, slots=True)
class Run:
    """One model's results.

    Attributes:
        model: name for the tables.
        tasks: what was asked, in the order of the papers.
        results: the record of each task that was scored, by id.
        failures: the error of each task that was not, by id.
        resumed: ids of tasks whose record was there from an earlier run.
        timings: seconds of loading the model (and tokenizing), of encoding, and in all.
        counts: distinct sentences and tokens that were encoded, sentences that were cut.
    """

    model: str
    tasks: tuple[Task, ...]
    results: dict[str, TaskResult]
    failures: dict[str, BenchmarkError] = field(default_factory=dict)
    resumed: set[str] = field(default_factory=set)
    timings: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give the model one name in tables, records and folders, whatever bytes it has."""
        object.__setattr__(self, "model", encodable(self.model))

    def __getitem__(self, task_id: str) -> TaskResult:
        """Return the record of a task, by its id or by another accepted name of it.

        Raises:
            KeyError: it was not scored; ``failures`` may tell why.
        """
        names = {alias: task.id for task in self.tasks for alias in task.aliases}
        return self.results[names.get(task_id, task_id)]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that tasks were asked of, in the order of the tables."""
        return tuple(dict.fromkeys(task.group for task in self.tasks))

    def average(self, group: str) -> str | None:
        """Return the average of a group as the papers print it, None if a task is missing.

        It is the mean of the scores as printed, each rounded to two decimals first, again
        rounded to two decimals (SimCSE's and DiffCSE's ``evaluation.py``).
        """
        asked = [task.id for task in self.tasks if task.group == group]
        rounded = [
            float(printed(self[task_id].main_score)) for task_id in asked if task_id in self.results
        ]
        if len(rounded) < len(table(group)):
            return None
        return f"{sum(rounded) / len(rounded):.2f}"
