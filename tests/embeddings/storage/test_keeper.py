"""Storing while encoding goes on: at the right time, the right vectors, and never in the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmark.embeddings import VectorStore, embed
from benchmark.embeddings.storage import EncodedVectors, Keeper
from benchmark.embeddings.storage import store as store_module
from benchmark.encoders import EncoderCard
from benchmark.errors import ModelError
from tests.embeddings.storage.known import there, vectors_of, warnings

CARD = EncoderCard("mine", version="1")


def keep(keeper: Keeper, *sentences: str) -> None:
    keeper.keep(sentences, vectors_of(sentences))


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, to be set."""
    now = [100.0]
    monkeypatch.setattr(store_module.time, "monotonic", lambda: now[0])
    return now


def test_it_writes_about_once_a_second(store: VectorStore, ticks: list[float]) -> None:
    keeper = Keeper(store)
    for seconds, sentence, written in (
        (0.5, "a", []),
        (0.9, "b", []),
        (1.1, "c", ["a", "b", "c"]),
        (2.0, "d", ["a", "b", "c"]),
        (2.2, "e", ["a", "b", "c", "d", "e"]),
    ):
        ticks[0] = 100 + seconds
        keep(keeper, sentence)
        assert there(store, ["a", "b", "c", "d", "e"]) == written


def test_as_many_as_are_worth_it_are_written_at_once(
    store: VectorStore, ticks: list[float]
) -> None:
    keeper = Keeper(store, most=3)
    for sentences, written in (
        (["a", "b"], []),
        (["c"], ["a", "b", "c"]),
        (["d"], ["a", "b", "c"]),
    ):
        keep(keeper, *sentences)
        assert there(store, ["a", "b", "c", "d"]) == written
    keep(keeper, "e", "f", "g", "h")
    assert there(store, ["d", "h"]) == ["d", "h"]
    assert ticks == [100]


def test_what_is_left_is_written_at_the_end(store: VectorStore) -> None:
    keeper = Keeper(store)
    keep(keeper, "a")
    keep(keeper, "b", "c")
    assert not store.path.exists()
    keeper.flush()
    keeper.flush()
    assert there(store, ["a", "b", "c"]) == ["a", "b", "c"]


def test_nothing_kept_writes_no_file(store: VectorStore) -> None:
    Keeper(store).flush()
    assert not store.path.parent.exists()


def test_without_a_store() -> None:
    keeper = Keeper(None)
    keep(keeper, "a")
    keeper.flush()


def test_an_encoder_that_uses_one_buffer_again_and_again(store: VectorStore) -> None:
    """What is stored is what it said, not what it said last."""
    keeper, buffer = Keeper(store), np.zeros((1, 3), np.float32)
    for sentence in ("a", "b", "c"):
        vectors = vectors_of([sentence])
        buffer[:] = vectors.matrix
        keeper.keep([sentence], EncodedVectors(buffer, vectors.tokens))
    buffer[:] = 9
    keeper.flush()
    assert there(store, ["a", "b", "c"]) == ["a", "b", "c"]


def full() -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def lost() -> None:
    raise FileNotFoundError(2, "No such file or directory")


@pytest.mark.parametrize("trouble", [full, lost])
def test_what_cannot_be_stored_is_reported_once(
    store: VectorStore,
    trouble: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    log: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried: list[int] = []

    def add(_: VectorStore, sentences: Sequence[str], vectors: EncodedVectors) -> None:
        tried.append(len(sentences))
        trouble()

    monkeypatch.setattr(VectorStore, "add", add)
    keeper = Keeper(store)
    for sentence in ("a", "b", "c"):
        keep(keeper, sentence)
        keeper.flush()
    assert tried == [1]
    [said] = warnings(caplog)
    assert said.startswith(f"mine: vectors cannot be stored in {store.path.parent} (")
    assert said.endswith("; going on without")


# --- through embed --------------------------------------------------------------------------------


class Fails:
    """Encodes chunk after chunk, until it has done so many."""

    card = CARD

    def __init__(self, chunks: int, error: BaseException | None = None) -> None:
        self.left, self.error = chunks, error

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        self.left -= 1
        if self.left < 0:
            raise self.error or RuntimeError("the cable is unplugged")
        return vectors_of(sentences).matrix


MANY = [f"sentence {place:05}" for place in range(3000)]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt(), SystemExit(3)])
def test_what_was_encoded_before_a_failure_is_stored(
    store: VectorStore, error: BaseException | None
) -> None:
    ended = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ModelError
    with pytest.raises(ended):
        embed(Fails(2, error), MANY, store=store)
    stored = len(store.look_up(MANY).places)
    assert stored == 2048
    again = embed(Fails(1), MANY, store=store)
    assert len(again.report.encoded) == len(MANY) - stored
    assert np.array_equal(again[MANY], vectors_of(MANY).matrix)


@pytest.mark.parametrize("way", ["file", "full", "folder"])
def test_a_store_that_cannot_be_written_does_not_stop_a_run(
    store: VectorStore,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
    log: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if way == "file":
        store.path.parent.write_text("a file where the folder should be")
    elif way == "folder":
        store.path.mkdir(parents=True)
    else:
        monkeypatch.setattr(VectorStore, "_write", lambda *_: full())
    embeddings = embed(Fails(9), MANY, store=store)
    assert np.array_equal(embeddings[MANY], vectors_of(MANY).matrix)
    assert len(warnings(caplog)) == 1
    assert "vectors cannot be stored" in warnings(caplog)[0]


def test_what_is_not_finite_is_asked_again(store: VectorStore) -> None:
    class Once(Fails):
        def encode(self, sentences: Sequence[str]) -> np.ndarray:
            vectors = super().encode(sentences)
            vectors[[sentence == "bad" for sentence in sentences]] = np.nan
            return vectors

    first = embed(Once(1), ["good", "bad"], store=store)
    assert np.isnan(first[["bad"]]).all()
    second = embed(Fails(1), ["good", "bad"], store=store)
    assert second.report.encoded == {"bad"}
    assert np.array_equal(second[["bad"]], vectors_of(["bad"]).matrix)


def test_tokens_and_cuts_come_from_the_store_too(store: VectorStore, tmp_path: Path) -> None:
    from tests.embeddings.test_embed import Tokens

    sentences = ["abcdefg", "ab", "abcde", ""]
    cold = embed(Tokens(), sentences, store=store)
    warm = embed(Tokens(), sentences, store=store)
    assert warm.report.encoded == frozenset()
    assert warm.report.batches == 0
    assert warm.report.tokens == cold.report.tokens
    assert warm.report.truncated == cold.report.truncated == {"abcdefg"}
    assert warm[sentences].tobytes() == cold[sentences].tobytes()
