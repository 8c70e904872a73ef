"""What resampling found about measured rows, apart from the predictions it was found in.

Gold scores are evaluation data and stay out of the repository, so what was computed with them is
kept. Everything is named by a hash of what it was computed from: it can be out of place, but not
out of date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from benchmark.comparisons import Units, measure_of_rows
from benchmark.leaderboard.measured import Measured
from benchmark.metrics.resampling import LEVEL, PERMUTATIONS, RESAMPLES

METHOD_VERSION = "1"
"""Raised whenever the same predictions could get another interval or p-value."""

SEED = 0

Fraction = Annotated[float, Meta(ge=-1.0, le=1.0)]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]


@dataclass(frozen=True, slots=True)
class Method:
    """How intervals and p-values are computed.

    Attributes:
        resamples: of each bootstrap.
        permutations: of each test.
        level: of the intervals.
    """

    resamples: int = RESAMPLES
    permutations: int = PERMUTATIONS
    level: float = LEVEL


@dataclass(frozen=True, slots=True)
class Sure:
    """A score and its confidence interval, as fractions of 1 with six decimals."""

    score: Fraction
    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it begins."""
        if self.low > self.high:
            raise ValueError(f"an interval from {self.low} to {self.high}")


@dataclass(frozen=True, slots=True)
class RowStatistics:
    """Intervals of one row.

    Attributes:
        group: of the leaderboard.
        units: what was drawn.
        scores: by column.
        average: of the unrounded scores; None if a column is missing.
    """

    group: str
    units: Units
    scores: dict[str, Sure]
    average: Sure | None = None


@dataclass(frozen=True, slots=True)
class PairStatistics:
    """Two-sided p-values of the exchange test of two rows, not adjusted.

    Attributes:
        group: of the leaderboard.
        units: what was exchanged.
        rows: the keys of the two rows, sorted.
        p_values: by column.
        average: of the difference of the averages.
    """

    group: str
    units: Units
    rows: tuple[str, str]
    p_values: dict[str, Probability]
    average: Probability


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known, by `row_key` and `pair_key`."""

    rows: dict[str, RowStatistics] = field(default_factory=dict)
    pairs: dict[str, PairStatistics] = field(default_factory=dict)


def row_key(row: Measured, method: Method) -> str:
    """Return the name of what a row's intervals are computed from.

    That is the method, and for each column the data and the predictions. Columns without
    predictions, or whose score is not made of single rows, have no part in it.
    """
    return _key("row", method, [_answers(row)])


def pair_key(first: Measured, second: Measured, method: Method) -> str:
    """Return the name of what a test of two rows is computed from, in either order."""
    return _key("pair", method, sorted([_answers(first), _answers(second)]))


def testable(row: Measured) -> list[str]:
    """Return the columns of a row that can be resampled."""
    return [
        column
        for column, stored in row.records.items()
        if stored.result.predictions_sha256 and measure_of_rows(stored.result)
    ]


def _answers(row: Measured) -> list[list[str]]:
    results = [row.records[column].result for column in testable(row)]
    return [[r.task, r.data.sha256, r.predictions_sha256 or ""] for r in results]


def _key(what: str, method: Method, answers: Sequence[Sequence[Sequence[str]]]) -> str:
    content: Mapping[str, object] = {
        "what": what,
        "version": METHOD_VERSION,
        "resamples": method.resamples,
        "permutations": method.permutations,
        "level": method.level,
        "seed": SEED,
        "answers": answers,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
