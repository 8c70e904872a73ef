"""One layer between the harness and an encoder that sleeps, in a process of its own.

    python -m performance.tools.layer --layer processes --workers 4 --seconds 0.05 --batches 40

The engines are those of every run. What is counted begins when each worker has answered, and ends
before the first of them runs out of work: start and end are apart.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.embeddings.engines import Engine, InProcess, OnRay, Processes
from benchmark.embeddings.engines.replica import items_of, jobs
from benchmark.embeddings.work import Work, prepare
from benchmark.encoders import EncoderCard
from benchmark.encoders.protocol import CallLimits, Encoder
from performance.tools.child import PROJECT
from performance.tools.sleeping import ROWS, WIDTH, Calls, Sleeping, Streaming

ALONE = "in process"
STREAMS = "threads (streams)"
CALLS = "threads (at_once)"
SERVED = "served"
PROCESSES = "processes"
RAY = "Ray"
LAYERS = (ALONE, STREAMS, CALLS, SERVED, PROCESSES, RAY)

_APART = (PROCESSES, RAY)
"""Where copies compute elsewhere, and a job is several batches."""

_AT_ONCE = 0.0005
"""Seconds: batches of one job are given one right after the other."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch that came back.

    Attributes:
        at: when.
        own: processor seconds of this process until then.
        worker: the process that answered.
        spent: processor seconds of that process until its answer.
    """

    at: float
    own: float
    worker: int
    spent: float


def main() -> int:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--layer", choices=LAYERS, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--batches", type=int, required=True, help="that are counted, a worker")
    given = parser.parse_args()
    print(json.dumps(measure(given.layer, given.workers, given.seconds, given.batches)))
    return 0


def measure(layer: str, workers: int, seconds: float, batches: int) -> dict[str, Any]:
    """Return start-up, wall and processor seconds a batch, and bytes that went."""
    with _asked(layer, workers, seconds) as (engine, encoder):
        in_job = _batches_of_a_job(encoder) if layer in _APART else 1
        # A first job each, those that are counted, and two that keep the others busy at the end.
        count = workers * (in_job + batches + 2 * in_job)
        work = prepare(encoder, [f"{place}" for place in range(count * ROWS)], None)
        began = time.perf_counter()
        arrivals = list(_arrivals(engine, encoder, work))
    processes, once = workers if layer in _APART else 1, workers * in_job
    found = _steady(arrivals, processes, once, 2 * once)
    if layer not in _APART:  # all of it is of this process
        found["worker_seconds"] = 0.0
    to_it, back = _bytes(layer, work, encoder, in_job)
    return {
        "start_seconds": arrivals[0].at - began - in_job * seconds,
        "bytes_to": to_it,
        "bytes_back": back,
        **found,
    }


@contextmanager
def _asked(layer: str, workers: int, seconds: float) -> Iterator[tuple[Engine, Encoder]]:
    if layer == ALONE:
        yield InProcess(), Sleeping(seconds)
    elif layer == STREAMS:
        yield InProcess(), Streaming(seconds, workers)
    elif layer == CALLS:
        yield InProcess(), Calls(seconds, workers)
    elif layer == SERVED:
        with _service(seconds) as address:
            yield InProcess(), _served(address, workers)
    else:
        engine: Engine = Processes(workers) if layer == PROCESSES else OnRay("local", workers)
        with tempfile.TemporaryDirectory(prefix="layer-") as folder:
            yield engine, Sleeping(seconds, workers, folder)


@contextmanager
def _service(seconds: float) -> Iterator[str]:
    command = [sys.executable, "-m", "performance.tools.sleeping_service", str(seconds)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield str(process.stdout.readline()).strip()  # type: ignore[union-attr]
        finally:
            process.kill()


def _served(address: str, workers: int) -> Encoder:
    from benchmark.encoders.served.address import model_of
    from benchmark.encoders.served.client import Client
    from benchmark.encoders.served.encoder import ServedEncoder
    from benchmark.encoders.served.openai import KEY, OpenAI

    client = Client.of("sleeping", model_of("openai", f"sleeping@{address}"), KEY)
    limits = CallLimits(sentences=ROWS, at_once=workers)
    return ServedEncoder(EncoderCard("sleeping", version="1"), limits, client, OpenAI("sleeping"))


def _batches_of_a_job(encoder: Encoder) -> int:
    some = prepare(encoder, [str(place) for place in range(64 * ROWS)], None)
    return len(next(jobs(some)))


def _arrivals(engine: Engine, encoder: Encoder, work: Work) -> Iterator[Arrival]:
    engine.prepare(encoder)
    for _, vectors in engine.encode(encoder, work):
        worker, spent = (float(number) for number in vectors[0, :2])
        yield Arrival(time.perf_counter(), time.process_time(), int(worker), spent)


def _steady(arrivals: list[Arrival], workers: int, first: int, last: int) -> dict[str, Any]:
    """Return what a batch took, from when all workers have answered to before the last ones.

    Args:
        arrivals: all.
        workers: processes that answer.
        first: batches at the start that do not count: they come in one go, as all begin together.
        last: batches at the end that do not count.
    """
    begin, seen = 0, {arrivals[0].worker}
    while len(seen) < workers:
        begin += 1
        seen.add(arrivals[begin].worker)
    begin = max(begin, first - 1)
    begin, end = (_last_of_its_job(arrivals, place) for place in (begin, len(arrivals) - 1 - last))
    counted = arrivals[begin : end + 1]
    count = end - begin
    return {
        "batches": count,
        "wall_seconds": (counted[-1].at - counted[0].at) / count,
        "own_seconds": (counted[-1].own - counted[0].own) / count,
        "worker_seconds": _spent_there(counted) / count,
    }


def _last_of_its_job(arrivals: list[Arrival], place: int) -> int:
    """Return the last arrival that came in one go with this one."""
    while place + 1 < len(arrivals) and arrivals[place + 1].at - arrivals[place].at < _AT_ONCE:
        place += 1
    return place


def _spent_there(arrivals: list[Arrival]) -> float:
    """Return the processor seconds of all workers between their first and last arrivals."""
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for arrival in arrivals:
        first.setdefault(arrival.worker, arrival.spent)
        last[arrival.worker] = arrival.spent
    return sum(last[worker] - first[worker] for worker in last)


def _bytes(layer: str, work: Work, encoder: Encoder, in_job: int) -> tuple[int, int]:
    """Return what goes there and comes back with a batch, without the frames around it."""
    if layer == SERVED:
        from benchmark.encoders.served.openai import OpenAI
        from performance.tools.sleeping_service import answer

        body = OpenAI(encoder.card.name).body(list(work.items[:ROWS]))
        return len(json.dumps(body)), len(answer(ROWS))
    if layer not in _APART:
        return 0, 0
    some = items_of(work, next(jobs(work)))
    vectors = [np.zeros((ROWS, WIDTH), np.float32) for _ in some]
    return len(pickle.dumps(some)) // in_job, len(pickle.dumps(vectors)) // in_job


if __name__ == "__main__":
    sys.exit(main())
