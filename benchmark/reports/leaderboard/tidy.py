"""A leaderboard as CSV: a line for each number, so that rows of several tables fit one file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from benchmark.escaping import csv_text
from benchmark.leaderboard import Cell, Leaderboard, MeasuredRow, Row, Section
from benchmark.one_line import one_line

AVERAGE = "average"
HEADINGS = (
    "section",
    "rank",
    "kind",
    "model",
    "column",
    "score",
    "low",
    "high",
    "mark",
    "group",
    "status",
    "source",
    "where",
    "signature",
)


def as_csv(board: Leaderboard) -> str:
    """Return all numbers; scores and intervals on the scale from 0 to 100.

    Measured scores have every digit of the record, quoted ones those of their source. The
    ``section`` is empty for the first ranking; only rows of one section may be compared, and
    only where they have a rank or a mark.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADINGS)
    for section in board.sections:
        for row in section.rows:
            writer.writerows(_lines(section, row))
    return text.getvalue()


def _lines(section: Section, row: Row) -> Iterator[list[str]]:
    cells = [(column.id, row.cells.get(column.id)) for column in section.columns]
    for name, cell in [*cells, (AVERAGE, row.average)]:
        if cell is not None:
            rank = "" if row.rank is None else str(row.rank)
            yield [_text(section.title), rank, *_answer(row, name, cell), *_origin(row, name)]


def _answer(row: Row, name: str, cell: Cell) -> list[str]:
    kind = "measured" if isinstance(row, MeasuredRow) else "quoted"
    ends = [cell.interval.low, cell.interval.high] if cell.interval else []
    low, high = [f"{100 * end:.4f}" for end in ends] or ["", ""]
    return [kind, _text(row.label), name, _score(name, cell), low, high, cell.mark]


def _score(name: str, cell: Cell) -> str:
    """Return every digit there is; an average is that of the rounded scores, as papers print it."""
    if cell.exact is None:
        return cell.printed
    return cell.text if name == AVERAGE else repr(100 * cell.exact)


def _origin(row: Row, name: str) -> list[str]:
    if isinstance(row, MeasuredRow):
        result = row.results.get(name)
        signature = result.signature if result else row.signature
        return [row.letters, "", "", "", _text(signature)]
    published = row.published
    return ["", published.status, _text(published.source), _text(published.where), ""]


def _text(value: str) -> str:
    return csv_text(one_line(value))
