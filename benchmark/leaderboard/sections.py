"""The tables of a page: rows in order, with ranks, marks and letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from benchmark.leaderboard.against import Against, tested_against, with_tests
from benchmark.leaderboard.certainty import find_ties, tested
from benchmark.leaderboard.choice import Choice
from benchmark.leaderboard.contenders import Contender, Questions
from benchmark.leaderboard.families import family_row
from benchmark.leaderboard.lineup import Column, Lineup, Ranking, Unranked
from benchmark.leaderboard.statistics import Statistics
from benchmark.leaderboard.table_rows import (
    Cell,
    Mark,
    MeasuredRow,
    Quotations,
    QuotedRow,
    TableRow,
    has_trap,
    measured_row,
)
from benchmark.leaderboard.traits import Traits
from benchmark.results.signature import parse_fields


@dataclass(frozen=True, slots=True)
class BoardSection:
    """One table of the page.

    Attributes:
        title: empty for the first ranking.
        note: a caution that goes wherever the table goes.
        ranked: whether rows may be compared; if not, they stand in the order of their source,
            without ranks and marks.
        columns: in order.
        rows: in order.
        tests: pairs of measured rows that were tested, 0 if none.
        pairs: how many there are.
        chosen: whether somebody said which rows are in it.
        against: what the rows were tested against, None if nothing.
    """

    title: str
    note: str
    ranked: bool
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    tests: int = 0
    pairs: int = 0
    chosen: bool = False
    against: Against | None = None

    @property
    def measured(self) -> list[MeasuredRow]:
        """Rows of ours, in order: of models, and of families without their members."""
        return [row for row in self.rows if isinstance(row, MeasuredRow)]

    @property
    def quoted(self) -> list[QuotedRow]:
        """Rows of others, in order."""
        return [row for row in self.rows if isinstance(row, QuotedRow)]


def ranked_section(
    ranking: Ranking,
    lineup: Lineup,
    known: Statistics,
    quotations: Quotations,
    described: Mapping[str, Traits],
    choice: Choice | None = None,
    baseline: Contender | None = None,
) -> BoardSection:
    """Return a ranking as a table, the best average first, rows without one last.

    Args:
        ranking: who is in it; where averages are equal, rows of ours stand first.
        lineup: of the leaderboard.
        known: statistics of its rows.
        quotations: makes quoted rows, in the order in which they are shown.
        described: what kind of encoder the models of the catalogue are, by name.
        choice: which rows were asked for, and where those of ours stand.
        baseline: what the others are tested against, where it is in this ranking.
    """
    asked = choice or Choice()
    contenders = tested(ranking, known)
    found = find_ties(contenders, known)
    measured = {
        contender.id: measured_row(
            contender, lineup.ids, known, described.get(contender.model, Traits())
        )
        for contender in sorted(ranking.alone, key=lambda contender: contender.label)
    }
    if found is not None:
        for contender, letters, ranks in zip(contenders, found.letters, found.ranges, strict=True):
            measured[contender.id] = replace(measured[contender.id], letters=letters, ranks=ranks)
    against, measured = _against(baseline, contenders, measured, known)
    in_order = sorted(ranking.quoted, key=lambda row: (_order(row.average), row.label))
    for row_id, reasons in lineup.apart.items():
        if row_id in measured:
            row = measured[row_id]
            measured[row_id] = replace(row, cautions=(*row.cautions, *reasons))
    of_families = [family_row(one, lineup.ids, known, described) for one in ranking.families]
    rows: list[TableRow] = [*measured.values(), *of_families, *map(quotations.row, in_order)]
    rows.sort(key=lambda row: _order(row.average.text if row.average else None))
    marked = _marked(rows, lineup.ids)
    if asked.own == "last":
        marked.sort(key=lambda row: isinstance(row, MeasuredRow))
    return BoardSection(
        title=_title(ranking.questions, lineup.standard),
        note="",
        ranked=True,
        columns=lineup.columns,
        rows=tuple(marked),
        tests=found.tests if found else 0,
        pairs=found.pairs if found else 0,
        chosen=bool(asked.rows),
        against=against,
    )


def _against(
    baseline: Contender | None,
    contenders: Sequence[Contender],
    rows: dict[str, MeasuredRow],
    known: Statistics,
) -> tuple[Against | None, dict[str, MeasuredRow]]:
    """Return what was tested against the baseline, and all rows with what the tests found."""
    if baseline is None or baseline.id not in rows:
        return None, rows
    adjusted = tested_against(baseline, contenders, known)
    reference = rows[baseline.id]
    told = {
        name: with_tests(row, reference, adjusted[name]) if name in adjusted else row
        for name, row in rows.items()
    }
    columns = max((len(found) - 1 for found in adjusted.values()), default=0)
    return Against(reference.label, tuple(adjusted), columns), told


def unranked_section(unranked: Unranked, quotations: Quotations) -> BoardSection:
    """Return rows that are compared with nothing, in the order of their source."""
    table, rules = unranked.table, unranked.quoted[0].protocol
    usual = ("cos", "senteval")
    stated = (
        *(rules.metric, rules.aggregation, rules.classifier, rules.split),
        *(rule for rule in (rules.similarity, rules.data) if rule not in usual),
    )
    used = {column for row in unranked.quoted for column in row.scores}
    return BoardSection(
        title=f"{table.title} ({', '.join(rule for rule in stated if rule)})",
        note=table.note,
        ranked=False,
        columns=tuple(
            Column(name, column.heading, column.note)
            for name, column in table.columns.items()
            if name in used
        ),
        rows=tuple(map(quotations.row, unranked.quoted)),
    )


def _order(average: str | None) -> tuple[bool, Decimal]:
    """Sort the best first, rows without an average last."""
    return average is None, -Decimal(average or 0)


def _marked(rows: Sequence[TableRow], columns: Sequence[str]) -> list[TableRow]:
    """Give rows their ranks, and their numbers the marks of best and second best.

    No number of a row with a trap is best or second.
    """
    averages = [row.average.text if row.average else None for row in rows]
    without = [None if has_trap(r) else text for r, text in zip(rows, averages, strict=True)]
    marked = [
        replace(row, rank=rank, average=replace(row.average, mark=mark) if row.average else None)
        for row, rank, mark in zip(rows, ranks(averages), marks(without), strict=True)
    ]
    for column in columns:
        cells = [None if has_trap(row) else row.cells.get(column) for row in marked]
        given = marks([cell.text if cell else None for cell in cells])
        for place, (cell, mark) in enumerate(zip(cells, given, strict=True)):
            if cell is not None:
                marked[place] = _with(marked[place], column, replace(cell, mark=mark))
    return marked


def _with(row: TableRow, column: str, cell: Cell) -> TableRow:
    return replace(row, cells={**row.cells, column: cell})


def marks(texts: Sequence[str | None]) -> list[Mark]:
    """Return which numbers of a column are best and second best, as they are printed.

    Equal numbers share a mark. One number alone is no best one.

    Args:
        texts: numbers, or None where a row has none.
    """
    there = [Decimal(text) for text in texts if text is not None]
    distinct = sorted(set(there), reverse=True) if len(there) > 1 else []
    given: dict[Decimal, Mark] = dict(zip(distinct, ("best", "second"), strict=False))
    return ["" if text is None else given.get(Decimal(text), "") for text in texts]


def ranks(texts: Sequence[str | None]) -> list[int | None]:
    """Return the rank of each number, 1 the largest; equal numbers share the better rank.

    Args:
        texts: numbers as printed; None has no rank.
    """
    there = sorted((Decimal(text) for text in texts if text is not None), reverse=True)
    return [None if text is None else 1 + there.index(Decimal(text)) for text in texts]


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
