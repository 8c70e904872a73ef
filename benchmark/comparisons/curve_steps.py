"""The steps of one training run on the tasks of a table: scores on the same resamples.

One bootstrap serves all steps and tasks of a run, as a leaderboard draws them. Where steps have
different tasks, each task is drawn by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.comparisons.comparison import Resampling
from benchmark.comparisons.curve import BestAgainst, Curve, CurvePoint, Which
from benchmark.comparisons.rows import (
    Identity,
    PairedTask,
    Rows,
    Units,
    identity,
    measure_of_rows,
    pair_up,
    to_observations,
)
from benchmark.measures import Measure
from benchmark.metrics.resampling import Bootstrap, Observations, bootstrap, exchange_test
from benchmark.metrics.resampling.selection import best_of_many
from benchmark.one_line import one_line
from benchmark.results import StoredRecord, TaskRecord, average, columns_of
from benchmark.results.history import History, HistoryStep
from benchmark.tasks import KINDS

logger = logging.getLogger(__name__)

NO_PREDICTIONS = "its records keep no predictions"
NO_GOLD = "the gold scores are not at hand"
NO_ROWS = "its score is no score of single rows"

Gold = Mapping[Identity, Rows]


@dataclass(frozen=True)
class CurveTable:
    """Tasks of one table, of one kind; they have an average where a step has the whole table.

    Attributes:
        group: of tasks.
        measure: what is scored.
        tasks: in the order of the table.
    """

    group: str
    measure: Measure
    tasks: tuple[TaskRecord, ...]

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing of the table is missing, and it has several columns."""
        columns = columns_of(self.tasks, self.group)
        return len(columns) > 1 and tuple(task.id for task in self.tasks) == columns


def curve_tables(asked: Iterable[TaskRecord]) -> list[CurveTable]:
    """Return the tables that tasks stand in, in their order."""
    found: dict[tuple[str, str, str], list[TaskRecord]] = {}
    for task in asked:
        protocol = task.protocol if task.is_variant else ""
        found.setdefault((task.group or task.id, protocol, task.kind), []).append(task)
    return [
        CurveTable(group, KINDS[kind].measure, tuple(tasks))
        for (group, _, kind), tasks in found.items()
    ]


@dataclass(frozen=True)
class DrawnSteps:
    """Steps of a run that have the same tasks, on the same resamples."""

    steps: tuple[HistoryStep, ...]
    tasks: tuple[str, ...]
    observed: Sequence[Observations]
    drawn: Bootstrap | None
    units: Units | None
    reason: str


@dataclass(frozen=True)
class DrawnRun:
    """A run on the tasks of a table."""

    history: History
    parts: Mapping[tuple[str, ...], DrawnSteps]
    """By tasks: each by itself, and all together where steps have all of them."""

    @classmethod
    def of(cls, history: History, table: CurveTable, gold: Gold, method: Resampling) -> DrawnRun:
        """Draw the steps of a run.

        Raises:
            UnreadableRecord: predictions are missing or damaged, or contradict their record.
        """
        ids = tuple(task.id for task in table.tasks)
        having = {task: _having(history, (task,)) for task in ids}
        together = _having(history, ids)
        parts: dict[tuple[str, ...], DrawnSteps] = {}
        if len(ids) > 1 and together:
            parts[ids] = _part(history, together, ids, gold, method)
        for task, steps in having.items():
            if steps and (steps != together or len(ids) == 1 or parts[ids].reason):
                parts[task,] = _part(history, steps, (task,), gold, method)
        return cls(history, parts)

    def part(self, task: TaskRecord | None) -> tuple[DrawnSteps, int | None] | None:
        """Return where a task's scores are, and its place among the tasks there."""
        for tasks, part in sorted(self.parts.items(), key=lambda entry: len(entry[0])):
            if task is None and len(tasks) > 1:
                return part, None
            if task is not None and task.id in tasks:
                return part, tasks.index(task.id)
        return None


