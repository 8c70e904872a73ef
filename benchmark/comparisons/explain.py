"""Where a score comes from, and where a difference between two models does.

Alignment, uniformity and recall need vectors, which no record keeps; scoring measures them and
records keep the numbers (`benchmark.tasks.similarity`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from benchmark.comparisons.confusion import TaskConfusion, confuse
from benchmark.comparisons.labelled_pairs import LabelledPairs, judge_labelled
from benchmark.comparisons.rows import PairedTask
from benchmark.comparisons.similarity import PairLists, TaskParts, take_apart, telling_pairs
from benchmark.comparisons.tables import LeftOut, match_tasks, paired_tables
from benchmark.errors import UsageError
from benchmark.metrics import UndefinedCorrelation
from benchmark.one_line import one_line
from benchmark.options import DataOptions
from benchmark.printable import Printable
from benchmark.results import PublishedTable, StoredRecord, StoredRun, TaskRecord, published_tables
from benchmark.tasks import RowsAre, rows_are

TOP = 5


@dataclass(frozen=True, slots=True)
class TaskSubsets:
    """What a task's score is over each of its subsets, whatever its rows are.

    Attributes:
        task: its id.
        metric: name of the measure.
        rows: how many.
        scores: for each model, over all rows.
        subsets: name, number of rows and scores of each, in order.
    """

    task: str
    metric: str
    rows: int
    scores: tuple[float | None, ...]
    subsets: tuple[tuple[str, int, tuple[float | None, ...]], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Printable):
    """Where the scores of one model, or of two, come from.

    Attributes:
        models: one or two.
        parts: of each similarity task: subsets and aggregations.
        pairs: over all similarity tasks together.
        confusions: of each transfer task.
        analyses: what was measured on vectors.
        left_out: tasks that are not explained.
        others: subsets of each task whose rows are neither graded pairs nor classes.
        labelled: of all tasks whose rows are pairs with labels together.
    """

    models: tuple[StoredRun, ...]
    parts: tuple[TaskParts, ...]
    pairs: PairLists
    confusions: tuple[TaskConfusion, ...]
    analyses: tuple[VectorAnalysis, ...]
    left_out: tuple[LeftOut, ...]
    others: tuple[TaskSubsets, ...] = ()
    labelled: LabelledPairs | None = None

    def __repr__(self) -> str:
        """Name the models."""
        return f"<Explanation of {' and '.join(one_line(model.label) for model in self.models)}>"

    @property
    def asked(self) -> Mapping[str, TaskRecord]:
        """What the records say of their tasks, by id."""
        return {task: one.asked for model in self.models for task, one in model.results.items()}


def explain_runs(
    models: Sequence[StoredRun],
    *,
    tasks: Collection[str] | None = None,
    sources: DataOptions | None = None,
    top: int = TOP,
) -> Explanation:
    """Explain the scores of one model, or the differences between two.

    Args:
        models: one or two.
        tasks: ids of those to explain; by default all there are.
        sources: where the data may be, for the sentences; nothing is downloaded.
        top: how many pairs of each list.

    Raises:
        UsageError: not one or two models, or no task that both have.
        UnreadableRecord: predictions or gold are missing or damaged, or contradict a record.
        DataError: a folder that was named does not exist.
    """
    if len(models) not in (1, 2):
        raise UsageError(f"one model or two can be explained, not {len(models)}")
    matched = match_tasks(models, tasks)
    tables = paired_tables(matched.records, sources)
    first = {task: of_models[0].result for task, of_models in matched.records.items()}
    paired = [task for table in tables for task in table.tasks]

    def shown_as(*ways: RowsAre) -> list[PairedTask]:
        return [task for task in paired if rows_are(first[task.task].asked.kind) in ways]

    similar, labelled = shown_as("graded pairs"), shown_as("labelled pairs")
    return Explanation(
        models=tuple(models),
        parts=tuple(take_apart(task) for task in similar),
        pairs=telling_pairs(similar, top) if similar else PairLists((), (), ()),
        confusions=tuple(
            confuse(task, first[task.task].data.dataset, first[task.task].asked.classes)
            for task in shown_as("classes")
        ),
        analyses=analyses(matched.records),
        left_out=matched.left_out,
        others=tuple(score_subsets(task) for task in shown_as("labelled pairs", "rows")),
        labelled=judge_labelled(labelled, top) if labelled else None,
    )


# --- rows that are neither graded pairs nor classes -----------------------------------------------


def score_subsets(task: PairedTask) -> TaskSubsets:
    """Return the scores of a task and of its subsets, each by the task's own measure."""
    gold = task.rows.gold
    return TaskSubsets(
        task=task.task,
        metric=task.measure.name,
        rows=len(gold.values),
        scores=_measured(task, slice(None)),
        subsets=tuple(
            (name, where.stop - where.start, _measured(task, where))
            for name, where in gold.stretches()
        ),
    )


