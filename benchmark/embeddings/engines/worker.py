"""A process with a copy of the encoder: it is given jobs through a pipe, and answers in order.

Why not `concurrent.futures.ProcessPoolExecutor`: its processes share queues. When one is killed
while it writes, the pool waits for ever; when one is killed at any other time, all are, and the
model is loaded anew. Here each has a pipe of its own, whose end tells that it died.
"""

from __future__ import annotations

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
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.replica import Job, Replica, received, require_same_code
from benchmark.encoders.raising import raised
from benchmark.errors import ModelError

Batches = Sequence[Sequence[Any]]

_GRACE_SECONDS = 5.0
"""For what an encoder does at the end of a program."""


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
