"""What scores are compared with: an entry for each model and task, from a file or from records.

The file is TOML that people read, edit and compare line by line: the same scores make the same
bytes, and whatever it should not hold is named by line, model and task.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from benchmark.atomic import write_atomically
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.foreign import Unreadable, parse_toml, read_text
from benchmark.gate.provenance import Provenance, provenance
from benchmark.gate.records import Key, in_order, keyed
from benchmark.measures import Tolerance, parse_tolerance
from benchmark.results import StoredRun, TaskResult, collect
from benchmark.results.record import Score, Sha256
from benchmark.results.signature import parse_fields
from benchmark.suggestions import did_you_mean
from benchmark.tasks import all_tasks, known_task
from benchmark.tasks.own import OWN_GROUPS
from benchmark.toml_tables import converted

BASELINE_VERSION = 1

_HEADER = """\
# The baseline of the regression gate: `sebench check --help` explains it.
# Scores are fractions of 1. Tolerances are points of the scale from 0 to 100, or "N samples" of
# the test set; `tolerance` and `reason` of an entry are for you to write. --update keeps them,
# and writes everything else anew, comments included.
"""

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a model scored on a task, and how far a later score may lie from that.

    Attributes:
        score: fraction of 1, full precision.
        provenance: what was asked, and who answered.
        tolerance: of this entry, set by hand.
        reason: why it has a tolerance of its own, written by hand.
        path: of the file that holds it.
        line: of that file, counted from 1.
    """

    score: float
    provenance: Provenance
    tolerance: Tolerance | None = None
    reason: str = ""
    path: Path | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The scores of a baseline file, or of a folder of records.

    Attributes:
        path: of the file or folder.
        entries: what each model scored on each task.
        tolerances: by group of tasks.
        runs: the records, with their predictions, if it is a folder.
    """

    path: Path
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    runs: tuple[StoredRun, ...] = ()


def entry_of(record: TaskResult) -> Entry:
    """Return what a baseline keeps of a record."""
    return Entry(record.main_score, provenance(record))


def open_baseline(path: Path) -> Baseline:
    """Read a baseline file, or the records below a folder.

    Raises:
        UsageError: there is nothing, or a model has two records of one task.
        UnreadableRecord: the file or a record is damaged.
    """
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises of what is locked
        return _of_records(path)
    if not os.path.lexists(path):
        raise UsageError(f"`baseline` {path}: no such file; `update` writes it")
    return read_baseline(path)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        UnreadableRecord: it cannot be read, is damaged, of another version, or holds what it
            should not: an unknown key, a score out of range, an entry twice.
    """
    try:
        text = read_text(path)
        document = parse_toml(text)
    except Unreadable as error:
        raise UnreadableRecord(f"{path}: not a readable baseline ({error})") from error
    version = document.get("schema_version")
    if version != BASELINE_VERSION:
        raise UnreadableRecord(
            f"{path}: schema version {version}, this program reads {BASELINE_VERSION}; `update` "
            "into another file writes that"
        )
    written = _converted(document, WrittenBaseline, str(path))
    tasks = {task for tasks in written.models.values() for task in tasks}
    tolerances = dict(_tolerances(path, written.tolerances, tasks))
    lines = _lines_of_entries(text)
    keys = in_order((model, task) for model, tasks in written.models.items() for task in tasks)
    entries = {
        (model, task): _entry(
            path, lines.get((model, task)), (model, task), written.models[model][task]
        )
        for model, task in keys
    }
    return Baseline(path, entries, tolerances)


def encode_baseline(baseline: Baseline) -> bytes:
    """Return a baseline as TOML: sorted by model and by order of the papers, floats in full."""
    import tomli_w

    tolerances = {group: t.written() for group, t in sorted(baseline.tolerances.items())}
    models: dict[str, dict[str, Any]] = {}
    for model, task in in_order(baseline.entries):
        models.setdefault(model, {})[task] = _written(baseline.entries[model, task])
    document = {
        "schema_version": BASELINE_VERSION,
        **({"tolerances": tolerances} if tolerances else {}),
        "models": models,
    }
    return (_HEADER + tomli_w.dumps(document)).encode()


