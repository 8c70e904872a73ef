"""What does each place of computation cost beside the encoder: threads, processes, Ray, a service?

    python performance/worker_overhead.py [--layers processes,Ray] [--json F]

The encoder sleeps, which takes no core: what is left is the harness's own cost, on any machine.
A batch has 64 sentences of 16 tokens and 384 numbers each; where copies compute in other processes,
four batches make a job. Ideal is the sleep of all batches divided by the workers.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.atomic import write_atomically
from benchmark.one_line import one_line
from performance.tools.child import ChildFailed, environment, run_child
from performance.tools.layer import ALONE, LAYERS, RAY

WORKERS = (1, 2, 4, 8)
SECONDS = (0.005, 0.05, 0.5)

_LEAST, _MOST = 8, 80
"""Batches of a worker that are counted."""

_COUNTED_SECONDS = 2.0


def main(arguments: list[str] | None = None) -> int:
    """Measure each layer with each number of workers and each batch, and print a table."""
    given = _parser().parse_args(arguments)
    found: list[dict[str, Any]] = []
    failed = False
    for layer in given.layers:
        if layer == RAY and importlib.util.find_spec("ray") is None:
            _say("Ray is not installed: left out")
            continue
        for workers in given.workers if layer != ALONE else (1,):
            for seconds in given.seconds:
                _say(f"{layer}, {workers} workers, {1000 * seconds:g} ms")
                try:
                    found.append(measured(layer, workers, seconds, given.most))
                except ChildFailed as error:
                    failed = True
                    _say(f"{layer}: {one_line(str(error))}")
                if given.json:
                    write_atomically(given.json, json.dumps(found, indent=1).encode() + b"\n")
    print(table(found))
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--layers", type=_listed(_layer), default=LAYERS, metavar="NAME,NAME",
                        help=f"of {', '.join(LAYERS)}")  # fmt: skip
    parser.add_argument("--workers", type=_listed(_positive(int)), default=WORKERS, metavar="N,N")
    parser.add_argument("--seconds", type=_listed(_positive(float)), default=SECONDS, metavar="S,S",
                        help="of a batch")  # fmt: skip
    parser.add_argument("--most", type=int, default=_MOST, help="batches of a worker that count")
    parser.add_argument("--json", type=Path, help="keep all raw numbers here")
    return parser


def _listed(one: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    return lambda text: [one(part.strip()) for part in text.split(",")]


def _layer(text: str) -> str:
    if text not in LAYERS:
        raise argparse.ArgumentTypeError(f"there are {', '.join(LAYERS)}")
    return text


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        if (value := kind(text)) <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return read


def measured(layer: str, workers: int, seconds: float, most: int = _MOST) -> dict[str, Any]:
    """Return a point's figures, measured in a process of its own.

    Raises:
        ChildFailed: it cannot be measured.
    """
    batches = min(most, max(_LEAST, round(_COUNTED_SECONDS / seconds)))
    command = [
        sys.executable, "-m", "performance.tools.layer", "--layer", layer,
        "--workers", str(workers), "--seconds", str(seconds), "--batches", str(batches),
    ]  # fmt: skip
    outcome = run_child(command, environment(1), 300.0)
    figures = json.loads(outcome.output.strip().splitlines()[-1])
    return {"layer": layer, "workers": workers, "seconds": seconds, **figures}


def table(found: Iterable[dict[str, Any]]) -> str:
    """Return a row for each point; times of a batch in milliseconds."""
    rows = []
    for point in found:
        ideal = point["seconds"] / point["workers"]
        wall = point["wall_seconds"]
        rows.append(
            [
                point["layer"],
                point["workers"],
                f"{1000 * point['seconds']:g}",
                f"{point['start_seconds']:.1f}",
                f"{1000 * point['own_seconds']:.2f}",
                f"{1000 * point['worker_seconds']:.2f}",
                f"{1000 * (wall - ideal):.2f}",
                f"{point['bytes_to']:,}",
                f"{point['bytes_back']:,}",
                f"{100 * ideal / wall:.0f} %",
            ]
        )
    headings = ["layer", "workers", "batch ms", "start s", "own cpu ms", "worker cpu ms",
                "above ideal ms", "bytes there", "bytes back", "efficiency"]  # fmt: skip
    align = ["left"] + ["right"] * (len(headings) - 1)
    return tabulate(rows, headings, tablefmt="pipe", disable_numparse=True, colalign=align)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
