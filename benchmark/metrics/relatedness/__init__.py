"""Scores of pairs learned as distributions over 1 to 5, as SentEval trains and selects them."""

from benchmark.metrics.relatedness.training import (
    Graded,
    Judge,
    RelatednessProtocol,
    Supervised,
    features_of,
    supervised,
)

__all__ = ["Graded", "Judge", "RelatednessProtocol", "Supervised", "features_of", "supervised"]
