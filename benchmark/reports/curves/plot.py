"""Learning curves drawn: a plot for each task, pictures of them, and a page that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Literal

from benchmark.comparisons import LearningCurves
from benchmark.comparisons.curve import Curve, FamilyCurve, Panel
from benchmark.one_line import one_line
from benchmark.reports.comparison.figures import points
from benchmark.reports.curves.wording import data_of, epoch_of, legend, title_of
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


def curve_plots(found: LearningCurves) -> list[Plot]:
    """Return a plot for each panel."""
    series = _series(found)
    return [_plot(panel, number, series, found) for number, panel in enumerate(found.panels)]


def _series(found: LearningCurves) -> dict[str, int]:
    """Return the number of each line by name: a run has one colour in every panel."""
    names = [name for panel in found.panels for name in _names(panel)]
    return dict(zip(dict.fromkeys(names), count(), strict=False))


def _names(panel: Panel) -> Iterator[str]:
    yield from (_family_name(family) for family in panel.families)
    yield from (label(curve.run) for curve in panel.alone)


def _family_name(family: FamilyCurve) -> str:
    return label(family.name, f" (mean of {len(family.curves)})")


def _plot(panel: Panel, number: int, series: Mapping[str, int], found: LearningCurves) -> Plot:
    values = [point for line in _lines(panel) for point in line]
    # The legend of a panel names the lines in it, with the score of the best.
    shown = {name: place for name, place in series.items() if name in set(_names(panel))}
    said = {str(value["run"]): str(value["key"]) for value in values if not value["member"]}
    keys = [said[name] for name in shown]
    places = list(shown.values())
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


def _lines(panel: Panel) -> Iterator[list[Point]]:
    for family in panel.families:
        name = _family_name(family)
        if family.best is None:
            continue
        best = family.points[family.best]
        key = f"{name}: best {points(best.spread.mean)} at step {best.step:,}"
        for curve in family.curves:
            yield [
                {
                    "run": name,
                    "key": key,
                    "line": f"{name} {label(curve.run)}",
                    "member": True,
                    "step": point.step,
                    "score": round(100 * point.score, 4),
                }
                for point in curve.points
            ]
        yield [
            {
                "run": name,
                "key": key,
                "line": name,
                "member": False,
                "step": point.step,
                "score": round(100 * point.spread.mean, 4),
                "low": round(100 * (point.spread.mean - (point.spread.deviation or 0)), 4),
                "high": round(100 * (point.spread.mean + (point.spread.deviation or 0)), 4),
                "range": f"sd {points(point.spread.deviation)}",
                "mark": "best mean" if place == family.best else None,
            }
            for place, point in enumerate(family.points)
        ]
    yield from (_line(curve) for curve in panel.alone)


def _line(curve: Curve) -> list[Point]:
    name, best = label(curve.run), curve.best_point
    key = f"{name}: best {points(best.score)} at step {best.step:,}"
    found: list[Point] = []
    for place, point in enumerate(curve.points):
        ends = point.interval
        found.append(
            {
                "run": name,
                "key": key,
                "line": name,
                "member": False,
                "step": point.step,
                "epoch": epoch_of(point.epoch),
                "score": round(100 * point.score, 4),
                "low": ends and round(100 * ends.low, 4),
                "high": ends and round(100 * ends.high, 4),
                "range": f"{points(ends.low)} to {points(ends.high)}" if ends else None,
                "mark": "best" if place == curve.best else None,
            }
        )
    return found


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
            notes=list(legend(found)),
            assets=page_assets(plot_library(), plots_alone=True),
        )
    )
    return text.encode("utf-8")
