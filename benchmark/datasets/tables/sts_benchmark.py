"""The files of the STS Benchmark as published: without names, and rows with further columns."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.datasets.tables.table import Form, Table, require_rows_within

_NAMES = ("genre", "file", "year", "id", "score", "sentence1", "sentence2")
"""Of the columns; behind them some rows have licences and sources."""

_GENRES = ("main-captions", "main-forum", "main-forums", "main-news")


def is_sts_benchmark(lines: Sequence[str]) -> bool:
    """Tell whether each line begins with a genre of the STS Benchmark and has its columns."""
    rows = [line for line in lines if line]
    return bool(rows) and all(
        row.startswith(_GENRES) and row.count("\t") >= len(_NAMES) - 1 for row in rows
    )


def sts_benchmark(
    lines: Sequence[str],
    source: str,
    name: str,
    encoding: str,
    line_ends: str,
    notes: tuple[str, ...],
) -> Table:
    """Return the rows of such a file, in which quotes are text.

    Raises:
        DataError: there are too many.
    """
    numbers = [number for number, line in enumerate(lines, start=1) if line]
    rows = [lines[number - 1].split("\t") for number in numbers]
    require_rows_within(len(rows), source)
    more = sum(len(row) > len(_NAMES) for row in rows)
    notes += ("the form of the STS Benchmark",)
    if more:
        notes += (f"rows with more than its {len(_NAMES)} columns, which are left out: {more:,}",)
    quoting = "quotes mean nothing, they are text"
    return Table(
        source,
        Form(name, encoding, line_ends, "tab", quoting, notes),
        _NAMES,
        len(_NAMES),
        len(rows),
        lambda wanted: [[row[column] for row in rows] for column in wanted],
        lambda row: f"line {numbers[row]:,}",
    )
