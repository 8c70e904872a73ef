"""A copy of an encoder in another process, and the jobs it is given."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asker import Asker, limits_of
from benchmark.embeddings.engines.engine import answers, load
from benchmark.embeddings.work import Work
from benchmark.encoders.identity import vector_identity
from benchmark.encoders.protocol import Encoder, LimitedEncoder, ReplicableEncoder, offers
from benchmark.errors import ModelError, UsageError

Job = list[list[int]]
"""Some batches of places that one worker does in one go."""

_JOB_TOKENS = 4096
"""Tokens a job should hold at least: a worker does it in a second or so."""

_WAY_OUT = "put its class into a module that can be imported there, or compute in one process"


class Replica:
    """Answers jobs with an encoder of its own."""

    def __init__(self, encoder: Encoder) -> None:
        """Load the encoder.

        Raises:
            ModelError: it cannot be loaded here.
        """
        load(encoder)
        self._encoder = encoder
        self._asker = Asker(encoder)

    def vectors(self, batches: Sequence[Sequence[Any]]) -> list[NDArray[np.float32]]:
        """Return the (n, d) vectors of each batch of sentences or token id lists.

        Raises:
            ModelError: the encoder fails, or returns something that breaks the protocol.
        """
        answered = dict(answers(self._encoder, self._asker, enumerate(batches)))
        return [answered[place] for place in range(len(batches))]


def sent(
    encoder: Encoder,
    device: str | None = None,
    dumps: Callable[[Any], bytes] = pickle.dumps,
) -> bytes:
    """Return an encoder in the form in which it goes to another process.

    One of ours goes without what it has loaded, for the device that is named. Any other goes
    whole: only its author knows what of its state decides the vectors.

    Raises:
        UsageError: it cannot be sent.
    """
    if device is not None and offers(encoder, ReplicableEncoder):
        encoder = encoder.replica(device)
    try:
        return dumps(encoder)
    except Exception as error:
        raise UsageError(
            f"{encoder.card.name} cannot be sent to another process ({_line(error)}); {_WAY_OUT}"
        ) from error


def received(content: bytes) -> Encoder:
    """Return the encoder that was sent.

    Raises:
        UsageError: its class is not known here.
    """
    try:
        return pickle.loads(content)  # type: ignore[no-any-return]  # noqa: S301 - sent by us
    except Exception as error:
        raise UsageError(
            f"the encoder cannot be received by a worker process ({_line(error)}); {_WAY_OUT}"
        ) from error


def require_same_code(encoder: Encoder, identity: str | None) -> None:
    """Refuse a copy whose vectors would be stored under an identity that is not its own.

    A process that starts reads its modules anew, and they may have been edited meanwhile.

    Args:
        encoder: as it was received.
        identity: what decided the vectors of the encoder where it was sent from.

    Raises:
        ModelError: they differ.
    """
    if differ := differences(identity, vector_identity(encoder)):
        raise ModelError(
            f"{encoder.card.name}: a worker process would give other vectors "
            f"({'; '.join(differ)}); its code or a library changed since the run began, run again"
        )


def differences(ours: str | None, theirs: str | None) -> list[str]:
    """Return what differs between two identities, as `vector_identity` gives them."""
    here, there = json.loads(ours or "{}"), json.loads(theirs or "{}")
    return [
        f"{key} is {there.get(key)}, not {here.get(key)}"
        for key in sorted({*here, *there})
        if here.get(key) != there.get(key)
    ]


def copies(encoder: Encoder, workers: int) -> int:
    """Return how many of the workers may have a copy: each makes a call of its own at a time."""
    most = limits_of(encoder).at_once if offers(encoder, LimitedEncoder) else workers
    return min(workers, most)


def jobs(work: Work) -> Iterator[Job]:
    """Yield batches put together until they are worth sending; chunks of sentences one by one."""
    sizes = work.sizes
    job: Job = []
    size = 0
    for batch in work.batches():
        job.append(batch)
        size += int(sizes[batch].sum())
        if size >= _JOB_TOKENS or work.batch_tokens is None:
            yield job
            job, size = [], 0
    if job:
        yield job


def items_of(work: Work, job: Job) -> list[list[Any]]:
    """Return what a job's batches hold."""
    return [[work.items[place] for place in batch] for batch in job]


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
