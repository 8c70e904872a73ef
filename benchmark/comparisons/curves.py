"""Scores over the steps of training runs, with intervals, and what the best step is worth.

All steps of a run are scored on the same resamples, which are those of a leaderboard: one bootstrap
serves a whole curve. docs/curves.md says what the numbers mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from benchmark.comparisons.comparison import Resampling
from benchmark.comparisons.curve import (
    Curve,
    FamilyCurve,
    FamilyPoint,
    LearningCurves,
    Panel,
)
from benchmark.comparisons.curve_steps import (
    CurveTable,
    DrawnRun,
    DrawnSteps,
    Gold,
    curve_of,
    curve_tables,
    why_untestable,
)
from benchmark.comparisons.resampled import require_sense
from benchmark.comparisons.rows import differing_questions, read_rows
from benchmark.datasets import load_catalogue
from benchmark.errors import UsageError
from benchmark.measures import MEASURES
from benchmark.metrics.spread import spread
from benchmark.one_line import one_line
from benchmark.options import DataOptions
from benchmark.results import TaskRecord, TaskResult, in_order
from benchmark.results.history import History, HistoryFamily
from benchmark.tasks import KINDS


def learning_curves(
    histories: Sequence[History],
    families: Sequence[HistoryFamily] = (),
    *,
    tasks: Collection[str] | None = None,
    sources: DataOptions | None = None,
    resampling: Resampling | None = None,
) -> LearningCurves:
    """Return the scores of training runs over their steps.

    Args:
        histories: of the runs.
        families: of runs among these.
        tasks: ids of those to look at; by default all there are.
        sources: where the data may be; its sentences tell which rows hang together. Nothing is
            downloaded.
        resampling: how intervals and tests are made.

    Raises:
        UsageError: no step has a score of the tasks, steps answer different questions, or numbers
            that make no sense.
        UnreadableRecord: predictions or gold are damaged, or contradict a record.
        DataError: a folder that was named does not exist.
    """
    method = resampling or Resampling()
    require_sense(method)
    there = _asked(histories, tasks)
    asked = {name: task for name, task in there.items() if task.kind in KINDS}
    if not asked:
        raise UsageError(
            "curve: no step has a score of these `tasks`; name others, or leave them out"
        )
    _require_one_question(histories, asked)
    records = [
        record
        for history in histories
        for step in history.steps
        for task, record in step.scored.records.items()
        if task in asked and why_untestable(record) == ""
    ]
    gold = read_rows(records, sources)
    panels = [
        panel
        for table in curve_tables(asked.values())
        for panel in _panels(table, histories, families, gold, method)
    ]
    unknown = [
        f"left out: {one_line(name)}, scored as {one_line(task.kind)}, which is not known here"
        for name, task in there.items()
        if name not in asked
    ]
    remarks = dict.fromkeys(remark for history in histories for remark in history.remarks)
    return LearningCurves(method, tuple(panels), (*remarks, *unknown))


def _asked(
    histories: Sequence[History], wanted: Collection[str] | None
) -> Mapping[str, TaskRecord]:
    there = {
        task: result.asked
        for history in histories
        for step in history.steps
        for task, result in step.scored.results.items()
    }
    if wanted is not None:
        there = {task: one for task, one in there.items() if {task, one.column} & set(wanted)}
    return {task.id: task for task in in_order(there.values())}


def _require_one_question(histories: Sequence[History], asked: Iterable[str]) -> None:
    """Refuse a curve of numbers that may not be compared."""
    for task in asked:
        scored = [
            (step.scored, step.scored.results[task])
            for history in histories
            for step in history.steps
            if task in step.scored.results
        ]
        first, known = scored[0]
        for run, result in scored[1:]:
            if differing := differing_questions(known, result):
                raise UsageError(
                    one_line(
                        f"{task}: {first.label} and {run.label} answer different questions "
                        f"({differing}), and are no points of one plot; name other `runs` or "
                        "`tasks`"
                    )
                )


def _panels(
    table: CurveTable,
    histories: Sequence[History],
    families: Sequence[HistoryFamily],
    gold: Gold,
    method: Resampling,
) -> list[Panel]:
    drawn = [DrawnRun.of(history, table, gold, method) for history in histories]
    whole: list[TaskRecord | None] = [None] if table.is_whole else []
    panels = (_panel(task, table, drawn, families, method) for task in (*table.tasks, *whole))
    return [panel for panel in panels if panel.curves]


# --- one task -------------------------------------------------------------------------------------


def _panel(
    task: TaskRecord | None,
    table: CurveTable,
    drawn: Sequence[DrawnRun],
    families: Sequence[HistoryFamily],
    method: Resampling,
) -> Panel:
    found = {run.history.label: curve_of(task, run, table, method) for run in drawn}
    curves = {label: entry[0] for label, entry in found.items() if entry is not None}
    units = {entry[1] for entry in found.values() if entry is not None} - {None}
    over = (task,) if task else table.tasks
    known = next((part for run in drawn if (part := run.part(task)) and part[0].observed), None)
    first = {
        one.id: step.scored.results[one.id]
        for one in over
        for run in reversed(drawn)
        for step in run.history.steps
        if one.id in step.scored.results
    }
    splits = dict.fromkeys(
        f"{result.data.dataset} {result.data.split}".strip() for result in first.values()
    )
    return Panel(
        task=task,
        group=table.group,
        over=() if task else tuple(one.id for one in over),
        measure=MEASURES.get(next(iter(first.values())).metric, table.measure),
        data=", ".join(splits),
        rows=_drawn_rows(*known) if known else sum(map(_rows, first.values())),
        units="rows" if "rows" in units else "sentences" if units else None,
        chosen_on_test=any(_is_test(r.data.dataset, r.data.split) for r in first.values()),
        curves=tuple(curves.values()),
        families=tuple(
            _family(family, curves)
            for family in families
            if sum(history.label in curves for history in family.histories) > 1
        ),
    )


def _drawn_rows(part: DrawnSteps, place: int | None) -> int:
    return sum(map(len, part.observed if place is None else [part.observed[place]]))


def _rows(result: TaskResult) -> int:
    return result.counts.get("pairs", result.counts.get("samples", 0))


def _is_test(dataset: str, split: str) -> bool:
    known = load_catalogue().datasets.get(dataset)
    return known is not None and not known.embedded and split not in ("dev", "train")


def _family(family: HistoryFamily, curves: Mapping[str, Curve]) -> FamilyCurve:
    members = [curves[one.label] for one in family.histories if one.label in curves]
    scores = [{point.step: point.score for point in curve.points} for curve in members]
    shared = [step for step in scores[0] if all(step in other for other in scores)]
    points = [FamilyPoint(step, spread([one[step] for one in scores])) for step in shared]
    best = max(range(len(points)), key=lambda place: points[place].spread.mean, default=None)
    return FamilyCurve(family.name, tuple(members), tuple(points), best)
