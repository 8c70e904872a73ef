"""How much faster is the batched classifier engine than training one fit after another?

    python performance/classifier_speed.py [--dimensions 384 768 1024] [--oracle-seconds 60]

Runs the plain oracle of the protocol (tests/oracles/transfer.py: torch autograd and
torch.optim, one fit at a time) and the engine in turn, on the same features, in one run. Task
sizes are those of the real data; the features are random with class signal, so no data is
needed and the figures do not depend on an encoder. The oracle's time is extrapolated: it
trains as many fits of each task as fit into its share of time, and its time per optimiser step
is multiplied by the steps that the engine did. Then the floor: the arithmetic and the memory
traffic of those steps at the machine's measured rates.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.metrics.logistic import (
    SENTEVAL,
    Samples,
    Selection,
    SentEvalTrainer,
    fixed_split,
    folds_and_test,
    nested_folds,
)
from tests.oracles import transfer as oracle


@dataclass(frozen=True)
class Shape:
    """A task as the classifier sees it: rows of each split, classes, features a sentence."""

    scheme: str
    train: int
    classes: int
    dev: int = 0
    test: int = 0
    width: int = 1


TASKS = {
    "MR": Shape("nested", 10_662, 2),
    "CR": Shape("nested", 3_775, 2),
    "SUBJ": Shape("nested", 10_000, 2),
    "MPQA": Shape("nested", 10_606, 2),
    "SST2": Shape("split", 67_349, 2, dev=872, test=1_821),
    "TREC": Shape("folds", 5_452, 6, test=500),
    "MRPC": Shape("folds", 4_076, 2, test=1_725, width=2),
}


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dimensions", type=int, nargs="+", default=[384, 768, 1024])
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--oracle-seconds", type=float, default=60.0, help="in all, a dimension")
    arguments = parser.parse_args()
    flops, bandwidth = machine_rates()
    print(f"{usable_cores()} cores, products by {blas()}; one thread multiplies large ones at ")
    print(f"{flops / 1e9:.0f} GFLOP/s, and copies rows at {bandwidth / 1e9:.0f} GB/s\n")
    torch.set_num_threads(1)  # the oracle's fastest: its products are too small to share out
    warm_up()
    for dimensions in arguments.dimensions:
        share = arguments.oracle_seconds / len(arguments.tasks)
        print(table(dimensions, arguments.tasks, share, flops, bandwidth), end="\n\n")
    return 0


def table(
    dimensions: int, names: list[str], oracle_seconds: float, flops: float, bandwidth: float
) -> str:
    """Measure the tasks at one embedding size."""
    rows = []
    sums = np.zeros(3)
    for name in names:
        shape = TASKS[name]
        samples = make_samples(shape, dimensions)
        started = time.perf_counter()
        selection = run_engine(shape, samples)
        ours = time.perf_counter() - started
        steps, groups = optimiser_steps(shape, selection)
        step_seconds, fits = oracle_step_seconds(shape, samples, oracle_seconds)
        theirs = step_seconds * steps
        least = floor_seconds(shape, dimensions, steps, groups, flops, bandwidth)
        sums += (theirs, ours, least)
        rows.append([name, f"{steps:,}", fits, *times(theirs, ours, least)])
    rows.append(["suite", "", "", *times(*sums)])
    headings = [
        f"d = {dimensions}", "steps", "oracle fits", "oracle s", "engine s", "ratio", "floor s",
        "engine/floor",
    ]  # fmt: skip
    return tabulate(rows, headings, disable_numparse=True)


def times(theirs: float, ours: float, least: float) -> list[str]:
    """Format one row's figures."""
    return [f"{theirs:,.0f}", f"{ours:.1f}", f"{theirs / ours:.0f}x", f"{least:.1f}",
            f"{ours / least:.1f}x"]  # fmt: skip


def make_samples(shape: Shape, dimensions: int) -> Samples:
    """Make features of the size of a mean-pooled BERT's, with a weak signal of the class."""
    generator = np.random.default_rng(0)
    rows = shape.train + shape.dev + shape.test
    labels = generator.integers(0, shape.classes, rows)
    centres = generator.normal(0, 0.03, (shape.classes, dimensions * shape.width))
    noise = generator.normal(0, 0.3, (rows, dimensions * shape.width))
    return Samples((centres[labels] + noise).astype(np.float32), labels, shape.classes)


