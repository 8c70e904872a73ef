"""The measured rows of a ranking that are tested against each other, and what the tests found."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.leaderboard.lineup import Ranking
from benchmark.leaderboard.measured import Measured
from benchmark.leaderboard.pairs import Ties, pairs_to_test, ties
from benchmark.leaderboard.statistics import Method, Statistics, pair_key, row_key


def tested_rows(ranking: Ranking, known: Statistics, method: Method) -> list[Measured]:
    """Return the rows whose average has an interval, best first."""
    scores = {
        place: found.average.score
        for place, row in enumerate(ranking.measured)
        if (found := known.rows.get(row_key(row, method))) and found.average
    }
    order = sorted(scores, key=lambda place: (-scores[place], place))
    return [ranking.measured[place] for place in order]


def tested_pairs(rows: Sequence[Measured]) -> list[tuple[Measured, Measured]]:
    """Return the pairs of these rows that are tested, the better one first."""
    return [(rows[first], rows[second]) for first, second in pairs_to_test(len(rows))]


def find_ties(rows: Sequence[Measured], known: Statistics, method: Method) -> Ties | None:
    """Return which of these rows cannot be told apart.

    Returns:
        None if there are fewer than two rows, or if a test is missing, which is so where
        neither gold nor the statistic is at hand.
    """
    places = pairs_to_test(len(rows))
    keys = [pair_key(rows[first], rows[second], method) for first, second in places]
    if not keys or not set(keys) <= set(known.pairs):
        return None
    p_values = {pair: known.pairs[key].average for pair, key in zip(places, keys, strict=True)}
    averages = [known.rows[row_key(row, method)].average for row in rows]
    return ties([average.score for average in averages if average], p_values)
