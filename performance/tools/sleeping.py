"""Encoders that sleep instead of computing: what is left is what the harness itself costs.

Sleep takes no core, so that many workers can be told from few on any machine. The first two numbers
of a vector say which process answered, and how many processor seconds that had spent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark import EncoderCard
from benchmark.encoders import CallLimits, TokenizedSentences

WIDTH = 384
ROWS = 64
"""Sentences in a batch."""

TOKENS = 16
"""Of each of them."""

_LOOK_SECONDS = 0.01


class Sleeping:
    """Batches of tokens, one after another in this process, or in as many as there are copies.

    Loading waits for the other copies: then all begin at the same time, whatever a start takes.
    """

    card = EncoderCard("sleeping", version="1")
    batch_tokens = ROWS * TOKENS

    def __init__(self, seconds: float, copies: int = 1, folder: str | None = None) -> None:
        """Sleep so long a batch.

        Args:
            seconds: of a batch.
            copies: that wait for each other.
            folder: where they see each other; None for one that waits for nobody.
        """
        self.seconds = seconds
        self._copies = copies
        self._folder = folder

    def load(self) -> None:
        """Wait until all copies are here."""
        if self._folder is None:
            return
        meeting = Path(self._folder)
        (meeting / str(os.getpid())).touch()
        while len(list(meeting.iterdir())) < self._copies:
            time.sleep(_LOOK_SECONDS)

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        """Return as many tokens for each sentence, which tell it from the others."""
        base = [1000 + place for place in range(TOKENS - 1)]
        rows = [[1000 + place, *base] for place in range(len(sentences))]
        return TokenizedSentences(rows, frozenset())

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Sleep, and say who did."""
        return self._slept(len(rows))

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Sleep, and say who did."""
        return self._slept(len(sentences))

    def _slept(self, rows: int) -> NDArray[np.float32]:
        time.sleep(self.seconds)
        vectors = np.zeros((rows, WIDTH), np.float32)
        vectors[:, 0] = os.getpid()
        vectors[:, 1] = time.process_time()
        return vectors


class Streaming(Sleeping):
    """Several threads have a batch each, as torch computes on a CPU."""

    def __init__(self, seconds: float, streams: int) -> None:
        """Sleep so long a batch, in so many threads."""
        super().__init__(seconds)
        self.streams = streams

    def enter_stream(self) -> None:
        """Nothing to make ready."""

    def leave_streams(self) -> None:
        """Nothing to put right."""


class Calls:
    """Calls by sentences, several at once, as a service is asked."""

    card = EncoderCard("calls", version="1")

    def __init__(self, seconds: float, at_once: int) -> None:
        """Sleep so long a call, so many at once."""
        self._sleeping = Sleeping(seconds)
        self.call_limits = CallLimits(sentences=ROWS, at_once=at_once)

    def encode(self, sentences: Sequence[str]) -> NDArray[Any]:
        """Sleep, and say who did."""
        return self._sleeping.encode(sentences)
