"""A device that works alone has the next batch waiting; what comes out is the same."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmark.embeddings import embed
from benchmark.encoders import EncoderCard, TokenizedSentences
from benchmark.errors import ModelError

SENTENCES = ["a" * (1 + place % 5) + str(place) for place in range(40)]


class Device:
    """Starts a batch, and gives its vectors when it is waited for."""

    card = EncoderCard("device", version="1")
    batch_tokens = 16
    overlaps = True

    def __init__(self, most: int = 1000, *, late: bool = False) -> None:
        self.most = most
        self.late = late
        self.log: list[str] = []

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        return TokenizedSentences([list(map(ord, text)) for text in sentences], frozenset())

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_tokens(self.tokenize(sentences).ids)

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        self._fit(rows)
        self.log.append("whole")
        return np.array([[sum(row), len(row)] for row in rows], np.float32)

    def start_tokens(self, rows: Sequence[Sequence[int]]) -> Callable[[], NDArray[np.float32]]:
        if not self.late:
            self._fit(rows)
        self.log.append("start")

        def wait() -> NDArray[np.float32]:
            self._fit(rows)
            self.log.append("wait")
            return np.array([[sum(row), len(row)] for row in rows], np.float32)

        return wait

    def _fit(self, rows: Sequence[Sequence[int]]) -> None:
        if len({tuple(row) for row in rows}) > self.most:
            raise MemoryError("full")


def expected() -> NDArray[np.float32]:
    return np.array([[sum(map(ord, text)), len(text)] for text in SENTENCES], np.float32)


def test_the_next_batch_is_started_before_the_last_is_fetched():
    device = Device()
    embeddings = embed(device, SENTENCES)
    assert np.array_equal(embeddings[SENTENCES], expected())
    assert device.log[:4] == ["start", "start", "wait", "start"]
    assert device.log[-2:] == ["wait", "wait"]
    assert device.log.count("start") == device.log.count("wait") == embeddings.report.batches


def test_a_device_that_does_not_work_alone_is_asked_batch_by_batch():
    device = Device()
    device.overlaps = False
    assert np.array_equal(embed(device, SENTENCES)[SENTENCES], expected())
    assert set(device.log) == {"whole"}


@pytest.mark.parametrize("late", [False, True], ids=["at the start", "while waiting"])
@pytest.mark.parametrize("most", [1, 2])
def test_what_does_not_fit_is_done_in_parts(most: int, late: bool):
    device = Device(most, late=late)
    assert np.array_equal(embed(device, SENTENCES)[SENTENCES], expected())
    assert "whole" in device.log


def test_a_sentence_that_never_fits_is_refused():
    with pytest.raises(ModelError, match="out of memory on a single sentence"):
        embed(Device(0, late=True), SENTENCES)


class Activations:
    """What a model holds while it computes."""


class Crowded(Device):
    """Holds something where it fails, and has no room for parts as long as that is held."""

    held: weakref.ref[Activations] | None = None

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        if self.held is not None and self.held() is not None:
            raise MemoryError("full of what failed")
        return super().encode_tokens(rows)

    def _fit(self, rows: Sequence[Sequence[int]]) -> None:
        activations = Activations()
        if len({tuple(row) for row in rows}) > self.most:
            self.held = weakref.ref(activations)
        super()._fit(rows)


@pytest.mark.parametrize("late", [False, True], ids=["at the start", "while waiting"])
def test_parts_have_the_memory_that_the_whole_batch_had(late: bool):
    device = Crowded(1, late=late)
    assert np.array_equal(embed(device, SENTENCES)[SENTENCES], expected())
    assert device.held is not None
