"""The encoder computes here: one batch after another, or a few beside each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asking import Asker, asked_whole
from benchmark.embeddings.work import Work
from benchmark.encoders.protocol import (
    ConcurrentEncoder,
    Encoder,
    LoadableEncoder,
    OverlappingEncoder,
)

Batches = Iterator[tuple[list[int], NDArray[np.float32]]]


class InProcess:
    """Asks the encoder at hand."""

    def prepare(self, encoder: Encoder) -> None:
        """Load the model."""
        if isinstance(encoder, LoadableEncoder):
            asked_whole(encoder.card.name, encoder.load)

    def encode(self, encoder: Encoder, work: Work) -> Batches:
        """Yield each batch of places with its (n, d) vectors, in the order of the batches."""
        if isinstance(encoder, ConcurrentEncoder) and encoder.streams > 1:
            return _beside_each_other(encoder, work)
        return _one_after_another(encoder, work)


def _one_after_another(encoder: Encoder, work: Work) -> Batches:
    """A device that works alone always has the next batch waiting."""
    asker = Asker(encoder)
    ahead = 1 if isinstance(encoder, OverlappingEncoder) and encoder.overlaps else 0
    started: deque[tuple[list[int], Callable[[], NDArray[np.float32]]]] = deque()
    for batch in work.batches():
        started.append((batch, asker.start([work.items[place] for place in batch])))
        if len(started) > ahead:
            places, wait = started.popleft()
            yield places, wait()
    for places, wait in started:
        yield places, wait()


def _beside_each_other(encoder: ConcurrentEncoder, work: Work) -> Batches:
    """Each thread has a whole batch; one more batch waits, so that none is idle."""
    asker = Asker(encoder)
    batches = work.batches()
    started: deque[tuple[list[int], Callable[[], NDArray[np.float32]]]] = deque()
    with ThreadPoolExecutor(encoder.streams, initializer=encoder.enter_stream) as threads:
        try:
            for batch in batches:
                items = [work.items[place] for place in batch]
                started.append((batch, threads.submit(asker.vectors, items).result))
                if len(started) > encoder.streams:
                    places, wait = started.popleft()
                    yield places, wait()
            for places, wait in started:
                yield places, wait()
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
