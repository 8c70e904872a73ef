"""Several copies of the encoder on one machine: one a GPU, or one for some CPU threads each.

The sentences are shared out as jobs of a few batches. Each worker process is given jobs through a
pipe of its own and answers in order. One that dies takes its jobs with it; another does them again.

Why not `concurrent.futures.ProcessPoolExecutor`: its processes share queues. When one is killed
while it writes, the pool waits for ever; when one is killed at any other time, all are, and the
model is loaded anew. Here each has a pipe of its own, whose end tells that it died.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.engine import Answers
from benchmark.embeddings.engines.replica import (
    Job,
    Replica,
    copies,
    items_of,
    jobs,
    received,
    require_same_code,
    sent,
)
from benchmark.embeddings.work import Work
from benchmark.encoders.device import compute_threads, device_name
from benchmark.encoders.identity import vector_identity
from benchmark.encoders.protocol import Encoder, ReplicableEncoder, offers
from benchmark.encoders.raising import raised
from benchmark.errors import ModelError

logger = logging.getLogger(__name__)

_AHEAD = 2
"""Jobs that wait for each worker: enough to keep it busy, few enough to hold in memory."""

_MOST_LOSSES = 3
"""How often each worker may die without any job being done in between."""

_GRACE_SECONDS = 5.0
"""For what an encoder does at the end of a program."""

Batches = Sequence[Sequence[Any]]


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

    def encode(self, encoder: Encoder, work: Work) -> Answers[list[int]]:
        """Yield each batch of places with its (n, d) vectors, as they are done.

        Raises:
            UsageError: the encoder cannot be sent to another process.
            ModelError: it fails there, or the workers keep dying.
        """
        left = deque(jobs(work))
        crew = _Crew(encoder, min(copies(encoder, self.workers), len(left)))
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

    def answers(self, work: Work, left: deque[Job]) -> Answers[list[int]]:
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
            raise ModelError(f"{self._name}: {self._why()}; use fewer `workers`")
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
    if not offers(encoder, ReplicableEncoder):
        return [None] * workers
    kind = device_name(encoder.device)
    if kind != "cuda" or ":" in encoder.device:
        return [encoder.device if ":" in encoder.device else kind] * workers
    import torch

    return [f"cuda:{worker % torch.cuda.device_count()}" for worker in range(workers)]


class WorkerDied(Exception):
    """The process is no more, or writes no more."""


class Worker:
    """A worker process, seen from its parent.

    Attributes:
        connection: has something to read when there is an answer, or when the process died.
        jobs: what it was given and has not answered; it works on the first.
    """

    def __init__(self, content: bytes, identity: str | None, threads: int) -> None:
        """Plan a process for an encoder, with so many threads.

        Args:
            content: the encoder, as `replica.sent` made it.
            identity: what decides its vectors here.
            threads: how many CPU threads it may use.
        """
        context = multiprocessing.get_context("spawn")
        self.connection, self._theirs = context.Pipe()
        self.jobs: deque[Job] = deque()
        self._process = context.Process(
            target=_work, args=(self._theirs, content, identity, threads)
        )

    def start(self) -> None:
        """Start the process; apart from making it, so that whoever kills it already knows it."""
        with _interrupts_held_back():
            self._process.start()
        self._theirs.close()  # so that the process alone holds it, and its end is seen here

    def give(self, job: Job, batches: Batches) -> None:
        """Give it a job; whether it is still there shows when the answer is read."""
        self.jobs.append(job)
        with suppress(OSError):
            self.connection.send(batches)

    def answer(self) -> tuple[Job, list[NDArray[np.float32]]]:
        """Return the first job and the (n, d) vectors of each of its batches.

        Raises:
            WorkerDied: there will be no answer.
            BaseException: what was raised there, as it was.
        """
        try:
            answer = self.connection.recv()
        except (EOFError, OSError) as error:
            raise WorkerDied from error
        if isinstance(answer, BaseException):
            raise answer
        return self.jobs.popleft(), answer

    def dismiss(self) -> None:
        """Tell it that there is nothing more to do."""
        with suppress(OSError):
            self.connection.send(None)

    def join(self) -> None:
        """Wait until it has ended by itself, but not for ever."""
        self._process.join(_GRACE_SECONDS)

    def kill(self) -> None:
        """End it, whatever it is doing."""
        if self._process.pid is not None:
            self._process.kill()
            self._process.join()
        self._theirs.close()
        self.connection.close()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start processes that never see Ctrl-C, not even before their first line: it is ours."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Python starts its tracker of shared memory with the first process, and then lets
    # interrupts through again: it must be there before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- in the process -------------------------------------------------------------------------------


def _work(connection: Connection, content: bytes, identity: str | None, threads: int) -> None:
    """Answer jobs until there are no more; the encoder is loaded with the first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting: SimpleQueue[Batches | None] = SimpleQueue()
    threading.Thread(target=_receive, args=(connection, waiting), daemon=True).start()
    _use_threads(threads)
    replica = None
    while (batches := waiting.get()) is not None:
        answer: object
        try:
            if replica is None:
                encoder = received(content)
                require_same_code(encoder, identity)
                replica = Replica(encoder)
            answer = replica.vectors(batches)
        except BaseException as error:
            answer = _fit_to_send(error)
        try:
            connection.send(answer)
        except OSError:
            os._exit(1)  # nobody listens any more


def _receive(connection: Connection, waiting: SimpleQueue[Batches | None]) -> None:
    """Take in jobs, so that the parent never waits to hand one over; end when it is gone."""
    try:
        while True:
            batches = connection.recv()
            waiting.put(batches)
    except (EOFError, OSError):
        os._exit(1)


def _use_threads(threads: int) -> None:
    """Share the CPUs with the other workers: libraries yet to be loaded, and those that are."""
    from threadpoolctl import threadpool_limits

    os.environ["OMP_NUM_THREADS"] = str(threads)
    threadpool_limits(threads)


def _fit_to_send(error: BaseException) -> BaseException:
    """Return the error with its traceback (for ``--debug``), or what can be said of it."""
    error.add_note(f"In a worker process:\n{traceback.format_exc()}")
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - of our own making
    except Exception:
        return ModelError(raised(error))
    return error
