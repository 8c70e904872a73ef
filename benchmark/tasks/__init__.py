"""What is asked: small frozen records, and one class of scoring for each kind of task."""

from typing import Final

from benchmark.tasks.catalogue import all_tasks, groups
from benchmark.tasks.scores import TaskScores
from benchmark.tasks.selection import select_tasks
from benchmark.tasks.similarity import Similarity
from benchmark.tasks.task import Task

KINDS: Final = {"similarity": Similarity()}
"""How tasks of each kind are scored."""

__all__ = ["KINDS", "Similarity", "Task", "TaskScores", "all_tasks", "groups", "select_tasks"]
