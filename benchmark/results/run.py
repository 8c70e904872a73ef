"""Results of one model, and of several: mappings and sequences that print themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from benchmark.errors import BenchmarkError
from benchmark.one_line import encodable, one_line
from benchmark.printable import Printable
from benchmark.results.families import Family, Member
from benchmark.results.predictions import Predictions, StoredRecord
from benchmark.results.record import TaskRecord, TaskResult
from benchmark.results.soundness import sealed
from benchmark.results.tables import asked_of, average, is_averaged
from benchmark.tasks import Task
from benchmark.tasks.loading import Sources


class Results(Printable, Mapping[str, TaskResult]):
    """The results of one model: a mapping from ids of tasks to records, in the order of tables.

    A task is found by its other names too. ``main_score`` and whatever else a record holds are
    fractions of 1; `scores`, `average`, `averages` and `to_pandas` are points, times 100 as in
    the papers. Only averages are rounded, by the rule of the papers.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # fields of those that are dataclasses, or properties

        @property
        def model(self) -> str:
            """The name it was asked for by."""

        @property
        def label(self) -> str:
            """What tables call it."""

        @property
        def fingerprint(self) -> str | None:
            """Of its state; None for an encoder that does not say who it is."""

        @property
        def results(self) -> Mapping[str, TaskResult]:
            """The record of each task that was scored, by id."""

        @property
        def records(self) -> Mapping[str, StoredRecord]:
            """The same, with what each pair or sample got."""

        @property
        def asked(self) -> Mapping[str, TaskRecord]:
            """What is said of each task, by id, scored or not."""

    def __getitem__(self, task_id: str) -> TaskResult:
        """Return the record of a task, by its id or by another accepted name of it.

        Raises:
            KeyError: it was not scored; ``failures`` of a `Run` may tell why.
        """
        if task_id in self.results:
            return self.results[task_id]
        names = {name: task.id for task in self.asked.values() for name in task.aliases}
        return self.results[names[task_id]]

    def __iter__(self) -> Iterator[str]:
        """Go through the ids of the tasks that were scored, in the order of the tables."""
        in_order = dict.fromkeys([*self.asked, *self.results])
        return (task for task in in_order if task in self.results)

    def __len__(self) -> int:
        """Return how many tasks were scored."""
        return len(self.results)

    def __repr__(self) -> str:
        """Name model and tasks."""
        return f"<{type(self).__name__} of {one_line(self.label)}: {', '.join(self) or 'nothing'}>"

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that tasks were asked of, in the order of the tables."""
        return tuple(dict.fromkeys(task.group for task in self.asked.values()))

    @property
    def scores(self) -> dict[str, float]:
        """The main score of each task by id, in points, at full precision."""
        return {task: _points(result) for task, result in self.items()}

    @property
    def averages(self) -> dict[str, float | None]:
        """The `average` of each table that has one."""
        averaged = [group for group in self.groups if is_averaged(self.asked.values(), group)]
        return {group: self.average(group) for group in averaged}

    def average(self, group: str) -> float | None:
        """Return the average of a group as the papers print it, None if a task is missing.

        It is the mean of the scores as printed, each times 100 and rounded to two decimals
        first, again rounded to two decimals (SimCSE's and DiffCSE's ``evaluation.py``).
        """
        return average(self.results.values(), group)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it: the records as they are written, the averages."""
        return {
            "model": self.model,
            "tasks": {task: sealed(result) for task, result in self.items()},
            "averages": self.averages,
        }

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with one row for each task, see `Runs.to_pandas`."""
        return Runs((self,)).to_pandas()


@dataclass(frozen=True, slots=True, repr=False)
class Run(Results):
    """One model's results over the tasks that were asked: a mapping, see `Results`.

    Attributes:
        model: name for the tables.
        tasks: what was asked, in the order of the papers.
        results: the record of each task that was scored, by id.
        failures: the error of each task that was not, by id.
        resumed: ids of tasks whose record was there from an earlier run.
        timings: seconds of loading the model (and tokenizing), of encoding, of scoring (classifiers
            are trained then), and in all.
        counts: distinct sentences and tokens that were encoded, sentences that were cut.
        predictions: of the tasks that this run scored, what each pair or sample got.
        paths: of the records in the output folder, if there is one, by id of task.
        sources: where its data was, for who wants to see the sentences again.
        steps: what was asked to be done to the vectors, and on what it was fitted.
        setting: what sets it apart from other runs of the model in its family.
    """

    model: str
    tasks: tuple[Task, ...]
    results: dict[str, TaskResult]
    failures: dict[str, BenchmarkError] = field(default_factory=dict)
    resumed: set[str] = field(default_factory=set)
    timings: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    predictions: dict[str, Predictions] = field(default_factory=dict, compare=False)
    paths: dict[str, Path] = field(default_factory=dict)
    sources: Sources | None = field(default=None, compare=False)
    steps: tuple[str, ...] = ()
    setting: str = ""

    def __post_init__(self) -> None:
        """Give the model one name in tables, records and folders, whatever bytes it has."""
        object.__setattr__(self, "model", encodable(self.model))

    @property
    def label(self) -> str:
        """What tables call it: its name, its setting in a family, the steps that were asked for."""
        name = Member(self.model, setting=self.setting).label
        told = ", ".join(self.steps) in self.setting
        return name if told and self.setting else " + ".join((name, *self.steps))

    @property
    def fingerprint(self) -> str | None:
        """Of its first checkpoint; None for an encoder that does not say who it is."""
        return next((result.model.fingerprint for result in self.results.values()), None)

    @property
    def records(self) -> Mapping[str, StoredRecord]:
        """The record of each task that was scored, with what each pair or sample got."""
        nowhere = Path("in memory", self.model)
        return {
            task: StoredRecord(
                self.paths.get(task, nowhere / task), result, self.predictions.get(task)
            )
            for task, result in self.results.items()
        }

    @property
    def asked(self) -> Mapping[str, TaskRecord]:
        """What records say of the tasks, by id, scored or not."""
        return {task.id: asked_of(task, self.tasks) for task in self.tasks}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it: `Results.to_dict`, failures, timings, counts."""
        return {
            **Results.to_dict(self),
            **({"setting": self.setting} if self.setting else {}),
            "failures": {task_id: str(error) for task_id, error in self.failures.items()},
            "resumed": sorted(self.resumed),
            "timings": self.timings,
            "counts": self.counts,
        }


