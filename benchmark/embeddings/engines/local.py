"""This machine: one process, or one for each GPU, or as many as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.in_process import InProcess
from benchmark.embeddings.work import Work
from benchmark.encoders.device import device_name
from benchmark.encoders.protocol import Encoder, ReplicableEncoder

if TYPE_CHECKING:
    from benchmark.embeddings.engines.processes import Processes


class Local:
    """Runs an encoder on this machine.

    Attributes:
        workers: processes; None for one, or as many as there are GPUs where these compute.
    """

    def __init__(self, workers: int | None = None) -> None:
        """Use this many processes."""
        self.workers = workers

    def prepare(self, encoder: Encoder) -> None:
        """Load the model if it computes in this process."""
        self._chosen(encoder).prepare(encoder)

    def encode(
        self, encoder: Encoder, work: Work
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield each batch of places with its (n, d) vectors, as they are done."""
        return self._chosen(encoder).encode(encoder, work)

    def _chosen(self, encoder: Encoder) -> InProcess | Processes:
        workers = self.workers or _gpus(encoder)
        if workers == 1:
            return InProcess()
        from benchmark.embeddings.engines.processes import Processes

        return Processes(workers)


def _gpus(encoder: Encoder) -> int:
    """Return how many GPUs an encoder may be spread over; one of the user's own is left alone."""
    if not isinstance(encoder, ReplicableEncoder) or ":" in encoder.device:
        return 1
    if device_name(encoder.device) != "cuda":
        return 1
    import torch

    return max(1, torch.cuda.device_count())
