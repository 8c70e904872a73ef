"""What scores are compared with: an entry for each model and task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.gate.identity import Identity, identity
from benchmark.gate.measured import by_model
from benchmark.measures import Tolerance
from benchmark.results import StoredRun, TaskResult


@dataclass(frozen=True, slots=True)
class Entry:
    """What a model scored on a task, and how far a later score may lie from that.

    Attributes:
        score: fraction of 1, full precision.
        identity: what was asked, and who answered.
        tolerance: of this entry, set by hand.
        reason: why it has a tolerance of its own, written by hand.
        path: of the file that holds it.
        line: of that file, counted from 1.
    """

    score: float
    identity: Identity
    tolerance: Tolerance | None = None
    reason: str = ""
    path: Path | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The scores of a baseline file, or of a folder of records.

    Attributes:
        path: of the file or folder.
        entries: by name of model and id of task.
        tolerances: by group of tasks.
        runs: the records, with their predictions, if it is a folder.
    """

    path: Path
    entries: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    runs: tuple[StoredRun, ...] = ()


def entry_of(record: TaskResult) -> Entry:
    """Return what a baseline keeps of a record."""
    return Entry(record.main_score, identity(record))


def baseline_of_records(path: Path, runs: Iterable[StoredRun]) -> Baseline:
    """Return records of an earlier run as a baseline.

    Raises:
        UsageError: a model has two records of one task.
        UnreadableRecord: a record contradicts itself.
    """
    kept = tuple(runs)
    files = {(run.model, task): stored.path for run in kept for task, stored in run.records.items()}
    entries = {
        model: {
            task: Entry(record.main_score, identity(record), path=files[model, task])
            for task, record in records.items()
        }
        for model, records in by_model(kept).items()
    }
    return Baseline(path, entries, runs=kept)
