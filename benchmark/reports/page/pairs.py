"""Gold or label against cosine for each model and task, and the pairs they disagree on most.

Gold scores are evaluation data. Up to ``MOST_POINTS`` pairs are drawn one by one; of more, only
how many fall into each cell of a grid is put into the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.comparisons import PairedTask
from benchmark.comparisons.labelled_pairs import misplaced
from benchmark.comparisons.similarity import JudgedPair, telling_pairs
from benchmark.leaderboard import Column, Evidence, Leaderboard, MeasuredRow
from benchmark.measures import AVERAGE_PRECISION, SPEARMAN, Measure
from benchmark.one_line import one_line
from benchmark.reports.page.plots import Choice, Plot, label, plot_of
from benchmark.tasks import RowsAre, rows_are

MOST_POINTS = 300
TOP = 10
CELLS = (25, 40)
"""Cells of the grid, along gold and along cosines. Gold of STS comes in fifths of a point."""

LABEL_CELLS = (2, 40)
"""Those of labels: 0 and 1 have a column each, with one between them."""

SHOWN_FIRST = "STSBenchmark"

_Found = Mapping[tuple[str, str], Evidence]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Centre of the first cell and width of all, along gold (x) and along cosines (y)."""

    x: float
    dx: float
    y: float
    dy: float


@dataclass(frozen=True, slots=True)
class _Way:
    """How pairs are shown: which, in which words and cells, and which of them are far."""

    rows: RowsAre
    measure: Measure
    words: str
    cells: tuple[int, int]
    far: Callable[[Sequence[PairedTask], int], Sequence[JudgedPair]]


_GRADED = _Way(
    "graded pairs", SPEARMAN, "", CELLS, lambda tasks, top: telling_pairs(tasks, top).farthest
)
_LABELLED = _Way("labelled pairs", AVERAGE_PRECISION, "labels", LABEL_CELLS, misplaced)


def pair_plot(board: Leaderboard, *, sentences: bool = False) -> Plot | None:
    """Return the plot of graded pairs, None if no gold scores and cosines are at hand.

    Its data is loaded for the model and task that are chosen: the grid, and for each model and
    task its counts or points, and the pairs farthest from gold.

    Args:
        board: with ``evidence``.
        sentences: also show the sentences of the pairs farthest from gold, where they are at hand.
    """
    return _plot(board, _GRADED, sentences)


def label_plot(board: Leaderboard, *, sentences: bool = False) -> Plot | None:
    """Return the same of pairs with labels 0 and 1."""
    return _plot(board, _LABELLED, sentences)


def _plot(board: Leaderboard, way: _Way, sentences: bool) -> Plot | None:
    found = {
        (row.id, task): board.evidence[row.id, task]
        for row in board.measured
        for task, result in row.results.items()
        if rows_are(result.asked.kind) == way.rows and (row.id, task) in board.evidence
    }
    rows = [row for row in board.measured if any(row.id == of for of, _ in found)]
    columns = [column for column in board.columns if any(column.id == of for _, of in found)]
    if not rows or not columns:
        return None
    grid = _grid(found, way.cells)
    models = {str(place): label(row.label) for place, row in enumerate(rows)}
    tasks = {str(place): column.heading for place, column in enumerate(columns)}
    ids = [column.id for column in columns]
    first = str(ids.index(SHOWN_FIRST)) if SHOWN_FIRST in ids else "0"
    return plot_of(
        board,
        "pairs",
        {
            "gold": _scale(grid.x, grid.dx, way.cells[0]),
            "cosine": _scale(grid.y, grid.dy, way.cells[1]),
        },
        words=way.words,
        choices=(Choice("row", "Model", models, "0"), Choice("column", "Task", tasks, first)),
        data=_data(found, rows, columns, grid, partial(_case, way, grid, sentences)),
    )


def _data(
    found: _Found,
    rows: Sequence[MeasuredRow],
    columns: Sequence[Column],
    grid: _Grid,
    case: Callable[[str, Evidence], dict[str, Any]],
) -> dict[str, Any]:
    cases = {
        f"{place}:{number}": case(column.id, found[row.id, column.id])
        for place, row in enumerate(rows)
        for number, column in enumerate(columns)
        if (row.id, column.id) in found
    }
    return {"grid": asdict(grid), "cases": cases}


def _grid(found: _Found, cells: tuple[int, int]) -> _Grid:
    """Return one grid for all, so that plots of two models can be compared."""
    gold = [evidence.rows.gold.values for evidence in found.values()]
    cosines = [evidence.predicted for evidence in found.values()]
    x, dx = _cells(min(map(np.min, gold)), max(map(np.max, gold)), cells[0])
    y, dy = _cells(min(map(np.min, cosines)), max(map(np.max, cosines)), cells[1])
    return _Grid(x, dx, y, dy)


def _cells(low: float, high: float, steps: int) -> tuple[float, float]:
    """Return the centre of the first cell, and the width of cells whose centres reach the last."""
    width = (float(high) - float(low)) / steps
    return round(float(low), 6), round(width, 6) or 1.0


def _case(
    way: _Way, grid: _Grid, sentences: bool, column: str, evidence: Evidence
) -> dict[str, Any]:
    gold = np.asarray(evidence.rows.gold.values, np.float64)
    cosines = np.asarray(evidence.predicted, np.float64)
    task = PairedTask(column, way.measure, evidence.rows, (evidence.predicted,))
    far = [_far(pair, sentences) for pair in way.far([task], TOP)]
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
