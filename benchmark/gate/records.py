"""The records a gate looks at, each one fit to be compared, and the order they are shown in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.results import (
    Results,
    TaskRecord,
    TaskResult,
    asked_by_id,
    contradiction,
)
from benchmark.results import in_order as in_order_of_tables

Key = tuple[str, str]
"""Name of a model, id of a task."""


def keyed(runs: Iterable[Results]) -> dict[Key, TaskResult]:
    """Return records by model and task.

    A model that has one checkpoint for STS and one for transfer tasks comes as two runs of one
    name; two scores of one name on one task are an error.

    Raises:
        UsageError: a model has two records of one task.
        UnreadableRecord: a record contradicts itself.
    """
    found: dict[Key, TaskResult] = {}
    for run in runs:
        for record in run.results.values():
            _require_sound(run.model, record)
            other = found.setdefault((run.model, record.task), record)
            if other is not record:
                raise UsageError(
                    f"{run.model} is there twice: {record.task} has a record of the state "
                    f"{_state(other)} and one of {_state(record)}; name only one of their folders"
                )
    return found


def in_order(keys: Iterable[Key], records: Mapping[Key, TaskResult] | None = None) -> list[Key]:
    """Sort by model, then in the order of the papers' tables, those of no known table last.

    Args:
        keys: of records, and of what is compared with them.
        records: say where their tasks stand.
    """
    known = records or {}
    asked: dict[str, dict[str, TaskRecord]] = {}
    for key in keys:
        model, task = key
        told = known[key].asked if key in known else asked_by_id(task)
        asked.setdefault(model, {})[task] = told
    return [
        (model, told.id)
        for model in sorted(asked)
        for told in in_order_of_tables(asked[model].values())
    ]


def _require_sound(model: str, record: TaskResult) -> None:
    """A record that was read is sound; one of a run in memory has not been looked at."""
    wrong = contradiction(record)
    if wrong:
        raise UnreadableRecord(f"{model}: the record of {record.task} contradicts itself: {wrong}")


def _state(record: TaskResult) -> str:
    return (record.model.fingerprint or "unidentified")[:12]
