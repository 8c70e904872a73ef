"""What unfolds below the row of a family: its members, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmark.leaderboard import Cell, Column, MeasuredRow
from benchmark.metrics.spread import Spread
from benchmark.reports.spreads import DASH, PLUS_MINUS, least_to_most


class MemberLine(NamedTuple):
    """A line of the table of a family: whose, and a text for each column and the average."""

    label: str
    texts: tuple[str, ...]


def member_lines(row: MeasuredRow, columns: Sequence[Column]) -> Iterator[MemberLine]:
    """Yield the members of a family, then mean, deviation, and the ends."""
    names = [column.id for column in columns]
    for member in row.members:
        cells = [*(member.cells.get(name) for name in names), member.average]
        yield MemberLine(member.label, tuple(map(_text, cells)))
    found = [*(row.spreads.get(name) for name in names), row.spreads.get("")]
    for label, text in _ENDS.items():
        yield MemberLine(label, tuple(DASH if one is None else text(one) for one in found))


def _text(cell: Cell | None) -> str:
    return DASH if cell is None else cell.text


def _deviation(found: Spread) -> str:
    return DASH if found.deviation is None else f"{PLUS_MINUS} {found.deviation:.2f}"


_ENDS: dict[str, Callable[[Spread], str]] = {
    "mean": lambda found: f"{found.mean:.2f}",
    "standard deviation (n - 1)": _deviation,
    "least to greatest": least_to_most,
}
