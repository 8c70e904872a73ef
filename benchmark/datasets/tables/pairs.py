"""From a table to sentence pairs with scores: graded, or 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmark.datasets.splits import SentencePairs
from benchmark.datasets.tables.columns import SPLITS, Layout, plain_name
from benchmark.datasets.tables.report import FEW_ROWS, Facts, TableReport, report
from benchmark.datasets.tables.table import Table
from benchmark.datasets.tables.values import part_names, plainly_spelled, scores, texts
from benchmark.errors import DataError

LEAST_PAIRS = 3
"""Of a part: a correlation of two pairs is 1 or -1, whatever they are."""

WHOLE = "all"
"""Name of the one part where there is no column of parts."""

_BINARY = {0.0, 1.0}
_ENTAILMENT = {"premise", "hypothesis"}
_CLASSES = {"label", "labels", "goldlabel"}
"""Names of a column of classes as well as of one of grades."""


def read_pairs(layout: Layout, kind: str) -> tuple[tuple[SentencePairs, ...], TableReport]:
    """Return the pairs of a table, a part for each subset in the order of their first rows.

    Args:
        layout: which column is what.
        kind: ``similarity`` or ``pair-classification``; empty to take the latter where all
            scores are 0 and 1.

    Raises:
        DataError: a row cannot be read, or a part cannot be scored.
    """
    table, second = layout.table, layout.second
    assert second is not None  # noqa: S101 - a layout of pairs
    wanted = [layout.first, second, layout.value]
    cells = table.take(wanted if layout.parts is None else [*wanted, layout.parts])
    first, other = texts(table, wanted[0], cells[0]), texts(table, second, cells[1])
    _require_text(table, first, other)
    spelled, notes = plainly_spelled(cells[2])
    gold = scores(table, layout.value, spelled, layout.header)
    names = [WHOLE] * table.rows
    if layout.parts is not None:
        names = part_names(table, layout.parts, cells[3])
    kind = kind or _kind(layout, set(gold))
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows_of.setdefault(name, []).append(row)
    parts = tuple(_part(name, rows, first, other, gold) for name, rows in rows_of.items())
    for part in parts:
        _require_scorable(table, layout, part, kind)
    return parts, _report(layout, kind, parts, cells, (first, other, gold, names), notes)


def _require_text(table: Table, first: Sequence[str], second: Sequence[str]) -> None:
    for row, (one, two) in enumerate(zip(first, second, strict=True)):
        if not one.strip() and not two.strip():
            raise table.wrong(row, "both texts are empty")


def _kind(layout: Layout, different: set[float]) -> str:
    table, second = layout.table, layout.second
    if different <= _BINARY:
        return "pair-classification"
    names = {plain_name(table.column_name(place)) for place in (layout.first, second or 0)}
    classed = plain_name(table.column_name(layout.value)) in _CLASSES and (
        {0.0, 1.0, 2.0} <= different or different == {-1.0, 0.0, 1.0}
    )
    if (names == _ENTAILMENT or classed) and different <= {-1.0, 0.0, 1.0, 2.0}:
        what = "a premise, a hypothesis" if names == _ENTAILMENT else "two texts"
        raise DataError(
            f"{table.source}: {what} and {len(different)} whole numbers look like "
            "classes of entailment, which are no grades; say `kind` classification, or similarity "
            "if they are grades"
        )
    return "similarity"


def _part(
    name: str, rows: Sequence[int], first: Sequence[str], second: Sequence[str], gold: list[float]
) -> SentencePairs:
    return SentencePairs(
        name,
        tuple(first[row] for row in rows),
        tuple(second[row] for row in rows),
        np.array([gold[row] for row in rows], np.float64),
    )


def _require_scorable(table: Table, layout: Layout, part: SentencePairs, kind: str) -> None:
    where = table.source
    if layout.parts is not None:
        where += f", {table.column_name(layout.parts)} {part.name[:60]!r}"
    different = set(part.gold.tolist())
    if len(part) < LEAST_PAIRS:
        raise DataError(
            f"{where}: {len(part)} pairs, and {LEAST_PAIRS} are the least that can be scored"
        )
    if len(different) < 2:
        raise DataError(
            f"{where}: all {len(part):,} scores are {part.gold[0]:g}; there is nothing to predict"
        )
    if kind == "pair-classification" and different != _BINARY:
        odd = next(score for score in part.gold if score not in _BINARY)
        raise DataError(
            f"{where}: the score {odd:g} is neither 0 nor 1, as `kind` pair-classification has them"
        )


def _report(
    layout: Layout,
    kind: str,
    parts: Sequence[SentencePairs],
    cells: Sequence[Sequence[Any]],
    read: tuple[Sequence[str], Sequence[str], list[float], list[str]],
    spelling: Sequence[str],
) -> TableReport:
    first, second, gold, names = read
    keys = [(name, *sorted(pair)) for name, *pair in zip(names, first, second, strict=True)]
    different = sorted(set(gold))
    notes = [*spelling]
    smallest = min(parts, key=len)
    if len(smallest) < FEW_ROWS:
        where = f" in {smallest.name}" if len(parts) > 1 else ""
        notes.append(f"only {len(smallest)} pairs{where}: the score is uncertain")
    if len(parts) > 1 and {part.name.lower() for part in parts} <= SPLITS.keys():
        notes.append(
            f"the splits {', '.join(part.name for part in parts)} are scored together, and each by "
            "itself; for one alone take its rows alone"
        )
    if len(different) == 2 and kind == "similarity" and not _BINARY.issuperset(different):
        notes.append(
            f"two different scores, {different[0]:g} and {different[1]:g}, taken for grades; pairs "
            "that are the same or not have 0 and 1"
        )
    return report(
        layout,
        kind=kind,
        parts=[(part.name, len(part)) for part in parts],
        columns=[first, second],
        cells=cells,
        facts=Facts.of(keys, gold, [first, second]),
        scores=(different[0], different[-1], len(different)),
        notes=notes,
    )
