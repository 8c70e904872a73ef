"""What a kind of task can do, whatever its data looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from benchmark.measures import Measure
from benchmark.tasks.scores import Gold, TaskScores
from benchmark.tasks.task import Task
from benchmark.tasks.vectors import Vectors

Advance = Callable[[int, int], None]
"""Called with the work done and the work in all."""


class Kind(Protocol):
    """Scoring of the tasks of one kind: pure functions of vectors and gold."""

    @property
    def measure(self) -> Measure:
        """What the main score is."""
        ...

    @property
    def trains(self) -> bool:
        """Whether scoring takes long enough to show how it goes on."""
        ...

    def question(self, task: Task) -> dict[str, str]:
        """Return the fields of a signature that say how a task is scored."""
        ...

    def sentences(self, parts: Sequence[Any]) -> Iterator[str]:
        """Yield every sentence that needs a vector, repetitions included."""
        ...

    def gold(self, parts: Sequence[Any]) -> Gold:
        """Return what predictions are compared with, in the order of scoring."""
        ...

    def score(
        self,
        task: Task,
        parts: Sequence[Any],
        vectors: Vectors,
        advance: Advance | None = None,
    ) -> TaskScores:
        """Score a task on its parts.

        Raises:
            TaskError: it cannot be scored.
        """
        ...
