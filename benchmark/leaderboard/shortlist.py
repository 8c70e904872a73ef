"""Hundreds of quoted rows in portions: those to show first, and all of them by year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from benchmark.leaderboard.board import Leaderboard
from benchmark.leaderboard.sections import BoardSection
from benchmark.leaderboard.table_rows import QuotedRow, TableRow, has_trap


def shortlist(section: BoardSection) -> BoardSection:
    """Return a ranking without the quoted rows that need not be shown first.

    Of each backbone and kind of training the best average stays; one with a trap is no such
    best. Rows of ours stay, and so do quoted rows that say neither of the two. Ranks and
    marks are still those among all rows. Rows that somebody chose all stay.
    """
    if section.chosen:
        return section
    return replace(section, rows=tuple(_first(section.rows)))


def _first(rows: Iterable[TableRow]) -> Iterable[TableRow]:
    seen = set()
    for row in rows:
        kind = row.traits.backbone, row.traits.training
        if not isinstance(row, QuotedRow) or not any(kind):
            yield row
        elif row.average is not None and not has_trap(row) and kind not in seen:
            seen.add(kind)
            yield row


def years_of(board: Leaderboard) -> list[int | None]:
    """Return the years of the quoted rows, the latest first, then None if some say no year."""
    years = {row.traits.year for row in board.quoted}
    return sorted(years, key=lambda year: -(year or 0))


def of_year(board: Leaderboard, year: int | None) -> Leaderboard:
    """Return the quoted rows of one year (of none: those that say no year), nothing of ours."""
    kept = (
        replace(section, rows=tuple(r for r in section.quoted if r.traits.year == year), tests=0)
        for section in board.sections
    )
    return replace(
        board, sections=tuple(part for part in kept if part.rows), reproductions=(), evidence={}
    )
