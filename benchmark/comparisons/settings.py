"""How much scores depend on a setting: the spread of families, rankings under each.

All members of a family are scored on the same resamples, as two models are in `compare_runs`;
docs/prompts.md says what the intervals mean and how often they hold.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.comparisons.comparison import Resampling
from benchmark.comparisons.resampled import require_sense
from benchmark.comparisons.rows import Units, to_observations
from benchmark.comparisons.sensitivity import (
    FamilySpread,
    RankStability,
    Sensitivity,
    TableSpread,
    TableStability,
    TaskHeldOut,
    TaskSpread,
)
from benchmark.comparisons.tables import (
    LeftOut,
    PairedTable,
    match_tasks,
    paired_tables,
    sort_tasks,
)
from benchmark.errors import UsageError
from benchmark.metrics.resampling import Bootstrap, Estimate, Interval, Observations, bootstrap
from benchmark.metrics.resampling.intervals import percentile
from benchmark.metrics.resampling.settings import (
    HeldOut,
    agreement_interval,
    halve,
    held_out,
    other_winner,
    rank_agreement,
    reliability,
    spread_interval,
    spreads_of,
    with_average,
)
from benchmark.one_line import one_line
from benchmark.options import DataOptions
from benchmark.results import ScoredFamily, StoredRun, TaskRecord, as_stored

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]


def spread_families(
    families: Sequence[ScoredFamily],
    *,
    tasks: Collection[str] | None = None,
    sources: DataOptions | None = None,
    resampling: Resampling | None = None,
) -> Sensitivity:
    """Say how far the members of each family lie apart, and whether families agree on settings.

    Args:
        families: with the results of their members, the default setting first.
        tasks: ids of those to look at; by default all that all members have.
        sources: where the data may be; its sentences tell which rows hang together. Nothing is
            downloaded.
        resampling: how intervals are made.

    Raises:
        UsageError: a family of one member, no task that all members have, or numbers that make no
            sense.
        UnreadableRecord: predictions or gold are missing or damaged, or contradict a record.
        DataError: a folder that was named does not exist.
    """
    method = resampling or Resampling()
    require_sense(method)
    found = tuple(_spread(family, tasks, sources, method) for family in families)
    stability: list[TableStability] = []
    left_out: list[LeftOut] = []
    for alike in _alike(families):
        tables, missing = _stability(alike, tasks, sources, method)
        stability += tables
        left_out += missing
    return Sensitivity(method, found, tuple(stability), tuple(left_out))


# --- one family -----------------------------------------------------------------------------------


def setting_labels(family: ScoredFamily) -> tuple[str, ...]:
    """Return what tables call each member: its setting alone, where that tells them apart."""
    settings = [member.setting for member in family.members]
    alone = all(settings) and len(set(settings)) == len(settings)
    return tuple(settings) if alone else family.labels


def _spread(
    family: ScoredFamily,
    wanted: Collection[str] | None,
    sources: DataOptions | None,
    method: Resampling,
) -> FamilySpread:
    if len(family.runs) < 2:
        raise UsageError(
            f"family {one_line(family.name)}: only one member ({one_line(family.labels[0])}) has "
            "results, and one score has no spread; score the others, or name another family"
        )
    labels = setting_labels(family)
    runs = [as_stored(run) for run in family.runs]
    matched = match_tasks(runs, wanted, labels)
    tables = paired_tables(matched.records, sources)
    by_id = {task: records[0].result.asked for task, records in matched.records.items()}
    return FamilySpread(
        family.name,
        family.varied,
        labels,
        tuple(_table(table, by_id, family.name, method) for table in tables),
        matched.left_out,
    )


def _drawn(
    table: PairedTable, whose: str, method: Resampling
) -> tuple[Bootstrap, list[Observations], Units]:
    logger.info(
        "%s, %s: %d scores of each of %s resamples",
        one_line(whose),
        table.name,
        len(table.tasks) * len(table.tasks[0].given),
        f"{method.resamples:,}",
    )
    observed, units = to_observations(table.tasks)
    try:
        drawn = bootstrap(
            observed, table.measure.resampled(), resamples=method.resamples, seed=method.seed
        )
    except ValueError as error:
        raise UsageError(
            f"{table.name}: cannot be resampled together ({error}); name fewer `tasks`"
        ) from error
    return drawn, observed, units


def _table(
    table: PairedTable, asked: dict[str, TaskRecord], whose: str, method: Resampling
) -> TableSpread:
    drawn, observed, units = _drawn(table, whose, method)
    several = len(table.tasks) > 1
    tasks: list[TaskRecord | None] = [asked[task.task] for task in table.tasks]
    scores, replicates = drawn.scores, drawn.replicates
    if several:
        tasks.append(None)
        scores, replicates = with_average(scores), with_average(replicates)
    spreads = [
        _task_spread(task, scores[place], replicates[:, place], method)
        for place, task in enumerate(tasks)
    ]
    chosen = list(_held_out(tasks, drawn, method)) if several else []
    halves = halve(observed, table.measure.resampled(), seed=method.seed)
    return TableSpread(
        group=table.group,
        protocol=table.protocol,
        measure=table.measure,
        units=units,
        tasks=tuple(spreads[:-1] if several else spreads),
        average=spreads[-1] if several else None,
        held_out=tuple(chosen[:-1]),
        held_out_mean=chosen[-1] if several else None,
        halves=halves if several else halves[:1],
    )


def _task_spread(
    task: TaskRecord | None, scores: Floats, replicates: Floats, method: Resampling
) -> TaskSpread:
    ours, again, level = spreads_of(scores), spreads_of(replicates), method.level
    deviation, span = float(ours.deviation), float(ours.range)
    return TaskSpread(
        task=task,
        scores=tuple(map(float, scores)),
        mean=_estimate(ours.mean, again.mean, percentile(again.mean, level)),
        deviation=_estimate(
            deviation, again.deviation, spread_interval(deviation, again.deviation, level)
        ),
        best=_estimate(ours.best, again.best, percentile(again.best, level)),
        worst=_estimate(ours.worst, again.worst, percentile(again.worst, level)),
        range=_estimate(span, again.range, spread_interval(span, again.range, level)),
    )


def _held_out(
    tasks: Sequence[TaskRecord | None], drawn: Bootstrap, method: Resampling
) -> Iterator[TaskHeldOut]:
    """Yield one for each task, then their mean."""
    ours, again = held_out(drawn.scores), held_out(drawn.replicates)
    for place, task in enumerate(tasks[:-1]):
        gains = _gains(ours, again, place, method)
        yield TaskHeldOut(task, int(ours.chosen[place]), int(ours.kept[place]), *gains)
    yield TaskHeldOut(None, None, int(ours.kept.sum()), *_gains(ours, again, None, method))


def _gains(
    ours: HeldOut, again: HeldOut, task: int | None, method: Resampling
) -> tuple[Estimate, Estimate, Estimate]:
    def gain(values: Floats, replicates: Floats) -> Estimate:
        value = values.mean() if task is None else values[task]
        of_resamples = replicates.mean(axis=-1) if task is None else replicates[:, task]
        return _estimate(value, of_resamples, percentile(of_resamples, method.level))

    return (
        gain(ours.over_default, again.over_default),
        gain(ours.over_mean, again.over_mean),
        gain(ours.over_median, again.over_median),
    )


def _estimate(value: Any, replicates: Floats, interval: Interval) -> Estimate:
    return Estimate(float(value), interval, float(np.nanstd(replicates, ddof=1)))


# --- several families -----------------------------------------------------------------------------


def _alike(families: Sequence[ScoredFamily]) -> list[list[ScoredFamily]]:
    """Return the families that vary the same thing and have two settings in common at least."""
    by_varied: dict[str, list[ScoredFamily]] = {}
    for family in families:
        if len(_by_setting(family)) == len(family.members):
            by_varied.setdefault(family.varied, []).append(family)
    several = [alike for alike in by_varied.values() if len(alike) > 1]
    return [alike for alike in several if len(_common(alike)) > 1]


def _by_setting(family: ScoredFamily) -> dict[str, StoredRun]:
    pairs = zip(family.members, family.runs, strict=True)
    return {member.setting: as_stored(run) for member, run in pairs if member.setting}


def _common(alike: Sequence[ScoredFamily]) -> list[str]:
    settings = [_by_setting(family) for family in alike]
    return [name for name in settings[0] if all(name in one for one in settings)]


def _stability(
    alike: Sequence[ScoredFamily],
    wanted: Collection[str] | None,
    sources: DataOptions | None,
    method: Resampling,
) -> tuple[list[TableStability], tuple[LeftOut, ...]]:
    settings, models = _common(alike), [family.name for family in alike]
    runs = [_by_setting(family)[name] for name in settings for family in alike]
    labels = [f"{model} ({name})" for name in settings for model in models]
    matched = sort_tasks(runs, wanted, labels)
    by_id = {task: records[0].result.asked for task, records in matched.records.items()}
    tables = []
    for table in paired_tables(matched.records, sources) if matched.records else ():
        drawn, _, units = _drawn(table, " and ".join(models), method)
        tasks: list[TaskRecord | None] = [by_id[task.task] for task in table.tasks]
        scores, replicates = drawn.scores, drawn.replicates
        if len(tasks) > 1:
            tasks.append(None)
            scores, replicates = with_average(scores), with_average(replicates)
        shape = len(settings), len(models)
        pairs = [
            (task, scores[place].reshape(shape), replicates[:, place].reshape(-1, *shape))
            for place, task in enumerate(tasks)
        ]
        turned = [(task, ours.T, again.swapaxes(1, 2)) for task, ours, again in pairs]
        tables.append(
            TableStability(
                group=table.group,
                protocol=table.protocol,
                measure=table.measure,
                units=units,
                models=tuple(models),
                varied=alike[0].varied,
                settings=tuple(settings),
                of_models=tuple(_agreement(*pair, models, method) for pair in pairs),
                of_settings=tuple(_agreement(*pair, settings, method) for pair in turned),
            )
        )
    return tables, matched.left_out


def _agreement(
    task: TaskRecord | None,
    scores: Floats,
    replicates: Floats,
    ranked: Sequence[str],
    method: Resampling,
) -> RankStability:
    """Judge the rankings of (judges, ranked) scores, and of (resamples, judges, ranked) ones."""
    of_pairs = rank_agreement(scores)
    tau: Estimate | None = None
    if np.isfinite(of_pairs).all():
        again = rank_agreement(replicates).mean(axis=-1)
        value = float(of_pairs.mean())
        reliable = reliability(scores, replicates)
        interval = agreement_interval(value, again, reliable, method.level)
        tau = _estimate(value, again, interval)
    changes = other_winner(replicates)
    return RankStability(
        task=task,
        tau=tau,
        lowest=None if tau is None else float(of_pairs.min()),
        winners=dict(Counter(ranked[place] for place in scores.argmax(axis=-1)).most_common()),
        changes=_estimate(other_winner(scores), changes, percentile(changes, method.level)),
    )
