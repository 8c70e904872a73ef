"""Points on a curve of cost, in the order of their cost, within a budget of time."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from performance.tools.child import environment, run_child


@dataclass(frozen=True, slots=True)
class Point:
    """What is measured once, in a process of its own.

    Attributes:
        label: in the table.
        quantity: that grows along the curve: sentences, weights, threads, workers.
        model: as ``run_eval.py`` takes it.
        sentences: how many.
        threads: of each library; workers share them out.
        workers: processes that encode.
        expected: how long it takes, compared with the other points of the curve.
    """

    label: str
    quantity: float
    model: str
    sentences: int
    threads: int
    workers: int = 1
    expected: float = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A point's figures.

    Attributes:
        point: what was asked.
        tokens: that were encoded.
        operations: the least that these tokens take.
        load_seconds: loading the model and tokenizing.
        encode_seconds: in the encoder; where there are workers, their start included.
        seconds: of the whole process.
        rate: operations a second of the machine's products, for this model and these threads.
    """

    point: Point
    tokens: int
    operations: int
    load_seconds: float
    encode_seconds: float
    seconds: float
    rate: float

    @property
    def share(self) -> float:
        """Of the machine's rate, while encoding."""
        return self.operations / self.encode_seconds / self.rate

    def as_json(self) -> dict[str, Any]:
        """Return it in a form that JSON takes."""
        return asdict(self)


def measure_curve(
    points: Sequence[Point], budget: float, say: Callable[[str], None]
) -> Iterator[Measured]:
    """Yield the points one after another; the rest is left out when the budget would not do.

    Args:
        points: the cheaper ones first.
        budget: seconds; the first point is measured in any case.
        say: gets progress.

    Raises:
        ChildFailed: a point cannot be measured.
    """
    spent = 0.0
    last: Measured | None = None
    for point in points:
        if last and spent + _expected(last, point) > budget:
            say(f"{point.label}: left out, there is no time for it (--budget)")
            continue
        say(point.label)
        last = _measure(point)
        spent += last.seconds
        yield last


def _expected(last: Measured, point: Point) -> float:
    growing = last.encode_seconds * point.expected / last.point.expected
    return last.seconds - last.encode_seconds + growing


def _measure(point: Point) -> Measured:
    command = [
        sys.executable, "-m", "performance.tools.encoding", "--model", point.model,
        "--sentences", str(point.sentences), "--workers", str(point.workers),
    ]  # fmt: skip
    outcome = run_child(command, environment(point.threads))
    return Measured(
        point, seconds=outcome.seconds, **json.loads(outcome.output.strip().splitlines()[-1])
    )


def exponent(quantities: Sequence[float], costs: Sequence[float]) -> float | None:
    """Return the growth of the costs with the quantities: the slope of their logarithms.

    1 means that twice as much costs twice as much, -1 half as much. The slope is that of the
    straight line with the least squares; None for fewer than two points.
    """
    if len(set(quantities)) < 2:
        return None
    x, y = ([math.log(value) for value in values] for values in (quantities, costs))
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    rise = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return rise / sum((a - middle_x) ** 2 for a in x)
