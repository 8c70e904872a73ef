"""What is asked: small frozen records, and one class of scoring for each kind of task."""

from typing import Final

from benchmark.tasks.catalogue import all_tasks, groups, table
from benchmark.tasks.classification import PROTOCOLS, Classification
from benchmark.tasks.kind import Kind
from benchmark.tasks.scores import Gold, TaskScores
from benchmark.tasks.selection import select_tasks, task_by_id, with_protocol
from benchmark.tasks.similarity import Similarity
from benchmark.tasks.task import Task

KINDS: Final[dict[str, Kind]] = {
    "similarity": Similarity(),
    "classification": Classification(),
}
"""How tasks of each kind are scored."""

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
