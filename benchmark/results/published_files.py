"""The published tables on disk: ``leaderboards/published``, one TOML file a table."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.foreign import Unreadable, read_text
from benchmark.one_line import one_line
from benchmark.results.published import Group, PublishedColumn, PublishedRow, PublishedTable
from benchmark.results.published_layout import Names, parse_columns, parse_table
from benchmark.suggestions import did_you_mean
from benchmark.tasks import all_tasks

COLUMNS_FILE = "columns.toml"
SOURCES_FILE = "sources.bib"

_PACKAGE = Path(__file__).resolve().parents[1]
_ENTRY = re.compile(r"^@\w+\{([^,\s]+),$.*?^\}$", re.MULTILINE | re.DOTALL)


def published_folder() -> Path:
    """Return the folder of the published tables that ship with the project.

    It is ``leaderboards/published`` in a checkout; an installed wheel carries a copy inside.
    """
    installed = _PACKAGE / "published_figures"
    return installed if installed.is_dir() else _PACKAGE.parent / "leaderboards" / "published"


def published_tables(folder: Path | None = None) -> tuple[PublishedTable, ...]:
    """Return every published table, by name.

    Args:
        folder: of tables; by default those that ship with the project.

    Raises:
        UnreadableRecord: a file is missing or damaged, or says something that is not understood.
    """
    return _read_folder(folder or published_folder())


def published_table(table_id: str, folder: Path | None = None) -> PublishedTable:
    """Return one table.

    Raises:
        UsageError: there is none of that name.
        UnreadableRecord: as `published_tables`.
    """
    tables = {table.id: table for table in published_tables(folder)}
    if table_id not in tables:
        hint = did_you_mean(table_id, tables)
        raise UsageError(f"no published table {table_id!r}{hint}; there are {', '.join(tables)}")
    return tables[table_id]


def published_rows(group: Group, folder: Path | None = None) -> tuple[PublishedRow, ...]:
    """Return the rows of all tables of a group, table by table.

    Raises:
        UnreadableRecord: as `published_tables`.
    """
    tables = published_tables(folder)
    return tuple(row for table in tables if table.group == group for row in table.rows)


@functools.cache
def published_sources(folder: Path | None = None) -> dict[str, str]:
    """Return the BibTeX entry of each source, by key.

    Raises:
        UnreadableRecord: the file is missing or damaged.
    """
    text = _text((folder or published_folder()) / SOURCES_FILE)
    return {entry[1]: entry[0] for entry in _ENTRY.finditer(text)}


@functools.cache
def _read_folder(folder: Path) -> tuple[PublishedTable, ...]:
    names = Names(_columns(folder / COLUMNS_FILE), published_sources(folder).keys())
    paths = sorted(path for path in folder.glob("*.toml") if path.name != COLUMNS_FILE)
    return tuple(_table(path, names) for path in paths)


def _columns(path: Path) -> dict[str, PublishedColumn]:
    """Tasks, and beside them what ``columns.toml`` adds."""
    try:
        others = parse_columns(_text(path))
    except (ValueError, Unreadable) as error:
        raise _refusal(path, error) from error
    return others | {task.id: PublishedColumn(task.heading, task.note) for task in all_tasks()}


def _table(path: Path, names: Names) -> PublishedTable:
    try:
        return parse_table(_text(path), path.stem, names)
    except (ValueError, Unreadable) as error:
        raise _refusal(path, error) from error


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except Unreadable as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: Exception) -> UnreadableRecord:
    said = one_line(str(error))
    return UnreadableRecord(f"{path}: {said}; docs/published.md explains the form")
