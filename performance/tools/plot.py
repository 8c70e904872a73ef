"""A comparison as bars, for a page that may be light or dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmark.one_line import one_line
from performance.tools.agreement import agreement
from performance.tools.contender import AUTO, COLD, WARM
from performance.tools.summary import Row, rate, rows

INK = "#797979"
"""As far from white as from a dark page."""
OURS = "#2b83ba"
OTHERS = "#9a9a9a"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "performance",
    "font.family": "sans-serif",
}
"""Text stays text, and the same figures give the same file."""


def draw(content: dict[str, Any], path: Path) -> None:
    """Write an SVG: one bar a tool, with its seconds and its ratio to our cold run.

    Raises:
        ValueError: there is nothing to draw.
        ModuleNotFoundError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    if not rows(content):
        raise ValueError("no contender has a figure")
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure = bars(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def bars(content: dict[str, Any]) -> Any:
    """Return the figure of matplotlib."""
    from matplotlib.figure import Figure

    shown = rows(content)
    comparable = not agreement(content).problems
    figure = Figure(figsize=(7.2, 0.46 * len(shown) + 1.2), layout="constrained")
    axes = figure.subplots()
    places = range(len(shown))
    colours = [OURS if row.name in (COLD, WARM, AUTO) else OTHERS for row in shown]
    axes.barh(places, [row.seconds for row in shown], color=colours, height=0.62)
    axes.set_yticks(places, [row.title for row in shown])
    axes.set_ylim(len(shown) - 0.5, -0.9)
    for place, row in zip(places, shown, strict=True):
        _write(axes, _label(row, comparable), row.seconds, place, (5, 0), va="center")
    _mark_limit(axes, content, [place for place in places if shown[place].share])
    axes.set_xlim(0, 1.25 * max(row.seconds for row in shown))
    figure.supxlabel(_caption(content), color=INK, fontsize="medium")
    quiet(axes)
    return figure


def quiet(axes: Any) -> None:
    """Leave an axis and its ticks in grey, and no frame."""
    axes.tick_params(colors=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)


def _write(axes: Any, text: str, x: float, y: float, offset: tuple[int, int], **style: Any) -> None:
    axes.annotate(text, (x, y), offset, textcoords="offset points", color=INK, **style)


def _label(row: Row, comparable: bool) -> str:
    seconds = f"{row.seconds:.1f} s"
    if not comparable or row.ratio is None or row.name == COLD:
        return seconds
    return f"{seconds}, {row.ratio:.{1 if row.ratio >= 1 else 2}f}x"


def _mark_limit(axes: Any, content: dict[str, Any], places: list[int]) -> None:
    """Show where the least work alone would end, at the rate of the machine's products."""
    machine = rate(content)
    if machine and places:
        least = content["facts"]["least_operations"] / machine
        tops = [place - 0.5 if place else -0.9 for place in places]
        style = {"color": INK, "linewidth": 1, "linestyle": (0, (4, 3))}
        axes.vlines([least] * len(places), tops, [place + 0.5 for place in places], **style)
        _write(axes, "limit of this machine", least, -0.9, (4, 0), va="top", fontsize="small")


def _caption(content: dict[str, Any]) -> str:
    question, facts = content["question"], content["facts"]
    tasks = f"{len(facts['tasks'])} STS task{'s' if len(facts['tasks']) > 1 else ''}"
    threads = f"{question['threads']} CPU thread{'s' if question['threads'] > 1 else ''}"
    device = threads if question["device"] == "cpu" else "GPU"
    model = one_line(question["model"]).replace("$", r"\$")  # no formula
    return f"seconds for {model} on {tasks} ({facts['pairs']:,} pairs), {device}"
