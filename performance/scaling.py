"""How does the cost of encoding grow: with sentences, with the size of the encoder, with cores?

    python performance/scaling.py [--curves sentences,sizes] [--json F] [--plot F.svg]

Every point is measured in a fresh process, on sentences of our own: no evaluation data is needed.
Sizes are BERTs with random weights. Workers are processes that share the sentences, each with its
share of the cores. Below each table stands the growth exponent: the slope of the logarithm of the
seconds over that of the quantity.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmark.atomic import write_atomically
from benchmark.encoders import build_encoder, parse_reference
from benchmark.encoders.device import usable_cpus
from benchmark.encoders.transformer.encoder import TransformerEncoder
from benchmark.errors import BenchmarkError, UsageError
from benchmark.one_line import one_line
from benchmark.options import EncoderOptions
from performance.tools.child import ChildFailed
from performance.tools.curve_plot import draw
from performance.tools.curves import Measured, Point, exponent, measure_curve
from performance.tools.random_bert import SIZES, write_random_bert
from performance.tools.sentences import BASE

SHARES = {"sentences": 0.4, "sizes": 0.3, "cores": 0.15, "workers": 0.15}
"""Of the budget of time, by curve."""


def main(arguments: list[str] | None = None) -> int:
    """Measure the curves, and print a table of each."""
    given = _parser().parse_args(arguments)
    curves: dict[str, list[Measured]] = {}
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="scaling-") as folder:
            for name, until in _deadlines(given).items():
                points = _points(name, given, Path(folder))
                budget = started + until - time.monotonic()
                curves[name] = list(measure_curve(points, budget, _progress(name)))
                print(render(name, curves[name]), end="\n\n", flush=True)
        _keep(curves, given)
    except (BenchmarkError, ChildFailed, OSError, ModuleNotFoundError) as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", default="all-minilm-l6-v2", help="but for the curve of sizes")
    parser.add_argument("--curves", type=_names, default=list(SHARES), metavar="NAME,NAME",
                        help=f"of {', '.join(SHARES)}")  # fmt: skip
    parser.add_argument("--threads", type=int, default=usable_cpus(), help="at most")
    parser.add_argument("--most", type=int, default=32, help="times the base of sentences")
    parser.add_argument("--budget", type=float, default=240.0, help="seconds in all, roughly")
    parser.add_argument("--json", type=Path, help="keep all raw numbers here")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    return parser


def _names(text: str) -> list[str]:
    wanted = text.split(",")
    if not set(wanted) <= SHARES.keys():
        raise argparse.ArgumentTypeError(f"there are {', '.join(SHARES)}")
    return [name for name in SHARES if name in wanted]


def _deadlines(given: argparse.Namespace) -> dict[str, float]:
    """Return when each curve shall end: what one leaves of its share, the next ones have."""
    ends = itertools.accumulate(SHARES[name] for name in given.curves)
    whole = sum(SHARES[name] for name in given.curves)
    return {name: given.budget * end / whole for name, end in zip(given.curves, ends, strict=True)}


# --- the points -----------------------------------------------------------------------------------


def _points(name: str, given: argparse.Namespace, folder: Path) -> list[Point]:
    makers: dict[str, Callable[[], Iterator[Point]]] = {
        "sentences": lambda: _of_sentences(given.model, given.threads, given.most),
        "sizes": lambda: _of_sizes(given.model, given.threads, folder),
        "cores": lambda: _of_cores(given.model, given.threads),
        "workers": lambda: _of_workers(given.model, given.threads),
    }
    return list(makers[name]())


def _of_sentences(model: str, threads: int, most: int) -> Iterator[Point]:
    times = 1
    while times <= most:
        count = times * BASE
        yield Point(f"{times}x", count, model, count, threads, expected=times)
        times *= 2


def _of_sizes(model: str, threads: int, folder: Path) -> Iterator[Point]:
    tokenizer = _checkpoint_folder(model)
    for size in SIZES:
        written = write_random_bert(folder / size.name, size, tokenizer)
        weights = size.weights
        label = f"{size.name}, {weights / 1e6:.1f} M"
        yield Point(label, weights, str(written), 2 * BASE, threads, expected=weights)


def _of_cores(model: str, threads: int) -> Iterator[Point]:
    for count in _doubling(threads):
        yield Point(f"{count}", count, model, 8 * BASE, count, expected=1 / count)


def _of_workers(model: str, threads: int) -> Iterator[Point]:
    for count in _doubling(threads):
        yield Point(f"{count}", count, model, 8 * BASE, threads, count)


def _doubling(most: int) -> list[int]:
    """Return 1, 2, 4 ... and the most."""
    return sorted({*(2**power for power in range(most.bit_length()) if 2**power <= most), most})


def _checkpoint_folder(model: str) -> Path:
    encoder = build_encoder(parse_reference(model), "sts", EncoderOptions(device="cpu"))
    if not isinstance(encoder, TransformerEncoder):
        raise UsageError(f"{model}: only transformers are measured")
    return encoder.checkpoint.folder


# --- what is shown --------------------------------------------------------------------------------


def render(name: str, measured: list[Measured]) -> str:
    """Return a curve as a table, with its growth exponent."""
    rows = [
        [
            found.point.label,
            f"{found.point.sentences:,}",
            f"{found.tokens:,}",
            f"{found.seconds:.1f}",
            f"{found.load_seconds:.1f}",
            f"{found.encode_seconds:.2f}",
            f"{found.tokens / found.encode_seconds:,.0f}",
            f"{100 * found.share:.0f} %",
        ]
        for found in measured
    ]
    headings = [name, "sentences", "tokens", "process s", "load s", "encode s", "tokens/s",
                "of the limit"]  # fmt: skip
    table = tabulate(rows, headings, disable_numparse=True, colalign=["left"] + ["right"] * 7)
    growth = exponent(
        [found.point.quantity for found in measured], [found.encode_seconds for found in measured]
    )
    below = "" if growth is None else f"\nencode s grows with {name} to the power {growth:.2f}"
    return table + below


def _keep(curves: dict[str, list[Measured]], given: argparse.Namespace) -> None:
    if given.json:
        content = {name: [found.as_json() for found in curve] for name, curve in curves.items()}
        write_atomically(given.json, json.dumps(content, indent=1).encode() + b"\n")
    if given.plot:
        draw(curves, given.plot)


def _progress(name: str) -> Callable[[str], None]:
    return lambda text: print(f"{name}: {one_line(text)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
