"""Are two encoders the same one? Their vectors compared, and usual causes of a difference tried."""

from benchmark.equivalence.agreement import TOLERANCE
from benchmark.equivalence.case import Finding
from benchmark.equivalence.comparison import parity
from benchmark.equivalence.result import Parity, SentenceDifference

__all__ = ["TOLERANCE", "Finding", "Parity", "SentenceDifference", "parity"]