def _measured(task: PairedTask, where: slice) -> tuple[float | None, ...]:
    gold = task.rows.gold.values[where]
    found: list[float | None] = []
    for given in task.given:
        try:
            found.append(task.measure.of_rows(given[where], gold))
        except UndefinedCorrelation:
            found.append(None)
    return tuple(found)


# --- vectors, beside published figures ------------------------------------------------------------

PUBLISHED_FOR = "STSBenchmark"
"""The task on whose test split SimCSE and DiffCSE report these figures."""

FIGURES = ("alignment", "uniformity", "recall@1", "recall@5", "recall@10")


@dataclass(frozen=True, slots=True)
class QuotedFigures:
    """Published figures of one model.

    Attributes:
        label: of the model.
        source: key in ``sources.bib``.
        rerun: whether others than the model's authors computed them.
        figures: by name, as printed; recall is times 100.
    """

    label: str
    source: str
    rerun: bool
    figures: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class VectorAnalysis:
    """What was measured on the vectors of a task's sentences.

    Attributes:
        task: its id.
        measured: for each model by name, recall as a fraction of 1; empty where a record keeps
            none.
        published: for the same task.
        cautions: that go wherever the published figures go.
    """

    task: str
    measured: tuple[Mapping[str, float], ...]
    published: tuple[QuotedFigures, ...]
    cautions: tuple[str, ...]


def analyses(records: Mapping[str, Sequence[StoredRecord]]) -> tuple[VectorAnalysis, ...]:
    """Return the analyses of those tasks that have one, or should.

    Args:
        records: for each task the record of each model.

    Raises:
        UnreadableRecord: the published tables are damaged.
    """
    return tuple(
        VectorAnalysis(
            task=task_id,
            measured=tuple(record.result.analysis for record in of_models),
            published=_published() if task_id == PUBLISHED_FOR else (),
            cautions=_cautions() if task_id == PUBLISHED_FOR else (),
        )
        for task_id, of_models in records.items()
        if any(record.result.asked.analysed or record.result.analysis for record in of_models)
    )


def _published() -> tuple[QuotedFigures, ...]:
    """Join the rows of one model that several tables have."""
    found: dict[tuple[str, str], QuotedFigures] = {}
    for row in (row for table in _tables() for row in table.rows):
        figures = {name: row.scores[name] for name in FIGURES if name in row.scores}
        if figures:
            known = found.get((row.label, row.source))
            joined = {**(known.figures if known else {}), **figures}
            rerun = row.status == "rerun" or (known is not None and known.rerun)
            found[row.label, row.source] = QuotedFigures(row.label, row.source, rerun, joined)
    return tuple(found.values())


def _cautions() -> tuple[str, ...]:
    return tuple(table.note for table in _tables() if table.note)


def _tables() -> list[PublishedTable]:
    return [table for table in published_tables() if set(FIGURES) & set(table.columns)]
