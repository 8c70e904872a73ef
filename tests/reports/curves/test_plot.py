"""Plots of learning curves: what is drawn, how lines are called, pictures that can be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import benchmark
from benchmark.comparisons import LearningCurves
from benchmark.reports.curves.plot import curve_plots, curves_picture
from tests.comparisons.histories import DEV, write_history

STEPS = (0, 250, 500, 750)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> LearningCurves:
    """A run on two tasks, and another with three seeds on one of them."""
    folder = tmp_path_factory.mktemp("plots")
    write_history(folder / "x/evaluation", "x", STEPS, tasks=(DEV, "STS12"), rows=80)
    for seed in range(3):
        place = folder / f"m/seed-{seed}/evaluation"
        write_history(place, f"seed-{seed}", STEPS, rows=80, seed=seed)
    return benchmark.curve(folder, resamples=50)


def values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = spec["data"]["values"]
    return points


def test_a_panel_for_each_task_says_task_data_and_pairs(found: LearningCurves):
    first, second = curve_plots(found)
    assert first.title == "STS12: Spearman's correlation x 100"
    assert first.text.startswith("STS12 test, 80 pairs. Band: 95 % interval of a run.")
    assert first.text.endswith("This is test data: choose no step by it.")
    assert second.text.startswith("STSBenchmark dev, 80 pairs. Band: 95 % interval of a run; ± one")
    assert second.text.endswith("Diamond: the best step, chosen by these very scores.")


def test_a_run_is_drawn_with_its_scores_and_intervals(found: LearningCurves):
    plot, [curve] = curve_plots(found)[0], found.panels[0].curves
    for drawn, point in zip(values(plot.spec), curve.points, strict=True):
        assert drawn["step"] == point.step
        assert drawn["score"] == pytest.approx(100 * point.score, abs=1e-4)
        assert drawn["low"] == pytest.approx(100 * point.interval.low, abs=1e-4)
        assert drawn["high"] == pytest.approx(100 * point.interval.high, abs=1e-4)
    marked = [drawn["step"] for drawn in values(plot.spec) if drawn["mark"]]
    assert marked == [curve.best_point.step]


def test_a_family_is_its_mean_with_a_deviation_and_its_runs(found: LearningCurves):
    plot, [family] = curve_plots(found)[1], found.panels[1].families
    of_family = [one for one in values(plot.spec) if one["run"] == "m (mean of 3)"]
    assert len([one for one in of_family if one["member"]]) == 3 * len(STEPS)
    means = [one for one in of_family if not one["member"]]
    for drawn, point in zip(means, family.points, strict=True):
        assert drawn["high"] - drawn["score"] == pytest.approx(
            100 * (point.spread.deviation or 0), abs=1e-3
        )
    assert len({one["line"] for one in of_family}) == 4


def test_a_run_has_its_colour_in_every_panel(found: LearningCurves):
    def colours(spec: dict[str, Any]) -> dict[str, str]:
        scale = spec["encoding"]["color"]["scale"]
        names = [key.split(":")[0] for key in scale["domain"]]
        return dict(zip(names, scale["range"], strict=True))

    first, second = (colours(plot.spec) for plot in curve_plots(found))
    assert first["x"] == second["x"]
    assert second["x"] != second["m (mean of 3)"]


@pytest.mark.parametrize(("behind", "numbered"), [("", False), ("n" * 40, True)])
def test_long_names_that_are_alike_stay_two_lines(tmp_path: Path, behind: str, numbered: bool):
    """They are cut in the middle: only what differs there needs a number."""
    for letter in "ab":
        write_history(tmp_path, "n" * 40 + letter + behind, STEPS, rows=40)
    [plot] = curve_plots(benchmark.curve(tmp_path, resamples=50))
    assert len({one["key"] for one in values(plot.spec)}) == 2
    assert len({one["line"] for one in values(plot.spec)}) == 2
    assert any(" #2: best" in one["key"] for one in values(plot.spec)) is numbered


def test_a_picture_says_what_it_shows_and_misses_nothing(found: LearningCurves):
    pytest.importorskip("vl_convert")
    svg = curves_picture(found, "svg").decode()
    for words in ("STS-B dev: Spearman", "STS12: Spearman", "x: best", "m (mean of 3): best"):
        assert words in svg
    assert not re.search(r"var\(--|NaN|undefined|null", svg)


def test_a_picture_of_a_run_called_like_a_colour(tmp_path: Path):
    pytest.importorskip("vl_convert")
    write_history(tmp_path, "var(--no-such-colour)", STEPS, rows=30)
    svg = curves_picture(benchmark.curve(tmp_path, resamples=50), "svg").decode()
    assert "var(--no-such-colour): best" in svg


def test_a_hundred_steps_are_drawn_small(tmp_path: Path):
    write_history(tmp_path, "x", range(0, 2000, 20), rows=30)
    [plot] = curve_plots(benchmark.curve(tmp_path, resamples=50))
    assert plot.spec["layer"][3]["mark"]["size"] == 16
