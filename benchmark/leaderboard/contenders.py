"""The records that make one measured row: of one state of a model, by one set of rules."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.comparisons import measure_of_rows
from benchmark.results import StoredRecord, StoredRun, TaskResult, average, columns_of, shown_name
from benchmark.results.signature import Signature

Questions = Mapping[str, str]
"""First halves of signatures, by column."""


@dataclass(frozen=True)
class Contender:
    """The records that make one measured row: of one state of a model, by one set of rules.

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

    @functools.cached_property
    def id(self) -> str:
        """What tells the row apart by what it is, not by where it stands."""
        content = "\0".join([self.model, str(self.fingerprint), *self.questions.values()])
        return f"measured-{hashlib.sha256(content.encode(errors='surrogatepass')).hexdigest()[:12]}"

    @functools.cached_property
    def results(self) -> dict[str, TaskResult]:
        """What its records say, by column."""
        return {column: stored.result for column, stored in self.records.items()}

    @functools.cached_property
    def questions(self) -> dict[str, str]:
        """What each column answers."""
        return {
            column: Signature.parse(result.signature).question
            for column, result in self.results.items()
        }

    @functools.cached_property
    def testable(self) -> list[str]:
        """The columns that can be resampled: with predictions, and a score of single rows."""
        return [
            column
            for column, result in self.results.items()
            if result.predictions_sha256 and measure_of_rows(result)
        ]

    def average(self, columns: Sequence[str]) -> float | None:
        """Return the average as the papers print it, None if a column is missing."""
        if not set(columns) <= set(self.records):
            return None
        results = [self.results[column] for column in columns]
        return average(results, results[0].asked.group)


def contenders_of(group: str, runs: Iterable[StoredRun]) -> list[Contender]:
    """Return the measured rows of a leaderboard, sorted by label.

    Records of other groups are passed over. A model with scores by two classifier protocols
    has two rows.
    """
    found = [contender for run in runs for contender in _contenders(group, run)]
    labelled = [replace(contender, label=_label(contender, found)) for contender in found]
    return sorted(labelled, key=lambda contender: (contender.label, contender.fingerprint or ""))


def _contenders(group: str, run: StoredRun) -> list[Contender]:
    columns = columns_of((result.asked for result in run.results.values()), group)
    by_protocol: dict[str, dict[str, StoredRecord]] = {}
    for record in run.records.values():
        asked = record.result.asked
        if asked.group == group:
            by_protocol.setdefault(asked.protocol, {})[asked.column] = record
    return [
        Contender(
            run.model, run.fingerprint, run.model, {c: found[c] for c in columns if c in found}
        )
        for _, found in sorted(by_protocol.items())
    ]


def _label(contender: Contender, contenders: Iterable[Contender]) -> str:
    """Name the state, the protocol, or both: whatever differs among rows of that name."""
    same_name = [other for other in contenders if other.model == contender.model]
    apart = []
    if len({other.fingerprint for other in same_name}) > 1:
        apart.append(contender.fingerprint[:8] if contender.fingerprint else "unidentified")
    if sum(other.fingerprint == contender.fingerprint for other in same_name) > 1:
        apart.append(next(iter(contender.results.values())).asked.protocol)
    name = f"{contender.model} ({', '.join(apart)})" if apart else contender.model
    return shown_name(name, contender.results.values())
