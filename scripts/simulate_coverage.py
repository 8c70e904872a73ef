"""How often do the intervals hold the truth, and how often does the test cry wolf?

    python scripts/simulate_coverage.py [--repeats 1000] [--only WORDS]

Draws samples again and again from populations whose true scores follow from a formula, and counts
how often a nominal 95 % interval of the difference of two models holds the true difference. Gold
is a normal variable cut into 26 steps with the many ties of an STS task, a model's cosine is
another one that correlates with it. Then the same for the exchange test: how often is p at most
5 % although the two models score the same? The first table also has BCa intervals, which were not
taken (docs/significance.md says why). One core, two minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.metrics.resampling import (
    ACCURACY,
    AVERAGE_PRECISION,
    SPEARMAN,
    Observations,
    Statistic,
    bootstrap,
    exchange_test,
    observations,
    sentence_units,
)
from benchmark.metrics.resampling.units import lay_out
from tests.oracles.populations import (
    FAR,
    HIGH,
    LOW,
    NEAR,
    NORMAL,
    SHARED,
    grouped,
    labelled_pairs_of,
    pairs_of,
    repeats_of,
    true_average_precision,
    true_spearman,
)

Floats = NDArray[np.float64]
Samples = Mapping[str, list[Observations]]
"""The tasks of one repetition, by how their rows are drawn."""

# --- scenarios ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """Samples to draw, and the true difference of the two models."""

    name: str
    draw: Callable[[np.random.Generator], Samples]
    difference: float
    statistic: Statistic = SPEARMAN


def independent(count: int) -> Callable[[np.random.Generator], Samples]:
    """Draw pairs that have nothing in common."""

    def draw(rng: np.random.Generator) -> Samples:
        return {"row": [observations(*pairs_of(lambda: rng.normal(size=count)))]}

    return draw


def classified(rng: np.random.Generator) -> Samples:
    """Two classifiers with accuracies of 0.85 and 0.80, often wrong on the same samples."""
    both = rng.normal(size=400)
    right = [
        np.sqrt(SHARED) * both + np.sqrt(1 - SHARED) * rng.normal(size=400) < NORMAL.inv_cdf(share)
        for share in (0.85, 0.80)
    ]
    return {"row": [observations(np.ones(400, np.int64), [r.astype(np.int64) for r in right])]}


def labelled(rng: np.random.Generator) -> Samples:
    """Pairs with labels, three tenths of them 1."""
    return {"row": [observations(*labelled_pairs_of(rng, 300))]}


def around_sentences(rng: np.random.Generator) -> Samples:
    """Pairs that stand around sentences, each with a second sentence of its own."""
    units = repeats_of(1000)
    gold, cosines = pairs_of(grouped(rng, units))
    return {
        "sentence": [observations(gold, cosines, units)],
        "row": [observations(gold, cosines)],
    }


def chained(rng: np.random.Generator) -> Samples:
    """Pairs whose two sentences both have their effect; a tenth link two frequent sentences."""
    first = repeats_of(1000)
    second = first.max() + 1 + np.arange(len(first))
    links = rng.random(len(first)) < 0.1
    second[links] = rng.choice(first, links.sum())
    second[second == first] = second.max() + 1

    def noise() -> Floats:
        effects = rng.normal(size=second.max() + 1)
        return np.asarray(np.sqrt(0.5) * (effects[first] + effects[second]))

    gold, cosines = pairs_of(noise)
    rows = [(str(a), str(b)) for a, b in zip(first, second, strict=True)]
    return {
        "sentence": [observations(gold, cosines, sentence_units([rows])[0])],
        "row": [observations(gold, cosines)],
    }


def overlapping(rng: np.random.Generator) -> Samples:
    """Two tasks of 300 pairs, 150 of which they share."""
    gold, cosines = pairs_of(lambda: rng.normal(size=450))
    parts = np.arange(300), np.arange(150, 450)
    return {
        "pair": [observations(gold[p], [c[p] for c in cosines], p) for p in parts],
        "row": [observations(gold[p], [c[p] for c in cosines]) for p in parts],
    }


def even(rng: np.random.Generator) -> Samples:
    """Two models that score the same in the same manner."""
    return {"row": [observations(*pairs_of(lambda: rng.normal(size=300), (HIGH, HIGH)))]}


def even_labelled(rng: np.random.Generator) -> Samples:
    """The same of pairs with labels."""
    return {"row": [observations(*labelled_pairs_of(rng, 300, (FAR, FAR)))]}


def even_around_sentences(rng: np.random.Generator) -> Samples:
    """The same, on pairs that stand around sentences."""
    units = repeats_of(300)
    gold, cosines = pairs_of(grouped(rng, units), (HIGH, HIGH))
    return {"sentence": [observations(gold, cosines, units)], "row": [observations(gold, cosines)]}


def uneven() -> Callable[[np.random.Generator], Samples]:
    """Two models that score the same, the second very well on half the pairs, badly on others."""
    from scipy import optimize

    above = 0.97
    wanted = 2 * true_spearman(HIGH) - true_spearman(above)
    below = optimize.brentq(lambda rho: true_spearman(rho) - wanted, 0.0, above, xtol=1e-6)

    def draw(rng: np.random.Generator) -> Samples:
        mixed = np.where(rng.random(300) < 0.5, above, below)
        return {"row": [observations(*pairs_of(lambda: rng.normal(size=300), (HIGH, mixed)))]}

    return draw


def coverage_scenarios() -> list[Scenario]:
    """Return what the first table shows."""
    ranks = true_spearman(HIGH) - true_spearman(LOW)
    labels = true_average_precision(FAR) - true_average_precision(NEAR)
    return [
        Scenario("100 pairs", independent(100), ranks),
        Scenario("400 pairs", independent(400), ranks),
        Scenario("400 samples, accuracy", classified, 0.05, ACCURACY),
        Scenario("300 pairs with labels", labelled, labels, AVERAGE_PRECISION),
        Scenario("1,000 pairs around sentences", around_sentences, ranks),
        Scenario("1,000 pairs in chains", chained, ranks),
        Scenario("average of overlapping tasks", overlapping, ranks),
    ]


def alarm_scenarios() -> list[Scenario]:
    """Return what the second table shows."""
    return [
        Scenario("300 pairs, the same manner", even, 0.0),
        Scenario("300 pairs with labels", even_labelled, 0.0, AVERAGE_PRECISION),
        Scenario("300 pairs around sentences", even_around_sentences, 0.0),
        Scenario("300 pairs, another manner", uneven(), 0.0),
    ]


# --- counting -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """Shares of repetitions.

    Attributes:
        percentile: whose percentile interval held the truth.
        below, above: where the truth was below or above it.
        bca: whose BCa interval held the truth; NaN if not asked for.
        error: mean bootstrap standard error over the true one.
    """

    percentile: float
    below: float
    above: float
    bca: float
    error: float


def coverage(
    scenario: Scenario, repeats: int, resamples: int = 1000, *, with_bca: bool = False
) -> dict[str, Coverage]:
    """Return what happened, by how rows were drawn.

    Args:
        scenario: what to draw from.
        repeats: samples to draw.
        resamples: of each bootstrap; fewer than in use, which costs a little coverage.
        with_bca: try BCa intervals, too.
    """
    rng = np.random.default_rng(0)
    found: dict[str, list[tuple[float, ...]]] = {}
    for repeat in range(repeats):
        for drawn_by, tasks in scenario.draw(rng).items():
            resampled = bootstrap(
                tasks, scenario.statistic, resamples=resamples, seed=repeat, threads=1
            )
            estimate = resampled.difference(0, 1)
            low, high = estimate.interval.low, estimate.interval.high
            held = np.nan
            if with_bca:
                means = resampled.replicates.mean(axis=1)
                ends = bca(means[:, 0] - means[:, 1], estimate.value, tasks, scenario.statistic)
                held = float(ends[0] <= scenario.difference <= ends[1])
            row = scenario.difference < low, scenario.difference > high, held
            found.setdefault(drawn_by, []).append((*row, estimate.standard_error, estimate.value))
    return {drawn_by: _coverage(np.array(rows, np.float64)) for drawn_by, rows in found.items()}


def _coverage(rows: Floats) -> Coverage:
    below, above, held, error, _ = rows.mean(axis=0)
    return Coverage(1 - below - above, below, above, held, error / rows[:, 4].std(ddof=1))


def bca(
    replicates: Floats, estimate: float, tasks: list[Observations], statistic: Statistic
) -> tuple[float, float]:
    """Return the ends of the 95 % BCa interval (Efron 1987), by leaving out each unit once."""
    layout = lay_out(tasks)
    counts = 1 - np.eye(layout.count, dtype=np.int32)
    scores = np.mean(
        [
            statistic.weighted(task, units, layout.count)(counts)
            for task, units in zip(tasks, layout.rows, strict=True)
        ],
        axis=0,
    )
    without = scores[:, 0] - scores[:, 1]
    away = without.mean() - without
    acceleration = np.sum(away**3) / (6 * np.sum(away**2) ** 1.5)
    bias = NORMAL.inv_cdf(float(np.mean(replicates < estimate)))
    shifted = bias + np.array([NORMAL.inv_cdf(0.025), NORMAL.inv_cdf(0.975)])
    places = [NORMAL.cdf(s) for s in bias + shifted / (1 - acceleration * shifted)]
    low, high = np.quantile(replicates, places)
    return float(low), float(high)


def alarms(scenario: Scenario, repeats: int, permutations: int = 999) -> dict[str, float]:
    """Return how often p was at most 0.05, by how rows were drawn."""
    rng = np.random.default_rng(0)
    found: dict[str, list[bool]] = {}
    for repeat in range(repeats):
        for drawn_by, tasks in scenario.draw(rng).items():
            test = exchange_test(
                tasks, scenario.statistic, permutations=permutations, seed=repeat, threads=1
            )
            found.setdefault(drawn_by, []).append(test.average <= 0.05)
    return {drawn_by: float(np.mean(rows)) for drawn_by, rows in found.items()}


# --- printing -------------------------------------------------------------------------------------


def main() -> int:
    """Run the simulation and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--only", default="", help="scenarios whose name has these words")
    arguments = parser.parse_args()
    error = 100 * np.sqrt(0.95 * 0.05 / arguments.repeats)
    print(f"{arguments.repeats:,} repetitions; a share near 95 % or 5 % is known to ±{error:.1f}\n")
    headings = ["scenario", "drawn by", "percentile", "below", "above", "BCa", "error/true"]
    print(table(headings, coverage_rows(arguments.repeats, arguments.only)), end="\n\n")
    print(
        table(
            ["scenario", "exchanged by", "p <= 0.05"], alarm_rows(arguments.repeats, arguments.only)
        )
    )
    return 0


def coverage_rows(repeats: int, only: str) -> Iterator[list[Any]]:
    """Yield the rows of the first table."""
    for scenario in coverage_scenarios():
        if only in scenario.name:
            for drawn_by, found in coverage(scenario, repeats, with_bca=True).items():
                shares = found.percentile, found.below, found.above, found.bca
                percents = [f"{100 * share:.1f}" for share in shares]
                yield [scenario.name, drawn_by, *percents, f"{found.error:.3f}"]


def alarm_rows(repeats: int, only: str) -> Iterator[list[Any]]:
    """Yield the rows of the second table."""
    for scenario in alarm_scenarios():
        if only in scenario.name:
            for drawn_by, share in alarms(scenario, repeats).items():
                yield [scenario.name, drawn_by, f"{100 * share:.1f}"]


def table(headings: list[str], rows: Iterator[list[Any]]) -> str:
    """Lay out a table."""
    return tabulate(list(rows), headings, tablefmt="github", disable_numparse=True)


if __name__ == "__main__":
    sys.exit(main())
