"""Scores of measured rows on each subset, as a table whose cells are tinted by score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.leaderboard import Column, Leaderboard, MeasuredRow
from benchmark.results import TaskResult, printed

STEPS = 10
"""Tints, from 0 to 9."""

Place = tuple[str, str]
"""Id of a column, and name of a subset."""


@dataclass(frozen=True, slots=True)
class HeatCell:
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
    section = next((section for section in board.sections if section.ranked), None)
    rows = [row for row in section.rows if isinstance(row, MeasuredRow)] if section else []
    places = [place for column in board.columns for place in _places(column, rows)]
    if len(places) <= len({column for column, _ in places}):
        return None
    found = [[_score(row, place) for place in places] for row in rows]
    known = [score for line in found for score in line if score is not None]
    low, high = min(known), max(known)
    best = [_best(list(scores)) for scores in zip(*found, strict=True)]
    lines = [
        tuple(
            None
            if score is None
            else HeatCell(f"{100 * score:.1f}", _step(score, low, high), score == b)
            for score, b in zip(scores, best, strict=True)
        )
        for scores in found
    ]
    headings = {column.id: column.heading for column in board.columns}
    return HeatMap(
        tasks=tuple(
            (headings[column], sum(task == column for task, _ in places))
            for column in dict.fromkeys(task for task, _ in places)
        ),
        subsets=tuple(subset for _, subset in places),
        rows=tuple((row.label, line) for row, line in zip(rows, lines, strict=True)),
        low=printed(low),
        high=printed(high),
    )


def _places(column: Column, rows: Sequence[MeasuredRow]) -> list[Place]:
    results = [row.results[column.id] for row in rows if column.id in row.results]
    names = dict.fromkeys(name for result in results for name in _scored(result))
    return [(column.id, name) for name in names]


def _scored(result: TaskResult) -> list[str]:
    return [name for name, scores in result.subsets.items() if result.metric in scores]


def _score(row: MeasuredRow, place: Place) -> float | None:
    result = row.results.get(place[0])
    return None if result is None else result.subsets.get(place[1], {}).get(result.metric)


def _best(scores: Sequence[float | None]) -> float | None:
    """One score alone is no best one."""
    known = [score for score in scores if score is not None]
    return max(known) if len(known) > 1 else None


def _step(score: float, low: float, high: float) -> int:
    share = (score - low) / (high - low) if high > low else 0.5
    return min(int(share * STEPS), STEPS - 1)
