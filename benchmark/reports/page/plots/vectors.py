"""Alignment against uniformity (Wang and Isola 2020), as SimCSE's figure 3 shows models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmark.leaderboard import Leaderboard, MeasuredRow
from benchmark.reports.page.plots.plot import Plot, figure, kind_colour, kind_shape, label
from benchmark.results import PublishedRow

TASK = "STSBenchmark"
"""The task whose sentences both papers measure on."""

_BOTH = ("alignment", "uniformity")


def vector_plot(board: Leaderboard, published: Sequence[PublishedRow]) -> Plot | None:
    """Return the plot, None for a board of other tasks or if no row of ours was measured so.

    Args:
        board: whose records hold the figures.
        published: rows of the group ``geometry``.
    """
    found = [
        {"kind": "measured", "row": label(row.label), **figures, **_average(row)}
        for section in board.sections
        for row in section.rows
        if isinstance(row, MeasuredRow) and (figures := _figures(row))
    ]
    if not found:
        return None
    found += [
        {"kind": "quoted", "row": label(row.label), **quoted}
        for row in published
        if (quoted := _quoted(row))
    ]
    return Plot(
        id=f"{board.board.group}-vectors",
        title="Alignment against uniformity",
        text="On the sentences of STS-B: alignment is the mean squared distance of pairs that "
        "people call alike (gold above 4), uniformity tells how evenly vectors are spread. Less "
        "is better for both, so good encoders lie towards the lower left. Quoted figures do not "
        "state which pairs they take for alike.",
        spec=_spec(found),
        headings=("Model", "Kind", "Alignment", "Uniformity", "STS average"),
        numbers=tuple(_line(point) for point in found),
    )


def _figures(row: MeasuredRow) -> dict[str, Any]:
    result = row.results.get(TASK)
    if result is None or not set(_BOTH) <= result.analysis.keys():
        return {}
    return {name: round(result.analysis[name], 4) for name in _BOTH}


def _average(row: MeasuredRow) -> dict[str, Any]:
    return {"average": row.average.text} if row.average else {}


def _quoted(row: PublishedRow) -> dict[str, Any]:
    if not set(_BOTH) <= row.scores.keys():
        return {}
    average = row.scores.get("sts/average")
    shown = {} if average is None else {"average": f"{average:f}"}
    return {name: float(row.scores[name]) for name in _BOTH} | shown


def _line(point: dict[str, Any]) -> tuple[str, ...]:
    figures = tuple(f"{point[name]:.3f}" for name in _BOTH)
    return (point["row"], point["kind"], *figures, point.get("average", ""))


def _spec(values: list[dict[str, Any]]) -> dict[str, Any]:
    loose = {"zero": False, "nice": True, "padding": 24}
    tooltip = [
        {"field": "row", "title": "model"},
        {"field": "kind", "title": "kind"},
        {"field": "alignment", "title": "alignment", "format": ".3f"},
        {"field": "uniformity", "title": "uniformity", "format": ".3f"},
        {"field": "average", "title": "STS average"},
    ]
    return figure(
        "Alignment against uniformity on STS-B, a point for each model",
        340,
        data={"values": values},
        encoding={
            "x": {
                "field": "uniformity",
                "type": "quantitative",
                "title": "uniformity (less is better)",
                "scale": loose | {"padding": 60},  # room for half a name
            },
            "y": {
                "field": "alignment",
                "type": "quantitative",
                "title": "alignment (less is better)",
                "scale": loose,
            },
            "tooltip": tooltip,
        },
        layer=[
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
                "encoding": {"color": kind_colour(), "shape": kind_shape()},
            },
            {
                "mark": {"type": "text", "dy": -13, "limit": 150, "aria": False},
                "encoding": {"text": {"field": "row"}},
            },
        ],
    )
