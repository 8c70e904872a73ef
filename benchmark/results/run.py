"""One model's results over the tasks that were asked, and the averages the papers print."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmark.errors import BenchmarkError
from benchmark.one_line import encodable
from benchmark.results.asked import asked_of
from benchmark.results.collection import average
from benchmark.results.record import TaskRecord, TaskResult
from benchmark.tasks import Task


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

    @property
    def asked(self) -> dict[str, TaskRecord]:
        """What records say of the tasks, by id, scored or not."""
        return {task.id: asked_of(task, self.tasks) for task in self.tasks}

    def average(self, group: str) -> float | None:
        """Return the average of a group as the papers print it, None if a task is missing.

        It is the mean of the scores as printed, each times 100 and rounded to two decimals
        first, again rounded to two decimals (SimCSE's and DiffCSE's ``evaluation.py``).
        """
        return average(self.results.values(), group)
