"""How an encoder that is at hand answers batches: in turn, one ahead, or beside each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asking import Asker
from benchmark.encoders.protocol import ConcurrentEncoder, Encoder, OverlappingEncoder

Label = TypeVar("Label")

Labelled = Iterable[tuple[Label, Sequence[Any]]]
"""Batches of sentences or token id lists, each with a label of the caller's."""

Answers = Iterator[tuple[Label, NDArray[np.float32]]]
"""The labels, in their order, each with the (n, d) vectors of its batch."""


def answers(encoder: Encoder, asker: Asker, batches: Labelled[Label]) -> Answers[Label]:
    """Yield each label with the vectors of its batch, computed as this encoder does it best.

    Raises:
        ModelError: the encoder fails, or returns something that breaks the protocol.
    """
    if isinstance(encoder, ConcurrentEncoder) and encoder.streams > 1:
        return _beside_each_other(encoder, asker, batches)
    ahead = 1 if isinstance(encoder, OverlappingEncoder) and encoder.overlaps else 0
    return _one_after_another(asker, batches, ahead)


def _one_after_another(asker: Asker, batches: Labelled[Label], ahead: int) -> Answers[Label]:
    """A device that works alone always has the next batch waiting."""
    started: deque[tuple[Label, Callable[[], NDArray[np.float32]]]] = deque()
    for label, items in batches:
        started.append((label, asker.start(items)))
        if len(started) > ahead:
            yield _next(started)
    while started:
        yield _next(started)


def _beside_each_other(
    encoder: ConcurrentEncoder, asker: Asker, batches: Labelled[Label]
) -> Answers[Label]:
    """Each thread has a whole batch; one more batch waits, so that none is idle."""
    started: deque[tuple[Label, Callable[[], NDArray[np.float32]]]] = deque()
    with ThreadPoolExecutor(encoder.streams, initializer=encoder.enter_stream) as threads:
        try:
            for label, items in batches:
                started.append((label, threads.submit(asker.vectors, items).result))
                if len(started) > encoder.streams:
                    yield _next(started)
            while started:
                yield _next(started)
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
            encoder.leave_streams()


def _next(
    started: deque[tuple[Label, Callable[[], NDArray[np.float32]]]],
) -> tuple[Label, NDArray[np.float32]]:
    label, wait = started.popleft()
    return label, wait()
