"""The encoder computes here, one batch after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asking import Asker, asked_whole
from benchmark.embeddings.work import Work
from benchmark.encoders.protocol import Encoder, LoadableEncoder, OverlappingEncoder


class InProcess:
    """Asks the encoder at hand."""

    def prepare(self, encoder: Encoder) -> None:
        """Load the model."""
        if isinstance(encoder, LoadableEncoder):
            asked_whole(encoder.card.name, encoder.load)

    def encode(
        self, encoder: Encoder, work: Work
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield each batch of places with its (n, d) vectors.

        A device that works alone always has the next batch waiting.
        """
        asker = Asker(encoder)
        started: deque[tuple[list[int], Callable[[], NDArray[np.float32]]]] = deque()
        ahead = 1 if isinstance(encoder, OverlappingEncoder) and encoder.overlaps else 0
        for batch in work.batches():
            started.append((batch, asker.start([work.items[place] for place in batch])))
            if len(started) > ahead:
                places, wait = started.popleft()
                yield places, wait()
        for places, wait in started:
            yield places, wait()
