"""Intervals and tests that are not kept yet, and which rows can then be told apart.

Intervals and p-values are computed from predictions and gold; docs/significance.md says how.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from benchmark.comparisons import (
    Identity,
    Rows,
    Units,
    identity,
    measure_of_rows,
    pair_up,
    read_rows,
    to_observations,
)
from benchmark.errors import UnreadableRecord
from benchmark.leaderboard.contenders import Contender
from benchmark.leaderboard.families import RankedFamily
from benchmark.leaderboard.lineup import Lineup, Ranking
from benchmark.leaderboard.statistics import (
    SEED,
    PairTests,
    RowIntervals,
    ScoreInterval,
    Statistics,
    family_key,
    pair_key,
    row_key,
)
from benchmark.measures import Measure
from benchmark.metrics.resampling import (
    ALPHA,
    Bootstrap,
    Observations,
    RankRange,
    bootstrap,
    exchange_test,
    holm,
    rank_ranges,
    tied_groups,
)
from benchmark.one_line import one_line
from benchmark.options import DataOptions

logger = logging.getLogger(__name__)

DIGITS = 6
"""Decimals that are kept: a hundredth of the last digit that a table shows."""

MOST_PAIRS = 300
"""Tests of one ranking: all pairs of 25 rows. Each takes some seconds."""

Pair = tuple[int, int]
"""Places of two rows in their order, the better one first."""


# --- what is computed -----------------------------------------------------------------------------


def compute_statistics(
    lineup: Lineup,
    kept: Statistics,
    sources: DataOptions | None = None,
    baseline: Contender | None = None,
) -> Statistics:
    """Return the statistics of a leaderboard: those that are kept, and what can be computed.

    What was kept is taken, unless rows were drawn by themselves then and their sentences are at
    hand now. Where gold is nowhere a statistic stays unknown.

    Args:
        lineup: rows of the leaderboard.
        kept: of an earlier run; its method is the one to compute by.
        sources: where the data may be; nothing is downloaded.
        baseline: a row that all others of its ranking are tested against.

    Raises:
        UnreadableRecord: predictions or kept gold are damaged, or do not give the score that
            their record says.
    """
    bench = _Bench(lineup, kept, sources)
    known = Statistics(method=kept.method)
    for contender in lineup.measured:
        intervals = bench.row(contender)
        if intervals is not None:
            known.rows[row_key(contender, known.method)] = intervals
    for ranking in lineup.rankings:
        for family in ranking.families:
            if (means := bench.family(family)) is not None:
                known.rows[family_key(family.contenders, known.method)] = means
        for pair in _pairs(tested(ranking, known), baseline):
            tests = bench.pair(*pair)
            if tests is not None:
                known.pairs[pair_key(*pair, known.method)] = tests
    return known


def _pairs(
    rows: Sequence[Contender], baseline: Contender | None
) -> list[tuple[Contender, Contender]]:
    """Return the pairs of rows, best first, that are tested: for the letters, and a baseline's."""
    places, ids = pairs_to_test(len(rows)), [row.id for row in rows]
    if baseline is not None and baseline.id in ids:
        one, there = ids.index(baseline.id), set(places)
        pairs = [(min(one, k), max(one, k)) for k in range(len(ids)) if k != one]
        places += [pair for pair in pairs if pair not in there]
    return [(rows[first], rows[second]) for first, second in places]


def gold_at_hand(
    contenders: Iterable[Contender], sources: DataOptions | None = None
) -> Mapping[Identity, Rows]:
    """Return gold of all that can be resampled, where it is at hand; nothing is downloaded."""
    return read_rows([one.records[c] for one in contenders for c in one.testable], sources)


