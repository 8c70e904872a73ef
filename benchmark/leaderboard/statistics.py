"""What resampling found about measured rows, apart from the predictions it was found in.

Gold scores are evaluation data and stay out of the repository, so what was computed with them is
kept in ``statistics.json``, and a page can be made without gold. Everything is named by a hash of
what it was computed from: it can be out of place, but not out of date.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from benchmark.comparisons import Units
from benchmark.errors import UnreadableRecord
from benchmark.foreign import Unreadable, read_bytes
from benchmark.leaderboard.contenders import Contender
from benchmark.metrics.resampling import LEVEL, PERMUTATIONS, RESAMPLES, Interval
from benchmark.one_line import one_line
from benchmark.results.record import Score
from benchmark.results.soundness import broken_seal, encode_sealed

METHOD_VERSION = "1"
"""Raised whenever the same predictions could get another interval or p-value."""

SEED = 0

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
class ScoreInterval:
    """A score and its confidence interval, as fractions of 1 with six decimals."""

    score: Score
    low: Score
    high: Score

    def __post_init__(self) -> None:
        """Refuse an interval that ends before it begins."""
        if self.low > self.high:
            raise ValueError(f"an interval from {self.low} to {self.high}")

    def at(self, level: float) -> Interval:
        """Return the interval alone, with its level."""
        return Interval(self.low, self.high, level)


@dataclass(frozen=True, slots=True)
class RowIntervals:
    """Intervals of one row.

    Attributes:
        group: of the leaderboard.
        units: what was drawn.
        scores: by column.
        average: of the unrounded scores; None if a column is missing.
    """

    group: str
    units: Units
    scores: dict[str, ScoreInterval]
    average: ScoreInterval | None = None


@dataclass(frozen=True, slots=True)
class PairTests:
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
    """What is known.

    Attributes:
        rows: by `row_key`.
        pairs: by `pair_key`.
        method: by which rows and pairs are looked up.
    """

    rows: dict[str, RowIntervals] = field(default_factory=dict)
    pairs: dict[str, PairTests] = field(default_factory=dict)
    method: Method = Method()

    def of(self, contender: Contender) -> RowIntervals | None:
        """Return the intervals of a row, None if they are not known."""
        return self.rows.get(row_key(contender, self.method))

    def between(self, first: Contender, second: Contender) -> PairTests | None:
        """Return the tests of two rows, None if they are not known."""
        return self.pairs.get(pair_key(first, second, self.method))


# --- the names of what was computed ---------------------------------------------------------------


def row_key(contender: Contender, method: Method) -> str:
    """Return the name of what a row's intervals are computed from.

    That is the method, and for each column the data and the predictions. Columns without
    predictions, or whose score is not made of single rows, have no part in it.
    """
    return _key("row", method, [_answers(contender)])


def family_key(contenders: Iterable[Contender], method: Method) -> str:
    """Return the name of what the intervals of a family's means are computed from."""
    return _key("family", method, sorted(map(_answers, contenders)))


def pair_key(first: Contender, second: Contender, method: Method) -> str:
    """Return the name of what a test of two rows is computed from, in either order."""
    return _key("pair", method, sorted([_answers(first), _answers(second)]))


def _answers(contender: Contender) -> list[list[str]]:
    results = [contender.results[column] for column in contender.testable]
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


# --- the file -------------------------------------------------------------------------------------

STATISTICS_FILE = "statistics.json"
LAYOUT_VERSION = 2
MOST_BYTES = 2**26

_ANEW = "; delete the file, the statistics are computed again where gold is at hand"


class _Version(msgspec.Struct):
    version: int


class _Kept(_Version):
    rows: dict[str, RowIntervals]
    pairs: dict[str, PairTests]


def read_statistics(path: Path) -> Statistics:
    """Return what is kept; nothing if there is no such file.

    Raises:
        UnreadableRecord: the file is damaged, was changed after it was written, or is of
            another version.
    """
    if not path.exists():
        return Statistics()
    try:
        content = read_bytes(path, MOST_BYTES)
        version = msgspec.json.decode(content, type=_Version).version
        if version != LAYOUT_VERSION:
            raise UnreadableRecord(
                f"{path}: version {version}, this program reads {LAYOUT_VERSION}{_ANEW}"
            )
        kept = msgspec.json.decode(content, type=_Kept)
        wrong = broken_seal(content)
    except (Unreadable, UnicodeDecodeError, RecursionError, msgspec.MsgspecError) as error:
        raise UnreadableRecord(
            f"{path}: no readable statistics ({one_line(str(error))}){_ANEW}"
        ) from error
    if wrong:
        raise UnreadableRecord(f"{path}: {wrong}{_ANEW}")
    return Statistics(kept.rows, kept.pairs)


def encode_statistics(statistics: Statistics) -> bytes:
    """Return statistics as JSON with its checksum: sorted keys, a line for each value."""
    return encode_sealed(_Kept(LAYOUT_VERSION, statistics.rows, statistics.pairs), indent=1)


def merged(kept: Statistics, groups: Collection[str], made: Iterable[Statistics]) -> Statistics:
    """Return what belongs into the file: what was made, and other groups' as they were.

    What was kept for these groups and is of no use to their rows is dropped, so that the same
    rows give the same file.
    """
    together = Statistics(
        {key: found for key, found in kept.rows.items() if found.group not in groups},
        {key: found for key, found in kept.pairs.items() if found.group not in groups},
    )
    for known in made:
        together.rows.update(known.rows)
        together.pairs.update(known.pairs)
    return together
