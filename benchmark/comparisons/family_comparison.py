"""What `benchmark.comparisons.compare_families` found: frozen, nothing computed or rendered."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.comparisons.comparison import Resampling, Verdict
from benchmark.comparisons.tables import LeftOut, ResampledTable
from benchmark.metrics.resampling import TwoLevelOutcome
from benchmark.one_line import one_line
from benchmark.printable import Printable
from benchmark.results import StoredRun, TaskRecord


@dataclass(frozen=True, slots=True)
class RunFamily:
    """One side of a comparison: runs that are one thing, measured again; or a single run.

    Attributes:
        name: what it was asked for by.
        runs: its members, at least one.
        varied: what is another in each (``seed``, ``template``); empty where nobody said.
    """

    name: str
    runs: tuple[StoredRun, ...]
    varied: str = ""


@dataclass(frozen=True, slots=True)
class FamilyTask:
    """Two families on one task.

    Attributes:
        task: which.
        rows: its number of pairs or samples.
        outcome: scores of the runs, difference, interval and test; adjusted over all tasks.
        verdict: by the adjusted p-value.
    """

    task: TaskRecord
    rows: int
    outcome: TwoLevelOutcome
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FamilyAverage:
    """Two families on the unweighted mean over some tasks.

    Attributes:
        tasks: how many.
        whole: whether these are all columns of the table.
        outcome: of unrounded scores; the p-value stands by itself.
        verdict: by the p-value.
    """

    tasks: int
    whole: bool
    outcome: TwoLevelOutcome
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class FamilyGroup(ResampledTable):
    """Two families on the tasks of one table.

    Attributes:
        tasks: in the order of the table.
        average: None for a single task.
    """

    tasks: tuple[FamilyTask, ...]
    average: FamilyAverage | None


@dataclass(frozen=True, slots=True, repr=False)
class FamilyComparison(Printable):
    """Two families of runs, A and B; differences are A minus B.

    Attributes:
        first, second: the families; at most one of them is a single run.
        resampling: how differences were judged.
        groups: the tables.
        left_out: tasks that were not compared.
    """

    first: RunFamily
    second: RunFamily
    resampling: Resampling
    groups: tuple[FamilyGroup, ...]
    left_out: tuple[LeftOut, ...]

    def __repr__(self) -> str:
        """Name the families."""
        return f"<FamilyComparison of {one_line(self.first.name)} and {one_line(self.second.name)}>"

    @property
    def tests(self) -> int:
        """How many tests of tasks Holm's correction was made for."""
        return sum(len(group.tasks) for group in self.groups)