def write_baseline(baseline: Baseline) -> None:
    """Write a baseline file, whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        write_atomically(baseline.path.resolve(), encode_baseline(baseline))
    except OSError as error:
        raise UsageError(
            f"`baseline` {baseline.path}: cannot be written ({error.strerror or error}); choose "
            "another place"
        ) from error


class WrittenEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An entry as the file holds it, what is for people first; see `benchmark.gate.Entry`."""

    score: Score
    tolerance: float | str | None = None
    reason: str = ""
    question: str
    answerer: str
    fingerprint: Sha256 | None = None
    environment: str = ""


class WrittenBaseline(msgspec.Struct, forbid_unknown_fields=True):
    """The file; entries stay as they are, so that a mistake can be named by model and task."""

    schema_version: int
    tolerances: dict[str, float | str] = {}
    models: dict[str, dict[str, dict[str, Any]]] = {}


def _of_records(path: Path) -> Baseline:
    """Return the records below a folder as a baseline."""
    runs = tuple(collect([path]))
    files = {(run.model, task): stored.path for run in runs for task, stored in run.records.items()}
    entries = {
        key: dataclasses.replace(entry_of(record), path=files[key])
        for key, record in keyed(runs).items()
    }
    return Baseline(path, entries, runs=runs)


def _entry(path: Path, line: int | None, key: Key, content: dict[str, Any]) -> Entry:
    model, task = key
    where = f"{path}{f', line {line}' if line else ''}: {model} {task}"
    written = _converted(content, WrittenEntry, where)
    try:
        signed = parse_fields(written.question).get("task")
        for other in (written.answerer, written.environment):
            parse_fields(other)
        tolerance = None if written.tolerance is None else parse_tolerance(written.tolerance)
    except ValueError as error:
        raise UnreadableRecord(f"{where}: {error}") from error
    if signed != task:
        raise UnreadableRecord(f"{where}: the question is that of the task {signed}")
    known = Provenance(written.question, written.answerer, written.fingerprint, written.environment)
    return Entry(written.score, known, tolerance, written.reason, path, line)


def _tolerances(
    path: Path, written: Mapping[str, float | str], tasks: Collection[str]
) -> Iterator[tuple[str, Tolerance]]:
    groups = {*(task.group for task in all_tasks()), *OWN_GROUPS.values()}
    # A task of one's own may be in a group of one's own, which no entry names.
    any_group = any(known_task(task) is None for task in tasks)
    for group, tolerance in written.items():
        if group not in groups and not any_group:
            raise UnreadableRecord(
                f"{path}: [tolerances] names an unknown group {group!r}"
                f"{did_you_mean(group, groups)}; there are {', '.join(sorted(groups))}"
            )
        try:
            yield group, parse_tolerance(tolerance)
        except ValueError as error:
            raise UnreadableRecord(f"{path}: [tolerances] {group}: {error}") from error


def _converted(content: dict[str, Any], kind: type[_Struct], where: str) -> _Struct:
    try:
        return converted(content, kind)
    except ValueError as error:
        scale = "; scores are fractions of 1" if "$.score" in str(error) else ""
        raise UnreadableRecord(f"{where}: {error}{scale}") from error


def _lines_of_entries(text: str) -> dict[Key, int]:
    """Return where each entry's heading stands: what an annotation points at."""
    headings = (
        (_heading(line), number)
        for number, line in enumerate(text.split("\n"), start=1)
        if line.lstrip().startswith("[")
    )
    return {(path[1], path[2]): number for path, number in headings if len(path) == 3}


def _heading(line: str) -> tuple[str, ...]:
    """Return the keys of ``[models.NAME.TASK]``, however it is quoted."""
    try:
        inside: object = parse_toml(line)
    except Unreadable:  # a line within a longer value
        return ()
    path = []
    while isinstance(inside, dict) and len(inside) == 1:
        [(key, inside)] = inside.items()
        path.append(key)
    return tuple(path)


def _written(entry: Entry) -> dict[str, Any]:
    written = WrittenEntry(
        score=entry.score,
        **dataclasses.asdict(entry.provenance),
        tolerance=None if entry.tolerance is None else entry.tolerance.written(),
        reason=entry.reason,
    )
    found: dict[str, Any] = msgspec.to_builtins(written)
    return found
