"""A section of a leaderboard as a table of the page: what stands in each cell, and what unfolds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmark.leaderboard import Cell, Column, Leaderboard, MeasuredRow, Row, Section
from benchmark.leaderboard.board import Mark
from benchmark.metrics.resampling import RankRange
from benchmark.reports.leaderboard.wording import DASH, NOT_RANKED, points
from benchmark.reports.page.details import Details
from benchmark.reports.page.row_details import details_of


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A number, its mark, and its interval on the scale from 0 to 100 (empty if not known)."""

    text: str
    mark: Mark
    interval: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row.

    Attributes:
        id: an anchor.
        label: the model, and what tells the row apart.
        measured: by us, or quoted.
        footnote: number of the source of a quoted row, 0 for a measured one.
        rank: empty where rows are not ranked.
        cells: one for each column, None where there is no number.
        average: the same.
        letters: of rows that cannot be told apart.
        between: best and worst rank among the measured rows.
        details: what unfolds.
    """

    id: str
    label: str
    measured: bool
    footnote: int
    rank: str
    cells: tuple[ShownCell | None, ...]
    average: ShownCell | None
    letters: str
    between: str
    details: Details


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table.

    Attributes:
        title: empty for the main one of its board.
        note: a caution.
        ranked: whether its rows may be compared.
        grouped: whether it has a column of letters.
        averaged: whether any row has an average.
        columns: between the model and the average.
        rows: in order.
    """

    title: str
    note: str
    ranked: bool
    grouped: bool
    averaged: bool
    columns: tuple[Column, ...]
    rows: tuple[ShownRow, ...]


def tables_of(board: Leaderboard) -> Iterator[ShownTable]:
    """Yield the sections of a board as tables, in order."""
    for section in board.sections:
        rows = tuple(_row(row, section, board) for row in section.rows)
        caution = "" if section.ranked else NOT_RANKED
        yield ShownTable(
            title=section.title,
            note=" ".join(part for part in (_closed(section.note), caution) if part),
            ranked=section.ranked,
            grouped=section.tests > 0,
            averaged=any(row.average for row in rows),
            columns=section.columns,
            rows=rows,
        )


def _row(row: Row, section: Section, board: Leaderboard) -> ShownRow:
    measured = isinstance(row, MeasuredRow)
    return ShownRow(
        id=row.id,
        label=row.label,
        measured=measured,
        footnote=0 if isinstance(row, MeasuredRow) else row.footnote,
        rank=str(row.rank or ""),
        cells=tuple(_cell(row.cells.get(column.id)) for column in section.columns),
        average=_cell(row.average),
        letters=row.letters if isinstance(row, MeasuredRow) else "",
        between=_between(row.ranks) if isinstance(row, MeasuredRow) else "",
        details=details_of(row, section, board),
    )


def _cell(cell: Cell | None) -> ShownCell | None:
    if cell is None:
        return None
    return ShownCell(cell.text, cell.mark, points(cell.interval) if cell.interval else "")


def _between(ranks: RankRange | None) -> str:
    if ranks is None:
        return ""
    ends = dict.fromkeys([ranks.best, ranks.worst])
    return DASH.join(str(rank) for rank in ends)


def _closed(note: str) -> str:
    """A note ends like a sentence."""
    return f"{note[0].upper()}{note[1:].rstrip('.')}." if note else ""
