"""How much faster is the engine of supervised relatedness than the plain way?

    python performance/relatedness_speed.py [--dimensions 384 768] [--model NAME --data-dir DIR]
                                            [--rounds 5] [--clock wall|cpu]

Trains the layers of STS-B and SICK-R by the engine, each alone and both at once, as a run does, and
in turn with them the plain oracle of the protocol (tests/oracles/relatedness.py: torch autograd and
torch.optim). Vectors are made up, of the real data's numbers of pairs, and of a model if one is
named. Both train for as many steps (the tests hold the engine to the oracle's passes), so
the oracle is timed for 50 passes, and its time a step is multiplied by the steps of the engine.
Every figure is the fastest of its rounds. Then the limit: the two matrix products of a step by
themselves, and reading its rows from memory. Where other programs take the cores away,
`--clock cpu` counts the time of the processor alone, of one task after another.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.embeddings import embed
from benchmark.encoders import build_encoder, parse_reference
from benchmark.metrics.compiling import njit
from benchmark.metrics.relatedness import Graded, RelatednessProtocol, features_of, supervised
from benchmark.options import DataOptions, EncoderOptions
from benchmark.tasks import groups
from benchmark.tasks.loading import load_data, locate_data
from tests.oracles import relatedness as oracle

SIZES = {"STS-B": (5_749, 1_500, 1_379), "SICK-R": (4_500, 500, 4_927)}
BOTH = "both at once"
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Splits = Sequence[oracle.Pairs]


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dimensions", type=int, nargs="*", default=[384, 768])
    parser.add_argument("--model", help="also on vectors of this model")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the oracle's fastest: its products are too small to share out
    print(f"{os.cpu_count()} cores\n")
    if arguments.model:
        tasks = real(arguments.model, arguments.data_dir)
        print(table(arguments.model, tasks, arguments.rounds, arguments.clock), end="\n\n")
    for dimensions in arguments.dimensions:
        tasks = {name: made_up(sizes, dimensions) for name, sizes in SIZES.items()}
        print(
            table(f"made up, d = {dimensions}", tasks, arguments.rounds, arguments.clock),
            end="\n\n",
        )
    return 0


def table(title: str, tasks: dict[str, Splits], rounds: int, clock: str) -> str:
    """Measure both tasks, oracle and engine in turn."""
    graded = {name: [as_graded(part) for part in parts] for name, parts in tasks.items()}
    plain = {name: OracleSteps(parts) for name, parts in tasks.items()}
    found = {name: train(parts) for name, parts in graded.items()}  # compiles, too
    steps = {name: found[name].layer.passes * batches(tasks[name]) for name in tasks}
    theirs, ours = dict.fromkeys(tasks, np.inf), dict.fromkeys((*tasks, BOTH), np.inf)
    for _ in range(rounds):
        for name in tasks:
            theirs[name] = min(theirs[name], plain[name].seconds(clock) * steps[name])
            ours[name] = min(ours[name], timed(train, graded[name], clock=clock))
        if clock == "wall":
            ours[BOTH] = min(ours[BOTH], timed(at_once, list(graded.values())))
    if clock == "cpu":
        ours[BOTH] = sum(ours[name] for name in tasks)
    least = {name: limit(graded[name][0].features, clock) * steps[name] for name in tasks}
    theirs[BOTH], steps[BOTH] = sum(theirs.values()), sum(steps.values())
    cores = min(os.cpu_count() or 1, len(tasks)) if clock == "wall" else 1
    least[BOTH] = max(sum(least.values()) / cores, *least.values())
    rows = [row(name, theirs[name], ours[name], least[name], steps[name]) for name in steps]
    headings = [
        title, "steps", "oracle s", "engine s", "ratio", "oracle us/step", "engine us/step",
        "limit s", "engine/limit",
    ]  # fmt: skip
    return tabulate(rows, headings, disable_numparse=True)


def row(name: str, theirs: float, ours: float, least: float, steps: int) -> list[str]:
    """Format the figures of a task."""
    each = [f"{1e6 * theirs / steps:.0f}", f"{1e6 * ours / steps:.1f}"]
    ratios = [f"{theirs / ours:.0f}x", f"{ours / least:.1f}x"]
    return [name, f"{steps:,}", f"{theirs:.1f}", f"{ours:.2f}", ratios[0], *each,
            f"{least:.2f}", ratios[1]]  # fmt: skip


class OracleSteps:
    """A training of the oracle that goes on for 50 passes whenever it is asked."""

    def __init__(self, parts: Splits) -> None:
        learned, dev, _ = parts
        self._steps = oracle.EPOCHS_BETWEEN_CHECKS * batches(parts)
        features = torch.from_numpy(learned.features())
        model = torch.nn.Sequential(
            torch.nn.Linear(features.shape[1], len(oracle.SCORES)), torch.nn.Softmax(dim=-1)
        )
        self._checks = oracle.checks(model, features, learned.scores, dev, oracle.by_pearson)

    def seconds(self, clock: str) -> float:
        """Return the time of one step."""
        return timed(next, self._checks, clock=clock) / self._steps


def train(parts: Sequence[Graded]) -> Any:
    """Train, select and test one layer."""
    return supervised(parts, RelatednessProtocol())


def at_once(tasks: Sequence[Sequence[Graded]]) -> None:
    """Train all of them, as a run does."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(train, tasks))