@dataclass(frozen=True)
class _Bench:
    """Where statistics are computed; gold is read when the first one is missing."""

    lineup: Lineup
    kept: Statistics
    sources: DataOptions | None

    @functools.cached_property
    def gold(self) -> Mapping[Identity, Rows]:
        return gold_at_hand(self.lineup.measured, self.sources)

    def row(self, contender: Contender) -> RowIntervals | None:
        """Return the intervals of a row, None if they can neither be found nor computed."""
        kept = self.kept.of(contender)
        if not contender.testable or not self._can_do_better(kept, [contender]):
            _require_same_scores(contender, kept)
            return kept
        return self._intervals(contender.label, [contender])

    def family(self, family: RankedFamily) -> RowIntervals | None:
        """Return the intervals of the means of a family's members, as `row`."""
        contenders = family.contenders
        kept = self.kept.rows.get(family_key(contenders, self.kept.method))
        columns = set.intersection(*(set(contender.testable) for contender in contenders))
        if not columns or not self._can_do_better(kept, contenders):
            return kept
        return self._intervals(family.label, contenders)

    def _intervals(self, label: str, contenders: Sequence[Contender]) -> RowIntervals | None:
        """Return the intervals of a row, or of the means of several rows on the same resamples."""
        method = self.kept.method
        logger.info("intervals of %s", one_line(label))
        scores: dict[str, ScoreInterval] = {}
        average, drawn_together = None, set[Units]()
        for alike in _by_measure(contenders):
            tasks, measure, units = self._observed(contenders, alike)
            try:
                drawn = bootstrap(tasks, measure.resampled(), resamples=method.resamples, seed=SEED)
            except ValueError as error:
                # Too few rows, or all around one sentence: there is a score but no interval.
                logger.warning("%s: no intervals, %s", one_line(label), error)
                return None
            drawn_together.add(units)
            drawn = drawn.mean_model()
            scores |= {
                name: _rounded(drawn, place, method.level) for place, name in enumerate(alike)
            }
            if alike == self.lineup.ids:
                average = _rounded(drawn, None, method.level)
        return RowIntervals(
            group=self.lineup.board.group,
            units="rows" if "rows" in drawn_together else "sentences",
            scores={name: scores[name] for name in contenders[0].testable if name in scores},
            average=average,
        )

    def pair(self, first: Contender, second: Contender) -> PairTests | None:
        """Return the tests of two complete rows, as `row`."""
        kept, method = self.kept.between(first, second), self.kept.method
        if not self._can_do_better(kept, [first, second]):
            return kept
        logger.info("%s against %s", one_line(first.label), one_line(second.label))
        tasks, measure, units = self._observed([first, second], first.testable)
        test = exchange_test(
            tasks, measure.resampled(), permutations=method.permutations, seed=SEED
        )
        low, high = sorted(row_key(contender, method) for contender in (first, second))
        found = [round(p, DIGITS) for p in test.tasks]
        return PairTests(
            group=self.lineup.board.group,
            units=units,
            rows=(low, high),
            p_values=dict(zip(first.testable, found, strict=True)),
            average=round(test.average, DIGITS),
        )

    def _can_do_better(
        self, kept: RowIntervals | PairTests | None, contenders: Sequence[Contender]
    ) -> bool:
        """Tell whether what is kept can be replaced: it is missing, or sentences were."""
        if kept is not None and kept.units == "sentences":
            return False
        asked = [self.gold.get(identity(e.records[c])) for e in contenders for c in e.testable]
        there = [found for found in asked if found is not None]
        if len(there) < len(asked):
            return False
        return kept is None or all(found.gold.texts is not None for found in there)

    def _observed(
        self, contenders: Sequence[Contender], columns: Sequence[str]
    ) -> tuple[list[Observations], Measure, Units]:
        paired = [
            pair_up([contender.records[c] for contender in contenders], self.gold) for c in columns
        ]
        observed, units = to_observations(paired)
        return observed, paired[0].measure, units


def _by_measure(contenders: Sequence[Contender]) -> list[list[str]]:
    """Return the columns that can be resampled for all of them, those of one measure together.

    Only a group of one's own has several, and then no average.
    """
    found: dict[str, list[str]] = {}
    first, *others = contenders
    for column in first.testable:
        if all(column in other.testable for other in others):
            found.setdefault(first.records[column].result.metric, []).append(column)
    return [*found.values()]


