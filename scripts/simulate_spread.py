"""How often do the intervals of families hold the truth? The table of docs/prompts.md.

    python scripts/simulate_spread.py [--repeats 400] [--only WORDS]

Draws samples again and again from populations of encoders under several settings (prompts), whose
true scores follow from a formula: how the settings of one encoder spread, what the setting that is
best on the other tasks gains on a task that was held out, and how the rankings of several encoders
agree from setting to setting. One core, some minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.metrics.resampling import Interval, Observations, bootstrap, observations
from benchmark.metrics.resampling.intervals import percentile
from benchmark.metrics.resampling.settings import (
    agreement_interval,
    held_out,
    rank_agreement,
    reliability,
    spread_interval,
    spreads_of,
)
from tests.oracles.populations import EDGES, true_spearman

Floats = NDArray[np.float64]
TASKS, PAIRS = 5, 250
SHARED = 0.7
"""Of what an encoder misses, the part that is the same under all settings and for all encoders."""

FAMILIES: Mapping[str, tuple[float, ...]] = {
    "wide": (0.60, 0.66, 0.70, 0.74, 0.78, 0.80),
    "narrow": (0.76, 0.77, 0.775, 0.78, 0.785, 0.80),
    "one better": (0.78, 0.78, 0.78, 0.78, 0.78, 0.80),
    "equal": (0.78,) * 6,
}
"""Correlation with gold, before it is cut, under each setting."""

CROWDS: Mapping[str, tuple[tuple[float, ...], ...]] = {
    "apart": ((0.60, 0.68, 0.74, 0.80),) * 4,
    "two exchanged": ((0.60, 0.68, 0.74, 0.80), (0.60, 0.68, 0.80, 0.74)) * 2,
    "near": ((0.76, 0.77, 0.78, 0.79),) * 4,
    "nearer": ((0.775, 0.78, 0.785, 0.79),) * 4,
    "near, exchanged": ((0.77, 0.78, 0.79), (0.78, 0.77, 0.79), (0.77, 0.79, 0.78)),
    "any order": ((0.70, 0.74, 0.78), (0.74, 0.78, 0.70), (0.78, 0.70, 0.74)),
}
"""The same of several encoders, setting by setting."""


@dataclass
class Count:
    """How often an interval held the truth, and where it was when not."""

    held: int = 0
    below: int = 0
    above: int = 0

    def add(self, interval: Interval, truth: float) -> None:
        """Count one interval."""
        self.below += truth < interval.low - 1e-9
        self.above += truth > interval.high + 1e-9
        self.held += interval.low - 1e-9 <= truth <= interval.high + 1e-9

    def shares(self) -> list[str]:
        """Return percents."""
        total = self.held + self.below + self.above
        return [f"{100 * count / total:.1f}" for count in (self.held, self.below, self.above)]


def drawn(rng: np.random.Generator, rhos: Floats) -> list[Observations]:
    """Draw all tasks, for encoders that correlate with gold as (encoders,) says."""
    tasks = []
    for _ in range(TASKS):
        gold, both = rng.normal(size=(2, PAIRS))
        own = rng.normal(size=(len(rhos), PAIRS))
        missed = np.sqrt(SHARED) * both + np.sqrt(1 - SHARED) * own
        given = rhos[:, None] * gold + np.sqrt(1 - rhos[:, None] ** 2) * missed
        tasks.append(observations(np.digitize(gold, EDGES).astype(np.float64), list(given)))
    return tasks


def of_family(rhos: tuple[float, ...], repeats: int, resamples: int = 1000) -> dict[str, Count]:
    """Return how often each interval of a family held the truth, of the average over tasks."""
    rng = np.random.default_rng(0)
    true = np.array([true_spearman(rho) for rho in rhos])
    truth = spreads_of(true)
    counts: dict[str, Count] = {}
    gains: list[tuple[dict[str, Interval], dict[str, float]]] = []
    for repeat in range(repeats):
        found = bootstrap(drawn(rng, np.array(rhos)), resamples=resamples, seed=repeat, threads=1)
        ours = spreads_of(found.scores.mean(axis=0))
        again = spreads_of(found.replicates.mean(axis=1))
        intervals = {
            "mean": (percentile(again.mean), truth.mean),
            "sd": (spread_interval(float(ours.deviation), again.deviation), truth.deviation),
            "range": (spread_interval(float(ours.range), again.range), truth.range),
            "best": (percentile(again.best), truth.best),
        }
        for name, (interval, value) in intervals.items():
            counts.setdefault(name, Count()).add(interval, float(value))
        gains.append(_gains(found.scores, found.replicates, true))
    for name in gains[0][1]:
        # What choosing in this way gains on average, over samples.
        expected = float(np.mean([values[name] for _, values in gains]))
        for intervals_of, _ in gains:
            counts.setdefault(name, Count()).add(intervals_of[name], expected)
    return counts


def _gains(
    scores: Floats, replicates: Floats, true: Floats
) -> tuple[dict[str, Interval], dict[str, float]]:
    chosen, again = held_out(scores).chosen, held_out(replicates)
    intervals = {
        "held out, over the first": percentile(again.over_default.mean(axis=-1)),
        "held out, over the mean": percentile(again.over_mean.mean(axis=-1)),
    }
    values = {
        "held out, over the first": float((true[chosen] - true[0]).mean()),
        "held out, over the mean": float((true[chosen] - true.mean()).mean()),
    }
    return intervals, values


def of_crowd(rhos: tuple[tuple[float, ...], ...], repeats: int, resamples: int = 1000) -> Count:
    """Return how often the interval of the mean tau over pairs of settings held the truth."""
    rng = np.random.default_rng(0)
    table = np.array(rhos)
    truth = float(rank_agreement(table).mean())
    count = Count()
    for repeat in range(repeats):
        found = bootstrap(drawn(rng, table.ravel()), resamples=resamples, seed=repeat, threads=1)
        scores = found.scores.mean(axis=0).reshape(table.shape)
        replicates = found.replicates.mean(axis=1).reshape(-1, *table.shape)
        again = rank_agreement(replicates).mean(axis=-1)
        reliable = reliability(scores, replicates)
        count.add(agreement_interval(float(rank_agreement(scores).mean()), again, reliable), truth)
    return count


def rows(repeats: int, only: str) -> Iterator[list[str]]:
    """Yield the rows of the table."""
    for name, rhos in FAMILIES.items():
        if only in name:
            for what, count in of_family(rhos, repeats).items():
                yield [name, what, *count.shares()]
    for name, table in CROWDS.items():
        if only in name:
            yield [name, "tau over pairs of settings", *of_crowd(table, repeats).shares()]


def main() -> int:
    """Run the simulation and print its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--only", default="", help="populations whose name has these words")
    arguments = parser.parse_args()
    error = 100 * np.sqrt(0.95 * 0.05 / arguments.repeats)
    print(f"{arguments.repeats:,} repetitions; a share near 95 % is known to ±{error:.1f}\n")
    headings = ["settings", "interval of", "held", "truth below", "truth above"]
    found = list(rows(arguments.repeats, arguments.only))
    print(tabulate(found, headings, tablefmt="github", disable_numparse=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
