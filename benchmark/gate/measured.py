"""The records a gate looks at, by model and task, each one fit to be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.results import Run, StoredRun, TaskResult, asked_by_id, contradiction
from benchmark.results import in_order as in_order_of_tables

Measured = Mapping[str, Mapping[str, TaskResult]]
"""Records, by name of model and id of task."""


def by_model(runs: Iterable[Run | StoredRun]) -> dict[str, dict[str, TaskResult]]:
    """Return records by model and task.

    A model that has one checkpoint for STS and one for transfer tasks comes as two runs of one
    name; two scores of one name on one task are an error.

    Raises:
        UsageError: a model has two records of one task.
        UnreadableRecord: a record contradicts itself.
    """
    found: dict[str, dict[str, TaskResult]] = {}
    for run in runs:
        records = found.setdefault(run.model, {})
        for record in run.results.values():
            _require_sound(run.model, record)
            if record.task in records:
                raise UsageError(
                    f"{run.model} is there twice: {record.task} has a record of the state "
                    f"{_state(records[record.task])} and one of {_state(record)}; name only one "
                    "of their folders"
                )
            records[record.task] = record
    return found


def in_order(tasks: Iterable[str], records: Mapping[str, TaskResult] | None = None) -> list[str]:
    """Return ids of tasks in the order of the papers' tables, those of no known table last.

    Args:
        tasks: ids, of records and of what is compared with them.
        records: by id of task; they say where their tasks stand.
    """
    known = records or {}
    asked = [known[task].asked if task in known else asked_by_id(task) for task in set(tasks)]
    return [task.id for task in in_order_of_tables(asked)]


def _require_sound(model: str, record: TaskResult) -> None:
    """A record that was read is sound; one of a run in memory has not been looked at."""
    wrong = contradiction(record)
    if wrong:
        raise UnreadableRecord(f"{model}: the record of {record.task} contradicts itself: {wrong}")


def _state(record: TaskResult) -> str:
    return (record.model.fingerprint or "unidentified")[:12]
