"""How sure a score is, and a difference of two: resampling of rows, tests, corrections.

Pure functions on arrays. Scores, differences and intervals are fractions of 1. What is resampled
and why is in docs/significance.md.
"""

from benchmark.metrics.resampling.groups import ALPHA, RankRange, rank_ranges, tied_groups
from benchmark.metrics.resampling.intervals import (
    LEVEL,
    RESAMPLES,
    Bootstrap,
    Estimate,
    Interval,
    bootstrap,
)
from benchmark.metrics.resampling.observations import (
    ACCURACY,
    AVERAGE_PRECISION,
    SPEARMAN,
    Observations,
    Statistic,
    observations,
    statistic_of,
)
from benchmark.metrics.resampling.paired import (
    PERMUTATIONS,
    ExchangeTest,
    PairedComparison,
    PairedOutcome,
    compare_paired,
    exchange_test,
    holm,
    mcnemar,
)
from benchmark.metrics.resampling.power import POWER, Needed, needed, power
from benchmark.metrics.resampling.two_level import (
    RunScores,
    TwoLevelComparison,
    TwoLevelOutcome,
    compare_two_level,
)
from benchmark.metrics.resampling.units import sentence_units

__all__ = [
    "ACCURACY",
    "ALPHA",
    "AVERAGE_PRECISION",
    "LEVEL",
    "PERMUTATIONS",
    "POWER",
    "RESAMPLES",
    "SPEARMAN",
    "Bootstrap",
    "Estimate",
    "ExchangeTest",
    "Interval",
    "Needed",
    "Observations",
    "PairedComparison",
    "PairedOutcome",
    "RankRange",
    "RunScores",
    "Statistic",
    "TwoLevelComparison",
    "TwoLevelOutcome",
    "bootstrap",
    "compare_paired",
    "compare_two_level",
    "exchange_test",
    "holm",
    "mcnemar",
    "needed",
    "observations",
    "power",
    "rank_ranges",
    "sentence_units",
    "statistic_of",
    "tied_groups",
]
