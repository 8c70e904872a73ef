"""Learning curves for programs: JSON, with fractions of 1, and CSV, with points."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from benchmark.comparisons import LearningCurves
from benchmark.comparisons.curve import BestAgainst, Curve, CurvePoint, FamilyCurve, Panel
from benchmark.escaping import csv_text, json_text
from benchmark.one_line import one_line
from benchmark.reports.comparison.figures import VERSION, points
from benchmark.reports.curves.wording import epoch_of


def curves_document(found: LearningCurves) -> str:
    """Return the JSON of them."""
    return json_text(
        {
            "schema_version": VERSION,
            "method": asdict(found.resampling),
            "panels": [_panel(panel) for panel in found.panels],
            "remarks": found.remarks,
        }
    )


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "task": panel.task and panel.task.id,
        "group": panel.group,
        "over": panel.over,
        "metric": panel.measure.name,
        "data": panel.data,
        "rows": panel.rows,
        "drawn": panel.units,
        "chosen_on_test": panel.chosen_on_test,
        "runs": [_curve(curve) for curve in panel.curves],
        "families": [_family(family) for family in panel.families],
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "run": curve.run,
        "points": [_point(point) for point in curve.points],
        "best": curve.best_point.step,
        "against": [_against(test) for test in curve.against],
        "untested": curve.untested or None,
    }


def _point(point: CurvePoint) -> dict[str, Any]:
    ends = point.interval
    return {
        "step": point.step,
        "epoch": point.epoch,
        "score": point.score,
        "low": ends and ends.low,
        "high": ends and ends.high,
        "model": point.model,
        "fingerprint": point.fingerprint,
    }


def _against(test: BestAgainst) -> dict[str, Any]:
    difference = test.difference
    return {
        "which": test.which,
        "step": test.step,
        "difference": difference.value,
        "low": difference.interval.low,
        "high": difference.interval.high,
        "p_value": test.p_value,
        "chosen_p_value": test.chosen_p_value,
    }


def _family(family: FamilyCurve) -> dict[str, Any]:
    return {
        "name": family.name,
        "runs": [curve.run for curve in family.curves],
        "points": [{"step": point.step, **asdict(point.spread)} for point in family.points],
        "best": None if family.best is None else family.points[family.best].step,
    }


def curves_csv(found: LearningCurves) -> str:
    """Return one line for each run, task and step; scores in points, as tables print them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["run", "task", "step", "epoch", "score", "low", "high", "best"])
    for panel in found.panels:
        for curve in panel.curves:
            for place, point in enumerate(curve.points):
                writer.writerow(
                    [
                        csv_text(one_line(curve.run)),
                        csv_text(one_line(panel.task.id if panel.task else panel.heading)),
                        point.step,
                        epoch_of(point.epoch),
                        points(point.score),
                        *_ends(point),
                        "yes" if place == curve.best and len(curve.points) > 1 else "",
                    ]
                )
    return text.getvalue().rstrip("\n")


def _ends(point: CurvePoint) -> tuple[str, str]:
    if point.interval is None:
        return "", ""
    return points(point.interval.low), points(point.interval.high)
