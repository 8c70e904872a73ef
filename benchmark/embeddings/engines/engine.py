"""Where an encoder computes: what the harness asks of such a place, and this machine as one.

In this process an encoder answers as it does best: one batch after another, with the next one
waiting while a device works alone, or several beside each other in threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asker import Asker, asked_whole
from benchmark.embeddings.threads import Threads
from benchmark.embeddings.work import Work
from benchmark.encoders.attempts import Pause
from benchmark.encoders.device import device_name
from benchmark.encoders.protocol import (
    ConcurrentEncoder,
    Encoder,
    LoadableEncoder,
    ReplicableEncoder,
    offers,
)

if TYPE_CHECKING:
    from benchmark.embeddings.engines.processes import Processes

Label = TypeVar("Label")

Labelled = Iterable[tuple[Label, Sequence[Any]]]
"""Batches of sentences or token id lists, each with a label of the caller's."""

Answers = Iterator[tuple[Label, NDArray[np.float32]]]
"""The labels, each with the (n, d) vectors of its batch, as they are done."""


class Engine(Protocol):
    """Runs the batches of a piece of work, in any order."""

    def prepare(self, encoder: Encoder) -> None:
        """Load the model if it computes in this process: so that loading is timed apart.

        Raises:
            ModelError: it cannot be loaded.
        """
        ...

    def encode(self, encoder: Encoder, work: Work) -> Answers[list[int]]:
        """Yield each batch of places with its (n, d) vectors, as they are done.

        Raises:
            ModelError: the encoder fails, or returns something that breaks the protocol.
        """
        ...


class InProcess:
    """Asks the encoder at hand."""

    def __init__(self, pause: Pause | None = None) -> None:
        """Wait between two attempts at a call with this; None for the clock."""
        self._pause = pause

    def prepare(self, encoder: Encoder) -> None:
        """Load the model."""
        load(encoder)

    def encode(self, encoder: Encoder, work: Work) -> Answers[list[int]]:
        """Yield each batch of places with its (n, d) vectors, as they are done."""
        batches = ((batch, [work.items[place] for place in batch]) for batch in work.batches())
        return answers(encoder, Asker(encoder, self._pause), batches)


class Local:
    """Runs an encoder on this machine: in this process, in one for each GPU, or in several.

    Attributes:
        workers: processes; None for one, or as many as there are GPUs where these compute.
    """

    def __init__(self, workers: int | None = None) -> None:
        """Use this many processes."""
        self.workers = workers

    def prepare(self, encoder: Encoder) -> None:
        """Load the model if it computes in this process."""
        self._chosen(encoder).prepare(encoder)

    def encode(self, encoder: Encoder, work: Work) -> Answers[list[int]]:
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
    if not offers(encoder, ReplicableEncoder) or ":" in encoder.device:
        return 1
    if device_name(encoder.device) != "cuda":
        return 1
    import torch

    return max(1, torch.cuda.device_count())


def load(encoder: Encoder) -> None:
    """Have an encoder load what it needs, if it can be told to.

    Raises:
        ModelError: it cannot be loaded here.
    """
    if offers(encoder, LoadableEncoder):
        asked_whole(encoder.card.name, encoder.load)


def answers(encoder: Encoder, asker: Asker, batches: Labelled[Label]) -> Answers[Label]:
    """Yield each label with the vectors of its batch, computed as this encoder does it best.

    Raises:
        ModelError: the encoder fails, or returns something that breaks the protocol.
    """
    if offers(encoder, ConcurrentEncoder) and (streams := encoder.streams) > 1:
        enter, leave = encoder.enter_stream, encoder.leave_streams
        return _beside_each_other(Threads(streams, enter, leave), asker, batches)
    if (at_once := asker.limits.at_once) > 1:
        return _beside_each_other(Threads(at_once), asker, batches)
    return _one_after_another(asker, batches)


def _one_after_another(asker: Asker, batches: Labelled[Label]) -> Answers[Label]:
    """A device that works alone always has the next batch waiting."""
    ahead = int(asker.overlaps)
    started: deque[tuple[Label, Callable[[], NDArray[np.float32]]]] = deque()
    for label, items in batches:
        started.append((label, asker.start(items)))
        if len(started) > ahead:
            first, wait = started.popleft()
            yield first, wait()
    for last, wait in started:
        yield last, wait()


def _beside_each_other(
    threads: Threads[NDArray[np.float32]], asker: Asker, batches: Labelled[Label]
) -> Answers[Label]:
    """Each thread has a whole batch, and as many wait: a slow one leaves no other idle.

    What was answered is given at once, for it to be stored, however slow the batch before it is;
    and before a failure is told, be it of an earlier batch.
    """
    started: dict[Future[NDArray[np.float32]], Label] = {}
    try:
        for label, items in batches:
            started[threads.ask(partial(asker.vectors, items))] = label
            if len(started) == 2 * threads.most:
                yield from _done(started)
        while started:
            yield from _done(started)
    except BaseException as error:
        asker.stop()
        begun = [answer for answer in started if not answer.cancel()]
        if not isinstance(error, GeneratorExit):  # somebody is still listening
            interrupted = isinstance(error, KeyboardInterrupt)
            for answer in begun:
                if (answer.done() or not interrupted) and answer.exception() is None:
                    yield started[answer], answer.result()
        raise
    finally:
        threads.end()


def _done(started: dict[Future[NDArray[np.float32]], Label]) -> Answers[Label]:
    """Wait for the first that is done, and give all that are."""
    done = wait(started, return_when=FIRST_COMPLETED).done
    for answer in [answer for answer in started if answer in done]:
        yield started.pop(answer), answer.result()
