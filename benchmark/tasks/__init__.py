"""What is asked: small frozen records, and one class of scoring for each kind of task."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.tasks.catalogue import all_tasks, groups, table
    from benchmark.tasks.classification import PROTOCOLS, Classification
    from benchmark.tasks.kind import Kind
    from benchmark.tasks.kinds import KINDS
    from benchmark.tasks.scores import Gold, TaskScores
    from benchmark.tasks.selection import select_tasks, task_by_id, with_protocol
    from benchmark.tasks.similarity import Similarity
    from benchmark.tasks.task import Task
else:
    __getattr__ = deferred(
        __name__,
        catalogue="all_tasks groups table",
        classification="PROTOCOLS Classification",
        kind="Kind",
        kinds="KINDS",
        scores="Gold TaskScores",
        selection="select_tasks task_by_id with_protocol",
        similarity="Similarity",
        task="Task",
    )

__all__ = [
    "KINDS",
    "PROTOCOLS",
    "Classification",
    "Gold",
    "Kind",
    "Similarity",
    "Task",
    "TaskScores",
    "all_tasks",
    "groups",
    "select_tasks",
    "table",
    "task_by_id",
    "with_protocol",
]
