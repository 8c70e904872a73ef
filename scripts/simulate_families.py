"""Does the comparison of two sets of training runs hold what it promises?

    python scripts/simulate_families.py [--repeats 1000] [--only WORDS]

Draws two methods again and again: runs whose true scores vary by a known amount around a known
mean, and gold and cosines of all of them on the same pairs. Three tables: how often the 95 %
interval of the difference of the means holds the truth, beside two that were not taken (a plain
bootstrap of runs and pairs, and the interval of pairs alone); how often p is at most 5 % although
both methods are the same; and how often a difference is found with as many runs as
`benchmark.metrics.resampling.needed` asks for. One core, seven minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.metrics.resampling import (
    Observations,
    bootstrap,
    compare_two_level,
    needed,
    observations,
)
from tests.oracles.populations import EDGES, true_spearman

Floats = NDArray[np.float64]

HALF, OF_METHOD, OWN = 0.5, 0.3, 0.2
"""What a cosine has beside gold: shares of all models, of all runs of a method, of each run."""
PAIRS, CENTRE = 300, 0.75
"""Pairs of a task, and the mean score of the two methods."""
ERROR = 0.020
"""About the standard error of the difference of two methods from that many pairs."""


@dataclass(frozen=True)
class Experiment:
    """Two methods, and what is done with them.

    Attributes:
        name: of the scenario.
        runs: of each method.
        deviations: of the true scores of each method's runs, in `ERROR`s.
        difference: of the two means, likewise.
        tasks: of `PAIRS` each, half of them shared by two.
    """

    name: str
    runs: tuple[int, int]
    deviations: tuple[float, float]
    difference: float = 1.0
    tasks: int = 1

    @property
    def truth(self) -> float:
        """The difference that intervals should hold."""
        return ERROR * self.difference


@cache
def _curve() -> tuple[Floats, Floats]:
    """Return correlations before the cut, and the true scores that they give."""
    rhos = np.linspace(0.35, 0.995, 44)
    return rhos, np.array([true_spearman(rho) for rho in rhos])


def draw(experiment: Experiment, rng: np.random.Generator) -> tuple[list[Observations], Floats]:
    """Return what all runs gave, and the (runs,) true scores of the average."""
    centres = np.repeat(
        [CENTRE + experiment.truth / 2, CENTRE - experiment.truth / 2], experiment.runs
    )
    spread = np.repeat(np.multiply(experiment.deviations, ERROR), experiment.runs)
    scores = centres + spread * rng.normal(size=sum(experiment.runs))
    rhos = np.interp(scores, *_curve()[::-1])
    count = PAIRS if experiment.tasks == 1 else PAIRS * (experiment.tasks + 1) // 2
    gold, of_all = rng.normal(size=(2, count))
    methods = np.repeat(rng.normal(size=(2, count)), experiment.runs, axis=0)
    own = rng.normal(size=(len(rhos), count))
    beside = np.sqrt(HALF) * of_all + np.sqrt(OF_METHOD) * methods + np.sqrt(OWN) * own
    cosines = rhos[:, None] * gold + np.sqrt(1 - rhos**2)[:, None] * beside
    steps = np.digitize(gold, EDGES).astype(np.float64)
    starts = [PAIRS // 2 * task for task in range(experiment.tasks)]
    parts = [np.arange(start, start + PAIRS) for start in starts]
    return [observations(steps[part], list(cosines[:, part]), part) for part in parts], scores


# --- counting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shares:
    """Of repetitions.

    Attributes:
        held: whose interval held the truth.
        below, above: where the truth was below or above it.
        naive: whose percentile interval of runs and pairs drawn together held it; NaN if not asked.
        pairs: whose interval of the pairs alone held it, likewise.
        found: where p was at most 5 %.
    """

    held: float
    below: float
    above: float
    naive: float
    pairs: float
    found: float


def shares(
    experiment: Experiment, repeats: int, resamples: int = 300, *, with_others: bool = False
) -> Shares:
    """Return what happened. With one run on a side the truth is it less another run."""
    rng = np.random.default_rng(0)
    first, alone = experiment.runs[0], 1 in experiment.runs
    rows = []
    for repeat in range(repeats):
        tasks, scores = draw(experiment, rng)
        found = compare_two_level(tasks, first, resamples=resamples, seed=repeat, threads=1).average
        truth = experiment.truth
        if alone:  # of the one checkpoint less a run that nobody has seen
            another = CENTRE - experiment.truth / 2
            another += experiment.deviations[1] * ERROR * rng.normal()
            truth = scores[0] - another
        others = (np.nan, np.nan)
        if with_others:
            others = _others(tasks, first, truth, resamples, repeat)
        low, high = found.interval.low, found.interval.high
        rows.append((truth < low, truth > high, *others, found.p_value <= 0.05))
    below, above, naive, pairs, shown = np.mean(np.array(rows, np.float64), axis=0)
    return Shares(1 - below - above, below, above, naive, pairs, shown)


def _others(
    tasks: list[Observations], first: int, truth: float, resamples: int, seed: int
) -> tuple[float, float]:
    """Tell whether the two intervals that were not taken hold the truth."""
    replicates = bootstrap(tasks, resamples=resamples, seed=seed, threads=1).replicates.mean(axis=1)
    rng = np.random.default_rng(seed)
    sides = replicates[:, :first], replicates[:, first:]
    drawn = [
        np.take_along_axis(side, rng.integers(0, side.shape[1], side.shape), axis=1)
        for side in sides
    ]
    ends = [np.quantile(a.mean(axis=1) - b.mean(axis=1), [0.025, 0.975]) for a, b in (drawn, sides)]
    naive, pairs = (float(low <= truth <= high) for low, high in ends)
    return naive, pairs


# --- what is tried --------------------------------------------------------------------------------

NUMBERS = ((2, 2), (2, 3), (3, 3), (2, 5), (5, 5), (2, 10), (3, 10), (10, 10))
SPREADS = (0.0, 0.5, 1.0, 3.0)
"""Standard deviations of a method's runs, in standard errors from the pairs."""


