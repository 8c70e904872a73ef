"""Two-level intervals hold the truth as often as they say: scripts/simulate_families.py, smaller.

Repetitions are few here, and bounds wide: what is excluded are the intervals that were not taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import scipy.stats

from scripts import simulate_families as simulation


def band(repeats: int) -> float:
    """Three and a half binomial standard errors of a coverage of 95 %."""
    return 3.5 * math.sqrt(0.95 * 0.05 / repeats)


def test_the_true_scores_of_runs_are_those_of_a_huge_sample(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(simulation, "PAIRS", 100_000)
    experiment = simulation.Experiment("", (2, 2), (2.0, 2.0), difference=3.0)
    [task], scores = simulation.draw(experiment, np.random.default_rng(0))
    found = [scipy.stats.spearmanr(task.gold, row).statistic for row in task.given]
    assert found == pytest.approx(list(scores), abs=4 / math.sqrt(100_000))


@pytest.mark.parametrize(
    ("runs", "spread", "tasks"), [((3, 3), 1.0, 1), ((2, 5), 3.0, 1), ((5, 5), 1.5, 2)]
)
def test_intervals_hold_the_truth(runs: tuple[int, int], spread: float, tasks: int):
    experiment = simulation.Experiment("", runs, (spread, spread), tasks=tasks)
    found = simulation.shares(experiment, repeats=200, resamples=150)
    assert found.held == pytest.approx(0.955, abs=band(200))
    assert found.below == pytest.approx(found.above, abs=0.08)


def test_a_plain_bootstrap_of_runs_and_pairs_does_not():
    experiment = simulation.Experiment("", (3, 3), (3.0, 3.0))
    found = simulation.shares(experiment, repeats=200, resamples=150, with_others=True)
    assert found.held > 0.955 - band(200)
    assert found.naive < 0.955 - band(200)
    assert found.pairs < 0.75


# --- each experiment of the tables ----------------------------------------------------------------


def each(experiments: Iterable[Any], every: int) -> list[Any]:
    """Every so many of them are tried each time, all of them at full size."""
    return [
        pytest.param(one, marks=[pytest.mark.full_size] if number % every else [])
        for number, one in enumerate(experiments)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("experiment", each(simulation.alarm_experiments(), every=5))
def test_methods_that_are_the_same_are_told_apart_in_one_of_twenty_cases(
    experiment: simulation.Experiment,
):
    assert simulation.shares(experiment, repeats=300, resamples=150).found <= 0.05 + band(300)


COVERED = [
    experiment
    for experiment in simulation.coverage_experiments()
    if experiment.name != "one run" or experiment.runs[1] > 2
]


@pytest.mark.slow
@pytest.mark.parametrize("experiment", each(COVERED, every=7))
def test_nominal_95_percent_cover_as_much(experiment: simulation.Experiment):
    found = simulation.shares(experiment, repeats=300, resamples=150)
    assert found.held == pytest.approx(0.955, abs=band(300))


@pytest.mark.slow
@pytest.mark.parametrize("number", each(range(len(simulation.POWERS)), every=2))
def test_as_many_runs_as_are_needed_find_the_difference(number: int):
    experiment, runs = list(simulation.power_experiments())[number]
    if runs <= 10:
        found = simulation.shares(experiment, repeats=300, resamples=150).found
        # At least 80 %, and the next number beyond that.
        assert 0.72 < found < 0.95
