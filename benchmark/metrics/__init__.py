"""Pure functions on arrays; nothing here knows about tasks, models or files."""

from benchmark.metrics.correlation import UndefinedCorrelation, midranks, pearson, spearman
from benchmark.metrics.cosine import paired_cosine, zero_rows

__all__ = ["UndefinedCorrelation", "midranks", "paired_cosine", "pearson", "spearman", "zero_rows"]
