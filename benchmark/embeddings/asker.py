"""Ask an encoder for one batch: again where that may help, in parts where it is too much.

What comes back is checked.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.attempts import Attempts, Pause, said
from benchmark.encoders.neighbours import require_its_own
from benchmark.encoders.protocol import (
    CallLimits,
    Encoder,
    LimitedEncoder,
    OverlappingEncoder,
    TokenEncoder,
    TooLarge,
    offers,
)
from benchmark.encoders.python_object import file_of
from benchmark.encoders.raising import message_of, raised
from benchmark.errors import BenchmarkError, ModelError

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

MIN_BATCH_TOKENS = 64
"""Matrix libraries take another road for very small products, with other rounding; a batch
below this many tokens is filled up by repeating its sentences, so that a leftover sentence
gets the same bits as it would in a full batch."""

_Start = Callable[[Sequence[Sequence[int]]], Callable[[], NDArray[np.float32]]]


class Asker:
    """Asks one encoder for batches.

    A batch that is too large for the memory is halved, and no later batch holds more sentences
    than the half that fitted. One that failed for a while is asked for again, as often as the
    encoder's `CallLimits` say. Several threads may ask at once.
    """

    def __init__(self, encoder: Encoder, pause: Pause | None = None) -> None:
        """Ask this encoder; by token ids if it takes them.

        Args:
            encoder: loaded, if it can be.
            pause: what waits between two attempts; None for the clock.
        """
        self._encoder = encoder
        self._tokens = encoder if offers(encoder, TokenEncoder) else None
        self._name = encoder.card.name
        self.limits = limits_of(encoder)
        self._start: _Start | None = None
        if offers(encoder, OverlappingEncoder) and encoder.overlaps:
            self._start = encoder.start_tokens
        self._attempts = Attempts(self._name, self.limits, pause)
        self._dimension: int | None = None
        self._largest: int | None = None
        self._file = file_of(encoder)
        self._modules = 0

    @property
    def overlaps(self) -> bool:
        """Whether it is worth starting a batch before the one before it is fetched."""
        return self._start is not None

    def vectors(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n sentences, or n token id lists of one length.

        Raises:
            ModelError: the encoder fails, or returns something that breaks the protocol.
        """
        answers = []
        waiting = list(batch)
        while waiting:
            part = waiting[: self._largest]
            try:
                answer = self._attempted(part)
            except MemoryError as error:
                self._largest = self._halved(len(part), error)
                continue
            checked = self._checked(answer, len(part))
            # An encoder may use one buffer again and again.
            answers.append(checked if len(part) == len(batch) else checked.copy())
            waiting = waiting[len(part) :]
        return answers[0] if len(answers) == 1 else np.concatenate(answers)

    def start(self, batch: Sequence[Any]) -> Callable[[], NDArray[np.float32]]:
        """Start on a batch and return what waits for its vectors, as `vectors` returns them.

        Only a device that works alone is started; for any other the batch is done at once.
        What does not fit its memory is asked for again in parts.
        """
        start = self._start
        if start is None or (self._largest is not None and len(batch) > self._largest):
            done = self.vectors(batch)
            return lambda: done
        filled = [list(batch[place]) for place in fill_up(range(len(batch)), len(batch[0]))]
        # Parts are asked for when the error is gone: its traceback holds what filled the memory.
        waiting: Callable[[], NDArray[np.float32]] | None = None
        with suppress(MemoryError):
            waiting = asked(self._name, lambda: start(filled))
        if waiting is None:
            done = self.vectors(batch)
            return lambda: done

        def wait() -> NDArray[np.float32]:
            vectors: NDArray[np.float32] | None = None
            with suppress(MemoryError):
                vectors = asked(self._name, waiting)
            if vectors is None:
                return self.vectors(batch)
            return self._checked(vectors[: len(batch)], len(batch))

        return wait

    def stop(self) -> None:
        """Wait for nothing any more: what fails now has failed for good."""
        self._attempts.stop()

    def _attempted(self, part: list[Any]) -> object:
        return self._attempts.answer(lambda: asked(self._name, lambda: self._ask(part)), part[0])

    def _ask(self, part: list[Any]) -> object:
        """Ask with a copy: what an encoder does to its input stays with it."""
        if self._tokens is None:
            return self._encoder.encode(list(part))
        filled = fill_up(range(len(part)), len(part[0]))
        return self._tokens.encode_tokens([list(part[place]) for place in filled])[: len(part)]

    def _halved(self, size: int, error: MemoryError) -> int:
        refused = isinstance(error, TooLarge)
        why = f"too large a call ({said(error)})" if refused else "out of memory"
        if size == 1:
            way_out = "" if refused else "; use a smaller `max_length` or another `device`"
            raise ModelError(f"{self._name}: {why} on a single sentence{way_out}") from error
        logger.warning("%s with %d sentences at once, going on with %d", why, size, size // 2)
        return size // 2

    def _checked(self, vectors: object, rows: int) -> NDArray[np.float32]:
        """Return the vectors as float32 if they are what the protocol asks for."""
        name = self._name
        self._require_its_own_modules()
        try:
            array = np.asarray(vectors)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise ModelError(f"{name}: encode returned no array ({raised(error)})") from error
        if array.dtype.kind != "f":
            raise ModelError(
                f"{name}: encode returned {type(vectors).__name__} of {array.dtype}, not float32"
            )
        if array.ndim != 2 or len(array) != rows or array.shape[1] == 0:
            raise ModelError(
                f"{name}: encode returned shape {array.shape} for {rows} sentences, not ({rows}, d)"
            )
        if self._dimension not in (None, array.shape[1]):
            raise ModelError(
                f"{name}: encode returned {array.shape[1]} dimensions after {self._dimension} "
                "before"
            )
        self._dimension = array.shape[1]
        return _narrowed(array)

    def _require_its_own_modules(self) -> None:
        """Refuse an answer for which code of another encoder may have been imported."""
        if self._file is not None and len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            require_its_own(self._file, self._name)


def limits_of(encoder: Encoder) -> CallLimits:
    """Return what an encoder says of its calls; the defaults for one that says nothing.

    Raises:
        ModelError: it says something else, or is asked by tokens.
    """
    if not offers(encoder, LimitedEncoder):
        return CallLimits()
    name = encoder.card.name
    if offers(encoder, TokenEncoder):
        raise ModelError(f"{name}: has call_limits and tokenize; it is asked by tokens, in streams")
    limits = asked_whole(name, lambda: encoder.call_limits)
    if not isinstance(limits, CallLimits):
        raise ModelError(f"{name}: call_limits is a {type(limits).__name__}, not a CallLimits")
    return limits


def fill_up(batch: Sequence[int], length: int) -> list[int]:
    """Repeat the places of a small batch until it holds `MIN_BATCH_TOKENS` tokens."""
    needed = -(-MIN_BATCH_TOKENS // max(1, length))
    repeats = -(-needed // len(batch))
    return list(batch) * repeats if len(batch) < needed else list(batch)


def _narrowed(array: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return (n, d) numbers as float32; a vector that it does not hold is not finite then.

    Numbers too large become infinite. Of a vector too small, so that more than the rounding of
    float32 would be lost, all become NaN: tasks refuse both.
    """
    with np.errstate(over="ignore", under="ignore"):
        narrow = array.astype(np.float32, copy=False)
    if array.dtype.itemsize <= narrow.dtype.itemsize:
        return narrow
    kind = np.finfo(np.float32)
    largest = np.abs(array).max(axis=1)
    small = np.flatnonzero(largest < kind.smallest_normal / kind.eps)
    lost = np.abs(narrow[small] - array[small]).max(axis=1, initial=0) > largest[small] * kind.eps
    narrow[small[lost]] = np.nan
    return narrow


def asked(name: str, question: Callable[[], Answer]) -> Answer:
    """Ask the encoder; whatever it raises becomes one line that says where.

    Raises:
        MemoryError: too much was asked at once.
        ModelError: anything else went wrong.
    """
    try:
        return question()
    except (BenchmarkError, MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # sys.exit, too: no encoder takes another along
        if type(error).__name__ == "OutOfMemoryError":
            raise MemoryError(message_of(error)) from error
        raise ModelError(f"{name}: encoding {raised(error)}") from error


def asked_whole(name: str, question: Callable[[], Answer]) -> Answer:
    """Ask for what cannot be halved when memory runs out."""
    try:
        return asked(name, question)
    except MemoryError as error:
        raise ModelError(
            f"{name}: out of memory while loading; use a machine or a `device` that has more"
        ) from error
