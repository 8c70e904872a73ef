"""The published tables on disk: ``leaderboards/published``, one TOML file a table.

docs/published.md explains the form. Nothing is guessed: a key, a status, a column or a source
that is not known is an error, and so is a row with a figure too few.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec

from benchmark.errors import UnreadableRecord, UsageError
from benchmark.foreign import Unreadable, parse_toml, read_text
from benchmark.invocation import page
from benchmark.one_line import one_line
from benchmark.results.published import (
    Backbone,
    Group,
    PublishedColumn,
    PublishedProtocol,
    PublishedRow,
    PublishedTable,
    Status,
    Training,
)
from benchmark.suggestions import did_you_mean
from benchmark.tasks import all_tasks
from benchmark.toml_tables import converted

LARGEST = 100
"""No figure is larger, whatever its sign."""

_ROW_KEYS = {entry.name for entry in fields(PublishedRow)} - {"table", "group"} | {"columns"}


@dataclass(frozen=True, slots=True)
class Names:
    """What a file may name: ids of columns with their headings, keys of sources, backbones."""

    columns: Mapping[str, PublishedColumn]
    sources: Collection[str]
    backbones: Mapping[str, Backbone] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _TableFile:
    """A file as it is written; its rows say what differs from the table."""

    title: str
    group: Group
    source: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    where: str = ""
    status: Status = "paper"
    note: str = ""
    protocol: dict[str, str] = field(default_factory=dict)
    year: int | None = None
    backbone: str = ""
    training: Training = ""


@dataclass(frozen=True, slots=True)
class _BackboneEntry:
    """What ``backbones.toml`` says of one."""

    title: str
    family: str
    parameters: int | None = None


def parse_backbones(text: str) -> dict[str, Backbone]:
    """Return the backbones of ``backbones.toml`` by id.

    Raises:
        Unreadable: no TOML.
        ValueError: an unknown key, a value of the wrong type or out of range.
    """
    found = {}
    for name, raw in parse_toml(text).items():
        entry = converted(raw, _BackboneEntry)
        if entry.parameters is not None and entry.parameters < 1:
            raise ValueError(f"{name}: {entry.parameters} parameters")
        found[name] = Backbone(name, entry.title, entry.family, entry.parameters)
    return found


def parse_columns(text: str) -> dict[str, PublishedColumn]:
    """Return the columns of ``columns.toml`` by id.

    Raises:
        Unreadable: no TOML.
        ValueError: an unknown key, a value of the wrong type.
    """
    raw = parse_toml(text)
    return {name: converted(column, PublishedColumn) for name, column in raw.items()}


def parse_table(text: str, table_id: str, names: Names) -> PublishedTable:
    """Return the table of a file.

    Args:
        text: of the file.
        table_id: name of the file.
        names: what it may name.

    Raises:
        Unreadable: no TOML.
        ValueError: an unknown key or name, a value of the wrong type or out of range,
            figures that do not fit their columns, or the same row twice.
    """
    table = converted(parse_toml(text, real=Decimal), _TableFile)
    rows = tuple(_row(raw, table, table_id, names.backbones) for raw in table.rows)
    columns = dict.fromkeys([*table.columns, *(name for row in rows for name in row.scores)])
    for name in columns:
        _require_known(name, names.columns, "column")
    for key in (table.source, *(key for row in rows for key in (row.source, row.citation))):
        _require_known(key, ("", *names.sources), "source")
    _require_different(rows)
    return PublishedTable(
        id=table_id,
        title=table.title,
        group=table.group,
        source=table.source,
        where=table.where,
        note=table.note,
        columns={name: names.columns[name] for name in columns},
        rows=rows,
    )


def _row(
    raw: Mapping[str, Any],
    table: _TableFile,
    table_id: str,
    backbones: Mapping[str, Backbone],
) -> PublishedRow:
    """What a row does not say, its table says; the place belongs to the source."""
    model = raw.get("model", "a row without a model")
    try:
        _require_keys(raw, _ROW_KEYS)
        place = {} if "source" in raw else {"source": table.source, "where": table.where}
        said = {"status": table.status, "year": table.year, "training": table.training}
        row = {**said, **place, **raw, "table": table_id, "group": table.group}
        columns = msgspec.convert(row.pop("columns", table.columns), tuple[str, ...])
        row["scores"] = _figures(columns, raw.get("scores", ()))
        row["deviations"] = _figures(columns, raw["deviations"]) if "deviations" in raw else {}
        row["protocol"] = table.protocol | raw.get("protocol", {})
        _require_keys(row["protocol"], {entry.name for entry in fields(PublishedProtocol)})
        backbone = msgspec.convert(row.pop("backbone", table.backbone), str)
        made = msgspec.convert(row, PublishedRow)
        _require_average(made.average)
        _require_average(made.average_deviation)
        if not made.source and made.status != "unverified":
            raise ValueError(f"status {made.status!r} without a source")
        if backbone:
            _require_known(backbone, backbones, "backbone")
            made = replace(made, backbone=backbones[backbone])
    except (ValueError, TypeError, msgspec.ValidationError) as error:
        raise ValueError(f"{model}: {error}") from error
    return made


def _figures(columns: Sequence[str], figures: Sequence[Any]) -> dict[str, Decimal]:
    found = msgspec.convert(figures, tuple[Decimal, ...])
    if len(columns) != len(found):
        raise ValueError(f"{len(found)} figures for {len(columns)} columns")
    for column, figure in zip(columns, found, strict=True):
        _require_figure(column, figure)
    return dict(zip(columns, found, strict=True))


def _require_figure(name: str, score: Decimal) -> None:
    if not score.is_finite() or abs(score) > LARGEST:
        raise ValueError(f"{name} is {score}, not within {-LARGEST} and {LARGEST}")


def _require_average(printed: str | None) -> None:
    try:
        _require_figure("average", Decimal(printed or 0))
    except InvalidOperation as error:
        raise ValueError(f"average is {printed!r}, no number") from error


def _require_keys(raw: Mapping[str, Any], known: Collection[str]) -> None:
    for key in raw:
        _require_known(key, known, "key")


def _require_known(name: str, known: Collection[str], what: str) -> None:
    if name not in known:
        raise ValueError(f"unknown {what} {name!r}{did_you_mean(name, known)}")


def _require_different(rows: Sequence[PublishedRow]) -> None:
    seen = []
    for row in rows:
        identity = (row.section, row.label, row.status, row.protocol)
        if identity in seen:
            raise ValueError(f"{row.label}: the same row twice")
        seen.append(identity)


COLUMNS_FILE = "columns.toml"
BACKBONES_FILE = "backbones.toml"
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
def published_backbones(folder: Path | None = None) -> dict[str, Backbone]:
    """Return what sentence encoders are made from, by id.

    Raises:
        UnreadableRecord: the file is damaged.
    """
    return _backbones((folder or published_folder()) / BACKBONES_FILE)


@functools.cache
def _read_folder(folder: Path) -> tuple[PublishedTable, ...]:
    names = Names(
        _columns(folder / COLUMNS_FILE),
        published_sources(folder).keys(),
        published_backbones(folder),
    )
    others = (COLUMNS_FILE, BACKBONES_FILE)
    paths = sorted(path for path in folder.glob("*.toml") if path.name not in others)
    return tuple(_table(path, names) for path in paths)


def _backbones(path: Path) -> dict[str, Backbone]:
    """Folders of figures of one's own may lack it: then their rows name ours."""
    if not path.exists():
        ours = published_folder() / BACKBONES_FILE
        return _backbones(ours) if ours.exists() and path != ours else {}
    try:
        return parse_backbones(_text(path))
    except (ValueError, Unreadable) as error:
        raise _refusal(path, error) from error


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
    return UnreadableRecord(f"{path}: {said}; {page('published')} explains the form")