def coverage_experiments() -> Iterator[Experiment]:
    """Yield what the first table shows."""
    for runs in NUMBERS:
        for spread in SPREADS:
            yield Experiment("one task", runs, (spread, spread))
    for runs in ((2, 2), (3, 5), (5, 5)):
        for spread in (0.5, 1.5):
            yield Experiment("average of two tasks", runs, (spread, spread), tasks=2)
    for runs in ((3, 3), (5, 5), (3, 10), (2, 10)):
        yield Experiment("unequal spread", runs, (2.0, 1.0))
    for runs in ((1, 2), (1, 3), (1, 5), (1, 10)):
        for spread in (0.5, 1.0, 3.0):
            yield Experiment("one run", runs, (spread, spread))


def alarm_experiments() -> Iterator[Experiment]:
    """Yield what the second table shows: methods that score the same."""
    for runs in ((2, 2), (3, 3), (5, 5), (2, 10), (10, 10)):
        for spread in (0.5, 2.0):
            yield Experiment("the same method", runs, (spread, spread), difference=0.0)


POWERS = ((6.0, 3.0), (4.0, 2.0), (3.5, 3.0), (3.5, 1.0))
"""Differences, and spreads of runs, of the third table."""


def shared_variance(repeats: int = 400) -> float:
    """Return the variance of the difference of two methods from the pairs alone."""
    experiment = Experiment("", (20, 20), (0.0, 0.0), 0.0)
    rng = np.random.default_rng(1)
    found = []
    for _ in range(repeats):
        tasks, _ = draw(experiment, rng)
        once = bootstrap(tasks, resamples=2, threads=1).scores[0]
        own = once[:20].var(ddof=1) / 20 + once[20:].var(ddof=1) / 20
        found.append((once[:20].mean() - once[20:].mean(), own))
    differences, own_parts = np.array(found).T
    return float(differences.var(ddof=1) - own_parts.mean())


def own_variance(repeats: int = 400) -> float:
    """Return the variance of a run's score from its own luck with the pairs."""
    experiment = Experiment("", (20, 20), (0.0, 0.0), 0.0)
    rng = np.random.default_rng(2)
    scores = []
    for _ in range(repeats):
        tasks, _ = draw(experiment, rng)
        scores.append(bootstrap(tasks, resamples=2, threads=1).scores[0][:20].var(ddof=1))
    return float(np.mean(scores))


def power_experiments() -> Iterator[tuple[Experiment, int]]:
    """Yield experiments with as many runs as are needed, and that number."""
    shared, own = shared_variance(), own_variance()
    for difference, spread in POWERS:
        variance = (spread * ERROR) ** 2 + own
        runs = needed(difference * ERROR, (variance, variance), shared).runs
        assert runs is not None, (difference, spread, shared)
        yield Experiment("power", (runs, runs), (spread, spread), difference), runs


# --- printing -------------------------------------------------------------------------------------


def main() -> int:
    """Run the simulation and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--only", default="", help="scenarios whose name has these words")
    arguments = parser.parse_args()
    error = 100 * np.sqrt(0.95 * 0.05 / arguments.repeats)
    print(f"{arguments.repeats:,} repetitions; a share near 95 % or 5 % is known to ±{error:.1f}\n")
    for headings, rows in TABLES:
        found = list(rows(arguments.repeats, arguments.only))
        if found:
            print(tabulate(found, headings, tablefmt="github", disable_numparse=True), end="\n\n")
    return 0


def _percents(*found: float) -> list[str]:
    return [f"{100 * share:.1f}" for share in found]


def _named(experiment: Experiment) -> list[str]:
    a, b = experiment.runs
    spreads = " and ".join(f"{spread:g}" for spread in dict.fromkeys(experiment.deviations))
    return [experiment.name, f"{a} and {b}", spreads]


def coverage_rows(repeats: int, only: str) -> Iterator[list[Any]]:
    """Yield the rows of the first table."""
    for experiment in coverage_experiments():
        if only in experiment.name:
            s = shares(experiment, repeats, with_others=1 not in experiment.runs)
            yield [*_named(experiment), *_percents(s.held, s.below, s.above, s.naive, s.pairs)]


def alarm_rows(repeats: int, only: str) -> Iterator[list[Any]]:
    """Yield the rows of the second table."""
    for experiment in alarm_experiments():
        if only in experiment.name:
            yield [*_named(experiment), *_percents(shares(experiment, repeats).found)]


def power_rows(repeats: int, only: str) -> Iterator[list[Any]]:
    """Yield the rows of the third table."""
    if only not in "power":
        return
    for experiment, runs in power_experiments():
        fewer = replace(experiment, runs=(runs - 1, runs - 1))
        found = shares(experiment, repeats).found
        before = shares(fewer, repeats).found if runs > 2 else np.nan
        _, _, spread = _named(experiment)
        yield [f"{experiment.difference:g}", spread, str(runs), *_percents(found, before)]


Rows = Callable[[int, str], Iterator[list[Any]]]
TABLES: list[tuple[list[str], Rows]] = [
    (["scenario", "runs", "spread", "held", "below", "above", "naive", "pairs"], coverage_rows),
    (["scenario", "runs", "spread", "p <= 0.05"], alarm_rows),
    (["difference", "spread", "runs needed", "found", "with one fewer"], power_rows),
]


if __name__ == "__main__":
    sys.exit(main())
