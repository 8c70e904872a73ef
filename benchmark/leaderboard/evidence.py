"""Predictions beside gold, for those pages that draw them."""

from __future__ import annotations

from benchmark.comparisons import identity, pair_up, read_rows
from benchmark.leaderboard.board import Evidence
from benchmark.leaderboard.lineup import Lineup
from benchmark.leaderboard.measured import Measured
from benchmark.leaderboard.rows import row_id
from benchmark.leaderboard.statistics import testable
from benchmark.options import DataOptions


def gather_evidence(
    lineup: Lineup, sources: DataOptions | None = None
) -> dict[tuple[str, str], Evidence]:
    """Return what each measured row gave for each column whose gold is at hand.

    Args:
        lineup: rows of a leaderboard.
        sources: where the data may be; nothing is downloaded.

    Returns:
        By id of the row and column.

    Raises:
        UnreadableRecord: predictions or kept gold are damaged, or do not give the score that
            their record says.
    """
    measured: list[Measured] = [row for ranking in lineup.rankings for row in ranking.measured]
    cells = [(row, column, row.records[column]) for row in measured for column in testable(row)]
    rows = read_rows([record for _, _, record in cells], sources)
    found: dict[tuple[str, str], Evidence] = {}
    for row, column, record in cells:
        if identity(record) in rows:
            paired = pair_up([record], rows)
            found[row_id(row), column] = Evidence(paired.given[0], paired.rows)
    return found