def _having(history: History, tasks: Sequence[str]) -> tuple[HistoryStep, ...]:
    return tuple(step for step in history.steps if all(t in step.scored.records for t in tasks))


def _part(
    history: History,
    steps: tuple[HistoryStep, ...],
    tasks: tuple[str, ...],
    gold: Gold,
    method: Resampling,
) -> DrawnSteps:
    of_tasks = [[step.scored.records[task] for step in steps] for task in tasks]
    reason = next(
        (why for records in of_tasks for record in records if (why := _why_not(record, gold))), ""
    )
    if reason:
        return DrawnSteps(steps, tasks, (), None, None, reason)
    paired: list[PairedTask] = [pair_up(records, gold) for records in of_tasks]
    observed, units = to_observations(paired)
    logger.info(
        "%s, %s: %d steps, %s resamples",
        one_line(history.label),
        tasks[0] if len(tasks) == 1 else f"{len(tasks)} tasks",
        len(steps),
        f"{method.resamples:,}",
    )
    try:
        drawn = bootstrap(
            observed, paired[0].measure.resampled(), resamples=method.resamples, seed=method.seed
        )
    except ValueError as error:
        return DrawnSteps(steps, tasks, (), None, None, f"cannot be resampled ({error})")
    return DrawnSteps(steps, tasks, observed, drawn, units, "")


def why_untestable(record: StoredRecord) -> str:
    """Say why a score has no interval, whatever gold there is; empty if it may have one."""
    if measure_of_rows(record.result) is None:
        return NO_ROWS
    return NO_PREDICTIONS if record.result.predictions_sha256 is None else ""


def _why_not(record: StoredRecord, gold: Gold) -> str:
    return why_untestable(record) or ("" if identity(record) in gold else NO_GOLD)


def curve_of(
    task: TaskRecord | None, run: DrawnRun, table: CurveTable, method: Resampling
) -> tuple[Curve, Units | None] | None:
    """Return a run on one task (None: the average of the table), and what was drawn together.

    Returns:
        None if no step has a score of it.
    """
    found = run.part(task)
    if found is None:
        return None
    part, place = found
    points = [
        CurvePoint(
            step=step.step,
            epoch=step.epoch,
            score=_score(task, step, table),
            interval=part.drawn.score(number, place, method.level).interval if part.drawn else None,
            model=step.scored.model,
            fingerprint=step.scored.fingerprint,
        )
        for number, step in enumerate(part.steps)
    ]
    best = max(range(len(points)), key=lambda number: points[number].score)
    others: dict[Which, int] = {"last": len(points) - 1, "first": 0}
    against = tuple(
        _against(which, other, best, points, part.drawn, part.observed, place, table, method)
        for which, other in others.items()
        if part.drawn and points[best].score > points[other].score
    )
    return Curve(run.history.label, tuple(points), best, against, part.reason), part.units


def _score(task: TaskRecord | None, step: HistoryStep, table: CurveTable) -> float:
    if task is not None:
        return step.scored.results[task.id].main_score
    printed = average((step.scored.results[one.id] for one in table.tasks), table.group)
    return (printed or 0.0) / 100


def _against(
    which: Which,
    other: int,
    best: int,
    points: Sequence[CurvePoint],
    drawn: Bootstrap,
    tasks: Sequence[Observations],
    place: int | None,
    table: CurveTable,
    method: Resampling,
) -> BestAgainst:
    tasks = tasks if place is None else [tasks[place]]
    pair = [Observations(task.gold, task.given[[best, other]], task.units) for task in tasks]
    test = exchange_test(
        pair, table.measure.resampled(), permutations=method.resamples, seed=method.seed
    )
    scores, replicates = (
        values.mean(axis=-2) if place is None else values[..., place, :]
        for values in (drawn.scores, drawn.replicates)
    )
    return BestAgainst(
        which=which,
        step=points[other].step,
        difference=drawn.difference(best, other, place, method.level),
        p_value=test.average if place is None else test.tasks[0],
        chosen_p_value=best_of_many(scores, replicates, best, other),
    )
