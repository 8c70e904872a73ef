"""Every number of one method on one backbone: published, run again by others, and ours.

Numbers, not training runs: several may be of one checkpoint, and one may be a mean of runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.leaderboard.reproduction import as_printed
from benchmark.leaderboard.sections import BoardSection
from benchmark.leaderboard.table_rows import QuotedRow, TableRow, has_trap
from benchmark.metrics.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class ApartRow:
    """A row of the method that is not averaged with the others, and what it is part of."""

    row: TableRow
    place: str


@dataclass(frozen=True, slots=True)
class MethodRows:
    """All rows of a method.

    Attributes:
        id: of the method, as the rows name it.
        group: of the leaderboard.
        alike: rows that answer the questions of the first ranking and have no trap; of ours those
            by the pooler that the others name, without steps behind it.
        apart: all others: of other questions or settings, of unknown origin, or with a mark.
        average: spread of ``alike`` as tables show them, in points; None if no row has one.
        columns: the same by column.
    """

    id: str
    group: str
    alike: tuple[TableRow, ...]
    apart: tuple[ApartRow, ...]
    average: Spread | None
    columns: Mapping[str, Spread]

    @property
    def rows(self) -> list[TableRow]:
        """All of them."""
        return [*self.alike, *(other.row for other in self.apart)]

    @property
    def beside(self) -> list[QuotedRow]:
        """Those that stand in no section of the leaderboard."""
        return [row for row in self.quoted if row.published.group != self.group]

    @property
    def quoted(self) -> list[QuotedRow]:
        """Those of others."""
        return [row for row in self.rows if isinstance(row, QuotedRow)]


def gather_methods(
    sections: Sequence[BoardSection],
    beside: Iterable[tuple[QuotedRow, str, bool]],
    columns: Sequence[str],
    group: str,
) -> dict[str, MethodRows]:
    """Return the methods that more than one row of a leaderboard is of, by id.

    Args:
        sections: of the leaderboard, the first ranking first.
        beside: rows of tables that no leaderboard shows (logs, aggregations), what each is part
            of, and whether it answers the questions of the first ranking.
        columns: ids of the leaderboard's columns.
        group: of the leaderboard.
    """
    found: dict[str, list[tuple[TableRow, str, bool]]] = {}
    placed = [
        (row, section.title, section.ranked and not section.title)
        for section in sections
        for row in section.rows
    ]
    for row, where, same in [*placed, *beside]:
        if row.traits.method:
            found.setdefault(row.traits.method, []).append((row, where, same))
    return {
        method: _method(method, group, rows, columns)
        for method, rows in found.items()
        if len(rows) > 1
    }


def _as_printed(row: TableRow, poolers: Collection[str]) -> bool:
    """Tell whether a row was made as the method's rows of others say."""
    if isinstance(row, QuotedRow):
        return True
    members = row.members or (row,)
    models = [result.model for member in members for result in member.results.values()]
    return all(as_printed(model, poolers) for model in models)


def _method(
    method: str,
    group: str,
    placed: Sequence[tuple[TableRow, str, bool]],
    columns: Sequence[str],
) -> MethodRows:
    quoted = [row.published for row, *_ in placed if isinstance(row, QuotedRow)]
    poolers = {row.protocol.pooler for row in quoted} - {""}
    alike: list[TableRow] = []
    apart: list[ApartRow] = []
    for row, where, same in placed:
        if same and not has_trap(row) and _as_printed(row, poolers):
            alike.append(row)
        else:
            apart.append(ApartRow(row, where))
    different = _different(alike)
    averages = [row.average.text for row in different if row.average is not None]
    scores = {name: [r.cells[name].text for r in different if name in r.cells] for name in columns}
    return MethodRows(
        id=method,
        group=group,
        alike=tuple(alike),
        apart=tuple(apart),
        average=_spread(averages) if averages else None,
        columns={name: _spread(texts) for name, texts in scores.items() if texts},
    )


def _different(rows: Iterable[TableRow]) -> list[TableRow]:
    """A row that is printed in two places to the digit is one row."""
    known = {
        (*((name, cell.text) for name, cell in sorted(row.cells.items())), _text(row)): row
        for row in rows
    }
    return [*known.values()]


def _text(row: TableRow) -> tuple[str, str]:
    return "average", row.average.text if row.average else ""


def _spread(texts: Iterable[str]) -> Spread:
    return spread([float(text) for text in texts])
