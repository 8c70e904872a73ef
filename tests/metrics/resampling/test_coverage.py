"""Intervals hold the truth as often as they say: scripts/simulate_coverage.py, at two sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import average_precision_score

from scripts import simulate_coverage as simulation
from tests.oracles import populations

SCENARIOS = {scenario.name: scenario for scenario in simulation.coverage_scenarios()}
NOT_AS_ADVISED = {
    ("1,000 pairs around sentences", "row"),
    ("1,000 pairs in chains", "row"),
    ("average of overlapping tasks", "row"),
}
"""Where rows are drawn one by one although they hang together: intervals are too short."""


def band(repeats: int) -> float:
    """Three binomial standard errors of a coverage of 95 %."""
    return 3 * math.sqrt(0.95 * 0.05 / repeats)


# --- the truth that is to be covered --------------------------------------------------------------


@pytest.mark.parametrize("rho", [0.5, populations.LOW, populations.HIGH])
def test_the_true_scores_are_those_of_a_huge_sample(rho: float) -> None:
    rng = np.random.default_rng(0)
    gold, cosines = populations.pairs_of(lambda: rng.normal(size=400_000), (rho, rho))
    error = 4 / math.sqrt(400_000)
    spearman = scipy.stats.spearmanr(gold, cosines[0]).statistic
    assert populations.true_spearman(rho) == pytest.approx(spearman, abs=error)


def test_the_true_rank_correlation_without_steps_is_pearsons_formula(monkeypatch) -> None:
    """6 / pi arcsin(rho / 2): with very many steps there are hardly ties."""
    edges = np.array([populations.NORMAL.inv_cdf(k / 400) for k in range(1, 400)])
    monkeypatch.setattr(populations, "EDGES", edges)
    expected = 6 / math.pi * math.asin(0.8 / 2)
    assert populations.true_spearman(0.8) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("apart", [populations.NEAR, populations.FAR])
def test_the_true_average_precision_is_that_of_a_huge_sample(apart: float) -> None:
    labels, cosines = populations.labelled_pairs_of(
        np.random.default_rng(0), 400_000, (apart, apart)
    )
    expected = [average_precision_score(labels, column) for column in cosines]
    found = populations.true_average_precision(apart)
    assert expected == pytest.approx([found] * 2, abs=4 / math.sqrt(400_000))


# --- coverage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["100 pairs", "400 samples, accuracy", "300 pairs with labels"])
def test_intervals_hold_the_truth(name: str) -> None:
    found = simulation.coverage(SCENARIOS[name], repeats=400, resamples=300)["row"]
    assert found.percentile == pytest.approx(0.95, abs=band(400))
    assert found.error == pytest.approx(1, abs=0.12)  # of 400 standard deviations: three errors


def test_shared_pairs_must_be_drawn_together() -> None:
    """The same check fails where it must: two tasks share pairs, and rows are drawn apart."""
    scenario = SCENARIOS["average of overlapping tasks"]
    found = simulation.coverage(scenario, repeats=300, resamples=300)
    assert found["pair"].percentile == pytest.approx(0.95, abs=band(300))
    assert found["row"].percentile < 0.95 - band(300)


# --- at full size ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.full_size
def test_nominal_95_percent_cover_93_to_97() -> None:
    for name, scenario in SCENARIOS.items():
        for drawn_by, found in simulation.coverage(scenario, repeats=1000).items():
            covers = 0.93 <= found.percentile <= 0.97
            assert covers != ((name, drawn_by) in NOT_AS_ADVISED), (name, drawn_by, found)


@pytest.mark.slow
@pytest.mark.full_size
def test_5_percent_of_alarms_are_false() -> None:
    for scenario in simulation.alarm_scenarios():
        for drawn_by, share in simulation.alarms(scenario, repeats=1000).items():
            ignores_units = (scenario.name, drawn_by) == ("300 pairs around sentences", "row")
            assert (0.03 <= share <= 0.07) != ignores_units, (scenario.name, drawn_by, share)
