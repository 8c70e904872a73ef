"""Several copies of the encoder on one machine: one a GPU, or one for some CPU threads each.

The sentences are shared out as jobs of a few batches. A worker that dies takes its jobs with it;
another worker does them again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import wait

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.replica import Job, items_of, jobs, sent
from benchmark.embeddings.engines.worker import Worker, WorkerDied
from benchmark.embeddings.work import Work
from benchmark.encoders.device import compute_threads, device_name
from benchmark.encoders.identity import vector_identity
from benchmark.encoders.protocol import Encoder, ReplicableEncoder
from benchmark.errors import ModelError

logger = logging.getLogger(__name__)

_AHEAD = 2
"""Jobs that wait for each worker: enough to keep it busy, few enough to hold in memory."""

_MOST_LOSSES = 3
"""How often each worker may die without any job being done in between."""

Batches = Iterator[tuple[list[int], NDArray[np.float32]]]


class Processes:
    """Runs an encoder in several processes of this machine.

    Attributes:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        """Use this many workers."""
        self.workers = workers

    def prepare(self, encoder: Encoder) -> None:
        """Leave loading to the workers."""

    def encode(self, encoder: Encoder, work: Work) -> Batches:
        """Yield each batch of places with its (n, d) vectors, as they are done.

        Raises:
            UsageError: the encoder cannot be sent to another process.
            ModelError: it fails there, or the workers keep dying.
        """
        left = deque(jobs(work))
        crew = _Crew(encoder, min(self.workers, len(left)))
        try:
            yield from crew.answers(work, left)
            crew.dismiss()
        finally:
            crew.kill()


class _Crew:
    """The workers, each with its device."""

    def __init__(self, encoder: Encoder, workers: int) -> None:
        self._name = encoder.card.name
        self._threads = max(1, compute_threads() // max(1, workers))
        devices = _devices(encoder, workers)
        sent_to = {device: sent(encoder, device) for device in dict.fromkeys(devices)}
        self._contents = [sent_to[device] for device in devices]
        self._identity = vector_identity(encoder)
        self._workers: list[Worker] = []
        self._losses = 0
        self._answered = False

    def answers(self, work: Work, left: deque[Job]) -> Batches:
        """Share out the jobs, and yield batches and vectors as they come back."""
        self._workers = [self._worker(content) for content in self._contents]
        for worker in self._workers:
            worker.start()
        while left or any(worker.jobs for worker in self._workers):
            self._share_out(work, left)
            ready = wait([worker.connection for worker in self._workers])
            for place, worker in enumerate(self._workers):
                if worker.connection not in ready:
                    continue
                try:
                    job, matrices = worker.answer()
                except WorkerDied:
                    self._replace(place, left)
                else:
                    self._losses, self._answered = 0, True
                    yield from zip(job, matrices, strict=True)

    def dismiss(self) -> None:
        """Let the workers end by themselves."""
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.join()

    def kill(self) -> None:
        """End the workers, whatever they are doing."""
        for worker in self._workers:
            worker.kill()

    def _worker(self, content: bytes) -> Worker:
        return Worker(content, self._identity, self._threads)

    def _share_out(self, work: Work, left: deque[Job]) -> None:
        """Give jobs in turn, so that the last ones are not all one worker's."""
        for depth in range(1, 2 + _AHEAD):
            for worker in self._workers:
                if left and len(worker.jobs) < depth:
                    job = left.popleft()
                    worker.give(job, items_of(work, job))

    def _replace(self, place: int, left: deque[Job]) -> None:
        """Put a new worker in the place of one that died, and its jobs back.

        The job it was at comes last: if that is what kills, all others are done before.
        """
        died = self._workers[place]
        died.kill()
        self._losses += 1
        if self._losses == _MOST_LOSSES * len(self._workers):
            raise ModelError(f"{self._name}: {self._why()}; use fewer --workers")
        logger.warning("%s: a worker process died; doing its work again", self._name)
        suspect, others = list(died.jobs)[:1], list(died.jobs)[1:]
        left.extendleft(reversed(others))
        left.extend(suspect)
        self._workers[place] = self._worker(self._contents[place])
        self._workers[place].start()

    def _why(self) -> str:
        if self._answered:
            return "its worker processes keep dying (out of memory?)"
        return (
            "its worker processes die before their first answer (out of memory? a script of your "
            'own without `if __name__ == "__main__":`?)'
        )


def _devices(encoder: Encoder, workers: int) -> list[str | None]:
    """Return the device of each worker: GPUs in turn; None for an encoder that chooses itself."""
    if not isinstance(encoder, ReplicableEncoder):
        return [None] * workers
    kind = device_name(encoder.device)
    if kind != "cuda" or ":" in encoder.device:
        return [encoder.device if ":" in encoder.device else kind] * workers
    import torch

    return [f"cuda:{worker % torch.cuda.device_count()}" for worker in range(workers)]
