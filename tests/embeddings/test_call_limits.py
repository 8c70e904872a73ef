"""An encoder that says what one call may ask: cut, asked at once, again, and ended quickly."""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings import InProcess, Processes, VectorCache, VectorStore, embed
from benchmark.embeddings.asker import Asker
from benchmark.embeddings.engines.replica import Replica
from benchmark.encoders import CallLimits, EncoderCard, TemporaryFailure, TooLarge
from benchmark.encoders.protocol import (
    ConcurrentEncoder,
    LimitedEncoder,
    LoadableEncoder,
    OverlappingEncoder,
    ReplicableEncoder,
    TokenEncoder,
    offers,
)
from benchmark.errors import ModelError
from tests import fixtures
from tests.embeddings.engines.encoders import Limited, Tokens, vectors_of

log = fixtures.log

END = 300.0
"""Seconds after which a test gives up on threads that should meet."""

SENTENCES = [f"{place}" for place in range(20)]
ORDERED = [*SENTENCES[10:], *SENTENCES[:10]]
"""In the order in which they are asked for: longer ones first."""


class Limits:
    """Gives a sentence its number; does before an answer what it is told."""

    card = EncoderCard("mine", version="1")

    def __init__(self, before: Callable[[Sequence[str]], object] = len, **limits: Any) -> None:
        self.call_limits = CallLimits(**limits)
        self.before = before
        self.answered: list[list[str]] = []

    @property
    def sentences(self) -> list[str]:
        return [sentence for call in self.answered for sentence in call]

    def encode(self, sentences: Sequence[str]) -> Any:
        self.before(sentences)
        self.answered.append(list(sentences))
        return np.array([[float(sentence)] for sentence in sentences], np.float32)


def numbers(sentences: Sequence[str]) -> list[list[float]]:
    return [[float(sentence)] for sentence in sentences]


def fails(times: int, **failure: Any) -> Callable[[Sequence[str]], None]:
    """Return what lets each call fail so often before it is answered."""
    left: dict[str, int] = {}

    def before(sentences: Sequence[str]) -> None:
        left[sentences[0]] = left.get(sentences[0], times) - 1
        if left[sentences[0]] >= 0:
            raise TemporaryFailure("503\nService Unavailable", **failure)

    return before


# --- cut, and asked at once -----------------------------------------------------------------------


@given(size=st.integers(1, 30), at_once=st.integers(1, 4))
def test_no_call_is_larger_and_every_sentence_is_in_its_place(size: int, at_once: int) -> None:
    encoder = Limits(sentences=size, at_once=at_once)
    assert embed(encoder, SENTENCES)[SENTENCES].tolist() == numbers(SENTENCES)
    assert sorted(encoder.sentences) == sorted(SENTENCES)
    sizes = sorted(map(len, encoder.answered), reverse=True)
    full, rest = divmod(len(SENTENCES), size)
    assert sizes == [size] * full + [rest] * (rest > 0)


def test_as_many_calls_at_once_as_the_encoder_takes() -> None:
    together = threading.Barrier(3, timeout=END)  # breaks unless three calls are here
    here: set[threading.Thread] = set()

    def before(sentences: Sequence[str]) -> None:
        here.add(threading.current_thread())
        if sentences[0] in ORDERED[:6]:
            together.wait()

    encoder = Limits(before, sentences=2, at_once=3)
    assert embed(encoder, SENTENCES)[SENTENCES].tolist() == numbers(SENTENCES)
    assert len(here) == 3
    assert threading.current_thread() not in here


def test_without_a_word_calls_are_made_one_after_another_here() -> None:
    here: set[threading.Thread] = set()
    encoder = Limits(lambda _: here.add(threading.current_thread()), sentences=2)
    embed(encoder, SENTENCES)
    assert here == {threading.current_thread()}
    assert encoder.answered == [ORDERED[start : start + 2] for start in range(0, 20, 2)]


def test_the_order_of_answers_does_not_matter() -> None:
    """The first call is answered last of those that are under way."""
    later = threading.Event()

    def before(sentences: Sequence[str]) -> None:
        if sentences[0] == ORDERED[0]:
            assert later.wait(END)
        elif sentences[0] == ORDERED[6]:
            later.set()

    encoder = Limits(before, sentences=2, at_once=2)
    assert embed(encoder, SENTENCES)[SENTENCES].tolist() == numbers(SENTENCES)
    assert [call[0] for call in encoder.answered].index(ORDERED[0]) > 1


