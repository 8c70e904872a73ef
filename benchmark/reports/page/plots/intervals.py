"""Scores of a ranking with their intervals, the best on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmark.leaderboard import Cell, Leaderboard, MeasuredRow, Row
from benchmark.reports.leaderboard.wording import points
from benchmark.reports.page.plots.plot import (
    Choice,
    Option,
    Plot,
    Spec,
    figure,
    kind_colour,
    kind_shape,
    label,
)

AVERAGE = "average"
ROW_HEIGHT = 20
"""In pixels."""

MOST_ROWS = 60
"""Rows that are drawn; more cannot be told apart by eye."""


def interval_plot(board: Leaderboard) -> Plot | None:
    """Return the plot of the first ranking, None if it has no rows.

    Where there are too many rows, those of ours come first, then the best quoted ones.
    """
    section = next((section for section in board.sections if section.ranked), None)
    if section is None or not section.rows:
        return None
    ours: list[Row] = [row for row in section.rows if isinstance(row, MeasuredRow)]
    theirs: list[Row] = [row for row in section.rows if not isinstance(row, MeasuredRow)]
    drawn = (ours + theirs)[:MOST_ROWS]
    columns = [(column.id, column.heading) for column in section.columns]
    options = [Option(AVERAGE, "Average")] if any(row.average for row in drawn) else []
    options += [Option(name, heading) for name, heading in columns]
    left_out = len(section.rows) - len(drawn)
    return Plot(
        id=f"{board.board.group}-intervals",
        title="Scores with intervals",
        text="Measured scores carry a bar: their confidence interval. Quoted figures have none, "
        "as nobody published what they were computed from."
        + (f" The last {left_out:,} rows are not drawn." if left_out else ""),
        spec=_spec(
            board, len(drawn), list(_points(drawn, [name for name, _ in columns])), options[0].value
        ),
        choices=(Choice("column", "Score", tuple(options), options[0].value),),
    )


def _points(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row, name in zip(rows, _distinct(rows), strict=True):
        cells = [(AVERAGE, row.average), *((column, row.cells.get(column)) for column in columns)]
        for column, cell in cells:
            if cell is not None:
                kind = "measured" if isinstance(row, MeasuredRow) else "quoted"
                yield {"row": name, "kind": kind, "column": column, **_numbers(cell)}


def _numbers(cell: Cell) -> dict[str, Any]:
    if cell.interval is None:
        return {"score": float(cell.text)}
    low, high = (round(100 * end, 3) for end in (cell.interval.low, cell.interval.high))
    shown = points(cell.interval, 2)
    return {"score": float(cell.text), "low": low, "high": high, "interval": shown}


def _distinct(rows: Sequence[Row]) -> list[str]:
    """Rows of one name are different rows: quoted ones are told apart by their footnote."""
    names: list[str] = []
    for row in rows:
        note = "" if isinstance(row, MeasuredRow) else f" [{row.footnote}]"
        name = f"{label(row.label)}{note}"
        same = sum(other == name or other.startswith(f"{name} #") for other in names)
        names.append(f"{name} #{same + 1}" if same else name)
    return names


def _spec(board: Leaderboard, rows: int, values: list[dict[str, Any]], first: str) -> Spec:
    across = {
        "type": "quantitative",
        "title": "score",
        "scale": {"zero": False, "nice": True},
        "axis": {"tickCount": 8},
    }
    tooltip = [
        {"field": "row", "title": "model"},
        {"field": "kind", "title": "kind"},
        {"field": "score", "title": "score", "format": ".2f"},
        {"field": "interval", "title": "interval"},
    ]
    return figure(
        f"{board.board.title}: score of each row, with its confidence interval",
        ROW_HEIGHT * rows,
        params=[{"name": "column", "value": first}],
        data={"values": values},
        transform=[{"filter": "datum.column === column"}],
        encoding={
            "y": {
                "field": "row",
                "type": "nominal",
                "title": None,
                "sort": {"field": "score", "op": "max", "order": "descending"},
                "axis": {"ticks": False, "domain": False, "grid": True, "gridDash": [1, 3]},
            }
        },
        layer=[
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.45, "aria": False},
                "encoding": {
                    "x": {"field": "low", **across},
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
                "encoding": {
                    "x": {"field": "score", **across},
                    "color": kind_colour(),
                    "shape": kind_shape(),
                    "tooltip": tooltip,
                },
            },
        ],
    )
