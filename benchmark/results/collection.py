"""Records put together: by model and state, in order, in tables with an average.

What is in order and what belongs into a table say the records themselves
(`benchmark.results.record.TaskRecord`), and every verb asks here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import UnreadableRecord
from benchmark.foreign import json_files
from benchmark.options import DataOptions
from benchmark.results.predictions import Predictions, read_predictions
from benchmark.results.record import TaskRecord, TaskResult
from benchmark.results.soundness import read_record


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


@dataclass(frozen=True)
class StoredRecord:
    """A record, and where it lies.

    Attributes:
        path: of the JSON file.
        result: its content.
    """

    path: Path
    result: TaskResult

    def predictions(self, sources: DataOptions | None = None) -> Predictions:
        """Return what each pair or sample got, see `benchmark.results.read_predictions`.

        Raises:
            UnreadableRecord: the record keeps none, or they are damaged.
        """
        return read_predictions(self.path, self.result, sources)


@dataclass(frozen=True)
class StoredRun:
    """The records of one state of one model.

    Attributes:
        model: the name it was asked for by.
        fingerprint: of that state; None for an encoder that does not say who it is.
        label: the name, and the first digits of the fingerprint where the collection holds
            several states of that name.
        records: by id of task, in the order of the papers' tables, each variant behind its task.
    """

    model: str
    fingerprint: str | None
    label: str
    records: Mapping[str, StoredRecord]

    @property
    def results(self) -> Mapping[str, TaskResult]:
        """What the records say, by id of task."""
        return {task: stored.result for task, stored in self.records.items()}

    @functools.cached_property
    def card(self) -> dict[str, object]:
        """The identity of the encoder, as its records hold it."""
        return next(iter(self.records.values())).result.model.card

    def average(self, group: str) -> float | None:
        """Return the average of a table as the papers print it, see `average`."""
        return average(self.results.values(), group)


def collect(paths: Iterable[Path]) -> list[StoredRun]:
    """Read all records in these files and below these folders.

    Args:
        paths: record files, or folders at any level of an output folder.

    Returns:
        One run for each state of each model, sorted by label.

    Raises:
        UnreadableRecord: a path does not exist, cannot be read or holds no record, a record is
            not sound, or two different records answer for the same model and task.
    """
    found: dict[tuple[str, str | None], dict[str, StoredRecord]] = {}
    for path in sorted({file for named in paths for file in _files(named)}):
        result = read_record(path)
        state = found.setdefault((result.model.name, result.model.fingerprint), {})
        other = state.get(result.task)
        if other is not None and other.result != result:
            raise UnreadableRecord(
                f"{path}: a second record of {result.model.name} on {result.task}, beside "
                f"{other.path}; name only one of them"
            )
        state.setdefault(result.task, StoredRecord(path, result))
    return [
        StoredRun(model, fingerprint, label, sorted_records(found[model, fingerprint]))
        for (model, fingerprint), label in _labels(found).items()
    ]


def joined_by_model(runs: Iterable[StoredRun]) -> list[StoredRun]:
    """Return one run for each model of a collection, sorted by label.

    A model may have one checkpoint for STS and another for transfer tasks: states of one name
    that have no task in common are one model. States that do compete stay apart, each under
    its label with the first digits of its fingerprint.
    """
    by_name: dict[str, list[StoredRun]] = {}
    for run in runs:
        by_name.setdefault(run.model, []).append(run)
    return [model for states in by_name.values() for model in _joined(states)]


def _joined(states: Sequence[StoredRun]) -> list[StoredRun]:
    tasks = [task for state in states for task in state.records]
    if len(states) == 1 or len(set(tasks)) < len(tasks):
        return list(states)
    records = {task: record for state in states for task, record in state.records.items()}
    first = states[0]
    return [StoredRun(first.model, first.fingerprint, first.model, sorted_records(records))]


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UnreadableRecord(f"{path}: no such file or folder; name records or a folder of them")
    if not path.is_dir():
        return [path.resolve()]
    try:
        files = [file.resolve() for file in json_files(path)]
    except OSError as error:
        raise UnreadableRecord(
            f"{error.filename}: cannot be read ({error.strerror}), and may hold records; let it "
            "be read, or name other folders"
        ) from error
    if not files:
        raise UnreadableRecord(f"{path}: holds no record; run_eval.py --output-dir writes some")
    return files


def sorted_records(records: Mapping[str, StoredRecord]) -> dict[str, StoredRecord]:
    """Return records by id of task, in the order of their tables."""
    return {
        task.id: records[task.id]
        for task in in_order(stored.result.asked for stored in records.values())
    }


def _labels(states: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], str]:
    ordered = sorted(states, key=lambda state: (state[0], state[1] or ""))
    names = [name for name, _ in ordered]
    return {
        (name, state): name
        if names.count(name) == 1
        else f"{name} ({state[:8] if state else 'unidentified'})"
        for name, state in ordered
    }
