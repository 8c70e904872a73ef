"""A Ray cluster: one copy of the encoder an actor, a lost actor's jobs done again by Ray."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.replica import Job, Replica, items_of, jobs, unloaded
from benchmark.embeddings.work import Work
from benchmark.encoders.device import device_name
from benchmark.encoders.protocol import Encoder
from benchmark.errors import BenchmarkError, ModelError, UsageError

logger = logging.getLogger(__name__)

_PACKAGE = Path(__file__).resolve().parents[2]

_RESTARTS = 4
"""How often Ray may start an actor again, and try a job again, before it gives up."""


class OnRay:
    """Runs an encoder on a Ray cluster.

    Attributes:
        address: of a running cluster; None for the one of the environment (``RAY_ADDRESS``),
            or else one on this machine that lasts as long as the work.
        workers: copies of the encoder; None for one each GPU or CPU of the cluster.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        """Use this cluster and so many copies.

        Raises:
            UsageError: Ray is not installed.
        """
        if importlib.util.find_spec("ray") is None:
            raise UsageError("--engine ray needs Ray; pip install '.[ray]'")
        self.address = address
        self.workers = workers

    def prepare(self, encoder: Encoder) -> None:
        """Leave loading to the actors."""

    def encode(
        self, encoder: Encoder, work: Work
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield each batch of places with its (n, d) vectors, as they are done.

        Raises:
            UsageError: the cluster cannot be reached.
            ModelError: the encoder fails there, or actors keep dying.
        """
        from ray.exceptions import RayError
        from ray.util import ActorPool

        with _connected(self.address) as ray:
            actors = self._actors(ray, encoder)
            logger.info("%s: %d copies on Ray", encoder.card.name, len(actors))

            def ask(actor: Any, job: Job) -> Any:
                return actor.answer.remote(job, items_of(work, job))

            try:
                for job, matrices in ActorPool(actors).map_unordered(ask, jobs(work)):
                    yield from zip(job, matrices, strict=True)
            except RayError as error:
                raise _failure(encoder, error) from error

    def _actors(self, ray: Any, encoder: Encoder) -> list[Any]:
        gpu = device_name(getattr(encoder, "device", "cpu")) == "cuda"
        resource = "GPU" if gpu else "CPU"
        count = self.workers or max(1, int(ray.cluster_resources().get(resource, 1)))
        needs = {"num_gpus": 1} if gpu else {"num_cpus": 1}
        actor = ray.remote(max_restarts=_RESTARTS, max_task_retries=_RESTARTS, **needs)(_Actor)
        return [actor.remote(unloaded(encoder)) for _ in range(count)]


class _Actor:
    """What runs on the cluster."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._replica: Replica | None = None

    def answer(self, job: Job, batches: list[list[Any]]) -> tuple[Job, list[NDArray[np.float32]]]:
        if self._replica is None:
            self._replica = Replica(self._encoder)
        return job, self._replica.vectors(batches)


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Connect, and disconnect from what was connected here (a cluster of our own then ends)."""
    import ray

    ours = not ray.is_initialized()
    if ours:
        try:
            ray.init(
                address=address,
                include_dashboard=False if address is None else None,
                log_to_driver=False,
                logging_level=logging.ERROR,
                # The same code on all nodes, whatever is installed there.
                runtime_env={"py_modules": [str(_PACKAGE)]},
            )
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            raise UsageError(
                f"--engine ray: no cluster at {address or 'this machine'} ({text})"
            ) from error
    try:
        yield ray
    finally:
        if ours:
            ray.shutdown()


def _failure(encoder: Encoder, error: Exception) -> BenchmarkError:
    """Return what went wrong on the cluster as an error of ours."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, BenchmarkError):
        return cause
    text = " ".join(str(error).split())[-300:]
    return ModelError(f"{encoder.card.name}: Ray gave up ({type(error).__name__}: {text})")
