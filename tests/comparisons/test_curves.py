"""Learning curves: intervals and tests are those of other verbs, families those of the library."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pytest

import benchmark
from benchmark.comparisons.curves import learning_curves
from benchmark.errors import UnreadableRecord, UsageError
from benchmark.leaderboard import make_leaderboard
from benchmark.results import collect
from benchmark.results.history import families_of_histories, read_histories
from benchmark.tasks import table
from tests.comparisons.histories import DEV, write_history, write_step
from tests.comparisons.made_up import gold_scores, noisy

STEPS = (0, 125, 250, 375, 500)
STS = tuple(task.id for task in table("sts"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is best before its end."""
    place = tmp_path_factory.mktemp("curve") / "evaluation"
    for step, noise in zip(STEPS, (1.0, 0.6, 0.3, 0.24, 0.35), strict=True):
        gold = gold_scores(200)
        write_step(place, "x", step, {DEV: (noisy(gold, noise, seed=3), gold)}, epoch=step / 100)
    return place


def test_a_curve_has_the_recorded_scores(folder: Path):
    [panel] = benchmark.curve(folder, resamples=200).panels
    [curve] = panel.curves
    recorded = {run[DEV].training.step: run[DEV].main_score for run in benchmark.records(folder)}
    assert {point.step: point.score for point in curve.points} == recorded
    assert [point.epoch for point in curve.points] == [0.0, 1.25, 2.5, 3.75, 5.0]
    assert (panel.heading, panel.rows, panel.data) == ("STS-B dev", 200, "STSBenchmark dev")
    assert curve.best_point.score == max(recorded.values())
    assert not panel.chosen_on_test


def test_intervals_are_those_of_a_leaderboard(folder: Path):
    """Steps that share resamples have the interval that each has alone."""
    [panel] = benchmark.curve(folder).panels
    runs = collect([folder])
    board, _ = make_leaderboard("sts-dev", runs, named=[r.records[DEV].path for r in runs])
    expected = {row.model: row.cells[DEV].interval for row in board.measured}
    assert len(expected) == len(STEPS)
    for point in panel.curves[0].points:
        assert point.interval is not None
        known = expected[point.model]
        assert point.interval.low == pytest.approx(known.low, abs=1e-6)
        assert point.interval.high == pytest.approx(known.high, abs=1e-6)


def test_two_steps_alone_are_tested_as_in_a_comparison(folder: Path):
    [panel] = benchmark.curve(folder, resamples=500).panels
    [curve] = panel.curves
    assert [test.which for test in curve.against] == ["last", "first"]
    for test in curve.against:
        models = [curve.best_point.model, f"x/step-{test.step}"]
        compared = benchmark.compare(folder, models=models, resamples=500).groups[0].tasks[0]
        assert test.p_value == compared.outcome.p_value
        assert test.difference.value == pytest.approx(compared.outcome.difference, abs=1e-12)
        assert test.difference.interval.low == pytest.approx(compared.outcome.interval.low)


def test_the_luck_of_the_choice_makes_a_difference_less_sure(folder: Path):
    [panel] = benchmark.curve(folder, resamples=2000).panels
    last, first = panel.curves[0].against
    assert first.chosen_p_value < 0.01
    assert last.chosen_p_value > last.p_value / 2  # one-sided against two-sided


def test_a_run_that_is_best_at_its_end_is_tested_against_its_beginning_alone(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125, 250))
    [curve] = benchmark.curve(tmp_path, resamples=200).panels[0].curves
    assert curve.best == 2
    assert [test.which for test in curve.against] == ["first"]


def test_a_single_step_is_a_curve_without_a_best(tmp_path: Path):
    write_history(tmp_path, "x", (125,))
    [curve] = benchmark.curve(tmp_path, resamples=200).panels[0].curves
    assert (curve.best, curve.against) == (0, ())
    assert curve.points[0].interval is not None


def test_a_whole_table_has_its_average_as_the_papers_print_it(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125, 250), tasks=STS, rows=80)
    found = benchmark.curve(tmp_path, resamples=100)
    assert [panel.heading for panel in found.panels][-1] == "average of sts"
    average = found.panels[-1]
    assert average.over == STS
    assert average.rows == 7 * 80
    assert average.chosen_on_test
    for run, point in zip(collect([tmp_path]), average.curves[0].points, strict=True):
        assert 100 * point.score == pytest.approx(run.average("sts"))
        assert point.score in point.interval
    board, _ = make_leaderboard("sts", collect([tmp_path])[-1:])
    whole = benchmark.curve(tmp_path).panels[-1].curves[0].points[-1].interval
    assert whole.low == pytest.approx(board.measured[0].average.interval.low, abs=1e-6)


