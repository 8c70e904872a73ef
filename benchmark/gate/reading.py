"""Reading a baseline file; whatever it should not hold is named by line, model and task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from benchmark.errors import UnreadableRecord
from benchmark.foreign import Unreadable, parse_toml, read_text
from benchmark.gate.baseline import Baseline, Entry
from benchmark.gate.identity import Identity, fields
from benchmark.gate.layout import BASELINE_VERSION, WrittenBaseline, WrittenEntry
from benchmark.gate.measured import in_order
from benchmark.measures import Tolerance, parse_tolerance
from benchmark.suggestions import did_you_mean
from benchmark.tasks import all_tasks
from benchmark.toml_tables import converted

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


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
    tolerances = dict(_tolerances(path, written.tolerances))
    lines = _lines_of_entries(text)
    entries = {
        model: {
            task: _entry(path, lines.get((model, task)), (model, task), tasks[task])
            for task in in_order(tasks)
        }
        for model, tasks in sorted(written.models.items())
    }
    return Baseline(path, entries, tolerances)


def _entry(path: Path, line: int | None, name: tuple[str, str], content: dict[str, Any]) -> Entry:
    model, task = name
    where = f"{path}{f', line {line}' if line else ''}: {model} {task}"
    written = _converted(content, WrittenEntry, where)
    try:
        signed = fields(written.question).get("task")
        for other in (written.answerer, written.environment):
            fields(other)
        tolerance = None if written.tolerance is None else parse_tolerance(written.tolerance)
    except ValueError as error:
        raise UnreadableRecord(f"{where}: {error}") from error
    if signed != task:
        raise UnreadableRecord(f"{where}: the question is that of the task {signed}")
    known = Identity(written.question, written.answerer, written.fingerprint, written.environment)
    return Entry(written.score, known, tolerance, written.reason, path, line)


def _tolerances(path: Path, written: Mapping[str, float | str]) -> Iterator[tuple[str, Tolerance]]:
    groups = {task.group for task in all_tasks()}
    for group, tolerance in written.items():
        if group not in groups:
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


def _lines_of_entries(text: str) -> dict[tuple[str, str], int]:
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
