"""Plots of a whole field: scores against years, and against numbers of parameters.

They hold the rows of the first ranking, which answer one question. Rows with a trap are hollow,
and no part of the line of the best so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from benchmark.leaderboard import Leaderboard, MeasuredRow, TableRow, Traits, has_trap, traps_of
from benchmark.reports.leaderboard import wording
from benchmark.reports.page.assets import specification
from benchmark.reports.page.plots import AVERAGE, Choice, Plot, Point, distinct, label, plot_of

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
"""One for each of the colours ``--family-1`` and so on: no family is told by its colour alone."""

OTHERS = "others"
"""All families beyond those with a colour, and rows that do not say theirs."""

_MOVED: Mapping[str, Callable[[int, float], float]] = {
    "years": lambda year, by: round(year + 0.8 * by, 3),
    "sizes": lambda parameters, by: float(f"{parameters * 1.1**by:.5g}"),
}
"""Where a point is drawn that is moved from its place, by -0.5 to 0.5 of the room there is."""


def year_plot(board: Leaderboard) -> Plot | None:
    """Return scores against years, None if there are not two years to compare."""
    return _plot(board, "years", {row.id: row.traits.year for row in _rows(board)})


def size_plot(board: Leaderboard) -> Plot | None:
    """Return scores against parameters, None if there are not two sizes to compare."""
    return _plot(board, "sizes", {row.id: row.traits.parameters for row in _rows(board)})


def _rows(board: Leaderboard) -> Sequence[TableRow]:
    return board.ranking.rows if board.ranking else ()


def _plot(board: Leaderboard, words: str, places: Mapping[str, int | None]) -> Plot | None:
    rows = _rows(board)
    if len({places[row.id] for row in rows} - {None}) < 2:
        return None
    names = dict(zip((row.id for row in rows), distinct(rows), strict=True))
    drawn = [row for row in rows if places[row.id] is not None]
    families = _families(row.traits for row in drawn)
    points = [_point(row, names[row.id], places[row.id], families) for row in drawn]
    points = [*_side_by_side(points, families, _MOVED[words])]
    # Those of ours last: they are drawn on top.
    points.sort(key=lambda point: str(point["kind"]), reverse=True)
    options = {AVERAGE: "Average"} if any(row.average for row in drawn) else {}
    options |= {column.id: column.heading for column in board.columns}
    chosen, form = next(iter(options)), specification(words)
    parameters = {
        "description": f"{board.board.title}: {form['title'].lower()}, a point for each row",
        "chosen": chosen,
        "values": points,
        "x": form["x"],
        "line": form["x"] | {"field": "end"},
        "reach": form["reach"],
        **_appearance(families),
    }
    return plot_of(
        board,
        "progress",
        parameters,
        words=words,
        said=_said(drawn, len(rows) - len(drawn), form["lacking"]),
        choices=(
            Choice("column", "Score", options, chosen),
            Choice("family", "Backbone", {"": "All", **{name: name for name in families}}, ""),
        ),
        numbers=tuple(_numbers(points, "d" if words == "years" else ",d")),
    )


def _families(rows: Iterable[Traits]) -> list[str]:
    """Return those with a colour of their own, the most frequent first, then all others."""
    counts = Counter(traits.family for traits in rows)
    named = sorted((name for name in counts if name), key=lambda name: (-counts[name], name))
    first = named[: len(SHAPES)]
    return [*first, OTHERS] if counts.keys() - set(first) else first


def _appearance(families: Sequence[str]) -> dict[str, Any]:
    """Return colours and shapes of families, in the form of a specification."""
    of_others = [OTHERS] if OTHERS in families else []
    own = [name for name in families if name not in of_others]
    colours = [f"var(--family-{place})" for place, _ in enumerate(own, start=1)]
    legend = {"title": None, "orient": "top", "direction": "horizontal", "columns": 3, "offset": 8}
    field = {"field": "family", "type": "nominal", "legend": legend}
    colour_scale = {"domain": families, "range": [*colours, *("var(--quoted)" for _ in of_others)]}
    shapes = [*SHAPES[: len(own)], *("triangle-right" for _ in of_others)]
    return {
        "colours": colour_scale,
        "legend": legend,
        "colour": field | {"scale": colour_scale},
        "shape": field | {"scale": {"domain": families, "range": shapes}},
    }


def _point(row: TableRow, name: str, place: int | None, families: Sequence[str]) -> Point:
    traits = row.traits
    cells = {AVERAGE: row.average} | dict(row.cells)
    said = {
        "year": traits.year,
        "backbone": label(traits.backbone),
        "parameters": "" if traits.parameters is None else f"{traits.parameters:,}",
        "training": wording.TRAINING.get(traits.training, ""),
        "marks": ", ".join(wording.marks(row)),
    }
    return {
        "row": name,
        "kind": "measured" if isinstance(row, MeasuredRow) else "quoted",
        "family": traits.family if traits.family in families else OTHERS,
        "at": place,
        "x": place,
        "hollow": has_trap(row),
        "scores": {column: float(cell.text) for column, cell in cells.items() if cell is not None},
        **{term: value for term, value in said.items() if value},
    }


def _side_by_side(
    points: Iterable[Point], families: Sequence[str], moved: Callable[[int, float], float]
) -> Iterator[Point]:
    """Put the points of one place beside each other, those of a family together, by name."""
    ordered = sorted(points, key=lambda p: (p["at"], families.index(p["family"]), p["row"]))
    for at, together in groupby(ordered, key=lambda point: point["at"]):
        same = [*together]
        for place, point in enumerate(same):
            yield point | {"x": moved(at, (place + 0.5) / len(same) - 0.5)}


def _said(drawn: Sequence[TableRow], left_out: int, lacking: str) -> str:
    """Return what of this plot is not plain from what it shows."""
    there = {mark for row in drawn for mark in traps_of(row)}
    traps = [short for mark, (short, _) in wording.MARKS.items() if mark in there]
    parts = [
        " Rows measured here are ringed." if any(isinstance(r, MeasuredRow) for r in drawn) else "",
        f" Hollow, and no part of the line: rows marked {', '.join(traps)}." if traps else "",
        f" One row {lacking} is left out." if left_out == 1 else "",
        f" {left_out:,} rows {lacking} are left out." if left_out > 1 else "",
    ]
    return "".join(parts)


def _numbers(points: Sequence[Point], form: str) -> Iterator[tuple[str, ...]]:
    """Yield the averages as lines of a table, in the order of the plot from left to right."""
    averaged = [point for point in points if AVERAGE in point["scores"]]
    averaged.sort(key=lambda point: (point["at"], -point["scores"][AVERAGE]))
    best = float("-inf")
    for point in averaged:
        score = point["scores"][AVERAGE]
        is_best = not point["hollow"] and score > best
        best = score if is_best else best
        yield (
            point["row"],
            format(point["at"], form),
            point.get("backbone", ""),
            f"{score:.2f}",
            "yes" if is_best else "",
            point["kind"],
            point.get("marks", ""),
        )
