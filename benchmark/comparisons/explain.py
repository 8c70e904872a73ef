"""Where a score comes from, and where a difference between two models does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from benchmark.comparisons.confusion import TaskConfusion, confuse
from benchmark.comparisons.decomposition import TaskParts, take_apart
from benchmark.comparisons.disagreement import PairLists, telling_pairs
from benchmark.comparisons.matching import LeftOut, match_tasks
from benchmark.comparisons.tables import paired_tables
from benchmark.comparisons.vector_analysis import VectorAnalysis, analyses
from benchmark.errors import UsageError
from benchmark.results import StoredRun, TaskRecord
from benchmark.tasks.loading import DataOptions

TOP = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the scores of one model, or of two, come from.

    Attributes:
        models: one or two.
        parts: of each similarity task: subsets and aggregations.
        pairs: over all similarity tasks together.
        confusions: of each transfer task.
        analyses: what was measured on vectors.
        left_out: tasks that are not explained.
    """

    models: tuple[StoredRun, ...]
    parts: tuple[TaskParts, ...]
    pairs: PairLists
    confusions: tuple[TaskConfusion, ...]
    analyses: tuple[VectorAnalysis, ...]
    left_out: tuple[LeftOut, ...]

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
    similar = [task for table in tables if not table.measure.judges_rows for task in table.tasks]
    classes = [task for table in tables if table.measure.judges_rows for task in table.tasks]
    datasets = {task: first.result.data.dataset for task, (first, *_) in matched.records.items()}
    return Explanation(
        models=tuple(models),
        parts=tuple(take_apart(task) for task in similar),
        pairs=telling_pairs(similar, top) if similar else PairLists((), (), ()),
        confusions=tuple(confuse(task, datasets[task.task]) for task in classes),
        analyses=analyses(matched.records),
        left_out=matched.left_out,
    )
