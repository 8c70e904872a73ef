"""What is asked: tasks of the catalogue, files of one's own, and catalogues of such files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import UsageError
from benchmark.foreign import Unreadable, read_bytes
from benchmark.options import OwnDataOptions, OwnKind
from benchmark.tasks.catalogue import Task, all_tasks, select_tasks
from benchmark.tasks.own import OwnTask, as_id, described, own_task, require_own_names
from benchmark.toml_tables import read_table

_TABLES = re.compile(r"\.(tsv|csv|txt|jsonl|ndjson|json|parquet)(\.gz)?$", re.IGNORECASE)
"""Names of files: no task of the catalogue ends so."""

_NAMED = re.compile(r"(?P<name>[^=/\\,\s]+)=(?P<file>.+)", re.DOTALL)
"""A file with a name of one's own: ``tickets=path/to/pairs.tsv``."""

_MOST_BYTES = 2**20
"""Of a catalogue of one's own."""


def asked_tasks(
    wanted: str | Task | Iterable[str | Task] | None,
    options: OwnDataOptions,
    default: str = "sts",
) -> tuple[Task, ...]:
    """Return the tasks that are asked for: of the catalogue, then those of one's own.

    Args:
        wanted: as for `select_tasks`, and files of one's own, which are read: a path, or
            ``NAME=path``.
        options: how files are read, and the catalogue that names more of them.
        default: what is meant by None, where there is no such catalogue.

    Raises:
        UsageError: an unknown name, two tasks of one name, or a name of the catalogue's.
        DataError: a file cannot be read, or not be scored.
    """
    listed = own_catalogue(Path(options.catalogue)) if options.catalogue is not None else ()
    if wanted is None:
        wanted = [task.id for task in listed] or default
    asked = with_files_read(wanted, options.columns, options.kind)
    brought = [entry for entry in asked if isinstance(entry, OwnTask)]
    require_own_names([*listed, *brought], all_tasks())
    chosen = select_tasks(asked, listed)
    return tuple(task.read() if isinstance(task, Listed) else task for task in chosen)


def with_files_read(
    wanted: str | Task | Iterable[str | Task],
    columns: str | None = None,
    kind: OwnKind = "auto",
) -> list[str | Task]:
    """Return what is asked for, name by name, each file of one's own as a task with its data.

    Raises:
        UsageError, DataError: as `asked_tasks`.
    """
    if isinstance(wanted, Mapping) or hasattr(wanted, "columns") or hasattr(wanted, "column_names"):
        raise _no_task(wanted)
    given = [wanted] if isinstance(wanted, str | Task | os.PathLike) else list(wanted)
    return [part for entry in given for part in _parts(entry, columns, kind)]


def _no_task(given: object) -> UsageError:
    return UsageError(
        f"`tasks`: a {type(given).__name__} is no task; data in memory is one as "
        "own_task(data, name=...), or pairs(...) or labelled(...)"
    )


def is_file(name: str) -> bool:
    """Tell whether a word among tasks names a file of one's own.

    A file with another suffix is one too, for the message that it cannot be read; one without any
    is not, so that no file of whatever name stands in the way of a task.
    """
    path = _file(name)[1]
    return bool(_TABLES.search(path) or (Path(path).suffix and _is_there(name)))


def _file(name: str) -> tuple[str | None, str]:
    """Return the name that a file is given, if any, and the file."""
    named = _NAMED.fullmatch(name)
    if named and not os.path.lexists(name):
        return named["name"], named["file"]
    return None, name


def _is_there(name: str) -> bool:
    # Path.is_file raises of names that are too long, as a list of tasks may be.
    return os.path.isfile(_file(name)[1])  # noqa: PTH113


