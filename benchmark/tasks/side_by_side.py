"""Tasks that keep one core busy each are scored at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from benchmark.tasks.kinds import KINDS
from benchmark.tasks.loading import TaskData

Scored = TypeVar("Scored")


@contextmanager
def side_by_side(
    entries: Sequence[TaskData], score: Callable[[TaskData], Scored]
) -> Iterator[Callable[[TaskData], Scored]]:
    """Give a function that scores a task, or waits for one that a thread has begun with.

    Where there are several tasks of kinds that say `Kind.one_core`, threads score those; others
    are scored when they are asked for. What scoring raises is raised when it is asked for.

    Args:
        entries: all that will be asked for.
        score: scores one; several threads may be in it.
    """
    kinds = [KINDS.get(entry.task.kind) for entry in entries]
    ahead = [entry for entry, kind in zip(entries, kinds, strict=True) if kind and kind.one_core]
    if len(ahead) < 2:
        yield score
        return
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    begun = {entry.task.id: pool.submit(score, entry) for entry in ahead}

    def scored(entry: TaskData) -> Scored:
        return begun[entry.task.id].result() if entry.task.id in begun else score(entry)

    try:
        yield scored
    finally:
        pool.shutdown(cancel_futures=True)
