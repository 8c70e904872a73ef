"""Rankings and listings as tables: rows in order, with ranks, marks and letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from benchmark.leaderboard.board import Cell, Column, MeasuredRow, QuotedRow, Row, Section
from benchmark.leaderboard.footnotes import Footnotes
from benchmark.leaderboard.lineup import Listing, Questions, Ranking
from benchmark.leaderboard.measured import Measured
from benchmark.leaderboard.ranking import marks, ranks
from benchmark.leaderboard.rows import measured_row, quoted_row, row_id
from benchmark.leaderboard.standing import find_ties, tested_rows
from benchmark.leaderboard.statistics import Method, Statistics
from benchmark.results import PublishedRow, PublishedTable
from benchmark.results.signature import parse_fields


@dataclass(frozen=True)
class Workshop:
    """What rows are made with.

    Attributes:
        columns: of the papers' table.
        tables: published tables, by id.
        footnotes: numbered as rows are made, so in the order of the page.
        known: statistics.
        method: they were computed by.
        citations: keys of models' papers, by name of model.
    """

    columns: tuple[Column, ...]
    tables: Mapping[str, PublishedTable]
    footnotes: Footnotes
    known: Statistics
    method: Method
    citations: Mapping[str, str]

    @property
    def ids(self) -> list[str]:
        """Ids of the columns."""
        return [column.id for column in self.columns]

    def measured(self, row: Measured) -> MeasuredRow:
        """Return a row of ours."""
        citation = self.citations.get(row.model, "")
        return measured_row(row, self.ids, self.known, self.method, citation)

    def quoted(self, row: PublishedRow) -> QuotedRow:
        """Return a row of others."""
        place = self.tables[row.table].rows.index(row)
        return quoted_row(row, place, self.footnotes.number(row))


def ranked_section(ranking: Ranking, standard: Questions, shop: Workshop) -> Section:
    """Return a ranking as a table, the best average first, rows without one last."""
    measured = sorted(ranking.measured, key=lambda row: _order(row.average(shop.ids), row.label))
    quoted = sorted(ranking.quoted, key=lambda row: _order(row.average, row.label))
    ours = {row_id(row): shop.measured(row) for row in measured}
    tested = tested_rows(ranking, shop.known, shop.method)
    found = find_ties(tested, shop.known, shop.method)
    if found is not None:
        for row, letters, between in zip(tested, found.letters, found.ranges, strict=True):
            ours[row_id(row)] = replace(ours[row_id(row)], letters=letters, ranks=between)
    theirs = [shop.quoted(row) for row in quoted]
    rows: list[Row] = [*ours.values(), *theirs]
    rows.sort(key=lambda row: _order(row.average.text if row.average else None, ""))
    return Section(
        title=_title(ranking.questions, standard),
        note="",
        ranked=True,
        columns=shop.columns,
        rows=tuple(_marked(rows, shop.ids)),
        tests=found.tests if found else 0,
        pairs=found.pairs if found else 0,
    )


def listed_section(listing: Listing, shop: Workshop) -> Section:
    """Return rows that are compared with nothing, in the order of their source."""
    rules = listing.rows[0].protocol
    stated = (rules.metric, rules.aggregation, rules.classifier, rules.split)
    used = {column for row in listing.rows for column in row.scores}
    return Section(
        title=f"{listing.table.title} ({', '.join(rule for rule in stated if rule)})",
        note=listing.table.note,
        ranked=False,
        columns=tuple(
            Column(name, column.heading, column.note)
            for name, column in listing.table.columns.items()
            if name in used
        ),
        rows=tuple(shop.quoted(row) for row in listing.rows),
    )


def _order(average: float | str | None, label: str) -> tuple[bool, Decimal, str]:
    """Sort the best first, rows without an average last."""
    return average is None, -Decimal(average or 0), label


def _marked(rows: Sequence[Row], columns: Sequence[str]) -> list[Row]:
    """Give rows their ranks, and their numbers the marks of best and second best."""
    averages = [row.average.text if row.average else None for row in rows]
    marked = [
        replace(row, rank=rank, average=replace(row.average, mark=mark) if row.average else None)
        for row, rank, mark in zip(rows, ranks(averages), marks(averages), strict=True)
    ]
    for column in columns:
        cells = [row.cells.get(column) for row in marked]
        given = marks([cell.text if cell else None for cell in cells])
        for place, (cell, mark) in enumerate(zip(cells, given, strict=True)):
            if cell is not None:
                marked[place] = _with(marked[place], column, replace(cell, mark=mark))
    return marked


def _with(row: Row, column: str, cell: Cell) -> Row:
    return replace(row, cells={**row.cells, column: cell})


def _title(asked: Questions, standard: Questions) -> str:
    """Name what a ranking asks that the papers' table does not; empty if it is that table."""
    said: dict[str, None] = {}
    for column, question in asked.items():
        usual = parse_fields(standard.get(column, ""))
        for name, value in parse_fields(question).items():
            # A variant has an id of its own; its rules say what sets it apart.
            if name != "task" and usual.get(name) != value:
                said[f"{name}:{value}" + (f" on {column}" if name == "data" else "")] = None
    return f"Other questions: {', '.join(said)}" if said else ""
