"""Several copies of the encoder on one machine: one a GPU, or one for some CPU threads each.

The sentences are shared out as jobs of a few batches. A worker that dies takes its job with
it; what is not done is given to new workers.
"""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import os
import pickle
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.replica import Job, Replica, items_of, jobs, unloaded
from benchmark.embeddings.work import Work
from benchmark.encoders.device import device_name, usable_cpus
from benchmark.encoders.protocol import Encoder
from benchmark.errors import ModelError, UsageError

logger = logging.getLogger(__name__)

_JOBS_AHEAD = 3
"""Jobs that wait for each worker: enough to keep it busy, few enough to hold in memory."""

_MOST_LOSSES = 3
"""How often workers may die without a job being done in between."""

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
        waiting = jobs(work)
        losses = 0
        while True:
            undone: list[Job] = []
            for answer in self._round(encoder, work, waiting, undone):
                losses = 0
                yield answer
            if not undone:
                return
            losses += 1
            if losses > _MOST_LOSSES:
                raise ModelError(
                    f"{encoder.card.name}: its worker processes keep dying (out of memory?); use "
                    "fewer --workers"
                )
            logger.warning(
                "%s: a worker process died; doing %d pieces of its work again",
                encoder.card.name,
                len(undone),
            )
            waiting = itertools.chain(undone, waiting)

    def _round(
        self, encoder: Encoder, work: Work, waiting: Iterator[Job], undone: list[Job]
    ) -> Batches:
        """Do jobs until none is left or a worker dies; put what it leaves behind into undone."""
        with self._pool(encoder) as pool:
            running: dict[Future[Any], Job] = {}
            try:
                while True:
                    for job in itertools.islice(waiting, self._free(running)):
                        running[pool.submit(_answer, items_of(work, job))] = job
                    if not running:
                        return
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        matrices = future.result()
                        yield from zip(running.pop(future), matrices, strict=True)
            except BrokenProcessPool:
                undone.extend(running.values())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _free(self, running: dict[Future[Any], Job]) -> int:
        return max(0, self.workers * (1 + _JOBS_AHEAD) - len(running))

    def _pool(self, encoder: Encoder) -> ProcessPoolExecutor:
        devices = _devices(encoder, self.workers)
        try:
            copies = [pickle.dumps(unloaded(encoder, device)) for device in devices]
        except Exception as error:
            raise UsageError(
                f"--workers {self.workers}: {encoder.card.name} cannot be sent to another process "
                f"({error}); use --workers 1"
            ) from error
        context = multiprocessing.get_context("spawn")
        threads = max(1, usable_cpus() // self.workers)
        return ProcessPoolExecutor(
            self.workers,
            mp_context=context,
            initializer=_start,
            initargs=(copies, context.Value("i", 0), threads),
        )


def _devices(encoder: Encoder, workers: int) -> list[str | None]:
    """Return the device of each worker: GPUs in turn."""
    named = getattr(encoder, "device", "cpu")
    if device_name(named) != "cuda":
        return [named] * workers
    import torch

    return [f"cuda:{worker % torch.cuda.device_count()}" for worker in range(workers)]


class _Worker:
    """What a worker process holds."""

    copy: bytes = b""
    replica: Replica | None = None


def _start(copies: list[bytes], counter: Any, threads: int) -> None:
    """Make a process ready; the encoder is loaded with the first job, where errors are seen."""
    os.environ["OMP_NUM_THREADS"] = str(threads)  # before torch is imported
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    with counter.get_lock():
        _Worker.copy = copies[counter.value % len(copies)]
        counter.value += 1


def _answer(batches: list[list[Any]]) -> list[NDArray[np.float32]]:
    if _Worker.replica is None:
        _Worker.replica = Replica(_received(_Worker.copy))
    return _Worker.replica.vectors(batches)


def _received(copy: bytes) -> Encoder:
    try:
        return pickle.loads(copy)  # type: ignore[no-any-return]  # noqa: S301 - from our parent
    except Exception as error:
        raise UsageError(
            f"this encoder cannot be received by a worker process ({error}); use --workers 1"
        ) from error