def _require_same_scores(contender: Contender, kept: RowIntervals | None) -> None:
    """What is kept goes with the predictions; a record that was edited does not."""
    for column, known in kept.scores.items() if kept else ():
        record = contender.records.get(column)
        measure = measure_of_rows(record.result) if record else None
        if record is None or measure is None:
            continue
        allowed = measure.rounding_of(record.result.tested_samples)
        if abs(known.score - record.result.main_score) > allowed:
            raise UnreadableRecord(
                f"{record.path}: the record says {record.result.main_score:.6f}, its predictions "
                f"gave {known.score:.6f} when statistics were computed; one of them was changed, "
                "score it again with `overwrite`"
            )


def _rounded(drawn: Bootstrap, task: int | None, level: float) -> ScoreInterval:
    estimate = drawn.score(0, task, level)
    ends = estimate.interval
    return ScoreInterval(*(round(x, DIGITS) for x in (estimate.value, ends.low, ends.high)))


# --- which pairs are tested, and what follows -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ties:
    """What tests found about rows in the order of their averages.

    Attributes:
        letters: two rows share one exactly if they cannot be told apart.
        ranges: the ranks each row may have among them.
        tests: how many pairs were tested.
        pairs: how many there are.
    """

    letters: tuple[str, ...]
    ranges: tuple[RankRange, ...]
    tests: int
    pairs: int


def tested(ranking: Ranking, known: Statistics) -> list[Contender]:
    """Return the rows of models whose average has an interval, best first.

    Neither families nor their members are among them: members of one family are no independent
    contenders, and a test of two families has to count their runs as well.
    """
    found = [(contender, known.of(contender)) for contender in ranking.alone]
    scores = [(contender, row.average.score) for contender, row in found if row and row.average]
    return [contender for contender, _ in sorted(scores, key=lambda scored: -scored[1])]


def pairs_to_test(rows: int, most: int = MOST_PAIRS) -> list[Pair]:
    """Return the pairs of rows that are tested.

    All of them, if there are no more than ``most``. Otherwise neighbours, then rows two places
    apart and so on, as far as all pairs of a distance still fit; neighbours always do.
    """
    chosen: list[Pair] = []
    for distance in range(1, rows):
        apart = [(first, first + distance) for first in range(rows - distance)]
        if chosen and len(chosen) + len(apart) > most:
            break
        chosen += apart
    return chosen


def find_ties(contenders: Sequence[Contender], known: Statistics) -> Ties | None:
    """Return which of these rows, which `tested` gave, cannot be told apart.

    Returns:
        None if there are fewer than two rows, or if a test is missing, which is so where
        neither gold nor the statistic is at hand.
    """
    places = pairs_to_test(len(contenders))
    found = {(i, j): known.between(contenders[i], contenders[j]) for i, j in places}
    p_values = {pair: tests.average for pair, tests in found.items() if tests}
    if not places or len(p_values) < len(places):
        return None
    rows = [known.of(contender) for contender in contenders]
    return ties([row.average.score for row in rows if row and row.average], p_values)


def ties(scores: Sequence[float], p_values: Mapping[Pair, float], alpha: float = ALPHA) -> Ties:
    """Return which rows cannot be told apart.

    P-values are adjusted for the number of tests (Holm). A pair that was not tested counts as
    told apart if a tested pair that lies between the two in the ranking is.

    Args:
        scores: of the rows, best first.
        p_values: of the tested pairs, not adjusted.
        alpha: of all tests of the ranking together.
    """
    adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    matrix = np.ones((len(scores), len(scores)))
    for first, second in combinations(range(len(scores)), 2):
        known = adjusted.get((first, second))
        p = _smallest_between(adjusted, first, second) if known is None else known
        matrix[first, second] = matrix[second, first] = p
    return Ties(
        tied_groups(matrix, alpha),
        rank_ranges(scores, matrix, alpha),
        tests=len(p_values),
        pairs=len(scores) * (len(scores) - 1) // 2,
    )


def _smallest_between(adjusted: Mapping[Pair, float], first: int, second: int) -> float:
    between = [p for (a, b), p in adjusted.items() if first <= a and b <= second]
    return min(between, default=1.0)
