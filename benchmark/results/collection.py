"""Records of output folders put together by model and state."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import UnreadableRecord
from benchmark.foreign import json_files
from benchmark.globs import stepwise
from benchmark.invocation import command
from benchmark.results.predictions import StoredRecord
from benchmark.results.record import TaskRecord, TaskResult
from benchmark.results.run import Results
from benchmark.results.soundness import read_record
from benchmark.results.tables import in_order

EVALUATION = "evaluation"
"""The output folder in the folder of a training run, which holds checkpoints as well."""

_STATE = re.compile(r"[0-9a-f]{12}|unidentified")


@dataclass(frozen=True, repr=False)
class StoredRun(Results):
    """The records of one state of one model: a mapping, see `Results`.

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

    @functools.cached_property
    def results(self) -> Mapping[str, TaskResult]:
        """What the records say, by id of task."""
        return {task: stored.result for task, stored in self.records.items()}

    @functools.cached_property
    def card(self) -> dict[str, object]:
        """The identity of the encoder, as its records hold it."""
        return next(iter(self.records.values())).result.model.card

    @property
    def asked(self) -> Mapping[str, TaskRecord]:
        """What the records say of their tasks, by id."""
        return {task: result.asked for task, result in self.results.items()}


def collect(paths: Iterable[Path]) -> list[StoredRun]:
    """Read all records in these files and below these folders.

    Args:
        paths: record files, or folders at any level of an output folder.

    Returns:
        One run for each state of each model, sorted by label; steps of a training run by number.

    Raises:
        UnreadableRecord: a path does not exist, cannot be read or holds no record, a record is
            not sound, or two different records answer for the same model and task.
    """
    found: dict[tuple[str, str | None], dict[str, StoredRecord]] = {}
    for path in record_files(paths):
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


def as_stored(run: Results) -> StoredRun:
    """Return the results of a model in the form of those that were read from a folder."""
    if isinstance(run, StoredRun):
        return run
    return StoredRun(run.model, run.fingerprint, run.label, sorted_records(run.records))


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


def record_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files of all records in these files and below these folders, each once.

    Below the folder of a training run, whose checkpoints bring JSON of their own, these are the
    files where an output folder has its records: ``MODEL/STATE/TASK.json``.

    Raises:
        UnreadableRecord: a path does not exist, cannot be read or holds no record.
    """
    return sorted({file for named in paths for file in _files(named)})


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UnreadableRecord(f"{path}: no such file or folder; name records or a folder of them")
    if not path.is_dir():
        return [path.resolve()]
    try:
        files = [file.resolve() for file in json_files(path)]
        if _holds_training(path):
            files = [file for file in files if _STATE.fullmatch(file.parent.name)]
    except OSError as error:
        raise UnreadableRecord(
            f"{error.filename}: cannot be read ({error.strerror}), and may hold records; let it "
            "be read, or name other folders"
        ) from error
    if not files:
        raise UnreadableRecord(f"{path}: holds no record; {command('run')} writes some")
    return files


def _holds_training(path: Path) -> bool:
    """Tell whether a folder is that of a training run that was evaluated, or holds some."""
    below = f"{EVALUATION}/*/*/*.json"
    return any(any(path.glob(f"{above}{below}")) for above in ("", "*/", "*/*/"))


def sorted_records(records: Mapping[str, StoredRecord]) -> dict[str, StoredRecord]:
    """Return records by id of task, in the order of their tables."""
    return {
        task.id: records[task.id]
        for task in in_order(stored.result.asked for stored in records.values())
    }


def _labels(states: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], str]:
    ordered = sorted(states, key=lambda state: (stepwise(state[0]), state[1] or ""))
    names = [name for name, _ in ordered]
    return {
        (name, state): name
        if names.count(name) == 1
        else f"{name} ({state[:8] if state else 'unidentified'})"
        for name, state in ordered
    }
