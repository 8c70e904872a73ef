"""Ask again where that may help: how often, and after which pause."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable
from typing import TypeVar

from benchmark.encoders.protocol import CallLimits, TemporaryFailure
from benchmark.encoders.raising import message_of
from benchmark.errors import ModelError
from benchmark.one_line import one_line

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

Pause = Callable[[float], object]
"""Waits for some seconds; what it returns tells whether to give up instead of asking again."""

_FIRST_WAIT = 1.0
"""Seconds before the second attempt; before each further one twice as many."""

_LONGEST_MESSAGE = 300


class Attempts:
    """Makes a call that ends in a `TemporaryFailure` again, as often as `CallLimits` say.

    Several threads may ask at once.
    """

    def __init__(self, name: str, limits: CallLimits, pause: Pause | None = None) -> None:
        """Ask on behalf of an encoder of this name.

        Args:
            name: of the encoder, for messages.
            limits: what it says of its calls.
            pause: what waits between two attempts; None for the clock.
        """
        self._name = name
        self._limits = limits
        self._stopped = threading.Event()
        self._pause = pause or self._stopped.wait

    def answer(self, question: Callable[[], Answer], seed: object) -> Answer:
        """Ask, and after a failure that may pass once more.

        Args:
            question: the call.
            seed: what tells it from others: calls that failed together are not made together again.

        Raises:
            ModelError: it failed for good.
        """
        attempt = 1
        while True:
            try:
                return question()
            except TemporaryFailure as error:
                seconds = self._wait(attempt, seed, error.retry_after or 0)
                more = self._may_wait(attempt, seconds)
                if more:
                    logger.info("%s: %s; trying again in %.1f s", self._name, said(error), seconds)
                if not more or self._pause(seconds):
                    raise ModelError(self._given_up(attempt, seconds, error)) from error
            attempt += 1

    def stop(self) -> None:
        """Wait for nothing any more: what fails now has failed for good."""
        self._stopped.set()

    def _may_wait(self, attempt: int, seconds: float) -> bool:
        patient = attempt < self._limits.attempts and seconds <= self._limits.longest_wait
        return patient and not self._stopped.is_set()

    def _given_up(self, attempt: int, seconds: float, error: TemporaryFailure) -> str:
        times = "1 attempt" if attempt == 1 else f"{attempt} attempts"
        asks = seconds > self._limits.longest_wait
        later = f" (it asks for {seconds:.0f} s)" if asks else ""
        return f"{self._name}: gave up after {times}: {said(error)}{later}"

    def _wait(self, attempt: int, seed: object, least: float) -> float:
        """Return the seconds before another attempt: at random, but in each run the same."""
        chance = zlib.crc32(repr((attempt, seed)).encode()) / 2**32
        longest = min(_FIRST_WAIT * 2.0 ** (attempt - 1), self._limits.longest_wait)
        return max(least, longest * (1 + chance) / 2)


def said(error: BaseException) -> str:
    """Return what an exception says, bounded and on one line."""
    return one_line(message_of(error)[:_LONGEST_MESSAGE])