def _parts(entry: object, columns: str | None, kind: OwnKind) -> Iterator[str | Task]:
    """Yield the words of an entry, files read; one that is a file as a whole may hold blanks."""
    if isinstance(entry, Task):
        yield entry
        return
    if isinstance(entry, os.PathLike):
        yield own_task(entry, columns=columns, kind=kind if kind != "auto" else None)
        return
    if not isinstance(entry, str):
        raise _no_task(entry)
    words = [word for word in re.split(r"[,\s]+", entry) if word]
    if is_file(entry) and (_is_there(entry) or not any(map(_is_there, words))):
        words = [entry]
    for word in words:
        if word.startswith("!") or not is_file(word):
            yield word
        else:
            name, path = _file(word)
            yield own_task(path, name=name, columns=columns, kind=kind if kind != "auto" else None)


# --- a catalogue of one's own ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """A task in a catalogue of one's own.

    Attributes:
        id: its name.
        file: its data, relative to the catalogue.
        group: the table it belongs to, by default that of its kind.
        heading: what stands above its column, by default the name.
        columns: as the option.
        kind: as for `own_task`.
        sha256: hash of the content that is expected; another one is refused.
        note: a caution that goes wherever a score goes.
        citation: of the data.
        aliases: other accepted names.
    """

    id: str
    file: str
    group: str = ""
    heading: str = ""
    columns: tuple[str, ...] = ()
    kind: str | None = None
    sha256: str = ""
    note: str = ""
    citation: str = ""
    aliases: tuple[str, ...] = ()


_UNGROUPED = "own"
"""By which those of no group are chosen; their table is that of their kind."""


@dataclass(frozen=True, slots=True)
class _File:
    tasks: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Task):
    """A task of a catalogue of one's own, whose file was not read yet."""

    entry: _Entry
    catalogue: Path

    def read(self) -> OwnTask:
        """Return the task with its data.

        Raises:
            DataError: the file cannot be read, or not be scored.
            UsageError: its content is not what the catalogue expects.
        """
        entry = self.entry
        task = own_task(
            self.catalogue.parent / entry.file,
            name=entry.id,
            columns=entry.columns or None,
            kind=entry.kind,
        )
        if entry.sha256 and not task.content.startswith(entry.sha256):
            raise UsageError(
                f"{self.catalogue}: {entry.id} is to have content {entry.sha256[:12]}, but "
                f"{entry.file} has {task.content[:12]}; get the right file, or write the new hash"
            )
        return described(
            task,
            heading=entry.heading,
            group=entry.group,
            note=entry.note,
            citation=entry.citation,
            aliases=entry.aliases,
        )


def own_catalogue(path: Path) -> tuple[Listed, ...]:
    """Return the tasks of a catalogue of one's own, in its order; no data is read.

    Raises:
        UsageError: it cannot be read, has an unknown key, lacks one, or names a task twice.
    """
    try:
        text = read_bytes(path, _MOST_BYTES).decode()
        entries = read_table(text, _File, str(path)).tasks
    except (Unreadable, UnicodeDecodeError) as error:
        raise UsageError(f"`catalogue` {path}: cannot be read ({error})") from error
    except ValueError as error:
        raise UsageError(f"`catalogue` {error}") from error
    _require_sound(path, entries)
    return tuple(
        Listed(
            id=entry.id,
            heading=entry.heading or entry.id,
            group=entry.group or _UNGROUPED,
            dataset=entry.id,
            aliases=entry.aliases,
            in_all=False,
            entry=entry,
            catalogue=path,
        )
        for entry in entries
    )


def _require_sound(path: Path, entries: Sequence[_Entry]) -> None:
    names = [name for entry in entries for name in (entry.id, *entry.aliases)]
    for name in names:
        if not name or as_id(name) != name or not name.isprintable():
            raise UsageError(f"`catalogue` {path}: {name!a} is no name of a task")
        if [other.casefold() for other in names].count(name.casefold()) > 1:
            raise UsageError(f"`catalogue` {path}: two tasks are called {name}")
    for entry in entries:
        if entry.sha256 and not re.fullmatch("[0-9a-f]{12,64}", entry.sha256):
            raise UsageError(
                f"`catalogue` {path}: sha256 of {entry.id} is to be 12 to 64 hexadecimal digits"
            )
    if not entries:
        raise UsageError(f"`catalogue` {path}: holds no [[tasks]]")
