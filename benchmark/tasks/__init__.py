"""What is asked: small frozen records, and one class of scoring for each kind of task."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.tasks.catalogue import (
        Task,
        all_tasks,
        groups,
        known_task,
        select_tasks,
        table,
        task_by_id,
        with_protocol,
    )
    from benchmark.tasks.classification import Classification
    from benchmark.tasks.kind import ByRow, Gold, Kind, RowsAre, TaskScores
    from benchmark.tasks.kinds import KINDS, rows_are
    from benchmark.tasks.own import OwnTask, labelled, own_task, pairs
    from benchmark.tasks.pair_classification import PairClassification
    from benchmark.tasks.relatedness import Relatedness
    from benchmark.tasks.similarity import Similarity
else:
    __getattr__ = deferred(
        __name__,
        catalogue="Task all_tasks groups known_task select_tasks table task_by_id with_protocol",
        classification="Classification",
        kind="ByRow Gold Kind RowsAre TaskScores",
        kinds="KINDS rows_are",
        own="OwnTask labelled own_task pairs",
        pair_classification="PairClassification",
        relatedness="Relatedness",
        similarity="Similarity",
    )

__all__ = [
    "KINDS",
    "ByRow",
    "Classification",
    "Gold",
    "Kind",
    "OwnTask",
    "PairClassification",
    "Relatedness",
    "RowsAre",
    "Similarity",
    "Task",
    "TaskScores",
    "all_tasks",
    "groups",
    "known_task",
    "labelled",
    "own_task",
    "pairs",
    "rows_are",
    "select_tasks",
    "table",
    "task_by_id",
    "with_protocol",
]
