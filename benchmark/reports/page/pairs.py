"""Gold against cosine for each model and task, and the pairs they disagree on most.

Gold scores are evaluation data. Up to ``MOST_POINTS`` pairs are drawn one by one; of more, only
how many fall into each cell of a grid is put into the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.comparisons import PairedTask
from benchmark.comparisons.similarity import JudgedPair, telling_pairs
from benchmark.leaderboard import Column, Evidence, Leaderboard, MeasuredRow
from benchmark.measures import SPEARMAN
from benchmark.one_line import one_line
from benchmark.reports.page.plots import Choice, Plot, label, plot_of
from benchmark.tasks import rows_are

MOST_POINTS = 300
TOP = 10
CELLS = (25, 40)
"""Cells of the grid, along gold and along cosines. Gold of STS comes in fifths of a point."""

SHOWN_FIRST = "STSBenchmark"

_Found = Mapping[tuple[str, str], Evidence]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Centre of the first cell and width of all, along gold (x) and along cosines (y)."""

    x: float
    dx: float
    y: float
    dy: float


def pair_plot(board: Leaderboard, *, sentences: bool = False) -> Plot | None:
    """Return the plot, None if no gold scores and cosines are at hand.

    Its data is loaded for the model and task that are chosen: the grid, and for each model and
    task its counts or points, and the pairs farthest from gold.

    Args:
        board: with ``evidence``.
        sentences: also show the sentences of the pairs farthest from gold, where they are at hand.
    """
    found = {
        (row.id, task): board.evidence[row.id, task]
        for row in board.measured
        for task, result in row.results.items()
        if rows_are(result.asked.kind) == "graded pairs" and (row.id, task) in board.evidence
    }
    rows = [row for row in board.measured if any(row.id == of for of, _ in found)]
    columns = [column for column in board.columns if any(column.id == of for _, of in found)]
    if not rows or not columns:
        return None
    grid = _grid(found)
    models = {str(place): label(row.label) for place, row in enumerate(rows)}
    tasks = {str(place): column.heading for place, column in enumerate(columns)}
    ids = [column.id for column in columns]
    first = str(ids.index(SHOWN_FIRST)) if SHOWN_FIRST in ids else "0"
    return plot_of(
        board,
        "pairs",
        {
            "gold": _scale(grid.x, grid.dx, CELLS[0]),
            "cosine": _scale(grid.y, grid.dy, CELLS[1]),
        },
        choices=(Choice("row", "Model", models, "0"), Choice("column", "Task", tasks, first)),
        data=_data(found, rows, columns, grid, sentences),
    )


def _data(
    found: _Found,
    rows: Sequence[MeasuredRow],
    columns: Sequence[Column],
    grid: _Grid,
    sentences: bool,
) -> dict[str, Any]:
    cases = {
        f"{place}:{number}": _case(column.id, found[row.id, column.id], grid, sentences)
        for place, row in enumerate(rows)
        for number, column in enumerate(columns)
        if (row.id, column.id) in found
    }
    return {"grid": asdict(grid), "cases": cases}


def _grid(found: _Found) -> _Grid:
    """Return one grid for all, so that plots of two models can be compared."""
    gold = [evidence.rows.gold.values for evidence in found.values()]
    cosines = [evidence.predicted for evidence in found.values()]
    x, dx = _cells(min(map(np.min, gold)), max(map(np.max, gold)), CELLS[0])
    y, dy = _cells(min(map(np.min, cosines)), max(map(np.max, cosines)), CELLS[1])
    return _Grid(x, dx, y, dy)


def _cells(low: float, high: float, steps: int) -> tuple[float, float]:
    """Return the centre of the first cell, and the width of cells whose centres reach the last."""
    width = (float(high) - float(low)) / steps
    return round(float(low), 6), round(width, 6) or 1.0


def _case(column: str, evidence: Evidence, grid: _Grid, sentences: bool) -> dict[str, Any]:
    gold = np.asarray(evidence.rows.gold.values, np.float64)
    cosines = np.asarray(evidence.predicted, np.float64)
    task = PairedTask(column, SPEARMAN, evidence.rows, (evidence.predicted,))
    far = [_far(pair, sentences) for pair in telling_pairs([task], TOP).farthest]
    case: dict[str, Any] = {"pairs": len(gold), "far": far}
    if len(gold) <= MOST_POINTS:
        both = zip(gold, cosines, strict=True)
        return case | {"points": [round(float(n), 3) for pair in both for n in pair]}
    return case | {"cells": _counts(gold, cosines, grid)}


def _counts(gold: NDArray[np.float64], cosines: NDArray[np.float64], grid: _Grid) -> list[int]:
    """Return column, row and number of pairs of each cell that is not empty, one after another."""
    x = np.rint((gold - grid.x) / grid.dx).astype(np.int64)
    y = np.rint((cosines - grid.y) / grid.dy).astype(np.int64)
    cells, counts = np.unique(np.stack([x, y], axis=1), axis=0, return_counts=True)
    return [int(number) for number in np.column_stack([cells, counts]).ravel()]


def _far(pair: JudgedPair, sentences: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "gold": round(pair.gold, 3),
        "cosine": round(pair.cosines[0], 3),
        "disagreement": round(pair.disagreements[0], 3),
        "place": one_line(f"{pair.subset} {pair.number:,}"),
    }
    if sentences and pair.sentences:
        shown["sentences"] = [one_line(sentence) for sentence in pair.sentences]
    return shown


def _scale(start: float, width: float, steps: int) -> dict[str, Any]:
    ends = [round(start - width, 6), round(start + (steps + 1) * width, 6)]
    return {"domain": ends, "nice": False, "zero": False}
