"""Intervals and p-values that are not kept yet: computed from predictions and gold."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from benchmark.leaderboard.lineup import Lineup
from benchmark.leaderboard.measured import Measured
from benchmark.leaderboard.standing import tested_pairs, tested_rows
from benchmark.leaderboard.statistics import (
    SEED,
    Method,
    PairStatistics,
    RowStatistics,
    Statistics,
    Sure,
    pair_key,
    row_key,
    testable,
)
from benchmark.measures import Measure
from benchmark.metrics.resampling import (
    Bootstrap,
    Observations,
    bootstrap,
    exchange_test,
)
from benchmark.one_line import one_line
from benchmark.options import DataOptions

logger = logging.getLogger(__name__)

DIGITS = 6
"""Decimals that are kept: a hundredth of the last digit that a table shows."""


def compute_statistics(
    group: str,
    lineup: Lineup,
    kept: Statistics,
    sources: DataOptions | None = None,
    method: Method | None = None,
) -> Statistics:
    """Return the statistics of a leaderboard: those that are kept, and what can be computed.

    What was kept is taken, unless rows were drawn by themselves then and their sentences are
    at hand now. Where gold is nowhere a statistic stays unknown; that is no error.

    Args:
        group: of the leaderboard.
        lineup: its rows.
        kept: of an earlier run.
        sources: where the data may be; nothing is downloaded.
        method: how to compute.

    Raises:
        UnreadableRecord: predictions or kept gold are damaged, or do not give the score that
            their record says.
    """
    bench = _Bench(group, lineup, kept, sources or DataOptions(), method or Method())
    rows = {
        row_key(row, bench.method): found
        for ranking in lineup.rankings
        for row in ranking.measured
        if (found := bench.row(row)) is not None
    }
    known = Statistics(rows)
    for ranking in lineup.rankings:
        for first, second in tested_pairs(tested_rows(ranking, known, bench.method)):
            tested = bench.pair(first, second)
            if tested is not None:
                known.pairs[pair_key(first, second, bench.method)] = tested
    return known


@dataclass(frozen=True)
class _Bench:
    """Where statistics are computed; gold is read when the first one is missing."""

    group: str
    lineup: Lineup
    kept: Statistics
    sources: DataOptions
    method: Method

    @functools.cached_property
    def gold(self) -> Mapping[Identity, Rows]:
        rows = [row for ranking in self.lineup.rankings for row in ranking.measured]
        return read_rows([row.records[c] for row in rows for c in testable(row)], self.sources)

    def row(self, row: Measured) -> RowStatistics | None:
        """Return the intervals of a row, None if they can neither be found nor computed."""
        kept, columns = self.kept.rows.get(row_key(row, self.method)), testable(row)
        if not columns or not self._can_do_better(kept, [row], columns):
            _require_same_scores(row, kept)
            return kept
        logger.info("intervals of %s", one_line(row.label))
        tasks, measure, units = self._observed([row], columns)
        try:
            drawn = bootstrap(
                tasks, measure.resampled(), resamples=self.method.resamples, seed=SEED
            )
        except ValueError as error:
            # Too few rows, or all around one sentence: there is a score but no interval.
            logger.warning("%s: no intervals, %s", one_line(row.label), error)
            return None
        places = enumerate(columns)
        return RowStatistics(
            group=self.group,
            units=units,
            scores={name: _sure(drawn, place, self.method) for place, name in places},
            average=_sure(drawn, None, self.method) if self._is_complete(columns) else None,
        )

    def pair(self, first: Measured, second: Measured) -> PairStatistics | None:
        """Return the tests of two complete rows, as `row`."""
        kept, columns = self.kept.pairs.get(pair_key(first, second, self.method)), testable(first)
        if not self._can_do_better(kept, [first, second], columns):
            return kept
        logger.info("%s against %s", one_line(first.label), one_line(second.label))
        tasks, measure, units = self._observed([first, second], columns)
        test = exchange_test(
            tasks, measure.resampled(), permutations=self.method.permutations, seed=SEED
        )
        keys = sorted(row_key(row, self.method) for row in (first, second))
        found = [round(p, DIGITS) for p in test.tasks]
        return PairStatistics(
            group=self.group,
            units=units,
            rows=(keys[0], keys[1]),
            p_values=dict(zip(columns, found, strict=True)),
            average=round(test.average, DIGITS),
        )

    def _can_do_better(
        self,
        kept: RowStatistics | PairStatistics | None,
        rows: Sequence[Measured],
        columns: Sequence[str],
    ) -> bool:
        """Tell whether what is kept can be replaced: it is missing, or sentences were."""
        if kept is not None and kept.units == "sentences":
            return False
        asked = [self.gold.get(identity(row.records[c])) for row in rows for c in columns]
        there = [found for found in asked if found is not None]
        if len(there) < len(asked):
            return False
        return kept is None or all(found.sentences is not None for found in there)

    def _observed(
        self, rows: Sequence[Measured], columns: Sequence[str]
    ) -> tuple[list[Observations], Measure, Units]:
        paired = [pair_up([row.records[c] for row in rows], self.gold) for c in columns]
        observed, units = to_observations(paired)
        return observed, paired[0].measure, units

    def _is_complete(self, columns: Sequence[str]) -> bool:
        return list(columns) == [column.id for column in self.lineup.columns]


def _require_same_scores(row: Measured, kept: RowStatistics | None) -> None:
    """What is kept goes with the predictions; a record that was edited does not."""
    for column, sure in kept.scores.items() if kept else ():
        record = row.records.get(column)
        measure = measure_of_rows(record.result) if record else None
        if record is None or measure is None:
            continue
        if abs(sure.score - record.result.main_score) > measure.rounding:
            raise UnreadableRecord(
                f"{record.path}: the record says {record.result.main_score:.6f}, its predictions "
                f"gave {sure.score:.6f} when statistics were computed; one of them was changed, "
                "score it again with `overwrite`"
            )


def _sure(drawn: Bootstrap, task: int | None, method: Method) -> Sure:
    estimate = drawn.score(0, task, method.level)
    ends = estimate.interval
    return Sure(*(round(number, DIGITS) for number in (estimate.value, ends.low, ends.high)))
