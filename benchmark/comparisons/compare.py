"""Two models on the tasks that both were scored on: by how much they differ, and how surely.

The statistics are those of `benchmark.metrics.resampling` (docs/significance.md): percentile
intervals of the paired bootstrap, the exchange test, Holm's correction over all tasks compared.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from benchmark.comparisons.comparison import (
    AverageComparison,
    Comparison,
    Discordance,
    GroupComparison,
    Resampling,
    TaskComparison,
    Verdict,
)
from benchmark.comparisons.resampled import (
    adjusted_over_all,
    require_sense,
    resampled,
    verdict_on,
)
from benchmark.comparisons.rows import PairedTask, Units, to_observations
from benchmark.comparisons.tables import (
    PairedTable,
    match_tasks,
    paired_tables,
    require_some,
)
from benchmark.errors import UsageError
from benchmark.metrics.resampling import (
    PairedComparison,
    PairedOutcome,
    compare_paired,
    exchange_test,
    holm,
    mcnemar,
)
from benchmark.options import DataOptions
from benchmark.results import StoredRun, average, columns_of

logger = logging.getLogger(__name__)


def compare_runs(
    first: StoredRun,
    second: StoredRun,
    *,
    tasks: Collection[str] | None = None,
    sources: DataOptions | None = None,
    resampling: Resampling | None = None,
) -> Comparison:
    """Compare two models, task by task and on the average of each table.

    Args:
        first: model A.
        second: model B.
        tasks: ids of those to compare; by default all that either has.
        sources: where the data may be; its sentences tell which rows hang together. Nothing is
            downloaded.
        resampling: how differences are judged.

    Raises:
        UsageError: the same records twice, no task that can be compared, or numbers that make
            no sense.
        UnreadableRecord: predictions or gold are missing or damaged, or contradict a record.
        DataError: a folder that was named does not exist.
    """
    method = resampling or Resampling()
    require_sense(method)
    matched = match_tasks((first, second), tasks)
    if all(ours == theirs for ours, theirs in matched.records.values()):
        raise UsageError(f"A and B are the same records of {first.label}; name two models")
    groups: list[GroupComparison] = []
    left_out = list(matched.left_out)
    for table in paired_tables(matched.records, sources):
        _announce(table, method)
        able, found, failed = resampled(table, partial(_resample, method=method))
        if found is not None:
            groups.append(judged(able, *found, (first, second), method))
        left_out += failed
    require_some(groups, left_out)
    return Comparison(
        first,
        second,
        method,
        adjusted_over_all(groups, partial(with_p, method=method)),
        tuple(left_out),
    )


def task_p_values(
    first: StoredRun,
    second: StoredRun,
    *,
    sources: DataOptions | None = None,
    resampling: Resampling | None = None,
) -> dict[str, float]:
    """Return the adjusted p-value of each task, the same that `compare_runs` finds.

    For those who want a verdict on every task and no intervals: no task is left out.

    Args:
        first: model A.
        second: model B.
        sources: where the data may be.
        resampling: how differences are judged.

    Raises:
        UsageError: a task cannot be compared.
        UnreadableRecord: as `compare_runs`.
    """
    method = resampling or Resampling()
    require_sense(method)
    for record in (*first.records.values(), *second.records.values()):
        if record.result.predictions_sha256 is None:
            raise UsageError(
                f"{record.path}: keeps no predictions, and a paired test needs them; score it "
                "again with `overwrite`"
            )
    matched = match_tasks((first, second))
    if matched.left_out:
        raise UsageError(f"{matched.left_out[0].task}: {matched.left_out[0].reason}")
    found: dict[str, float] = {}
    for table in paired_tables(matched.records, sources):
        observed, _ = to_observations(table.tasks)
        try:
            test = exchange_test(
                observed, table.measure.resampled(), permutations=method.resamples, seed=method.seed
            )
        except ValueError as error:
            raise UsageError(f"{table.name}: cannot be tested ({error})") from error
        found |= {task.task: p for task, p in zip(table.tasks, test.tasks, strict=True)}
    return dict(zip(found, holm(list(found.values())), strict=True))


Found = tuple[PairedComparison, Units]


def _announce(table: PairedTable, method: Resampling) -> None:
    tasks = "1 task" if len(table.tasks) == 1 else f"{len(table.tasks)} tasks"
    logger.info("%s: %s, %s resamples and exchanges", table.name, tasks, f"{method.resamples:,}")


def _resample(table: PairedTable, method: Resampling) -> Found:
    observed, units = to_observations(table.tasks)
    found = compare_paired(
        observed,
        table.measure.resampled(),
        level=method.level,
        resamples=method.resamples,
        permutations=method.resamples,
        seed=method.seed,
    )
    return found, units


# --- verdicts -------------------------------------------------------------------------------------

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


def with_p(task: TaskComparison, adjusted: float, *, method: Resampling) -> TaskComparison:
    """Return a task with its adjusted p-value, and the verdict by it."""
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
    """Return the averages of the whole table by its own rules, over what is compared.

    A table of somebody's own has the columns that there are: one model may have more of them.
    """
    compared = [task.task for task in table.tasks]
    asked = [models[0].records[task].result.asked for task in compared]
    if tuple(task.id for task in asked) != columns_of(asked, table.group):
        return None
    first, second = (
        average((model.records[task].result for task in compared), table.group) for model in models
    )
    return None if first is None or second is None else (first, second)


def _verdict(
    outcome: PairedOutcome, p_value: float, method: Resampling, identical: bool
) -> Verdict:
    if identical:
        return Verdict.IDENTICAL
    return verdict_on(outcome.difference, p_value, method)


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
