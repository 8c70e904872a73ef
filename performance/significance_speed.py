"""How long do 10,000 resamples of the seven STS tasks take, and how long could they take?

    python performance/significance_speed.py [--resamples 10000] [--scipy-seconds 10]

Two models on made-up pairs: as many as the tasks have, gold with as many ties, cosines without,
rows drawn by themselves. Measured in one run: ours with one thread and with all cores (what numba
compiles is compiled before), and `scipy.stats.bootstrap` with ranks by `scipy.stats.rankdata`,
vectorised, on as many resamples of each task as fit into its share of the time; its time for all
of them is extrapolated from those. Then the floor: the bytes that every draw of a row must touch
at the least, at the rate at which one thread copies an array that stays in its cache.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.metrics.resampling import Observations, bootstrap, exchange_test, observations

PAIRS = {
    "STS12": 3108, "STS13": 1500, "STS14": 3750, "STS15": 3000, "STS16": 1186, "STS-B": 1379,
    "SICK-R": 4927,
}  # fmt: skip
MODELS = 2
DRAWN = 4 + 4
"""Bytes of a draw: a count is read and written."""
COUNTED = 8 + 4 + 8
"""Bytes of a row: its unit and the unit's count are read, its weight is written."""
RANKED = 8 + 8
"""Bytes of gold: the weight is read, weight times rank is written."""
JOINED = 4 + 1 + 8 + 8
"""Bytes of a model: place in its order, end of a tie, weight, and weight times rank of gold."""


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--scipy-seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    resamples, share = arguments.resamples, arguments.scipy_seconds / len(PAIRS)
    warm_up()
    rate = cache_rate()
    print(f"{os.cpu_count()} cores; one thread copies within its cache at {rate / 1e9:.0f} GB/s\n")
    tasks = {name: made_up(pairs) for name, pairs in PAIRS.items()}
    rows = []
    for name, task in tasks.items():
        scipy_seconds, done = scipy_speed(task, share)
        theirs = scipy_seconds * resamples
        rows.append([name, str(done), *measured([task], resamples, rate), theirs])
    theirs = sum(row[-1] for row in rows)
    rows.append(["all, at once", "", *measured(list(tasks.values()), resamples, rate), theirs])
    headings = [
        f"{resamples:,} resamples", "scipy did", "one thread s", "all cores s", "test s",
        "floor s", "thread/floor", "scipy s (extrapolated)",
    ]  # fmt: skip
    formats = ("", "", ".2f", ".2f", ".2f", ".2f", ".1f", ".0f")
    print(tabulate(rows, headings, floatfmt=formats, disable_numparse=[0, 1]))
    print(f"\n`test`: {resamples:,} permutations of the exchange test, all cores")
    return 0


def measured(tasks: list[Observations], resamples: int, rate: float) -> list[float]:
    """Return seconds: one thread, all cores, the exchange test, the floor; and their quotient."""
    one = seconds(lambda: bootstrap(tasks, resamples=resamples, threads=1))
    every = seconds(lambda: bootstrap(tasks, resamples=resamples))
    test = seconds(lambda: exchange_test(tasks, permutations=resamples))
    least = resamples * sum(map(len, tasks)) * (DRAWN + COUNTED + RANKED + MODELS * JOINED) / rate
    return [one, every, test, least, one / least]


def made_up(pairs: int) -> Observations:
    """Make gold in 26 steps and two models' cosines."""
    generator = np.random.default_rng(pairs)
    gold = generator.integers(0, 26, pairs) / 5
    cosines = [gold + generator.normal(0, spread, pairs) for spread in (1.0, 1.5)]
    return observations(gold, [cosine.astype(np.float32) for cosine in cosines])


def scipy_speed(task: Observations, share: float) -> tuple[float, int]:
    """Return scipy's seconds for one resample of a task, and how many it did."""
    import scipy.stats

    def difference(gold: Any, first: Any, second: Any, axis: int = -1) -> Any:
        x, a, b = (scipy.stats.rankdata(v, axis=axis) for v in (gold, first, second))
        return scipy.stats.pearsonr(x, a, axis=axis)[0] - scipy.stats.pearsonr(x, b, axis=axis)[0]

    def run(resamples: int) -> float:
        return seconds(
            lambda: scipy.stats.bootstrap(
                (task.gold, *task.given), difference, paired=True, vectorized=True,
                n_resamples=resamples, batch=100, method="percentile", rng=0,
            )
        )  # fmt: skip

    first = run(100)
    done = max(100, int(share / first) * 100)
    return run(done) / done, done


def cache_rate() -> float:
    """Return bytes read and written a second by copying 32 kB again and again."""
    source, target = np.zeros(4096), np.empty(4096)

    def copy() -> None:
        for _ in range(1000):
            np.copyto(target, source)

    return 2 * source.nbytes * 1000 / min(seconds(copy) for _ in range(10))


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def warm_up() -> None:
    """Compile the loops, or load them compiled."""
    task = made_up(100)
    bootstrap([task], resamples=100)
    exchange_test([task], permutations=100)


if __name__ == "__main__":
    sys.exit(main())
