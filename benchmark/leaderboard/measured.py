"""Records to rows-to-be: one for each state of a model and each set of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.leaderboard.boards import BoardGroup
from benchmark.one_line import one_line
from benchmark.results import StoredRecord, StoredRun, printed, shown_name
from benchmark.results.signature import Signature
from benchmark.tasks import Task, table, task_by_id


@dataclass(frozen=True)
class Measured:
    """The records that make one row.

    Attributes:
        model: the name it was asked for by.
        fingerprint: of its state; None for an encoder that does not say who it is.
        label: the name, what tells the row apart from others of that name, and whether its
            scores are approximate.
        records: by column, in the order of the papers.
    """

    model: str
    fingerprint: str | None
    label: str
    records: Mapping[str, StoredRecord]

    @property
    def questions(self) -> dict[str, str]:
        """What each column answers."""
        return {
            column: Signature.parse(stored.result.signature).question
            for column, stored in self.records.items()
        }

    def average(self, columns: Sequence[str]) -> str | None:
        """Return the average as the papers print it, None if a column is missing.

        The mean of the scores as printed, each rounded to two decimals first (SimCSE's and
        DiffCSE's ``evaluation.py``).
        """
        if not set(columns) <= set(self.records):
            return None
        scores = [float(printed(self.records[name].result.main_score)) for name in columns]
        return f"{sum(scores) / len(scores):.2f}"


def measured_rows(group: BoardGroup, runs: Iterable[StoredRun]) -> list[Measured]:
    """Return the rows of a leaderboard, sorted by label.

    Records of other groups are passed over. A model with scores by two classifier protocols
    has two rows.

    Raises:
        UnreadableRecord: a record is of an unknown task.
    """
    found = [row for run in runs for row in _rows(group, run)]
    names = [row.model for row in found]
    several = [row if names.count(row.model) == 1 else _told_apart(row, found) for row in found]
    several = [replace(row, label=_marked(row)) for row in several]
    return sorted(several, key=lambda row: (row.label, row.fingerprint or ""))


def _rows(group: BoardGroup, run: StoredRun) -> list[Measured]:
    columns = [task.id for task in table(group)]
    by_protocol: dict[str, dict[str, StoredRecord]] = {}
    for record in run.records.values():
        task = _task_of(record)
        if task.group == group:
            column = task.variant_of or task.id
            by_protocol.setdefault(task.protocol, {})[column] = record
    return [
        Measured(
            run.model, run.fingerprint, run.model, {c: records[c] for c in columns if c in records}
        )
        for _, records in sorted(by_protocol.items())
    ]


def _told_apart(row: Measured, rows: Sequence[Measured]) -> Measured:
    """Name the state, the protocol, or both: whatever differs among rows of that name."""
    same_name = [other for other in rows if other.model == row.model]
    marks = []
    if len({other.fingerprint for other in same_name}) > 1:
        marks.append(row.fingerprint[:8] if row.fingerprint else "unidentified")
    if sum(other.fingerprint == row.fingerprint for other in same_name) > 1:
        marks.append(_protocol(row))
    return replace(row, label=f"{row.model} ({', '.join(marks)})")


def _protocol(row: Measured) -> str:
    return _task_of(next(iter(row.records.values()))).protocol


def _marked(row: Measured) -> str:
    return shown_name(row.label, (stored.result for stored in row.records.values()))


def _task_of(record: StoredRecord) -> Task:
    try:
        return task_by_id(record.result.task)
    except UsageError as error:
        raise UnreadableRecord(f"{record.path}: {one_line(str(error))}") from error
