"""From intervals and p-values to verdicts, corrected for the number of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmark.comparisons.comparison import (
    AverageComparison,
    Discordance,
    GroupComparison,
    Resampling,
    TaskComparison,
    Verdict,
)
from benchmark.comparisons.paired import PairedTask, Units
from benchmark.comparisons.tables import PairedTable
from benchmark.metrics.resampling import PairedComparison, PairedOutcome, holm, mcnemar
from benchmark.results import StoredRun, columns_of

Models = tuple[StoredRun, StoredRun]


def judged(
    table: PairedTable,
    found: PairedComparison,
    units: Units,
    models: Models,
    method: Resampling,
) -> GroupComparison:
    """Put what resampling found beside the recorded scores; p-values are of this table alone."""
    tasks = tuple(
        TaskComparison(
            task=models[0].records[paired.task].result.asked,
            rows=len(paired.rows.gold.values),
            scores=_recorded(paired.task, models),
            outcome=outcome,
            discordance=_discordance(paired) if table.measure.judges_rows else None,
            verdict=_verdict(outcome, outcome.adjusted_p_value, method, _are_identical(paired)),
        )
        for paired, outcome in zip(table.tasks, found.tasks, strict=True)
    )
    return GroupComparison(
        group=table.group,
        protocol=table.protocol,
        measure=table.measure,
        units=units,
        tasks=tasks,
        average=_average(table, found.average, tasks, models, method),
    )


def adjusted_over_all(
    groups: Sequence[GroupComparison], method: Resampling
) -> tuple[GroupComparison, ...]:
    """Adjust the p-values of all tasks of all tables together (Holm), and judge anew."""
    raw = [task.outcome.p_value for group in groups for task in group.tasks]
    adjusted = iter(holm(raw))
    return tuple(
        replace(group, tasks=tuple(_with_p(task, next(adjusted), method) for task in group.tasks))
        for group in groups
    )


def _with_p(task: TaskComparison, adjusted: float, method: Resampling) -> TaskComparison:
    outcome = replace(task.outcome, adjusted_p_value=adjusted)
    identical = task.verdict is Verdict.IDENTICAL
    return replace(task, outcome=outcome, verdict=_verdict(outcome, adjusted, method, identical))


def _average(
    table: PairedTable,
    outcome: PairedOutcome,
    tasks: Sequence[TaskComparison],
    models: Models,
    method: Resampling,
) -> AverageComparison | None:
    if len(tasks) < 2:
        return None
    identical = all(task.verdict is Verdict.IDENTICAL for task in tasks)
    return AverageComparison(
        tasks=len(tasks),
        outcome=outcome,
        printed=_printed(table, models),
        verdict=_verdict(outcome, outcome.p_value, method, identical),
    )


def _printed(table: PairedTable, models: Models) -> tuple[float, float] | None:
    """Return the averages of the whole table by its own rules."""
    asked = [models[0].records[task.task].result.asked for task in table.tasks]
    if tuple(task.id for task in asked) != columns_of(asked, table.group):
        return None
    first, second = (model.average(table.group) for model in models)
    return None if first is None or second is None else (first, second)


def _verdict(
    outcome: PairedOutcome, p_value: float, method: Resampling, identical: bool
) -> Verdict:
    if identical:
        return Verdict.IDENTICAL
    if p_value >= method.alpha or not outcome.difference:
        return Verdict.UNCLEAR
    return Verdict.FIRST if outcome.difference > 0 else Verdict.SECOND


def _are_identical(paired: PairedTask) -> bool:
    first, second = paired.given
    return np.array_equal(first, second)


def _recorded(task: str, models: Models) -> tuple[float, float]:
    first, second = (model.records[task].result.main_score for model in models)
    return first, second


def _discordance(paired: PairedTask) -> Discordance:
    first, second = (given == paired.rows.gold.values for given in paired.given)
    return Discordance(
        only_first=int(np.sum(first & ~second)),
        only_second=int(np.sum(second & ~first)),
        p_value=mcnemar(first, second),
    )
