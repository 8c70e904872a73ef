"""Records of earlier runs, found below folders and put together by model."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import UnreadableRecord
from benchmark.foreign import json_files
from benchmark.results.predictions import Predictions, read_predictions
from benchmark.results.record import TaskResult
from benchmark.results.run import printed
from benchmark.results.soundness import read_record
from benchmark.tasks import all_tasks, table
from benchmark.tasks.loading import DataOptions


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
        records: by id of task, in the order of the papers' tables, variants last.
    """

    model: str
    fingerprint: str | None
    label: str
    records: Mapping[str, StoredRecord]

    @functools.cached_property
    def card(self) -> dict[str, object]:
        """The identity of the encoder, as its records hold it."""
        return next(iter(self.records.values())).result.model.card

    def average(self, group: str) -> str | None:
        """Return the average of a group as the papers print it, None if a task is missing.

        The mean of the scores as printed, each rounded to two decimals first, as
        `benchmark.results.Run.average`.
        """
        members = [task.id for task in table(group)]
        if not members or not set(members) <= set(self.records):
            return None
        scores = [float(printed(self.records[task].result.main_score)) for task in members]
        return f"{sum(scores) / len(scores):.2f}"


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
        StoredRun(model, fingerprint, label, _in_order(found[model, fingerprint]))
        for (model, fingerprint), label in _labels(found).items()
    ]


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


def _in_order(records: Mapping[str, StoredRecord]) -> dict[str, StoredRecord]:
    order = {task.id: place for place, task in enumerate(all_tasks())}
    ids = sorted(records, key=lambda task: (order.get(task, len(order)), task))
    return {task: records[task] for task in ids}


def _labels(states: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], str]:
    ordered = sorted(states, key=lambda state: (state[0], state[1] or ""))
    names = [name for name, _ in ordered]
    return {
        (name, state): name
        if names.count(name) == 1
        else f"{name} ({state[:8] if state else 'unidentified'})"
        for name, state in ordered
    }
