"""Batches computed by several threads at once: the same vectors, and nobody waits for nobody."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from benchmark.embeddings import embed
from benchmark.encoders import EncoderCard, TokenizedSentences
from benchmark.errors import ModelError
from tests import checkpoints
from tests.encoders.transformer.test_transformer import encoder_of
from tests.rounding import assert_close

SENTENCES = ["a" * (1 + place % 5) + str(place) for place in range(40)]


class Streams:
    """Takes a batch only while another one is computed, as long as there are enough."""

    card = EncoderCard("streams", version="1")
    batch_tokens = 8
    streams = 2

    def __init__(self, most: int = 1000, *, fails: bool = False) -> None:
        self.most = most
        self.fails = fails
        self.ready: set[int] = set()
        self.together = threading.Barrier(2, timeout=300)
        self.met = False
        self.left: int | None = None

    def enter_stream(self) -> None:
        self.ready.add(threading.get_ident())

    def leave_streams(self) -> None:
        self.left = threading.get_ident()

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        return TokenizedSentences([list(map(ord, text)) for text in sentences], frozenset())

    def encode(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_tokens(self.tokenize(sentences).ids)

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        assert threading.get_ident() in self.ready
        if not self.met:
            self.together.wait()  # breaks unless two threads are here
            self.met = True
        if self.fails:
            raise ValueError("no way")
        if len({tuple(row) for row in rows}) > self.most:
            raise MemoryError("full")
        return np.array([[sum(row), len(row)] for row in rows], np.float32)


def expected() -> NDArray[np.float32]:
    return np.array([[sum(map(ord, text)), len(text)] for text in SENTENCES], np.float32)


def test_two_threads_compute_at_once():
    encoder = Streams()
    assert np.array_equal(embed(encoder, SENTENCES)[SENTENCES], expected())
    assert encoder.met
    assert len(encoder.ready) == 2
    assert threading.get_ident() not in encoder.ready
    assert encoder.left == threading.get_ident()


def test_what_does_not_fit_is_done_in_parts():
    assert np.array_equal(embed(Streams(1), SENTENCES)[SENTENCES], expected())


def test_a_failure_ends_all_of_them():
    encoder = Streams(fails=True)
    with pytest.raises(ModelError, match="no way"):
        embed(encoder, SENTENCES)
    assert encoder.left == threading.get_ident()
    assert encoder.ready.isdisjoint(thread.ident for thread in threading.enumerate())


def test_a_transformer_gives_the_same_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = checkpoints.write_plain(tmp_path / "model")
    sentences = ["the cat sat", "a dog", "the dog sat on the cat", "the cat", "cat dog cat"] * 3
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    alone = encoder_of(folder, device="cpu")
    alone.load()
    assert alone.streams == 1
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    beside = encoder_of(folder, device="cpu")
    beside.load()
    assert beside.streams == 2
    one, two = (embed(encoder, sentences, batch_tokens=4) for encoder in (alone, beside))
    assert_close(one[sentences], two[sentences])


def test_afterwards_new_threads_have_the_whole_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        encoder = encoder_of(checkpoints.write_plain(tmp_path / "model"), device="cpu")
        embed(encoder, ["the cat sat", "a dog"])
        assert encoder.streams == 2
        with ThreadPoolExecutor(1) as fresh:
            assert fresh.submit(torch.get_num_threads).result() == 2
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("pooler", ["avg_first_last", "avg_top2"])
def test_poolers_of_inner_layers_are_asked_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pooler: str
):
    folder = checkpoints.write_plain(tmp_path / "model")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    encoder = encoder_of(folder, device="cpu", pooler=pooler)
    encoder.load()
    assert encoder.streams == 1
