"""How far a score may lie from its baseline before that counts as a change.

The same weights on the same data by the same protocol are a question of rounding, not of
statistics. Cosines that move by 1e-7 move a Spearman by far less than its
tolerance. A classifier is
deterministic here, but its accuracy goes in steps of one sample of the test set, and rounding
on another processor can put a sample on the other side of the boundary; so the unit of an
accuracy is the sample, worth 0.2 points on TREC and 0.01 on MR. docs/regression-gate.md has the
measurements.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

_WORDS = re.compile(r"(\d+) samples?")
_HUNDREDTH = Decimal("0.01")
_LIMIT = 100.0


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A distance between two scores.

    Attributes:
        amount: points of the scale from 0 to 100, or samples of the test set.
        in_samples: which of the two.
    """

    amount: float
    in_samples: bool = False

    def points(self, tested: int | None) -> Decimal:
        """Return the tolerance in points, exactly as it was written.

        Args:
            tested: samples of the test set, None for a task that counts none. Accuracies have
                two decimals in points, so a number of samples is worth what two rounded
                accuracies can differ by.

        Raises:
            ValueError: it is in samples, and the task counts none.
        """
        if not self.in_samples:
            return Decimal(repr(self.amount))
        if not tested:
            raise ValueError(
                f"a tolerance of {self} is for accuracies, in records that count their samples; "
                "give points"
            )
        share = 100 * Decimal(repr(self.amount)) / tested
        if not share or 10_000 % tested == 0:  # then no accuracy is rounded
            return share.quantize(_HUNDREDTH, ROUND_CEILING)
        return (share + _HUNDREDTH).quantize(_HUNDREDTH, ROUND_FLOOR)

    def written(self) -> float | str:
        """Return the tolerance as a baseline file holds it, see `parse_tolerance`."""
        return str(self) if self.in_samples else self.amount

    def __str__(self) -> str:
        if not self.in_samples:
            return f"{self.amount:g} points"
        return "1 sample" if self.amount == 1 else f"{self.amount:g} samples"


def parse_tolerance(written: float | str) -> Tolerance:
    """Return the tolerance that somebody wrote: ``0.05`` (points) or ``2 samples``.

    Raises:
        ValueError: anything else, or points outside 0 to 100.
    """
    words = _WORDS.fullmatch(written.strip()) if isinstance(written, str) else None
    if words:
        return Tolerance(float(words[1]), in_samples=True)
    try:
        points = float(written)
    except ValueError:
        points = math.nan
    if not 0.0 <= points <= _LIMIT:
        raise ValueError(
            f"a tolerance of {written!r} is neither points from 0 to 100, like 0.01, nor samples "
            "of the test set, like '2 samples'"
        )
    return Tolerance(points)
