"""Two families of runs on the tasks that all were scored on: is one method better than the other?

Both sources of variation are in it, training and sentences (docs/significance.md).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from benchmark.comparisons.comparison import Resampling
from benchmark.comparisons.family_comparison import (
    FamilyAverage,
    FamilyComparison,
    FamilyGroup,
    FamilyTask,
    RunFamily,
)
from benchmark.comparisons.resampled import (
    adjusted_over_all,
    require_sense,
    resampled,
    verdict_on,
)
from benchmark.comparisons.rows import Units, to_observations
from benchmark.comparisons.tables import PairedTable, match_tasks, paired_tables, require_some
from benchmark.errors import UsageError
from benchmark.metrics.resampling import TwoLevelComparison, compare_two_level
from benchmark.one_line import one_line
from benchmark.options import DataOptions
from benchmark.results import StoredRun, columns_of

logger = logging.getLogger(__name__)


def compare_families(
    first: RunFamily,
    second: RunFamily,
    *,
    tasks: Collection[str] | None = None,
    sources: DataOptions | None = None,
    resampling: Resampling | None = None,
) -> FamilyComparison:
    """Compare two families, task by task and on the average of each table.

    Args:
        first: A.
        second: B; one of the two may be a single run.
        tasks: ids of those to compare; by default all that any run has.
        sources: where the data may be. Nothing is downloaded.
        resampling: how differences are judged.

    Raises:
        UsageError: two single runs, a run that is counted twice, no task that can be compared, or
            numbers that make no sense.
        UnreadableRecord: predictions or gold are missing or damaged, or contradict a record.
        DataError: a folder that was named does not exist.
    """
    method = resampling or Resampling()
    require_sense(method)
    runs = (*first.runs, *second.runs)
    _require_unlike(first, second)
    names = [run.label for run in runs]
    if len(set(names)) < len(names):  # of two folders, say
        sides = ["A"] * len(first.runs) + ["B"] * len(second.runs)
        names = [f"{name} of {side}" for name, side in zip(names, sides, strict=True)]
    matched = match_tasks(runs, tasks, [one_line(name) for name in names])
    tables = paired_tables(matched.records, sources)
    _require_runs_of_their_own(tables, runs)
    groups: list[FamilyGroup] = []
    left_out = list(matched.left_out)
    for table in tables:
        count = "1 task" if len(table.tasks) == 1 else f"{len(table.tasks)} tasks"
        logger.info(
            "%s: %s, %d runs, %s resamples", table.name, count, len(runs), f"{method.resamples:,}"
        )
        able, found, failed = resampled(
            table, partial(_resample, first_runs=len(first.runs), method=method)
        )
        if found is not None:
            groups.append(_judged(able, *found, runs[0], method))
        left_out += failed
    require_some(groups, left_out)
    return FamilyComparison(
        first,
        second,
        method,
        adjusted_over_all(groups, partial(with_p, method=method)),
        tuple(left_out),
    )


def _require_unlike(first: RunFamily, second: RunFamily) -> None:
    if len(first.runs) == len(second.runs) == 1:
        raise UsageError("A and B are one run each, which is no comparison of families")
    both = [one for one in first.runs if any(one.records == other.records for other in second.runs)]
    if both:
        raise UsageError(
            f"{one_line(both[0].label)} is a member of both A and B; a run belongs to one of them"
        )


def _require_runs_of_their_own(tables: Sequence[PairedTable], runs: Sequence[StoredRun]) -> None:
    """Refuse one run under two names: it would pass for training that does not vary.

    Two runs may take the same classes for all samples; they do not give the same cosines.
    """
    cosines = [
        task.given for table in tables if not table.measure.judges_rows for task in table.tasks
    ]
    for one, other in combinations(range(len(runs)), 2):
        if cosines and all(np.array_equal(given[one], given[other]) for given in cosines):
            raise UsageError(
                f"{one_line(runs[one].label)} and {one_line(runs[other].label)} gave the same for "
                "every pair: one run under two names, or what was varied changes nothing; name "
                "it once"
            )


Resampled = tuple[TwoLevelComparison, Units]


def _resample(table: PairedTable, first_runs: int, method: Resampling) -> Resampled:
    observed, units = to_observations(table.tasks)
    found = compare_two_level(
        observed,
        first_runs,
        table.measure.resampled(),
        level=method.level,
        resamples=method.resamples,
        seed=method.seed,
    )
    return found, units


def _judged(
    table: PairedTable,
    found: TwoLevelComparison,
    units: Units,
    run: StoredRun,
    method: Resampling,
) -> FamilyGroup:
    asked = [run.records[paired.task].result.asked for paired in table.tasks]
    tasks = tuple(
        FamilyTask(
            task=task,
            rows=len(paired.rows.gold.values),
            outcome=outcome,
            verdict=verdict_on(outcome.difference, outcome.adjusted_p_value, method),
        )
        for task, paired, outcome in zip(asked, table.tasks, found.tasks, strict=True)
    )
    average = found.average
    return FamilyGroup(
        group=table.group,
        protocol=table.protocol,
        measure=table.measure,
        units=units,
        tasks=tasks,
        average=None
        if len(tasks) < 2
        else FamilyAverage(
            tasks=len(tasks),
            whole=tuple(task.id for task in asked) == columns_of(asked, table.group),
            outcome=average,
            verdict=verdict_on(average.difference, average.p_value, method),
        ),
    )


def with_p(task: FamilyTask, adjusted: float, *, method: Resampling) -> FamilyTask:
    """Return a task with its adjusted p-value, and the verdict by it."""
    outcome = replace(task.outcome, adjusted_p_value=adjusted)
    return replace(task, outcome=outcome, verdict=verdict_on(outcome.difference, adjusted, method))
