"""Which tasks of some models can be compared, and table by table what they gave for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from benchmark.comparisons.rows import (
    PairedTask,
    Units,
    differing_questions,
    measure_of_rows,
    pair_up,
    read_rows,
)
from benchmark.errors import UsageError
from benchmark.measures import Measure
from benchmark.options import DataOptions
from benchmark.results import StoredRecord, StoredRun, TaskResult, asked_by_id, in_order

LETTERS = "AB"
"""How reasons and tables call the first model and the second."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A task that is not compared.

    Attributes:
        task: its id.
        reason: why not.
    """

    task: str
    reason: str


@dataclass(frozen=True, slots=True)
class Matched:
    """Tasks of some models.

    Attributes:
        records: for each task that can be compared, the record of each model; in the order of
            the papers' tables.
        left_out: the other tasks.
    """

    records: Mapping[str, tuple[StoredRecord, ...]]
    left_out: tuple[LeftOut, ...]


def match_tasks(
    runs: Sequence[StoredRun],
    wanted: Collection[str] | None = None,
    names: Sequence[str] = LETTERS,
) -> Matched:
    """Sort the tasks of some models as `sort_tasks` does.

    Raises:
        UsageError: nothing is left.
    """
    matched = sort_tasks(runs, wanted, names)
    require_some(list(matched.records), matched.left_out)
    return matched


def sort_tasks(
    runs: Sequence[StoredRun],
    wanted: Collection[str] | None = None,
    names: Sequence[str] = LETTERS,
) -> Matched:
    """Sort the tasks of some models into those that can be compared row by row, and others.

    Args:
        runs: models that are to answer the same.
        wanted: ids of tasks; by default all that any of them has. A task stands for its
            variants by other classifier protocols too.
        names: what reasons call them.
    """
    named = list(zip(names, runs, strict=False))
    records: dict[str, tuple[StoredRecord, ...]] = {}
    left_out = []
    for task in _in_order(runs, wanted):
        reason = _reason(task, named)
        if reason:
            left_out.append(LeftOut(task, reason))
        else:
            records[task] = tuple(run.records[task] for run in runs)
    return Matched(records, tuple(left_out))


def require_some(kept: Sequence[object], left_out: Sequence[LeftOut]) -> None:
    """Refuse to go on with no task.

    Raises:
        UsageError: none is kept; it gives the reasons.
    """
    if not kept:
        reasons = "; ".join(by_reason(left_out)) or "there is no record"
        raise UsageError(f"no task is left ({reasons})")


def by_reason(left_out: Sequence[LeftOut]) -> list[str]:
    """Return one line for each reason, with the tasks it concerns."""
    tasks: dict[str, list[str]] = {}
    for left in left_out:
        tasks.setdefault(left.reason, []).append(left.task)
    return [f"{', '.join(concerned)}: {reason}" for reason, concerned in tasks.items()]


def _in_order(runs: Sequence[StoredRun], wanted: Collection[str] | None) -> list[str]:
    """Return ids of tasks: those that are recorded, and those that are wanted and are not."""
    asked = {task: result.asked for run in runs for task, result in run.results.items()}
    if wanted is not None:
        asked = {name: task for name, task in asked.items() if {name, task.column} & set(wanted)}
        missing = set(wanted) - {task.column for task in asked.values()} - asked.keys()
        asked |= {task: asked_by_id(task) for task in missing}
    return [task.id for task in in_order(asked.values())]


def _reason(task: str, runs: Sequence[tuple[str, StoredRun]]) -> str:
    """Say why a task cannot be compared; empty if it can. Two models may have one name."""
    having = [name for name, run in runs if task in run.records]
    if len(having) < len(runs):
        missing = [name for name, run in runs if task not in run.records]
        if len(runs) > 2 and having:
            return f"{_listed(missing)} {_verb(missing, 'has', 'have')} no record"
        return f"only {having[0]} has a record" if having else "there is no record"
    results = [(name, run.records[task].result) for name, run in runs]
    first, asked = results[0]
    for name, result in results:
        if differing := differing_questions(asked, result):
            return f"{first} and {name} answer different questions: {differing}"
    return _untestable(results)


def _untestable(results: Sequence[tuple[str, TaskResult]]) -> str:
    _, first = results[0]
    if measure_of_rows(first) is None:
        return f"{first.metric} ({first.aggregation}) is no score of single rows"
    without = [name for name, result in results if result.predictions_sha256 is None]
    if without:
        who = _listed(without) if len(results) > 1 else "the record"
        verb = _verb(without, "keeps", "keep")
        return f"{who} {verb} no predictions; score it again and overwrite it"
    return ""


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _verb(names: Sequence[str], one: str, several: str) -> str:
    return one if len(names) == 1 else several


# --- table by table -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfTable:
    """What is said of the tasks of one table.

    Attributes:
        group: of tasks.
        protocol: by which classifiers are trained, if it is another than that of the table.
        measure: what is scored.
    """

    group: str
    protocol: str
    measure: Measure

    @property
    def name(self) -> str:
        """Of the table, for messages and reports."""
        return f"{self.group} ({self.protocol})" if self.protocol else self.group


@dataclass(frozen=True, slots=True)
class PairedTable(OfTable):
    """The tasks of one table.

    Attributes:
        tasks: in the order of the table.
    """

    tasks: tuple[PairedTask, ...]


@dataclass(frozen=True, slots=True)
class ResampledTable(OfTable):
    """What resampling found about the tasks of one table.

    Attributes:
        units: what was drawn together.
    """

    units: Units


def paired_tables(
    records: Mapping[str, tuple[StoredRecord, ...]], sources: DataOptions | None = None
) -> list[PairedTable]:
    """Read what some models gave, and put it beside gold and sentences.

    Args:
        records: for each task the record of each model, as `match_tasks` returns them.
        sources: where the data may be; nothing is downloaded.

    Raises:
        UnreadableRecord: predictions or gold are missing or damaged, or contradict a record.
        DataError: a folder that was named does not exist.
    """
    rows = read_rows([record for one in records.values() for record in one], sources)
    found: dict[tuple[str, str, str], list[PairedTask]] = {}
    for of_models in records.values():
        paired, asked = pair_up(of_models, rows), of_models[0].result.asked
        # Tasks of no known table are no table together.
        group = asked.group or asked.id
        protocol = asked.protocol if asked.is_variant else ""
        found.setdefault((group, protocol, paired.measure.name), []).append(paired)
    return [
        PairedTable(group, protocol, tasks[0].measure, tuple(tasks))
        for (group, protocol, _), tasks in found.items()
    ]