OfModel_co = TypeVar("OfModel_co", bound=Results, covariant=True)


class Runs(Printable, Sequence[OfModel_co]):
    """The results of several models, in the order they were asked for: a row each."""

    __slots__ = ("_runs", "families")

    def __init__(self, runs: Iterable[OfModel_co] = (), families: Iterable[Family] = ()) -> None:
        """Keep results of models.

        Args:
            runs: a row each.
            families: that some of them are members of: a row each below their members.
        """
        self._runs = tuple(runs)
        self.families = tuple(families)

    @overload
    def __getitem__(self, which: int | str) -> OfModel_co: ...
    @overload
    def __getitem__(self, which: slice) -> Runs[OfModel_co]: ...
    def __getitem__(self, which: int | str | slice) -> OfModel_co | Runs[OfModel_co]:
        """Return the results of a model, by its place or its name; of several, by a slice.

        Raises:
            IndexError: there are not so many.
            KeyError: none of that name, or several.
        """
        if isinstance(which, slice):
            return Runs(self._runs[which])
        if isinstance(which, int):
            return self._runs[which]
        found = [run for run in self if which == run.label] or [
            run for run in self if which == run.model
        ]
        if len(found) != 1:
            raise KeyError(f"{len(found) or 'no'} models {which!r}; there are {self._labels()}")
        return found[0]

    def __len__(self) -> int:
        """Return how many models there are."""
        return len(self._runs)

    def __eq__(self, other: object) -> bool:
        """Tell whether the same results stand in the same order."""
        return isinstance(other, Runs) and self._runs == other._runs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Name the models."""
        return f"<Runs of {self._labels() or 'nobody'}>"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it, see `Results.to_dict`."""
        families = {"families": [asdict(one) for one in self.families]} if self.families else {}
        return {"runs": [run.to_dict() for run in self], **families}

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with one row for each model and task that was scored.

        Its columns are model, fingerprint, task, heading, group, score (points, full precision),
        metric, aggregation, notes, signature and created.
        """
        import pandas as pd

        rows = [
            [value(run, result) for value in _COLUMNS.values()]
            for run in self
            for result in run.values()
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def _labels(self) -> str:
        return ", ".join(one_line(run.label) for run in self)


_COLUMNS: Mapping[str, Callable[[Results, TaskResult], object]] = {
    "model": lambda run, _: run.model,
    "fingerprint": lambda _, result: result.model.fingerprint,
    "task": lambda _, result: result.task,
    "heading": lambda _, result: result.asked.heading,
    "group": lambda _, result: result.asked.group,
    "score": lambda _, result: _points(result),
    "metric": lambda _, result: result.metric,
    "aggregation": lambda _, result: result.aggregation,
    "notes": lambda _, result: "; ".join(result.notes),
    "signature": lambda _, result: result.signature,
    "created": lambda _, result: result.created,
}


def _points(result: TaskResult) -> float:
    return 100 * result.main_score
