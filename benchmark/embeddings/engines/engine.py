"""What the harness asks of the place where an encoder computes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.work import Work
from benchmark.encoders.protocol import Encoder


class Engine(Protocol):
    """Runs the batches of a piece of work, in any order."""

    def prepare(self, encoder: Encoder) -> None:
        """Load the model if it computes in this process: so that loading is timed apart.

        Raises:
            ModelError: it cannot be loaded.
        """
        ...

    def encode(
        self, encoder: Encoder, work: Work
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield each batch of places with its (n, d) vectors, as they are done.

        Raises:
            ModelError: the encoder fails, or returns something that breaks the protocol.
        """
        ...