def part(samples: Samples, first: int, last: int) -> Samples:
    """Take a range of rows."""
    return Samples(samples.features[first:last], samples.labels[first:last], samples.classes)


def run_engine(shape: Shape, samples: Samples) -> Selection:
    """Run a task's scheme."""
    rows = shape.train + shape.dev
    with SentEvalTrainer(part(samples, 0, rows), SENTEVAL) as trainer:
        if shape.scheme == "nested":
            return nested_folds(trainer)
        test = part(samples, rows, rows + shape.test)
        if shape.scheme == "folds":
            return folds_and_test(trainer, test)
        return fixed_split(trainer, np.arange(shape.train, rows), test)


def optimiser_steps(shape: Shape, selection: Selection) -> tuple[int, int]:
    """Return the steps of all fits, and those of the groups that share batches."""
    inner, refit = {
        "nested": (0.9 * 0.9, 0.9 * 0.95), "folds": (0.9, 0.95), "split": (1.0, 0.0),
    }[shape.scheme]  # fmt: skip
    batches = int(np.ceil(shape.train * inner / SENTEVAL.batch))
    refit_batches = int(np.ceil(shape.train * refit / SENTEVAL.batch))
    passes = [group for fold in selection.folds for group in fold.passes]
    refits = sum(fold.refit_passes for fold in selection.folds) * refit_batches
    return (
        sum(map(sum, passes)) * batches + refits,
        sum(map(max, passes)) * batches + refits,
    )


def oracle_step_seconds(shape: Shape, samples: Samples, seconds: float) -> tuple[float, int]:
    """Train fits one by one until the time is over; return the time of a step, and the fits."""
    rows = int(shape.train * (0.81 if shape.scheme == "nested" else 0.9))
    data = (samples.features[:rows], samples.labels[:rows])
    dev = (samples.features[rows : rows + 400], samples.labels[rows : rows + 400])
    started = time.perf_counter()
    steps = fits = 0
    while fits == 0 or time.perf_counter() - started < seconds:
        l2 = oracle.L2_GRID[fits % 4]
        epochs = oracle.fit(data, shape.classes, l2, oracle.FULL, dev).epochs
        steps += epochs * int(np.ceil(rows / SENTEVAL.batch))
        fits += 1
    return (time.perf_counter() - started) / steps, fits


def floor_seconds(
    shape: Shape, dimensions: int, steps: int, groups: int, flops: float, bandwidth: float
) -> float:
    """Return the least time of the steps on all cores: arithmetic, and gathering the rows."""
    width = dimensions * shape.width
    arithmetic = steps * 4.0 * SENTEVAL.batch * width * shape.classes / flops
    gathering = groups * 4.0 * SENTEVAL.batch * width / bandwidth
    return (arithmetic + gathering) / usable_cores()


def usable_cores() -> int:
    """Return how many cores this process may run on, which ``taskset`` may have made fewer."""
    return len(os.sched_getaffinity(0))


def blas() -> str:
    """Name the library whose products numba calls, which is SciPy's, and its kernels."""
    import scipy.linalg  # noqa: F401 - loads it
    from threadpoolctl import threadpool_info

    libraries = [entry for entry in threadpool_info() if entry["user_api"] == "blas"]
    scipys = [entry for entry in libraries if "scipy.libs" in entry["filepath"]] or libraries
    return ", ".join(
        f"{entry['internal_api']} {entry['version']} ({entry.get('architecture', 'unnamed')})"
        for entry in scipys
    )


def machine_rates() -> tuple[float, float]:
    """Return one thread's FLOP/s on large products and its bytes/s on copying rows."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        square = np.ones((1024, 1024), np.float32)
        product = best_of(lambda: square @ square)
        matrix = np.ones((10_000, 384), np.float32)
        chosen = np.random.default_rng(0).permutation(10_000)
        copying = best_of(lambda: matrix[chosen])
    return 2 * 1024**3 / product, matrix.nbytes / copying


def best_of(work: object, times: int = 10) -> float:
    """Return the seconds of the fastest of some runs."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        work()  # type: ignore[operator]
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def warm_up() -> None:
    """Compile the engine's loops, or load them compiled."""
    shape = Shape("folds", 400, 2, test=50)
    run_engine(shape, make_samples(shape, 16))


if __name__ == "__main__":
    sys.exit(main())