def test_copies_share_what_the_encoder_takes(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    encoder = Limited(str(notes), CallLimits(sentences=5, at_once=2))
    embed(encoder, SENTENCES, engine=Processes(3))
    told = [line.split(" ", 1) for line in notes.read_text().splitlines()]
    assert sorted(sentence for _, sentence in told) == sorted(SENTENCES)
    assert 1 <= len({process for process, _ in told}) <= 2


def test_a_copy_answers_a_job_in_its_order() -> None:
    """Its first call is answered last."""
    later = threading.Event()

    def before(sentences: Sequence[str]) -> None:
        assert sentences[0] != "1" or later.wait(END)
        later.set()

    job = [["1"], ["2", "3"]]
    answered = Replica(Limits(before, at_once=2)).vectors(job)
    assert [vectors.tolist() for vectors in answered] == [numbers(batch) for batch in job]


def test_copies_ask_again(tmp_path: Path) -> None:
    """Each of several calls, one after another."""
    limits = CallLimits(sentences=4, at_once=2, attempts=3, longest_wait=0.001)
    found = embed(Limited(str(tmp_path / "notes"), limits, 2), SENTENCES, engine=Processes(1))
    assert np.array_equal(found[SENTENCES], vectors_of(SENTENCES))


# --- again ----------------------------------------------------------------------------------------


def test_what_fails_for_a_while_is_asked_again() -> None:
    waits: list[float] = []
    encoder = Limits(fails(3), sentences=20, attempts=4)
    found = embed(encoder, SENTENCES, engine=InProcess(waits.append))
    assert found[SENTENCES].tolist() == numbers(SENTENCES)
    assert [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2, 2 <= waits[2] <= 4] == [True] * 3
    again: list[float] = []
    embed(Limits(fails(3), sentences=20, attempts=4), SENTENCES, engine=InProcess(again.append))
    assert again == waits


def test_calls_that_failed_together_do_not_come_back_together() -> None:
    waits: list[float] = []
    encoder = Limits(fails(1), sentences=2, attempts=2)
    embed(encoder, SENTENCES, engine=InProcess(waits.append))
    assert len(set(waits)) == len(waits) == 10


def test_a_service_is_left_alone_as_long_as_it_asks() -> None:
    waits: list[float] = []
    encoder = Limits(fails(2, retry_after=7), sentences=20, attempts=3)
    embed(encoder, SENTENCES, engine=InProcess(waits.append))
    assert waits == [7, 7]


def test_no_wait_is_longer_than_the_longest() -> None:
    waits: list[float] = []
    encoder = Limits(fails(9), sentences=20, attempts=10, longest_wait=3)
    embed(encoder, SENTENCES, engine=InProcess(waits.append))
    assert all(1.5 <= wait <= 3 for wait in waits[2:])


@pytest.mark.parametrize(
    ("limits", "failure", "said"),
    [
        ({}, {}, "mine: gave up after 1 attempt: 503 Service Unavailable"),
        ({"attempts": 3}, {}, "mine: gave up after 3 attempts: 503 Service Unavailable"),
        (
            {"attempts": 3, "at_once": 4},
            {"retry_after": 90},
            "mine: gave up after 1 attempt: 503 Service Unavailable (it asks for 90 s)",
        ),
    ],
)
def test_giving_up_is_one_line(limits: Any, failure: Any, said: str) -> None:
    waits: list[float] = []
    encoder = Limits(fails(99, **failure), **limits)
    with pytest.raises(ModelError) as caught:
        embed(encoder, SENTENCES, engine=InProcess(waits.append))
    assert str(caught.value) == said
    assert len(waits) == encoder.call_limits.attempts - 1 if not failure else not waits


@pytest.mark.usefixtures("log")
def test_who_waits_says_so(caplog: pytest.LogCaptureFixture) -> None:
    embed(Limits(fails(1, retry_after=7), attempts=2), ["1"], engine=InProcess(len_of_wait))
    assert "mine: 503 Service Unavailable; trying again in 7.0 s" in caplog.messages


def len_of_wait(_: float) -> None:
    """Wait for nothing."""


def test_another_failure_is_not_asked_again() -> None:
    calls: list[Sequence[str]] = []

    def before(sentences: Sequence[str]) -> None:
        calls.append(sentences)
        raise ValueError("wrong key")

    with pytest.raises(ModelError, match="mine: encoding raised ValueError: wrong key"):
        embed(Limits(before, attempts=9), SENTENCES)
    assert len(calls) == 1


@pytest.mark.usefixtures("log")
def test_what_is_too_large_for_a_call_is_halved(caplog: pytest.LogCaptureFixture) -> None:
    def before(sentences: Sequence[str]) -> None:
        if len(sentences) > 3:
            raise TooLarge("413")

    encoder = Limits(before, sentences=16, at_once=2)
    assert embed(encoder, SENTENCES)[SENTENCES].tolist() == numbers(SENTENCES)
    assert max(map(len, encoder.answered)) == 2
    said = "too large a call (413) with 16 sentences at once, going on with 8"
    assert said in caplog.messages


def test_a_sentence_that_is_too_large_for_a_call() -> None:
    def before(_: Sequence[str]) -> None:
        raise TooLarge("413")

    with pytest.raises(ModelError) as caught:
        embed(Limits(before), SENTENCES)
    assert str(caught.value) == "mine: too large a call (413) on a single sentence"


# --- what was answered is kept --------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    return VectorCache(tmp_path).store("mine", "mine")


def stored(store: VectorStore) -> list[str]:
    """Return the sentences that the store has, in the order in which they are asked for."""
    return [ORDERED[place] for place in sorted(store.look_up(ORDERED).places)]


@pytest.mark.parametrize("at_once", [1, 3])
def test_what_was_answered_before_a_failure_is_stored(store: VectorStore, at_once: int) -> None:
    def before(sentences: Sequence[str]) -> None:
        if sentences[0] == ORDERED[8]:
            raise ValueError("the end")

    encoder = Limits(before, sentences=2, at_once=at_once)
    with pytest.raises(ModelError, match="the end"):
        embed(encoder, SENTENCES, store=store)
    assert stored(store)[:8] == ORDERED[:8]
    assert set(stored(store)) == set(encoder.sentences)
    rest = Limits(sentences=2, at_once=at_once)
    found = embed(rest, SENTENCES, store=store)
    assert found[SENTENCES].tolist() == numbers(SENTENCES)
    assert sum(map(len, rest.answered)) == 20 - sum(map(len, encoder.answered))


def test_calls_under_way_when_another_fails_are_stored(store: VectorStore) -> None:
    """The first call fails while the second is under way, which is answered after that."""
    under_way = threading.Event()
    first: list[threading.Thread] = []

    def before(sentences: Sequence[str]) -> None:
        if sentences[0] == ORDERED[0]:
            first.append(threading.current_thread())
            assert under_way.wait(END)
            raise ValueError("the end")
        under_way.set()

    encoder = Limits(before, sentences=2, at_once=2)
    with pytest.raises(ModelError, match="the end"):
        embed(encoder, SENTENCES, store=store)
    assert ORDERED[2] in stored(store)
    assert set(stored(store)) == set(encoder.sentences)


def test_a_slow_call_holds_no_other_back(store: VectorStore) -> None:
    """The first is answered when all others are on the disk, where a killed run leaves them."""
    deadline = time.monotonic() + END
    sentences = [f"{place}" for place in range(100, 200)]

    def before(asked: Sequence[str]) -> None:
        while "100" in asked and len(store.look_up(sentences).places) < 80:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    encoder = Limits(before, sentences=20, at_once=2)
    assert embed(encoder, sentences, store=store)[sentences].tolist() == numbers(sentences)


# --- Ctrl-C ---------------------------------------------------------------------------------------


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Press Ctrl-C, in the thread that computes the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield functools.partial(signal.pthread_kill, threading.main_thread().ident or 0, signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="signals to a thread")
def test_an_interruption_waits_for_no_call(
    store: VectorStore, interrupt: Callable[[], None]
) -> None:
    over = threading.Event()
    waiting: list[threading.Thread] = []

    def before(sentences: Sequence[str]) -> None:
        if sentences[0] != ORDERED[0]:
            waiting.append(threading.current_thread())
            interrupt()
            over.wait(END)

    encoder = Limits(before, sentences=10, at_once=2)
    try:
        with pytest.raises(KeyboardInterrupt):
            embed(encoder, SENTENCES, store=store)
        [thread] = waiting
        assert thread.is_alive()
        assert thread.daemon  # it keeps no program from ending
        assert set(stored(store)) <= set(ORDERED[:10])
    finally:
        over.set()
    thread.join(END)
    assert not thread.is_alive()


@pytest.mark.skipif(os.name != "posix", reason="signals to a thread")
@pytest.mark.parametrize("at_once", [1, 2])
def test_an_interruption_waits_for_no_attempt(at_once: int, interrupt: Callable[[], None]) -> None:
    asked: list[threading.Thread] = []

    def before(sentences: Sequence[str]) -> None:
        asked.append(threading.current_thread())
        threading.Thread(target=interrupt).start()
        raise TemporaryFailure("503", retry_after=10 * END)

    encoder = Limits(before, at_once=at_once, attempts=5, longest_wait=10 * END)
    with pytest.raises(KeyboardInterrupt):
        embed(encoder, SENTENCES)
    [thread] = asked
    if at_once > 1:
        thread.join(END)
        assert not thread.is_alive()


# --- what an encoder says -------------------------------------------------------------------------


class Touchy:
    """No member may be evaluated before it is time."""

    card = EncoderCard("touchy", version="1")
    load = None

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise AssertionError(f"{name} was evaluated")

    def encode(self, sentences: Sequence[str]) -> Any: ...

    @property
    def call_limits(self) -> CallLimits:
        raise AssertionError("evaluated")

    @property
    def device(self) -> str:
        raise AssertionError("evaluated")

    def replica(self, device: str) -> Any: ...


def test_an_offer_is_seen_without_evaluating_it() -> None:
    encoder = Touchy()
    assert offers(encoder, LimitedEncoder)
    assert offers(encoder, ReplicableEncoder)
    for protocol in (LoadableEncoder, TokenEncoder, OverlappingEncoder, ConcurrentEncoder):
        assert not offers(encoder, protocol)


def test_an_offer_may_be_made_by_one_object_alone() -> None:
    encoder = Limits()
    assert offers(encoder, LimitedEncoder)
    del encoder.call_limits
    assert not offers(encoder, LimitedEncoder)


def test_limits_are_asked_for_and_not_for_each_call() -> None:
    evaluated: list[str] = []

    class Says(Limits):
        @property
        def call_limits(self) -> CallLimits:
            evaluated.append("limits")
            return CallLimits(sentences=1)

        @call_limits.setter
        def call_limits(self, _: CallLimits) -> None: ...

    embed(Says(), SENTENCES)
    assert len(evaluated) == 2  # for the plan, and for asking


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"sentences": 0}, "CallLimits: sentences is 0, not a whole number above 0"),
        ({"at_once": 1.5}, "CallLimits: at_once is 1.5, not a whole number above 0"),
        ({"attempts": None}, "CallLimits: attempts is None, not a whole number above 0"),
        ({"longest_wait": -1}, "CallLimits: longest_wait is -1, not a number of seconds"),
        (
            {"longest_wait": float("nan")},
            "CallLimits: longest_wait is nan, not a number of seconds",
        ),
    ],
)
def test_what_are_no_limits(limits: Any, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        CallLimits(**limits)
    assert str(caught.value) == said


def test_limits_of_another_kind_are_refused() -> None:
    encoder: Any = Limits()
    encoder.call_limits = {"sentences": 3}
    with pytest.raises(ModelError, match="mine: call_limits is a dict, not a CallLimits"):
        embed(encoder, SENTENCES)


def test_an_encoder_that_is_asked_by_tokens_has_no_limits() -> None:
    encoder: Any = Tokens()
    encoder.call_limits = CallLimits(at_once=2)
    with pytest.raises(ModelError, match="tokens: has call_limits and tokenize; it is asked by"):
        embed(encoder, SENTENCES)


@pytest.mark.parametrize("pause", ["5", float("inf"), -1])
def test_a_pause_that_is_no_time_is_the_adapters_mistake(pause: Any) -> None:
    with pytest.raises(ModelError, match=r"Failure: retry_after is .*, not a number of sec"):
        Asker(Limits(fails(1, retry_after=pause), attempts=2), len_of_wait).vectors(["1"])
