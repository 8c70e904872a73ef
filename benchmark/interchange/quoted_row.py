"""One quoted row: which scores stand in it, what sets it apart, what its files leave open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from benchmark.interchange.identity import is_commit
from benchmark.interchange.mteb_tasks import mteb_tasks
from benchmark.interchange.mteb_tree import EXTERNAL, Found, MtebModel
from benchmark.one_line import one_line
from benchmark.results.slug import slug


@dataclass(frozen=True, slots=True, order=True)
class QuotedRow:
    """What scores share that stand in one row.

    Attributes:
        model: name and revision.
        known_data: whether the data's commit is one that is known to hold our rows.
        names_cosine: whether the file calls its score the cosine's.
    """

    model: MtebModel
    known_data: bool
    names_cosine: bool

    @property
    def unknown(self) -> dict[str, str]:
        """The rules that the files leave open: such a row is compared with nothing."""
        rules = {"data": self.known_data, "similarity": self.names_cosine}
        return {rule: "" for rule, known in rules.items() if not known}


def row_of(entry: Found) -> QuotedRow:
    """Return the row that a score stands in."""
    known = mteb_tasks()[entry.score.task].holds(entry.score.dataset_revision)
    return QuotedRow(entry.model, known, entry.score.names_cosine)


def quoted(
    row: QuotedRow, entries: Sequence[Found], rows: Iterable[QuotedRow], all_columns: list[str]
) -> dict[str, Any]:
    """Return a row as its table in a file of published figures.

    Args:
        row: what its scores share.
        entries: its scores.
        rows: all rows of the file, from which a reader must tell it apart.
        all_columns: ids of the columns of the file.
    """
    columns = columns_of(entries)
    scores = {mteb_tasks()[entry.score.task].quoted_as: entry.score.spearman for entry in entries}
    external = row.model.revision == EXTERNAL
    table = {
        "model": one_line(row.model.name),
        "setting": _setting(row, rows),
        "where": one_line(f"{slug(row.model.name)}/{row.model.revision}"),
        "revision": row.model.revision if is_commit(row.model.revision) else "",
        "columns": columns if columns != all_columns else [],
        "scores": [_points(scores[column]) for column in columns],
        "external": columns if external else [],
        "protocol": row.unknown,
        "note": _note(entries),
    }
    return {key: value for key, value in table.items() if value}


def _setting(row: QuotedRow, rows: Iterable[QuotedRow]) -> str:
    """Say what sets a row apart from others of the model."""
    revisions = {other.model.revision for other in rows if other.model.name == row.model.name}
    said = []
    if row.model.revision == EXTERNAL:
        said.append("as its authors report it")
    elif len(revisions - {EXTERNAL}) > 1:
        revision = row.model.revision
        said.append(f"revision {revision[:12] if is_commit(revision) else one_line(revision)}")
    if not row.known_data:
        said.append("on unknown data")
    if not row.names_cosine:
        said.append("similarity not named")
    return ", ".join(said)


def columns_of(entries: Iterable[Found]) -> list[str]:
    """Return the columns of these scores, in the order of MTEB's tasks here."""
    there = {entry.score.task for entry in entries}
    return [task.quoted_as for name, task in mteb_tasks().items() if name in there]


def _points(fraction: Decimal) -> Decimal:
    """Times 100, without rounding; ``0.5`` gives 50 and not ``5E+1``."""
    return Decimal(f"{fraction.scaleb(2):f}")


def _note(entries: Sequence[Found]) -> str:
    versions = sorted({entry.score.mteb_version or "version not stated" for entry in entries})
    notes = [f"mteb {', '.join(versions)}"]
    for entry in entries:
        stated = entry.score.dataset_revision
        if not mteb_tasks()[entry.score.task].holds(stated):
            notes.append(f"{entry.score.task}: data revision {(stated or 'not stated')[:12]}")
    return one_line("; ".join(notes))
