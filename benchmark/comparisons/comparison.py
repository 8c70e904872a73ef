"""What `benchmark.comparisons.compare_runs` found: frozen, nothing computed, nothing rendered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from benchmark.comparisons.tables import LeftOut, ResampledTable
from benchmark.metrics.resampling import LEVEL, RESAMPLES, PairedOutcome
from benchmark.one_line import one_line
from benchmark.printable import Printable
from benchmark.results import StoredRun, TaskRecord


class Verdict(Enum):
    """What a test says of a difference."""

    FIRST = "A better"
    SECOND = "B better"
    UNCLEAR = "unclear"
    IDENTICAL = "identical"


@dataclass(frozen=True, slots=True)
class Resampling:
    """How a difference is judged.

    Attributes:
        resamples: of the bootstrap, and exchanges of the test.
        level: of the intervals; a p-value below 1 - level counts as a difference.
        seed: the same gives the same result.
    """

    resamples: int = RESAMPLES
    level: float = LEVEL
    seed: int = 0

    @property
    def alpha(self) -> float:
        """The p-value below which models differ."""
        return round(1 - self.level, 12)


@dataclass(frozen=True, slots=True)
class Discordance:
    """Samples that only one of two models answers rightly.

    Attributes:
        only_first, only_second: how many.
        p_value: of McNemar's exact test, two-sided, not adjusted; it takes samples for
            independent.
    """

    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True, slots=True)
class TaskComparison:
    """Two models on one task.

    Attributes:
        task: which.
        rows: its number of pairs or samples.
        scores: as recorded, as fractions of 1.
        outcome: difference, interval and test; adjusted over all tasks of the comparison.
        discordance: of accuracies, None for correlations.
        verdict: by the adjusted p-value.
    """

    task: TaskRecord
    rows: int
    scores: tuple[float, float]
    outcome: PairedOutcome
    discordance: Discordance | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class AverageComparison:
    """Two models on the unweighted mean over some tasks.

    Attributes:
        tasks: how many.
        outcome: of unrounded scores; the p-value stands by itself.
        printed: the averages as the papers' tables print them (mean of rounded scores), where
            all tasks of the table are there.
        verdict: by the p-value.
    """

    tasks: int
    outcome: PairedOutcome
    printed: tuple[float, float] | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class GroupComparison(ResampledTable):
    """Two models on the tasks of one table.

    Attributes:
        tasks: in the order of the table.
        average: None for a single task.
    """

    tasks: tuple[TaskComparison, ...]
    average: AverageComparison | None


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Printable):
    """Two models, A and B; differences are A minus B.

    Attributes:
        first, second: the models.
        resampling: how differences were judged.
        groups: the tables.
        left_out: tasks that were not compared.
    """

    first: StoredRun
    second: StoredRun
    resampling: Resampling
    groups: tuple[GroupComparison, ...]
    left_out: tuple[LeftOut, ...]

    def __repr__(self) -> str:
        """Name the models."""
        return f"<Comparison of {one_line(self.first.label)} and {one_line(self.second.label)}>"

    @property
    def tests(self) -> int:
        """How many tests of tasks Holm's correction was made for."""
        return sum(len(group.tasks) for group in self.groups)
