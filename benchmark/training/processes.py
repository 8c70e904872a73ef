"""Several training processes: the first one works, all know what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from torch import distributed

from benchmark.encoders.raising import failure_of
from benchmark.errors import BenchmarkError

Answer = TypeVar("Answer")


def from_first_process(work: Callable[[], Answer], name: str) -> Answer:
    """Return what comes of work that the first of several processes does; an error too.

    Args:
        work: to be done; what it returns can be pickled.
        name: of what fails, for messages.

    Raises:
        BenchmarkError: the work failed, in every process.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return work()
    if distributed.get_world_size() == 1:
        return work()
    box: list[Any] = [None, None]
    if distributed.get_rank() == 0:
        try:
            box = [work(), None]
        except BaseException as error:
            # The others wait for an answer; without one they would until a time limit ends them.
            box = [None, failure_of(name, error)]
    distributed.broadcast_object_list(box, src=0)
    answer, failure = box
    if isinstance(failure, BenchmarkError):
        raise failure
    return answer  # type: ignore[no-any-return]
