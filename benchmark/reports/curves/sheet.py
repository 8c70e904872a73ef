"""Learning curves as tables: a section for each run, and for each family, on each task."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.comparisons import LearningCurves
from benchmark.comparisons.curve import Curve, CurvePoint, FamilyCurve, Panel
from benchmark.reports.comparison.figures import NOTHING, points
from benchmark.reports.curves.wording import (
    best_of,
    best_of_family,
    data_of,
    epoch_of,
    legend,
    title_of,
)
from benchmark.reports.spreads import mean_and_deviation
from benchmark.sheet import Row, Section, Sheet

BEST = "best"
_WIDTH = 30
"""Columns of a plot in a table."""


def curves_sheet(found: LearningCurves, *, drawn: bool) -> Sheet:
    """Return the tables.

    Args:
        found: the curves.
        drawn: whether each line also has its place on a scale, of plain signs.
    """
    sections = [
        section for panel in found.panels for section in _sections(panel, found, drawn=drawn)
    ]
    return Sheet(opening=(), sections=tuple(sections), closing=tuple(legend(found)))


def _sections(panel: Panel, found: LearningCurves, *, drawn: bool) -> Iterator[Section]:
    alpha, level = found.resampling.alpha, f"{100 * found.resampling.level:g} %"
    for family in panel.families:
        yield _family(panel, family, alpha)
    for curve in panel.alone:
        yield _run(panel, curve, alpha, level, drawn=drawn)


def _title(name: str, panel: Panel) -> str:
    return f"{name}, {title_of(panel)} ({data_of(panel)})"


# --- one run --------------------------------------------------------------------------------------


def _run(panel: Panel, curve: Curve, alpha: float, level: str, *, drawn: bool) -> Section:
    counted = any(point.epoch is not None for point in curve.points)
    low, high = _ends(curve)
    shown = drawn and high > low
    scale = [f"{100 * low:.1f} to {100 * high:.1f}"] if shown else []
    rows = []
    for place, point in enumerate(curve.points):
        is_best = place == curve.best and len(curve.points) > 1
        cells = (
            str(point.step),
            *([epoch_of(point.epoch)] if counted else []),
            points(point.score),
            _interval(point),
            *([_drawn(point, low, high, "*" if is_best else "o")] if shown else []),
            BEST if is_best else "",
        )
        rows.append(Row(cells))
    return Section(
        title=_title(curve.run, panel),
        headings=("Step", *(["Epoch"] if counted else []), "Score", level, *scale, ""),
        columns="r" + "r" * counted + "rr" + "l" * len(scale) + "l",
        rows=tuple(rows),
        notes=tuple(best_of(curve, alpha)),
    )


def _interval(point: CurvePoint) -> str:
    if point.interval is None:
        return NOTHING
    return f"{points(point.interval.low)} to {points(point.interval.high)}"


def _ends(curve: Curve) -> tuple[float, float]:
    ends = [point.score for point in curve.points]
    ends += [
        end
        for point in curve.points
        if point.interval
        for end in (point.interval.low, point.interval.high)
    ]
    return min(ends), max(ends)


def _drawn(point: CurvePoint, low: float, high: float, sign: str) -> str:
    """Return a score and its interval on a scale from low to high: ``...|---o--|.....``."""

    def place(value: float) -> int:
        return round((value - low) / (high - low) * (_WIDTH - 1))

    signs = ["."] * _WIDTH
    if point.interval is not None:
        first, last = place(point.interval.low), place(point.interval.high)
        signs[first : last + 1] = "-" * (last + 1 - first)
        signs[first] = signs[last] = "|"
    signs[place(point.score)] = sign
    return "".join(signs)


# --- a family -------------------------------------------------------------------------------------


def _family(panel: Panel, family: FamilyCurve, alpha: float) -> Section:
    of_runs = [{point.step: point for point in curve.points} for curve in family.curves]
    means = {point.step: point.spread for point in family.points}
    best = None if family.best is None else family.points[family.best].step
    every = sorted({step for one in of_runs for step in one})
    rows = [
        Row(
            (
                str(step),
                mean_and_deviation(means[step], 100) if step in means else NOTHING,
                *(points(one[step].score) if step in one else NOTHING for one in of_runs),
                BEST if step == best and len(means) > 1 else "",
            )
        )
        for step in every
    ]
    return Section(
        title=_title(f"{family.name} ({len(family.curves)} runs)", panel),
        headings=("Step", "mean ± sd", *(curve.run for curve in family.curves), ""),
        columns="rr" + "r" * len(family.curves) + "l",
        rows=tuple(rows),
        notes=(
            best_of_family(family),
            *(line for curve in family.curves for line in best_of(curve, alpha)),
        ),
    )
