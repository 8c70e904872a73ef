"""What is special about each measure: every room asks here, none compares names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmark.measures.tolerance import Tolerance
from benchmark.metrics import pearson, spearman
from benchmark.metrics.binary import average_precision

if TYPE_CHECKING:
    from benchmark.metrics.resampling import Statistic


_FOUR_DECIMALS = 1e-4
"""What the parts' fractions and their mean lose when they are written."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a task: a number made of what each of its rows got, beside gold.

    Attributes:
        name: in records, signatures and tables of figures.
        title: above a table of it, with its unit.
        of_rows: the measure of (n,) values given and (n,) gold, a fraction of 1; raises
            `benchmark.metrics.UndefinedCorrelation` where there is none.
        rounding: how far a recorded score may lie from that of its predictions.
        tolerance: how far a score may lie from its baseline before that counts as a change.
        parts: how many parts of the rows, of sizes that differ by one at most, a recorded score may
            be the mean of.
        decimals: that a score has in points, None for as many as a float holds.
        judges_rows: whether each row is right, which is to be given what is gold, or wrong, so
            that rows can be counted.
        by_rank: whether only the order of what is given counts: two models then exchange their
            ranks, for their values have scales of their own.
        hub: its type on the model hub, and a name for readers there.
        compiled: gives the measure in a quick form for resampling, loaded when asked; without one
            it is computed anew for every resample.
    """

    name: str
    title: str
    of_rows: Callable[[NDArray[Any], NDArray[Any]], float]
    rounding: float
    tolerance: Tolerance
    decimals: int | None
    judges_rows: bool
    by_rank: bool
    hub: tuple[str, str]
    compiled: Callable[[], Statistic] | None = None
    parts: int = 1

    def rounding_of(self, rows: int | None) -> float:
        """Return how far a recorded score may lie from that of its predictions.

        A mean over k parts, r of which have a row more than the others, gives the rows of some a
        weight of 1/k instead of their share of n: shares move by r (k - r) / (k n) in all, which
        is k / (4 n) at most.

        Args:
            rows: n; None where it is not known.
        """
        if self.parts == 1 or not rows:
            return self.rounding
        return max(self.rounding, self.parts / (4 * rows) + _FOUR_DECIMALS)

    def resampled(self) -> Statistic:
        """Return the measure in the form that is resampled."""
        if self.compiled is not None:
            return self.compiled()
        from benchmark.metrics.resampling import statistic_of

        return statistic_of(self.of_rows, by_rank=self.by_rank)


def share_right(given: NDArray[Any], gold: NDArray[Any]) -> float:
    """Return the share of rows that were given the class that is gold, both (n,)."""
    return float(np.mean(given == gold))


def _compiled_spearman() -> Statistic:
    from benchmark.metrics.resampling import SPEARMAN

    return SPEARMAN


def _compiled_accuracy() -> Statistic:
    from benchmark.metrics.resampling import ACCURACY

    return ACCURACY


def _compiled_average_precision() -> Statistic:
    from benchmark.metrics.resampling import AVERAGE_PRECISION

    return AVERAGE_PRECISION


SPEARMAN = Measure(
    name="spearman",
    title="Spearman's correlation x 100",
    of_rows=spearman,
    rounding=1e-6,
    tolerance=Tolerance(0.01),  # what the papers' two decimals can show
    decimals=None,
    judges_rows=False,
    by_rank=True,
    hub=("cosine_spearman", "Spearman of the cosine"),
    compiled=_compiled_spearman,
)

PEARSON = Measure(
    name="pearson",
    title="Pearson's correlation x 100",
    of_rows=pearson,
    rounding=1e-6,
    tolerance=Tolerance(0.01),
    decimals=None,
    judges_rows=False,
    by_rank=False,
    hub=("pearson", "Pearson of the predicted scores"),
)

ACCURACY = Measure(
    name="accuracy",
    title="accuracy in %",
    of_rows=share_right,
    rounding=1e-3,  # the mean over folds, of fractions that were rounded to four decimals
    tolerance=Tolerance(2, in_samples=True),
    decimals=2,
    judges_rows=True,
    by_rank=False,
    hub=("accuracy", "Accuracy"),
    compiled=_compiled_accuracy,
    parts=10,  # folds
)

AVERAGE_PRECISION = Measure(
    name="ap",
    title="average precision x 100",
    of_rows=average_precision,
    rounding=1e-6,
    tolerance=Tolerance(0.01),  # cosines that move by 1e-6 move that of MRPC by 0.0006
    decimals=None,
    judges_rows=False,
    by_rank=True,
    hub=("cosine_ap", "Average precision of the cosine"),
    compiled=_compiled_average_precision,
)

MEASURES: Mapping[str, Measure] = {
    measure.name: measure for measure in (SPEARMAN, PEARSON, ACCURACY, AVERAGE_PRECISION)
}
"""The measures that are main scores, by name."""
