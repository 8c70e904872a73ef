"""Learning curves drawn: a plot for each task, pictures of them, and a page that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from benchmark.comparisons import LearningCurves
from benchmark.comparisons.curve import Curve, FamilyCurve, Panel
from benchmark.one_line import one_line
from benchmark.reports.comparison.figures import points
from benchmark.reports.curves.wording import (
    best_of,
    best_of_family,
    data_of,
    epoch_of,
    legend,
    title_of,
)
from benchmark.reports.page.assets import page_assets, picture, plot_library, specification
from benchmark.reports.page.page import templates
from benchmark.reports.page.plots import Plot, Point, filled_plot, label
from benchmark.reports.spreads import PLUS_MINUS

_COLOURS = 6
"""Of the style sheet, ``--family-1`` and so on; then they begin again, dashed otherwise."""

_DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3])
_MANY = 40
"""Points of a line from which on they are drawn small."""

_COLUMNS = 2
"""Of panels in a picture."""

_PANEL = {"width": 560, "height": 300}


Line = Curve | FamilyCurve


def curve_plots(found: LearningCurves) -> list[Plot]:
    """Return a plot for each panel."""
    names = _names(found)
    return [_plot(panel, number, names, found) for number, panel in enumerate(found.panels)]


def _whole(line: Line) -> str:
    return f"family {line.name}" if isinstance(line, FamilyCurve) else line.run


def _names(found: LearningCurves) -> dict[str, str]:
    """Return what each line is called in plots, no two alike, in the order of their colours.

    A run has one colour in every panel.
    """
    names: dict[str, str] = {}
    for line in (line for panel in found.panels for line in _drawn(panel)):
        if _whole(line) not in names:
            note = f" (mean of {len(line.curves)})" if isinstance(line, FamilyCurve) else ""
            name = label(line.name if isinstance(line, FamilyCurve) else line.run, note)
            same = sum(other == name or other.startswith(f"{name} #") for other in names.values())
            names[_whole(line)] = f"{name} #{same + 1}" if same else name
    return names


def _drawn(panel: Panel) -> list[Line]:
    """Return the lines of a panel: families with a mean, and runs of no family."""
    return [*(family for family in panel.families if family.points), *panel.alone]


def _plot(panel: Panel, number: int, names: Mapping[str, str], found: LearningCurves) -> Plot:
    lines = _drawn(panel)
    values = [point for line in lines for point in _points(line, names)]
    # The legend of a panel names the lines in it, with the score of the best.
    keys = [_key(line, names) for line in lines]
    places = [list(names).index(_whole(line)) for line in lines]
    legend_form = {
        "title": None,
        "orient": "bottom",
        "direction": "vertical",
        "labelLimit": 520,
        "symbolType": "stroke",
        "symbolStrokeWidth": 2,
        "symbolSize": 300,
        "symbolOpacity": 1,
        "columns": 1,
        "offset": 8,
    }
    field: dict[str, Any] = {"field": "key", "type": "nominal", "legend": legend_form}
    colours = [f"var(--family-{place % _COLOURS + 1})" for place in places]
    dashes = [_DASHES[place // _COLOURS % len(_DASHES)] for place in places]
    most = max(len(curve.points) for curve in panel.curves)
    parameters = {
        "description": f"{title_of(panel)} by step, {data_of(panel)}",
        "values": values,
        "score": {"field": "score", "type": "quantitative", "title": "score"},
        "colour": field | {"scale": {"domain": keys, "range": colours}},
        "dash": field | {"scale": {"domain": keys, "range": dashes}},
        "size": 16 if most > _MANY else 36,
        "band": f"{100 * found.resampling.level:g} %",
    }
    return filled_plot(
        f"curve-{number}",
        "curve",
        parameters,
        title=title_of(panel),
        text=f"{data_of(panel)}. {_band(panel, found)}".strip(),
        numbers=tuple(_numbers(panel)),
    )


def _band(panel: Panel, found: LearningCurves) -> str:
    """Say what is drawn around a line."""
    said = []
    if any(point.interval for curve in panel.alone for point in curve.points):
        said.append(f"{100 * found.resampling.level:g} % interval of a run")
    if panel.families:
        said.append(f"{PLUS_MINUS} one standard deviation of the runs of a family")
    parts = [f"Band: {'; '.join(said)}."] if said else []
    if any(len(curve.points) > 1 for curve in panel.curves):
        parts.append("Diamond: the best step, chosen by these very scores.")
    if panel.chosen_on_test:
        parts.append("This is test data: choose no step by it.")
    return " ".join(parts)


def _key(line: Line, names: Mapping[str, str]) -> str:
    if isinstance(line, FamilyCurve):
        best = line.points[line.best or 0]
        step, score = best.step, best.spread.mean
    else:
        step, score = line.best_point.step, line.best_point.score
    return f"{names[_whole(line)]}: best {points(score)} at step {step:,}"


def _points(line: Line, names: Mapping[str, str]) -> Iterator[Point]:
    if isinstance(line, Curve):
        yield from _of_run(line, names)
        return
    said = {"run": names[_whole(line)], "key": _key(line, names)}
    for curve in line.curves:
        for point in curve.points:
            of_member = {"line": f"{_whole(line)}, {curve.run}", "member": True}
            yield {
                **said,
                **of_member,
                "step": point.step,
                "score": round(100 * point.score, 4),
            }
    for place, at in enumerate(line.points):
        apart = at.spread.deviation or 0.0
        yield {
            **said,
            "line": _whole(line),
            "member": False,
            "step": at.step,
            "epoch": "",
            "score": round(100 * at.spread.mean, 4),
            "low": round(100 * (at.spread.mean - apart), 4),
            "high": round(100 * (at.spread.mean + apart), 4),
            "range": f"sd {points(apart)}",
            "mark": "best mean" if place == line.best else "",
        }


def _of_run(curve: Curve, names: Mapping[str, str]) -> Iterator[Point]:
    for place, point in enumerate(curve.points):
        ends = point.interval
        yield {
            "run": names[_whole(curve)],
            "key": _key(curve, names),
            "line": curve.run,
            "member": False,
            "step": point.step,
            "epoch": epoch_of(point.epoch),
            "score": round(100 * point.score, 4),
            "low": ends and round(100 * ends.low, 4),
            "high": ends and round(100 * ends.high, 4),
            "range": f"{points(ends.low)} to {points(ends.high)}" if ends else "",
            "mark": "best" if place == curve.best else "",
        }


def _numbers(panel: Panel) -> Iterator[tuple[str, ...]]:
    for curve in panel.curves:
        for place, point in enumerate(curve.points):
            ends = point.interval
            yield (
                label(curve.run),
                str(point.step),
                epoch_of(point.epoch),
                points(point.score),
                points(ends.low) if ends else "",
                points(ends.high) if ends else "",
                "yes" if place == curve.best else "",
            )


# --- pictures, and a page -------------------------------------------------------------------------


def curves_picture(found: LearningCurves, form: Literal["svg", "png"]) -> bytes:
    """Return the plots as one picture, its panels beside and below each other.

    Raises:
        UsageError: what draws is not installed.
    """
    config = specification("style")["figure"]["config"]
    panels = [_in_picture(plot) for plot in curve_plots(found)]
    spec = {
        "background": "var(--paper)",
        "padding": 16,
        "config": config | {"font": "sans-serif", "concat": {"spacing": 36}},
        "concat": panels,
        "columns": 1 if len(panels) == 1 else _COLUMNS,
        "resolve": {"scale": {"color": "independent", "strokeDash": "independent"}},
    }
    return picture(spec, form)


def _in_picture(plot: Plot) -> dict[str, Any]:
    own = {"data", "encoding", "layer", "description"}
    title = {
        "text": plot.title,
        "subtitle": plot.text.split(". ", 1),
        "anchor": "start",
        "color": "var(--ink)",
        "subtitleColor": "var(--muted)",
        "offset": 12,
    }
    return {**{key: plot.spec[key] for key in own}, **_PANEL, "title": title}


def _best(found: LearningCurves) -> Iterator[str]:
    for panel in found.panels:
        lines = [best_of_family(family) for family in panel.families]
        lines += [line for one in panel.curves for line in best_of(one, found.resampling.alpha)]
        yield from (f"{panel.heading}: {line}" for line in lines)


def curves_page(found: LearningCurves) -> bytes:
    """Return a page that works from disk and without a network.

    Raises:
        UsageError: a library that the page is made with is not installed.
    """
    runs: Sequence[str] = [curve.run for panel in found.panels for curve in panel.curves]
    text: str = (
        templates()
        .get_template("curves.html")
        .render(
            runs=", ".join(map(one_line, dict.fromkeys(runs))),
            plots=curve_plots(found),
            best=list(_best(found)),
            notes=list(legend(found)),
            assets=page_assets(plot_library(), plots_alone=True),
        )
    )
    return text.encode("utf-8")
