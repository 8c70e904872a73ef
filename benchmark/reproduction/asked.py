"""Which models are asked about, and which published rows each is held against."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.comparisons.quoted_rows import find_row
from benchmark.encoders import ModelReference, parse_reference
from benchmark.encoders.asked.catalogue import named_models
from benchmark.errors import UsageError
from benchmark.reproduction.quotations import Quotation, quotations_of, quoted
from benchmark.results import PublishedTable, published_tables
from benchmark.suggestions import did_you_mean
from benchmark.tasks import Task, select_tasks

Published = str | os.PathLike[str]
"""A folder of published tables, or the name of a row."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A model, and the published rows that it is held against."""

    reference: ModelReference
    quotations: tuple[Quotation, ...]

    @property
    def name(self) -> str:
        """What it was asked for by."""
        return self.reference.name

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All that is to be scored."""
        found = {task.id: task for one in self.quotations for task in one.tasks.values()}
        return tuple(found.values())


def asked_about(
    models: Sequence[str],
    published: Iterable[Published],
    tasks: str | Iterable[str] | None,
    revision: str | None,
) -> list[Asked]:
    """Return the models that are named, or every model of the catalogue that has published rows.

    Args:
        models: as for a run.
        published: folders of tables, instead of those that ship with the project; names of rows,
            instead of those that name a model.
        tasks: to compare no others.
        revision: of models of the hub.

    Raises:
        UsageError: an unknown name, no published row of a model, or none that is of these tasks.
        ModelError: a folder that does not exist.
        UnreadableRecord: a table is damaged.
    """
    given = list(published)
    tables = _tables([Path(one) for one in given if _is_folder(one)])
    rows = [quoted(find_row(str(one), tables)) for one in given if not _is_folder(one)]
    if rows and not models:
        raise UsageError("`published` names a row; name the model that is held against it")
    chosen = None if tasks is None else {task.id for task in select_tasks(tasks)}
    found = [
        Asked(parse_reference(name, revision), tuple(rows or _rows_of(name, tables)))
        for name in dict.fromkeys(models)
    ]
    for one in found:
        if not one.quotations:
            raise UsageError(_no_row(one, tables))
    if not models:
        every = (Asked(parse_reference(name), _rows_of(name, tables)) for name in named_models())
        found = [one for one in every if one.quotations]
    narrowed = [_among(one, chosen) for one in found]
    left = [one for one in narrowed if one.tasks or chosen is None]
    if not left:
        named = tasks if isinstance(tasks, str) else ", ".join(map(str, tasks or ()))
        raise UsageError(f"`tasks` {named}: no published row has figures of these that can be had")
    return left


def _is_folder(given: Published) -> bool:
    return isinstance(given, os.PathLike) or Path(given).is_dir()


def _tables(folders: Sequence[Path]) -> tuple[PublishedTable, ...]:
    if not folders:
        return published_tables()
    return tuple(table for folder in folders for table in published_tables(folder))


def _rows_of(model: str, tables: Iterable[PublishedTable]) -> tuple[Quotation, ...]:
    return tuple(quotations_of(model.partition("@")[0], tables))


def _no_row(one: Asked, tables: Iterable[PublishedTable]) -> str:
    known = {row.catalogue for table in tables for row in table.rows} - {""}
    meant = did_you_mean(one.name, known) if one.reference.origin == "catalogue" else ""
    return (
        f"{one.name}: no published row is of it{meant}; name the row that it is held against as "
        "`published` TABLE/NAME"
    )


def _among(one: Asked, chosen: Collection[str] | None) -> Asked:
    if chosen is None:
        return one
    kept = (quotation.among(chosen) for quotation in one.quotations)
    return Asked(one.reference, tuple(quotation for quotation in kept if quotation.comparable))
