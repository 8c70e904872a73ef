"""What `benchmark.comparisons.curves` found: frozen, nothing computed, nothing rendered.

Scores, differences and intervals are fractions of 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmark.comparisons.comparison import Resampling
from benchmark.comparisons.rows import Units
from benchmark.measures import Measure
from benchmark.metrics.resampling import Estimate, Interval
from benchmark.metrics.spread import Spread
from benchmark.one_line import one_line
from benchmark.printable import Printable
from benchmark.results import TaskRecord

Which = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One step of a run on one task.

    Attributes:
        step: updates of the weights so far.
        epoch: passes over the training data so far; None where nobody counted.
        score: as recorded; of an average as the papers print it.
        interval: of confidence; None where it cannot be computed.
        model: the name of the step's records.
        fingerprint: of the step's state; None for one that does not say who it is.
    """

    step: int
    epoch: float | None
    score: float
    interval: Interval | None
    model: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class BestAgainst:
    """The best step of a run against another one of it.

    Attributes:
        which: the other one.
        step: its number.
        difference: how much better the best is; its interval is that of two steps that were
            chosen beforehand.
        p_value: of the paired test of these two, as if they had been chosen beforehand.
        chosen_p_value: of the best of all steps against the other one, one-sided, with the luck
            of the choice in it (`benchmark.metrics.resampling.selection`).
    """

    which: Which
    step: int
    difference: Estimate
    p_value: float
    chosen_p_value: float


@dataclass(frozen=True, slots=True)
class Curve:
    """One run on one task.

    Attributes:
        run: what it is called.
        points: by step, at least one.
        best: place of the highest score among them, the first of several.
        against: tests of the best step, where it is neither the first nor the last.
        untested: why there are no intervals and no tests; empty where there are.
    """

    run: str
    points: tuple[CurvePoint, ...]
    best: int
    against: tuple[BestAgainst, ...] = ()
    untested: str = ""

    @property
    def best_point(self) -> CurvePoint:
        """The step with the highest score."""
        return self.points[self.best]


@dataclass(frozen=True, slots=True)
class FamilyPoint:
    """One step of the runs of a family on one task: the spread of their scores."""

    step: int
    spread: Spread


@dataclass(frozen=True, slots=True)
class FamilyCurve:
    """Runs that differ in their seed, on one task.

    Attributes:
        name: of the family.
        curves: of its runs that have the task, at least two.
        points: of the steps that all of them have.
        best: place of the highest mean, the first of several; None without points.
    """

    name: str
    curves: tuple[Curve, ...]
    points: tuple[FamilyPoint, ...]
    best: int | None


@dataclass(frozen=True, slots=True)
class Panel:
    """All runs on one task, or on the average of a table.

    Attributes:
        task: which; None for the average.
        group: of tasks, the table.
        over: ids of the tasks that an average is over.
        measure: what is scored.
        data: what it was scored on, and which split.
        rows: how many pairs or samples.
        units: what was drawn together; None where nothing was.
        chosen_on_test: whether the split is one that nothing should be chosen on.
        curves: one for each run, those of families too.
        families: runs that are one thing.
    """

    task: TaskRecord | None
    group: str
    over: tuple[str, ...]
    measure: Measure
    data: str
    rows: int
    units: Units | None
    chosen_on_test: bool
    curves: tuple[Curve, ...]
    families: tuple[FamilyCurve, ...]

    @property
    def heading(self) -> str:
        """What tables call the task."""
        return self.task.shown if self.task else f"average of {self.group}"

    @property
    def alone(self) -> list[Curve]:
        """The runs that are of no family."""
        folded = [curve for family in self.families for curve in family.curves]
        return [curve for curve in self.curves if curve not in folded]


@dataclass(frozen=True, slots=True, repr=False)
class LearningCurves(Printable):
    """Scores over the steps of training runs.

    Attributes:
        resampling: how intervals and tests were made.
        panels: one for each task, and for the average of each whole table.
        remarks: what is odd about the records, in words.
    """

    resampling: Resampling
    panels: tuple[Panel, ...]
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Name the runs."""
        runs: Sequence[str] = [curve.run for panel in self.panels for curve in panel.curves]
        return f"<LearningCurves of {', '.join(map(one_line, dict.fromkeys(runs)))}>"
