"""Do probing tasks of full size train at the machine's limit, and in how much memory?

    python performance/probing_speed.py [--classes 2 8 20 1000] [--dimensions 300] [--passes 4]

Makes features of 120,000 sentences, 100,000 of them to train on, and trains the four strengths of
the grid for some passes, on all cores, as a fixed split does; then one fit of SNLI's size, whose
features are formed batch by batch. Compared is the rate of its float32 products with the rate of
bare products of the same shapes, by as many threads, in the same run. In CPU time too: on a machine
that others use, only that tells. Memory is the peak of the process beyond what it held once the
vectors were there.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.datasets.splits import Labelled
from benchmark.metrics.logistic import SENTEVAL, ClassifierProtocol, Selection, select
from benchmark.metrics.logistic.kernel import MOST_SIDE_BY_SIDE
from benchmark.tasks.classification import samples_of

TRAIN, DEV, TEST = 100_000, 10_000, 10_000
PAIRS = (549_367, 9_842, 9_824)
"""Of SNLI."""

STRENGTHS = 4


class Table:
    """Vectors of numbered sentences, normal around a centre for each class."""

    def __init__(self, rows: int, dimensions: int, classes: int) -> None:
        generator = np.random.default_rng(0)
        self.labels = generator.permutation(np.arange(rows) % classes)
        centres = generator.normal(0, 0.1, (classes, dimensions)).astype(np.float32)
        self.matrix = generator.standard_normal((rows, dimensions), np.float32)
        self.matrix *= np.float32(0.3)
        for start in range(0, rows, 10_000):
            self.matrix[start : start + 10_000] += centres[self.labels[start : start + 10_000]]

    def __getitem__(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        return self.matrix[[int(sentence) for sentence in sentences]]


def main() -> int:
    """Run the measurements and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, nargs="*", default=[2, 8, 20, 1000])
    parser.add_argument("--dimensions", type=int, default=300)
    parser.add_argument("--passes", type=int, default=4, help="over the training rows")
    parser.add_argument("--no-snli", action="store_true")
    arguments = parser.parse_args()
    protocol = replace(SENTEVAL, max_epoch=arguments.passes - 1)
    warm_up()
    rows = [probing(classes, arguments.dimensions, protocol) for classes in arguments.classes]
    if not arguments.no_snli:
        rows.append(inference(arguments.dimensions, protocol))
    headings = ["", "passes", "seconds", "GFLOP/s", "bare", "of it", "CPU s a pass", "bare CPU s",
                "of it", "peak MiB", "vectors MiB"]  # fmt: skip
    print(f"{os.cpu_count()} cores, {arguments.dimensions} dimensions, batches of {protocol.batch}")
    print(tabulate(rows, headings, disable_numparse=True))
    return 0


def probing(classes: int, dimensions: int, protocol: ClassifierProtocol) -> list[str]:
    """Measure a probing task of so many classes."""
    table = Table(TRAIN + DEV + TEST, dimensions, classes)
    parts = list(single_sentences(table, (TRAIN, DEV, TEST)))
    return measured(f"{classes:,} classes", table, parts, "split", classes, 1, protocol)


def inference(dimensions: int, protocol: ClassifierProtocol) -> list[str]:
    """Measure SNLI: as many pairs, and about as many distinct sentences."""
    table = Table(630_000, dimensions, 3)
    generator = np.random.default_rng(1)
    parts = []
    for size in PAIRS:
        first, second = (tuple(map(str, generator.integers(0, 630_000, size))) for _ in range(2))
        labels = table.labels[[int(text) for text in second]]
        parts.append(Labelled("pairs", first, second, labels))
    return measured("SNLI", table, parts, "split-no-l2", 3, 4, protocol)


def single_sentences(table: Table, sizes: Sequence[int]) -> Iterator[Labelled]:
    """Cut a table into splits."""
    start = 0
    for size in sizes:
        span = range(start, start + size)
        yield Labelled("split", tuple(map(str, span)), None, table.labels[start : start + size])
        start += size


def measured(
    name: str,
    table: Table,
    parts: Sequence[Labelled],
    scheme: str,
    classes: int,
    blocks: int,
    protocol: ClassifierProtocol,
) -> list[str]:
    """Train once; return the line of the table."""
    held = resident()
    reset_peak()
    samples = samples_of(parts, table, "u, v, u*v, |u-v|")
    wall, cpu = time.perf_counter(), time.process_time()
    selection = select(scheme, samples, protocol)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    beyond = peak() - held
    strengths = STRENGTHS if scheme == "split" else 1
    work = flops(selection, len(parts[0]), table.matrix.shape[1] * blocks, classes)
    alone = strengths == 1 or classes > MOST_SIDE_BY_SIDE
    threads = min(strengths if alone else 1, os.cpu_count() or 1)
    columns = classes if alone else classes * strengths
    bare = bare_rate(table.matrix.shape[1] * blocks, columns, protocol.batch)
    passes = max(map(max, selection.folds[0].passes))
    return [
        name, str(passes), f"{wall:.1f}", f"{work / wall / 1e9:.1f}",
        f"{threads * bare / 1e9:.1f}", f"{work / wall / bare / threads:.0%}",
        f"{cpu / passes:.2f}", f"{work / bare / passes:.2f}", f"{work / bare / cpu:.0%}",
        f"{beyond / 2**20:,.0f}", f"{table.matrix.nbytes / 2**20:,.0f}",
    ]  # fmt: skip


def flops(selection: Selection, rows: int, width: int, classes: int) -> float:
    """Return the operations of the products of all passes: scores, and gradients."""
    passes = sum(sum(group) for group in selection.folds[0].passes)
    return 4.0 * passes * rows * width * classes


def bare_rate(width: int, columns: int, batch: int) -> float:
    """Return one thread's FLOP/s on the two products of a step, of its CPU time."""
    from threadpoolctl import threadpool_limits

    x = np.ones((batch, width), np.float32)
    weights, errors = np.ones((width, columns), np.float32), np.ones((batch, columns), np.float32)
    scores, gradient = np.empty_like(errors), np.empty_like(weights)

    def step() -> None:
        np.dot(x, weights, scores)
        np.dot(x.T, errors, gradient)

    with threadpool_limits(1, user_api="blas"):
        return 4.0 * batch * width * columns / fastest(step)


def fastest(work: Callable[[], None], seconds: float = 1.0) -> float:
    """Return the least CPU time that some work takes one thread."""
    best, until = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.thread_time()
        work()
        best = min(best, time.thread_time() - started)
    return float(best)


def resident() -> int:
    """Return the bytes that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def peak() -> int:
    """Return the most bytes that it held since `reset_peak`."""
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def reset_peak() -> None:
    """Forget what it held before."""
    Path("/proc/self/clear_refs").write_text("5")


def warm_up() -> None:
    """Compile the loops, or load them compiled."""
    table = Table(300, 8, 3)
    parts = list(single_sentences(table, (200, 50, 50)))
    with ThreadPoolExecutor(1):
        select("split", samples_of(parts, table), SENTEVAL)


if __name__ == "__main__":
    sys.exit(main())
