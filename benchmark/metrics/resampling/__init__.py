"""How sure a score is, and a difference of two: resampling of rows, tests, corrections.

Pure functions on arrays. Scores, differences and intervals are fractions of 1. What is resampled
and why is in docs/significance.md.
"""

from benchmark.metrics.resampling.accuracy import mcnemar
from benchmark.metrics.resampling.bootstrapping import RESAMPLES, Bootstrap, Estimate, bootstrap
from benchmark.metrics.resampling.comparison import (
    PairedComparison,
    PairedOutcome,
    compare_paired,
)
from benchmark.metrics.resampling.correction import holm
from benchmark.metrics.resampling.exchange import PERMUTATIONS, ExchangeTest, exchange_test
from benchmark.metrics.resampling.groups import ALPHA, RankRange, rank_ranges, tied_groups
from benchmark.metrics.resampling.interval import LEVEL, Interval
from benchmark.metrics.resampling.rows import Observations, observations
from benchmark.metrics.resampling.statistics import ACCURACY, SPEARMAN, Statistic
from benchmark.metrics.resampling.units import sentence_units

__all__ = [
    "ACCURACY",
    "ALPHA",
    "LEVEL",
    "PERMUTATIONS",
    "RESAMPLES",
    "SPEARMAN",
    "Bootstrap",
    "Estimate",
    "ExchangeTest",
    "Interval",
    "Observations",
    "PairedComparison",
    "PairedOutcome",
    "RankRange",
    "Statistic",
    "bootstrap",
    "compare_paired",
    "exchange_test",
    "holm",
    "mcnemar",
    "observations",
    "rank_ranges",
    "sentence_units",
    "tied_groups",
]