def test_steps_may_have_different_tasks(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125, 250), tasks=("STS12", "STS13"), rows=80)
    write_history(tmp_path, "x", (375,), tasks=("STS12",), rows=80)
    first, second = benchmark.curve(tmp_path, resamples=100).panels
    assert [point.step for point in first.curves[0].points] == [0, 125, 250, 375]
    assert [point.step for point in second.curves[0].points] == [0, 125, 250]
    assert all(point.interval for panel in (first, second) for point in panel.curves[0].points)


def test_tasks_are_chosen_as_elsewhere(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125), tasks=(DEV, "STS12"), rows=80)
    assert [p.task.id for p in benchmark.curve(tmp_path, tasks="sts", resamples=50).panels] == [
        "STS12"
    ]
    with pytest.raises(UsageError, match="no step has a score of these `tasks`"):
        benchmark.curve(tmp_path, tasks="STS13", resamples=50)


def test_a_family_has_mean_and_deviation_of_the_steps_that_all_runs_have(tmp_path: Path):
    for seed, steps in enumerate([(0, 125, 250), (0, 125, 250), (0, 250)]):
        place = tmp_path / "m" / f"seed-{seed}" / "evaluation"
        write_history(place, f"seed-{seed}", steps, seed=seed)
    [panel] = benchmark.curve(tmp_path, resamples=50).panels
    [family] = panel.families
    assert panel.alone == []
    assert [point.step for point in family.points] == [0, 250]
    for point in family.points:
        scores = [p.score for curve in family.curves for p in curve.points if p.step == point.step]
        assert point.spread.mean == pytest.approx(np.mean(scores))
        assert point.spread.deviation == pytest.approx(statistics.stdev(scores))


def test_runs_are_named_and_globbed(tmp_path: Path):
    for run in ("a-1", "a-2", "b"):
        write_history(tmp_path / run / "evaluation", run, (0, 125), rows=60)

    def named(*names: str) -> list[str]:
        found = benchmark.curve(tmp_path, runs=names, resamples=40)
        return [curve.run for curve in found.panels[0].curves]

    assert named("b", "a-1") == ["b", "a-1"]
    assert named("a-*") == ["a-1", "a-2"]
    with pytest.raises(UsageError, match=r"`runs` a-3: there is no such training run \(did you"):
        named("a-3")


def test_steps_that_answer_different_questions_are_no_curve(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125), rows=60)
    histories = read_histories([tmp_path])
    changed = histories[0].steps[1].scored[DEV]
    other = changed.signature.replace("data:", "data:ff")
    object.__setattr__(changed, "signature", other)
    with pytest.raises(UsageError, match="answer different questions"):
        learning_curves(histories)


def test_without_predictions_there_are_scores_alone_and_it_is_said(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125), rows=60, predictions_sha256=None)
    found = benchmark.curve(tmp_path, resamples=50)
    [curve] = found.panels[0].curves
    assert [point.interval for point in curve.points] == [None, None]
    assert curve.untested == "its records keep no predictions"
    assert "no intervals of x: its records keep no predictions" in str(found)


def test_damaged_predictions_are_refused(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125), rows=60)
    next(tmp_path.glob("x__step-125/*/*.npy")).write_bytes(b"nothing")
    with pytest.raises(UnreadableRecord):
        benchmark.curve(tmp_path, resamples=50)


def test_a_folder_without_a_history_is_refused(tmp_path: Path):
    from tests.comparisons.made_up import store

    gold = gold_scores(60)
    store(tmp_path, "x", {DEV: (noisy(gold, 0.3, 1), gold)})
    with pytest.raises(UsageError, match="no record says of which step"):
        benchmark.curve(tmp_path)
    with pytest.raises(UsageError, match="name folders of training runs"):
        benchmark.curve()


def test_families_and_remarks_come_along(tmp_path: Path):
    write_history(tmp_path, "x", (0, 125, 250, 625), rows=60)
    found = learning_curves(read_histories([tmp_path]), families_of_histories([]))
    assert found.remarks == ("x: no record between steps 250 and 625; others are 125 apart",)
    assert repr(found) == "<LearningCurves of x>"
