"""Whether two encoders are the same one, as a result that prints itself."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.encoders.card import EncoderCard
from benchmark.equivalence.case import Finding
from benchmark.printable import Printable


@dataclass(frozen=True, slots=True)
class SentenceDifference:
    """How far the vectors of a sentence are apart.

    Attributes:
        sentence: as it was asked.
        cosine: of the two vectors.
        largest: absolute difference.
        relative: the same as a part of the largest entry of all vectors.
    """

    sentence: str
    cosine: float
    largest: float
    relative: float


@dataclass(frozen=True, slots=True)
class Parity(Printable):
    """Whether two encoders are the same one.

    Attributes:
        names: of A and B.
        cards: their identities.
        dimensions: of their vectors.
        sentences: how many were asked.
        tolerance: what was allowed, as a part of the largest entry.
        differences: of each sentence, the worst first; empty where the dimensions differ.
        largest_entry: of all vectors, absolute.
        finding: the cause that explains the difference; None for no usual one, or no difference.
        remarks: what was seen besides.
        left_out: sentences that one of them refused.
    """

    names: tuple[str, str]
    cards: tuple[EncoderCard, EncoderCard]
    dimensions: tuple[int, int]
    sentences: int
    tolerance: float
    differences: tuple[SentenceDifference, ...]
    largest_entry: float
    finding: Finding | None = None
    remarks: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether no sentence differs by more than the tolerance."""
        return bool(self.differences) and self.largest <= self.tolerance

    @property
    def largest(self) -> float:
        """The largest difference as a part of the largest entry."""
        return max((one.relative for one in self.differences), default=float("inf"))

    @property
    def smallest_cosine(self) -> float | None:
        """The smallest cosine; None where the dimensions differ."""
        return min((one.cosine for one in self.differences), default=None)

    @property
    def differing(self) -> int:
        """How many sentences differ by more than the tolerance."""
        if not self.differences:
            return self.sentences
        return sum(one.relative > self.tolerance for one in self.differences)
