"""A Ray cluster: one copy of the encoder an actor, a lost actor's jobs done again by Ray."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.ray.actor import Actor
from benchmark.embeddings.engines.ray.cluster import connected
from benchmark.embeddings.engines.replica import Job, copies, items_of, jobs, sent
from benchmark.embeddings.work import Work
from benchmark.encoders.device import device_name
from benchmark.encoders.identity import vector_identity
from benchmark.encoders.protocol import Encoder, ReplicableEncoder, offers
from benchmark.errors import BenchmarkError, ModelError, UsageError
from benchmark.extras import installing

logger = logging.getLogger(__name__)

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
            raise UsageError(f"`engine` ray needs Ray; {installing('ray')}")
        self.address = address
        self.workers = workers

    def prepare(self, encoder: Encoder) -> None:
        """Leave loading to the actors."""

    def encode(
        self, encoder: Encoder, work: Work
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield each batch of places with its (n, d) vectors, as they are done.

        Raises:
            UsageError: the cluster cannot be reached, or the encoder cannot be sent there.
            ModelError: the encoder fails there, or actors keep dying.
        """
        with connected(self.address, self.workers) as cluster:
            from ray.exceptions import RayError
            from ray.util import ActorPool

            actors = self._actors(cluster.ray, encoder)
            logger.info("%s: %d copies on Ray", encoder.card.name, len(actors))

            def ask(actor: Any, job: Job) -> Any:
                return actor.answer.remote(job, items_of(work, job))

            try:
                for job, matrices in ActorPool(actors).map_unordered(ask, jobs(work)):
                    yield from zip(job, matrices, strict=True)
            except RayError as error:
                raise _failure(encoder, error) from error
            finally:
                if not cluster.ours:  # else they end with the connection
                    for actor in actors:
                        cluster.ray.kill(actor)

    def _actors(self, ray: Any, encoder: Encoder) -> list[Any]:
        kind = device_name(encoder.device) if offers(encoder, ReplicableEncoder) else None
        content = sent(encoder, kind, ray.cloudpickle.dumps)
        resource, needs = ("GPU", "num_gpus") if kind == "cuda" else ("CPU", "num_cpus")
        there = int(ray.cluster_resources().get(resource, 0))
        count = copies(encoder, self._count(there, resource))
        actor = ray.remote(max_restarts=_RESTARTS, max_task_retries=_RESTARTS, **{needs: 1})(Actor)
        return [actor.remote(content, vector_identity(encoder)) for _ in range(count)]

    def _count(self, there: int, resource: str) -> int:
        """Return how many copies; one that no node can take would wait for ever with its job."""
        if there == 0:
            raise UsageError(
                f"`engine` ray: the cluster has no {resource}; choose another `device`"
            )
        if self.workers is None or self.workers <= there:
            return self.workers or there
        logger.warning(
            "`workers` %d: the cluster has %d %ss, one for each copy; using %d",
            self.workers,
            there,
            resource,
            there,
        )
        return there


def _failure(encoder: Encoder, error: Exception) -> BenchmarkError:
    """Return what went wrong on the cluster as an error of ours."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, BenchmarkError):
        return cause
    text = " ".join(str(error).split())[-300:]
    return ModelError(f"{encoder.card.name}: Ray gave up ({type(error).__name__}: {text})")
