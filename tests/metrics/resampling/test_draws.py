"""The random numbers, and what is drawn with them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from benchmark.metrics.resampling.kernels.draws import GOLDEN, draw_counts, draw_flips, mix
from tests.oracles import resampling as oracle

PUBLISHED = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]
"""The first outputs for the state 1234567, which implementations of SplitMix64 are checked with."""


def counts_of(resamples: int, starts: list[int], seed: int = 0, first: int = 0) -> np.ndarray:
    counts = np.empty((resamples, starts[-1]), np.int32)
    draw_counts(np.uint64(seed), first, np.array(starts, np.int64), counts)
    return counts


def flips_of(permutations: int, units: int, seed: int = 0, first: int = 0) -> np.ndarray:
    flips = np.empty((permutations, units), np.uint8)
    draw_flips(np.uint64(seed), first, flips)
    return flips


def test_both_generators_are_splitmix64() -> None:
    generator = oracle.SplitMix64(1234567)
    assert [generator.next() for _ in PUBLISHED] == PUBLISHED
    states = [np.uint64((1234567 + (k + 1) * int(GOLDEN)) % 2**64) for k in range(len(PUBLISHED))]
    assert [int(mix(state)) for state in states] == PUBLISHED


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_counts_are_those_of_the_oracle(seed: int) -> None:
    counts = counts_of(5, [0, 7, 8, 30], seed, first=3)
    for number, row in enumerate(counts, start=3):
        generator = oracle.stream(seed, number)
        strata = [range(7), range(7, 8), range(8, 30)]
        drawn = [unit for units in strata for unit in oracle.draw(units, generator)]
        assert row.tolist() == np.bincount(drawn, minlength=30).tolist()


@pytest.mark.parametrize("units", [1, 63, 64, 65, 200])
def test_flips_are_those_of_the_oracle(units: int) -> None:
    flips = flips_of(4, units, seed=5, first=9)
    assert flips.tolist() == [oracle.flips(units, 5, number) for number in range(9, 13)]


def test_every_stratum_is_drawn_as_often_as_it_has_units() -> None:
    counts = counts_of(50, [0, 5, 6, 20])
    assert (counts[:, :5].sum(axis=1) == 5).all()
    assert (counts[:, 5] == 1).all()
    assert (counts[:, 6:].sum(axis=1) == 14).all()


def test_a_draw_depends_on_its_number_alone() -> None:
    np.testing.assert_array_equal(counts_of(10, [0, 40])[4:], counts_of(6, [0, 40], first=4))
    np.testing.assert_array_equal(flips_of(10, 40)[4:], flips_of(6, 40, first=4))
    assert (counts_of(10, [0, 40]) != counts_of(10, [0, 40], seed=1)).any()


def test_counts_are_multinomial() -> None:
    """Chi-square over units, and how often a unit is drawn 0, 1, 2 ... times."""
    units, resamples = 50, 4000
    counts = counts_of(resamples, [0, units])
    assert scipy.stats.chisquare(counts.sum(axis=0)).pvalue > 1e-4
    times = np.bincount(counts.ravel(), minlength=7)[:7]
    expected = scipy.stats.binom.pmf(np.arange(7), units, 1 / units) * counts.size
    # Counts of one resample are not independent, which makes the spread smaller, not larger.
    assert np.sum((times - expected) ** 2 / expected) < scipy.stats.chi2.ppf(1 - 1e-4, 6)


def test_draws_that_follow_each_other_are_not_alike() -> None:
    counts = counts_of(500, [0, 100]).astype(float)
    assert abs(np.corrcoef(counts[:-1].ravel(), counts[1:].ravel())[0, 1]) < 4 / np.sqrt(50_000)


def test_coins_are_fair_and_independent() -> None:
    flips = flips_of(2000, 130).astype(float)
    error = 0.5 / np.sqrt(flips.size)
    assert abs(flips.mean() - 0.5) < 4 * error
    assert np.abs(flips.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(2000)
    correlations = np.corrcoef(flips.T)[np.triu_indices(130, 1)]
    assert np.abs(correlations).max() < 6 / np.sqrt(2000)
