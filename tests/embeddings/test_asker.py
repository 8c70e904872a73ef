"""One batch: asked for, halved when it does not fit, filled up when it is small, checked."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings.asker import MIN_BATCH_TOKENS, Asker, asked, asked_whole, fill_up
from benchmark.encoders import EncoderCard, TokenizedSentences
from benchmark.errors import ModelError, UsageError

CARD = EncoderCard("mine", version="1")


class Sized:
    """Takes so many sentences at once; gives each its number; notes what it was asked for."""

    card = CARD

    def __init__(self, most: int = 10**9) -> None:
        self.most = most
        self.asked: list[int] = []

    def encode(self, sentences: Sequence[Any]) -> Any:
        self.asked.append(len(sentences))
        if len(sentences) > self.most:
            raise MemoryError("too many")
        return np.array([[float(sentence)] for sentence in sentences], np.float32)


class SizedTokens(Sized):
    """The same by rows of tokens, the first of which is the number."""

    batch_tokens = 100

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        raise AssertionError("an asker has rows already")

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> Any:
        return self.encode([row[0] for row in rows])


def numbers(count: int) -> list[str]:
    return [str(place) for place in range(count)]


# --- halving --------------------------------------------------------------------------------------


@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=6), most=st.integers(1, 80))
def test_every_sentence_in_its_place_however_often_halved(sizes: list[int], most: int) -> None:
    asker = Asker(Sized(most))
    for size in sizes:
        found = asker.vectors(numbers(size))
        assert found.tolist() == [[float(place)] for place in range(size)]


@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=6), most=st.integers(1, 80))
def test_what_did_not_fit_is_not_tried_again(sizes: list[int], most: int) -> None:
    """Each failure costs time on a device that is full already."""
    encoder = Sized(most)
    asker = Asker(encoder)
    for size in sizes:
        asker.vectors(numbers(size))
    failed = [size for size in encoder.asked if size > most]
    assert len(set(failed)) == len(failed)
    assert failed == sorted(failed, reverse=True)
    fitted = [size for size in encoder.asked if size <= most]
    assert sum(fitted) == sum(sizes)


def test_how_a_batch_is_halved() -> None:
    encoder = Sized(most=6)
    asker = Asker(encoder)
    asker.vectors(numbers(20))
    assert encoder.asked == [20, 10, 5, 5, 5, 5]
    asker.vectors(numbers(12))
    assert encoder.asked[6:] == [5, 5, 2]
    asker.vectors(numbers(3))
    assert encoder.asked[9:] == [3]


def test_parts_are_filled_up_by_themselves() -> None:
    """So that a half gets the kernels that a whole batch gets."""
    encoder = SizedTokens(most=40)
    rows = [[place, 7] for place in range(50)]
    found = Asker(encoder).vectors(rows)
    assert found[:, 0].tolist() == list(range(50))
    # Of two tokens each it takes 32 rows to fill a batch: 25 are doubled, which is too much
    # here; 12 are tripled; the 2 that are left over are repeated 16 times.
    assert encoder.asked == [50, 50, 36, 36, 36, 36, 32]


@given(size=st.integers(1, 50), length=st.integers(0, 100))
def test_small_batches_are_filled_up_with_themselves(size: int, length: int) -> None:
    batch = list(range(100, 100 + size))
    filled = fill_up(batch, length)
    assert filled[:size] == batch
    assert len(filled) % size == 0
    assert filled == batch * (len(filled) // size)
    tokens = max(1, length)
    if size * tokens >= MIN_BATCH_TOKENS:
        assert filled == batch
    else:
        assert len(filled) * tokens >= MIN_BATCH_TOKENS
        assert (len(filled) - size) * tokens < MIN_BATCH_TOKENS


@pytest.mark.parametrize(
    ("batch", "length", "rows"),
    [([7], 64, 1), ([7], 63, 2), ([7], 3, 22), ([7, 8], 31, 4), ([7, 8, 9], 31, 3), ([7], 1, 64)],
)
def test_filling_up_by_hand(batch: list[int], length: int, rows: int) -> None:
    assert len(fill_up(batch, length)) == rows


def test_filling_up_leaves_the_batch_alone() -> None:
    batch = [1, 2]
    filled = fill_up(batch, 64)
    filled.append(3)
    assert batch == [1, 2]


@pytest.mark.parametrize(
    ("rows", "length", "wanted"),
    [(1, 1, 64), (1, 2, 32), (5, 3, 25), (64, 1, 64), (1, 64, 1), (1, 65, 1), (3, 21, 6)],
)
def test_copies_fill_a_batch_and_are_thrown_away(rows: int, length: int, wanted: int) -> None:
    encoder = SizedTokens()
    found = Asker(encoder).vectors([[place] * length for place in range(rows)])
    assert encoder.asked == [wanted]
    assert wanted * length >= MIN_BATCH_TOKENS
    assert found[:, 0].tolist() == list(range(rows))


# --- checks ---------------------------------------------------------------------------------------


def test_the_dimension_is_that_of_the_first_batch() -> None:
    widths = iter([3, 3, 4])

    class Wide(Sized):
        def encode(self, sentences: Sequence[Any]) -> Any:
            return np.ones((len(sentences), next(widths)), np.float32)

    asker = Asker(Wide())
    assert asker.vectors(numbers(2)).shape == (2, 3)
    assert asker.vectors(numbers(5)).shape == (5, 3)
    with pytest.raises(ModelError, match="mine: encode returned 4 dimensions after 3 before"):
        asker.vectors(numbers(1))


@pytest.mark.parametrize("kind", [np.int64, bool, complex, object, "U3"])
def test_what_is_no_float_is_refused(kind: Any) -> None:
    class Other(SizedTokens):
        def encode(self, sentences: Sequence[Any]) -> Any:
            return np.ones((len(sentences), 2)).astype(kind)

    with pytest.raises(ModelError, match=r"mine: encode returned ndarray of .*, not float32"):
        Asker(Other()).vectors([[1, 2]])


def test_what_overflows_is_infinite_without_a_word() -> None:
    class Large(Sized):
        def encode(self, sentences: Sequence[Any]) -> Any:
            return np.full((len(sentences), 2), 1e300)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isinf(Asker(Large()).vectors(numbers(1))).all()


class Wide(Sized):
    """Gives float64."""

    def __init__(self, *rows: list[float]) -> None:
        self.rows = np.array(rows)

    def encode(self, sentences: Sequence[Any]) -> Any:
        return self.rows


def test_a_vector_too_small_for_float32_is_not_taken_for_another() -> None:
    """It would be zero, or the few digits that subnormal numbers keep."""
    thirds = [1 / 3, 2 / 3]
    wide = Wide(*([x * 10.0**power for x in thirds] for power in (-300, -44, -39, -30)), [0, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Asker(wide).vectors(numbers(5))
    assert np.isnan(found[:3]).all()
    assert found[3:].tolist() == wide.rows[3:].astype(np.float32).tolist()


def test_what_float32_holds_is_taken_as_it_is() -> None:
    """A small number beside a large one, and one that is subnormal but exact."""
    wide = Wide([1, 1e-300], [2.0**-149, 2.0**-140], [-3e38, 1e-45])
    assert Asker(wide).vectors(numbers(3)).tolist() == wide.rows.astype(np.float32).tolist()


def test_an_encoder_may_use_up_its_input() -> None:
    """What it takes out of the list is still asked for, and answered."""

    class Pops(Sized):
        def encode(self, sentences: Any) -> Any:
            return super().encode([sentences.pop(0) for _ in range(len(sentences))])

    batch = numbers(5)
    assert Asker(Pops(2)).vectors(batch).tolist() == [[0], [1], [2], [3], [4]]
    assert len(batch) == 5


def test_an_encoder_may_pad_its_input() -> None:
    class Pads(SizedTokens):
        def encode_tokens(self, rows: Any) -> Any:
            for row in rows:
                row.extend([0] * 9)
            assert {len(row) for row in rows} == {11}
            return super().encode_tokens(rows)

    rows = [[place, 1] for place in range(4)]
    assert Asker(Pads()).vectors(rows).tolist() == [[0], [1], [2], [3]]
    assert rows == [[place, 1] for place in range(4)]


def test_parts_of_a_batch_in_one_buffer() -> None:
    class Buffered(Sized):
        buffer = np.zeros((9, 1), np.float32)

        def encode(self, sentences: Sequence[Any]) -> Any:
            answer = super().encode(sentences)
            self.buffer[: len(answer)] = answer
            return self.buffer[: len(answer)]

    assert Asker(Buffered(2)).vectors(numbers(4)).tolist() == [[0], [1], [2], [3]]


# --- what is raised -------------------------------------------------------------------------------


def raising(error: BaseException) -> Any:
    def question() -> None:
        raise error

    return question


def test_an_answer_comes_back_as_it_is() -> None:
    answer = object()
    assert asked("mine", lambda: answer) is answer
    assert asked_whole("mine", lambda: answer) is answer


@pytest.mark.parametrize("ask", [asked, asked_whole])
def test_any_error_becomes_one_line(ask: Any) -> None:
    error = ValueError("two\nlines " + "x" * 1000)
    with pytest.raises(ModelError) as caught:
        ask("mine", raising(error))
    said = str(caught.value)
    assert said.startswith("mine: encoding raised ValueError: two lines xxx")
    assert "\n" not in said
    assert len(said) < 400
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("ask", [asked, asked_whole])
@pytest.mark.parametrize("error", [UsageError("no"), KeyboardInterrupt()])
def test_some_pass(ask: Any, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        ask("mine", raising(error))
    assert caught.value is error


@pytest.mark.parametrize("ask", [asked, asked_whole])
@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit(), BaseException("of all")])
def test_an_encoder_does_not_end_the_program(ask: Any, error: BaseException) -> None:
    with pytest.raises(ModelError, match=f"mine: encoding raised {type(error).__name__}: {error}"):
        ask("mine", raising(error))


class OutOfMemoryError(Exception):
    """As a library other than torch may call it."""


@pytest.mark.parametrize("error", [MemoryError("full"), OutOfMemoryError("full")])
def test_memory_is_for_whoever_asked(error: Exception) -> None:
    with pytest.raises(MemoryError, match="full"):
        asked("mine", raising(error))
    with pytest.raises(ModelError, match="mine: out of memory while loading; use a machine or a"):
        asked_whole("mine", raising(error))
