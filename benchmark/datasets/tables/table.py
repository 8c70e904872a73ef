"""A table as it was read: columns of cells, where each row stands, and how it was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmark.errors import DataError

MOST_BYTES = 256 * 2**20
"""Of a file, inflated: 550,000 pairs of SNLI have 60 MB."""

MOST_ROWS = 2_000_000


@dataclass(frozen=True, slots=True)
class Form:
    """How a table was read; what a form has not is empty.

    Attributes:
        name: ``TSV``, ``CSV``, ``JSON lines``, ``JSON``, ``Parquet`` or what it is in memory.
        encoding: of its text.
        line_ends: as they are found.
        delimiter: the word for what stands between its columns.
        quoting: what quotes were taken for.
        notes: what else a reader should know, a clause each.
    """

    name: str
    encoding: str = ""
    line_ends: str = ""
    delimiter: str = ""
    quoting: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and columns whose cells are taken when it is known which columns are wanted.

    Attributes:
        source: what messages call it: a path, or a name.
        form: how it was read.
        names: of the columns; None where the first row may hold them, or may not.
        width: how many columns.
        rows: how many rows, the one that may hold the names included.
        take: the cells of these columns, a sequence of all rows for each.
        place: where a row stands, for messages: ``line 17``.
    """

    source: str
    form: Form
    names: tuple[str, ...] | None
    width: int
    rows: int
    take: Callable[[Sequence[int]], list[Sequence[Any]]]
    place: Callable[[int], str]

    def headed(self) -> Table:
        """Return the table without its first row, which holds the names."""
        columns = self.take(range(self.width))
        return replace(
            self,
            names=tuple(str(column[0]) for column in columns),
            rows=self.rows - 1,
            take=lambda wanted: [columns[place][1:] for place in wanted],
            place=lambda row: self.place(row + 1),
        )

    def column_name(self, column: int) -> str:
        """Return what a column is called, ``column 3`` where it has no name."""
        name = self.names[column] if self.names else ""
        return name or f"column {column + 1}"

    def wrong(self, row: int, reason: str) -> DataError:
        """Return what to raise of a row: the source, where it stands, what is wrong."""
        return DataError(f"{self.source}, {self.place(row)}: {reason}")


def require_rows_within(rows: int, source: str) -> None:
    """Make sure that a table has no more rows than it may have.

    Raises:
        DataError: it has.
    """
    if rows > MOST_ROWS:
        raise DataError(f"{source}: {rows:,} rows, more than the {MOST_ROWS:,} that it may have")


def excerpt(text: object) -> str:
    """Return what stands in a cell for a message: on one line, and not too much of it."""
    try:
        told = " ".join(repr(text[:60] if isinstance(text, str) else text).split())
    except Exception:  # of somebody's class, or of a number of thousands of digits
        told = f"a {type(text).__name__}"
    return told if len(told) <= 80 else f"{told[:80]}..."
