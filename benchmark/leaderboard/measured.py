"""Records to rows-to-be: one for each state of a model and each set of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.results import StoredRecord, StoredRun, average, columns_of, shown_name
from benchmark.results.signature import Signature


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

    def average(self, columns: Sequence[str]) -> float | None:
        """Return the average as the papers print it, None if a column is missing."""
        if not set(columns) <= set(self.records):
            return None
        results = [self.records[column].result for column in columns]
        return average(results, results[0].asked.group)


def measured_rows(group: str, runs: Iterable[StoredRun]) -> list[Measured]:
    """Return the rows of a leaderboard, sorted by label.

    Records of other groups are passed over. A model with scores by two classifier protocols
    has two rows.
    """
    found = [row for run in runs for row in _rows(group, run)]
    names = [row.model for row in found]
    several = [row if names.count(row.model) == 1 else _told_apart(row, found) for row in found]
    several = [replace(row, label=_marked(row)) for row in several]
    return sorted(several, key=lambda row: (row.label, row.fingerprint or ""))


def _rows(group: str, run: StoredRun) -> list[Measured]:
    columns = columns_of((result.asked for result in run.results.values()), group)
    by_protocol: dict[str, dict[str, StoredRecord]] = {}
    for record in run.records.values():
        asked = record.result.asked
        if asked.group == group:
            by_protocol.setdefault(asked.protocol, {})[asked.column] = record
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
    return next(iter(row.records.values())).result.asked.protocol


def _marked(row: Measured) -> str:
    return shown_name(row.label, (stored.result for stored in row.records.values()))
