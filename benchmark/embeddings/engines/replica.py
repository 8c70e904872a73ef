"""A copy of an encoder in another process, and the jobs it is given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asking import Asker, asked_whole
from benchmark.embeddings.work import Work
from benchmark.encoders.protocol import Encoder, LoadableEncoder

Job = list[list[int]]
"""Some batches of places that one worker does in one go."""

_JOB_SIZE = 4096
"""Tokens (or sentences) a job should hold at least: a worker does it in a second or so."""


class Replica:
    """Answers jobs with an encoder of its own."""

    def __init__(self, encoder: Encoder) -> None:
        """Load the encoder.

        Raises:
            ModelError: it cannot be loaded here.
        """
        if isinstance(encoder, LoadableEncoder):
            asked_whole(encoder.card.name, encoder.load)
        self._asker = Asker(encoder)

    def vectors(self, batches: Sequence[Sequence[Any]]) -> list[NDArray[np.float32]]:
        """Return the (n, d) vectors of each batch of sentences or token id lists.

        Raises:
            ModelError: the encoder fails, or returns something that breaks the protocol.
        """
        return [self._asker.vectors(batch) for batch in batches]


def unloaded(encoder: Encoder, device: str | None = None) -> Encoder:
    """Return a copy of an encoder without what it has loaded, for another device if it has one.

    Encoders that are no dataclasses go as they are.
    """
    kind: Any = type(encoder)
    if not dataclasses.is_dataclass(kind):
        return encoder
    has_device = any(field.name == "device" for field in dataclasses.fields(kind))
    changes = {"device": device} if device and has_device else {}
    copy: Any = dataclasses.replace(encoder, **changes)  # type: ignore[type-var]
    return copy  # type: ignore[no-any-return]


def jobs(work: Work) -> Iterator[Job]:
    """Yield batches put together until they are worth sending."""
    sizes = work.sizes
    job: Job = []
    size = 0
    for batch in work.batches():
        job.append(batch)
        size += int(sizes[batch].sum())
        if size >= _JOB_SIZE:
            yield job
            job, size = [], 0
    if job:
        yield job


def items_of(work: Work, job: Job) -> list[list[Any]]:
    """Return what a job's batches hold."""
    return [[work.items[place] for place in batch] for batch in job]