def limit(features: np.ndarray, clock: str) -> float:
    """Return the least seconds of a step: its products of a batch, and reading the rows."""
    from threadpoolctl import threadpool_limits

    rows = np.ascontiguousarray(features[:64])
    weights, errors = np.ones((rows.shape[1], 5), np.float32), np.ones((64, 5), np.float32)
    chosen = np.random.default_rng(0).permutation(len(features))

    def products(times: int) -> None:
        for _ in range(times):
            np.dot(rows, weights)
            np.dot(errors.T, rows)

    with threadpool_limits(1, user_api="blas"):
        multiplied = min(timed(products, 200, clock=clock) for _ in range(20)) / 200
    reading = min(timed(lines_of, features, chosen, clock=clock) for _ in range(20))
    return multiplied + 64 * reading / len(features)


@njit
def lines_of(features: np.ndarray, chosen: np.ndarray) -> float:
    """Read a number of each cache line of all rows, in an order like that of a pass."""
    total = 0.0
    for row in chosen:
        for column in range(0, features.shape[1], 16):
            total += features[row, column]
    return total


def timed(work: Callable[..., object], *arguments: object, clock: str = "wall") -> float:
    """Return the seconds that it takes."""
    now = CLOCKS[clock]
    started = now()
    work(*arguments)
    return now() - started


def batches(parts: Splits) -> int:
    """Return the steps of a pass."""
    return -(-len(parts[0].scores) // oracle.BATCH)


def as_graded(part: oracle.Pairs) -> Graded:
    """Return pairs as the engine takes them."""
    return Graded(features_of(part.first, part.second), part.scores)


def made_up(sizes: Sequence[int], dimensions: int) -> list[oracle.Pairs]:
    """Make vectors of the size of a mean-pooled BERT's whose cosines follow the scores, roughly."""
    dice = np.random.default_rng(0)
    parts = []
    for size in sizes:
        scores = np.round(dice.uniform(1, 5, size), 1)
        near = np.clip((scores + dice.normal(0, 0.7, size)) / 6, 0, 1)[:, None]
        first, noise = dice.normal(0, 0.3, (2, size, dimensions))
        second = near * first + np.sqrt(1 - near**2) * noise
        parts.append(oracle.Pairs(first.astype(np.float32), second.astype(np.float32), scores))
    return parts


def real(model: str, data_dir: Path | None) -> dict[str, Splits]:
    """Return the vectors of a model."""
    options = DataOptions(data_dir=data_dir, offline=True)
    loaded, failures = load_data(locate_data(groups()["supervised"], options), options)
    for error in failures.values():
        raise error
    encoder = build_encoder(parse_reference(model), "transfer", EncoderOptions())
    found: dict[str, Splits] = {}
    for name, entry in zip(SIZES, loaded, strict=True):
        parts = [part.by_length() for part in entry.data.parts]
        vectors = embed(encoder, [s for part in parts for s in (*part.first, *part.second)])
        found[name] = [
            oracle.Pairs(vectors[part.first], vectors[part.second], part.gold) for part in parts
        ]
    return found


if __name__ == "__main__":
    sys.exit(main())
