"""Scores of measured rows on each subset, as a table whose cells are tinted by score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmark.leaderboard import Leaderboard, MeasuredRow
from benchmark.results import printed

STEPS = 10
"""Tints, from 0 to 9."""


class HeatCell(NamedTuple):
    """A score times 100, its tint, and whether it is the best of its column."""

    text: str
    step: int
    best: bool


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Rows of ours against subsets.

    Attributes:
        tasks: heading and number of subsets of each task.
        subsets: names, in the order of the tasks.
        rows: label, and one cell for each subset (None where there is none).
        low: score of the palest tint, times 100.
        high: of the strongest.
    """

    tasks: tuple[tuple[str, int], ...]
    subsets: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell | None, ...]], ...]
    low: str
    high: str


def heat_map(board: Leaderboard) -> HeatMap | None:
    """Return the heat map of the first ranking, None if its tasks have no subsets to compare.

    Folds of a classification are no subsets: other samples fall into them for no reason of
    their own.
    """
    rows = board.ranking.measured if board.ranking else []
    subsets = {column: names for column in board.columns if (names := _subsets(column.id, rows))}
    if sum(map(len, subsets.values())) <= len(subsets):
        return None
    places = [(column, name) for column, names in subsets.items() for name in names]
    columns = [[_score(row, column.id, name) for row in rows] for column, name in places]
    known = [score for scores in columns for score in scores if score is not None]
    low, high = min(known), max(known)
    cells = [_cells(scores, low, high) for scores in columns]
    return HeatMap(
        tasks=tuple((column.heading, len(names)) for column, names in subsets.items()),
        subsets=tuple(name for _, name in places),
        rows=tuple(zip((row.label for row in rows), zip(*cells, strict=True), strict=True)),
        low=printed(low),
        high=printed(high),
    )


def _subsets(column: str, rows: Sequence[MeasuredRow]) -> list[str]:
    results = [row.results[column] for row in rows if column in row.results]
    scored = (
        name
        for result in results
        for name, scores in result.subsets.items()
        if result.metric in scores
    )
    return list(dict.fromkeys(scored))


def _score(row: MeasuredRow, column: str, subset: str) -> float | None:
    result = row.results.get(column)
    return None if result is None else result.subsets.get(subset, {}).get(result.metric)


def _cells(scores: Sequence[float | None], low: float, high: float) -> list[HeatCell | None]:
    """Return a column; one score alone is no best one."""
    known = [score for score in scores if score is not None]
    best = max(known) if len(known) > 1 else None
    return [
        None
        if score is None
        else HeatCell(f"{100 * score:.1f}", _step(score, low, high), score == best)
        for score in scores
    ]


def _step(score: float, low: float, high: float) -> int:
    share = (score - low) / (high - low) if high > low else 0.5
    return min(int(share * STEPS), STEPS - 1)
