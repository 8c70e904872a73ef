"""Average score against sentences encoded per second."""

from __future__ import annotations

from typing import Any

from benchmark.leaderboard import Leaderboard, MeasuredRow
from benchmark.reports.page.plots.plot import Plot, figure, label
from benchmark.reports.page.speed import speed_of


def speed_plot(board: Leaderboard) -> Plot | None:
    """Return the plot, None if no measured row of the first ranking has average and speed."""
    section = next((section for section in board.sections if section.ranked), None)
    rows = [row for row in section.rows if isinstance(row, MeasuredRow)] if section else []
    found = [point for row in rows if (point := _point(row))]
    if not found:
        return None
    return Plot(
        id=f"{board.board.group}-speed",
        title="Score against encoding speed",
        text="Distinct sentences encoded per second, loading not counted, on a logarithmic scale. "
        "Only runs that really encoded their sentences are shown, and only speeds on the same "
        "machine and the same sentences should be compared.",
        spec=_spec(found),
        headings=("Model", "Average", "Sentences per second", "Machine"),
        numbers=tuple(
            (point["row"], f"{point['score']:.2f}", f"{point['rate']:,.0f}", point["machine"])
            for point in found
        ),
    )


def _point(row: MeasuredRow) -> dict[str, Any]:
    speed = speed_of(row)
    if speed is None or row.average is None:
        return {}
    point: dict[str, Any] = {
        "row": label(row.label),
        "score": float(row.average.text),
        "rate": float(f"{speed.rate:.4g}"),
        "machine": label(speed.machine),
    }
    if row.average.interval:
        ends = (row.average.interval.low, row.average.interval.high)
        point |= dict(zip(("low", "high"), (round(100 * end, 3) for end in ends), strict=True))
    return point


def _spec(values: list[dict[str, Any]]) -> dict[str, Any]:
    up = {"type": "quantitative", "scale": {"zero": False, "nice": True, "padding": 20}}
    tooltip = [
        {"field": "row", "title": "model"},
        {"field": "score", "title": "average", "format": ".2f"},
        {"field": "rate", "title": "sentences per second", "format": ",.0f"},
        {"field": "machine", "title": "machine"},
    ]
    return figure(
        "Average score against sentences per second, a point for each measured model",
        340,
        data={"values": values},
        encoding={
            "x": {
                "field": "rate",
                "type": "quantitative",
                "title": "sentences per second (more is better)",
                "scale": {"type": "log", "padding": 60},
                "axis": {"tickCount": 5, "format": "~s", "grid": False},
            },
        },
        layer=[
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.45, "aria": False},
                "encoding": {
                    "y": {"field": "low", "title": "average", **up},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 110,
                    "opacity": 1,
                    "color": "var(--accent)",
                },
                "encoding": {"y": {"field": "score", "title": "average", **up}, "tooltip": tooltip},
            },
            {
                "mark": {"type": "text", "dy": -14, "limit": 150, "aria": False},
                "encoding": {"y": {"field": "score", **up}, "text": {"field": "row"}},
            },
        ],
    )
