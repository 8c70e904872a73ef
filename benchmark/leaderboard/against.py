"""Measured rows against one of them: what the paired tests say of each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmark.leaderboard.contenders import Contender
from benchmark.leaderboard.statistics import Statistics
from benchmark.leaderboard.table_rows import Cell, MeasuredRow, Tested
from benchmark.metrics.resampling import holm

AVERAGE = ""
"""Stands for the average where others stand by their column."""


@dataclass(frozen=True, slots=True)
class Against:
    """What a baseline was compared with, in one ranking.

    Attributes:
        label: of the baseline.
        rows: ids of the rows that were tested.
        columns: how many columns of each.
    """

    label: str
    rows: tuple[str, ...]
    columns: int


def tested_against(
    baseline: Contender, others: Sequence[Contender], known: Statistics
) -> Mapping[str, Mapping[str, float]]:
    """Return adjusted p-values by id of a row and column; the average's by `AVERAGE`.

    Those of columns are adjusted (Holm) over all columns of all rows, those of averages over all
    rows. Rows of which a test is missing, or with another set of columns, are left out.

    Args:
        baseline: what the others are tested against.
        others: rows of the same ranking that are complete.
        known: statistics with their tests.
    """
    found = [(one.id, known.between(one, baseline)) for one in others if one.id != baseline.id]
    tests = {row: pair for row, pair in found if pair is not None}
    places = [(row, column) for row, pair in tests.items() for column in pair.p_values]
    of_columns = holm([tests[row].p_values[column] for row, column in places])
    of_averages = holm([pair.average for pair in tests.values()])
    adjusted: dict[str, dict[str, float]] = {row: {} for row in tests}
    for (row, column), p_value in zip(places, of_columns, strict=True):
        adjusted[row][column] = float(p_value)
    for row, p_value in zip(tests, of_averages, strict=True):
        adjusted[row][AVERAGE] = float(p_value)
    return adjusted


def with_tests(
    row: MeasuredRow, baseline: MeasuredRow, adjusted: Mapping[str, float]
) -> MeasuredRow:
    """Return a row whose numbers say what the tests found."""
    cells = {
        column: _tested(cell, baseline.cells.get(column), adjusted.get(column))
        for column, cell in row.cells.items()
    }
    average = row.average and _tested(row.average, baseline.average, adjusted.get(AVERAGE))
    return replace(row, cells=cells, average=average)


def _tested(cell: Cell, other: Cell | None, p_value: float | None) -> Cell:
    if p_value is None or other is None or cell.exact is None or other.exact is None:
        return cell
    return replace(cell, tested=Tested(p_value, cell.exact - other.exact))
