"""What `benchmark.comparisons.settings` found: frozen, nothing computed, nothing rendered.

A family is one model under several settings (prompts, poolers, seeds); all scores and differences
are fractions of 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmark.comparisons.comparison import Resampling
from benchmark.comparisons.tables import LeftOut, ResampledTable
from benchmark.metrics.resampling import Estimate
from benchmark.metrics.resampling.settings import Halves
from benchmark.one_line import one_line
from benchmark.printable import Printable
from benchmark.results import TaskRecord


@dataclass(frozen=True, slots=True)
class TaskSpread:
    """The scores of one task, or their average over tasks, over settings.

    Attributes:
        task: which; None for the average.
        scores: of each setting, unrounded.
        mean: over settings.
        deviation: their standard deviation.
        best, worst: the highest and the lowest.
        range: from the worst to the best.
    """

    task: TaskRecord | None
    scores: tuple[float, ...]
    mean: Estimate
    deviation: Estimate
    best: Estimate
    worst: Estimate
    range: Estimate


@dataclass(frozen=True, slots=True)
class TaskHeldOut:
    """What the setting that is best on the other tasks does on one, or the mean of that over tasks.

    Attributes:
        task: which; None for the mean over all.
        chosen: place of the setting; None for the mean.
        kept: whether no setting is better on the task; for the mean on how many tasks.
        over_default, over_mean, over_median: what it gains over the first setting, over the mean
            and over the median of all. Their intervals choose anew in every resample.
    """

    task: TaskRecord | None
    chosen: int | None
    kept: int
    over_default: Estimate
    over_mean: Estimate
    over_median: Estimate


@dataclass(frozen=True, slots=True)
class TableSpread(ResampledTable):
    """A family on the tasks of one table.

    Attributes:
        tasks: in the order of the table.
        average: None for a single task.
        held_out: one for each task; empty for a single task.
        held_out_mean: over them.
        halves: for each task and last for the average: chosen on one half of the pairs.
    """

    tasks: tuple[TaskSpread, ...]
    average: TaskSpread | None
    held_out: tuple[TaskHeldOut, ...]
    held_out_mean: TaskHeldOut | None
    halves: tuple[Halves, ...]


@dataclass(frozen=True, slots=True)
class FamilySpread:
    """One family.

    Attributes:
        name: of the family.
        varied: what is another in each member.
        settings: of its members, as tables call them; the first is the default.
        tables: by group of tasks.
        left_out: tasks that not all members have alike.
    """

    name: str
    varied: str
    settings: tuple[str, ...]
    tables: tuple[TableSpread, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class RankStability:
    """How the rankings that several judges give agree, on one task or on the average.

    Judges are settings that rank models, or models that rank settings.

    Attributes:
        task: which; None for the average.
        tau: the mean of Kendall's tau-b over all pairs of judges; None where one of them gives
            the same to all.
        lowest: the least of them.
        winners: how many judges rank each first; those that none does are not in it.
        changes: the share of pairs of judges that do not rank the same first.
    """

    task: TaskRecord | None
    tau: Estimate | None
    lowest: float | None
    winners: Mapping[str, int]
    changes: Estimate


@dataclass(frozen=True, slots=True)
class TableStability(ResampledTable):
    """Several families with the same settings, on the tasks of one table.

    Attributes:
        models: names of the families.
        varied: what is another in each member.
        settings: that all of them have.
        of_models: how alike the settings rank the models, by task, the average last.
        of_settings: how alike the models rank the settings.
    """

    models: tuple[str, ...]
    varied: str
    settings: tuple[str, ...]
    of_models: tuple[RankStability, ...]
    of_settings: tuple[RankStability, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Sensitivity(Printable):
    """How much scores depend on a setting.

    Attributes:
        resampling: how intervals were made.
        families: in the order they were named.
        stability: of those that have the same settings.
        left_out: tasks that these do not have alike.
    """

    resampling: Resampling
    families: tuple[FamilySpread, ...]
    stability: tuple[TableStability, ...]
    left_out: tuple[LeftOut, ...] = ()

    def __repr__(self) -> str:
        """Name the families."""
        named = ", ".join(one_line(family.name) for family in self.families)
        return f"<Sensitivity of {named}>"
