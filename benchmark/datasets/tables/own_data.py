"""Data of a user's own, ready to be scored, and from a file to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.datasets.splits import Labelled, SentencePairs
from benchmark.datasets.tables.content import content_sha256
from benchmark.datasets.tables.file import read_table, table_name
from benchmark.datasets.tables.labelled import read_labelled
from benchmark.datasets.tables.layout import layout
from benchmark.datasets.tables.pairs import read_pairs
from benchmark.datasets.tables.report import TableReport
from benchmark.datasets.tables.table import Table
from benchmark.datasets.tables.values import require_rows
from benchmark.errors import UsageError
from benchmark.suggestions import did_you_mean

KINDS = ("similarity", "pair-classification", "classification")
"""Kinds of tasks that a table can make."""


@dataclass(frozen=True, slots=True)
class OwnData:
    """What a task of a user's own is scored on.

    Attributes:
        name: what it is called.
        kind: of task: ``similarity``, ``pair-classification`` or ``classification``.
        parts: `SentencePairs` of each subset, or `Labelled` of each split.
        sha256: of the content (`content_sha256`): the same from whatever form it was read.
        classes: names of the classes, in the order of their numbers; none of pairs with scores.
        scheme: of a classification, how the classifier is chosen and tested; else empty.
        report: how it was read, and what was seen.
    """

    name: str
    kind: str
    parts: tuple[SentencePairs, ...] | tuple[Labelled, ...]
    sha256: str
    classes: tuple[str, ...]
    scheme: str
    report: TableReport


def read_own_data(
    path: str | Path,
    columns: Sequence[str | int] | str | None = None,
    name: str | None = None,
    kind: str | None = None,
) -> OwnData:
    """Read a table of pairs with scores, or of texts with labels, from a file.

    Args:
        path: of a TSV, CSV, JSON-lines, JSON or Parquet file; docs/own-data.md has the forms.
        columns: which columns are read, by name or number from 1 on: first, second and score (and
            subset), or text and label; detected by their names where they are not given.
        name: what the data is called; its file without suffixes where it is not given.
        kind: of task; decided by the content where it is not given.

    Raises:
        DataError: the file or a row of it cannot be read, or it cannot be scored.
        UsageError: `columns` or `kind` name what does not exist.
    """
    _require_kind(kind)
    return own_data(read_table(path), name or table_name(path), columns, kind)


def own_data(
    table: Table,
    name: str,
    columns: Sequence[str | int] | str | None = None,
    kind: str | None = None,
) -> OwnData:
    """Return what a table holds.

    Raises:
        DataError, UsageError: as `read_own_data`.
    """
    _require_kind(kind)
    found = layout(table, columns, kind or "")
    require_rows(found.table)
    if kind == "classification" or found.second is None:
        if kind not in (None, "classification"):
            raise UsageError(
                f"{table.source}: `kind` {kind} is for pairs, and this has one text a row"
            )
        parts, scheme, classes, report = read_labelled(found)
        sha256 = content_sha256(parts, classes)
        return OwnData(name, "classification", parts, sha256, classes, scheme, report)
    pairs, report = read_pairs(found, kind or "")
    return OwnData(name, report.kind, pairs, content_sha256(pairs), (), "", report)


def _require_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        raise UsageError(
            f"`kind` {kind!r}: there is none of that name{did_you_mean(kind, KINDS)}; there are "
            f"{', '.join(KINDS)}"
        )
