"""Sentences made ready: tokenized if the encoder lets us, and put into batches."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings import token_rows
from benchmark.embeddings.token_rows import checked_tokens
from benchmark.embeddings.work import Work, plan_batches, plan_chunks, prepare
from benchmark.encoders import CallLimits, EncoderCard, TokenizedSentences
from benchmark.errors import ModelError

MOST = 6
LENGTHS = st.lists(st.integers(0, 40), max_size=60)
CHUNK = CallLimits().sentences


class Sentences:
    """Takes sentences."""

    card = EncoderCard("mine", version="1")

    def encode(self, sentences: Sequence[str]) -> Any:
        raise AssertionError("nothing is encoded yet")


class Tokens(Sentences):
    """Takes tokens: characters, at most six."""

    batch_tokens = 12

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        long = [place for place, sentence in enumerate(sentences) if len(sentence) > MOST]
        return TokenizedSentences([list(map(ord, s))[:MOST] for s in sentences], frozenset(long))

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> Any:
        raise AssertionError("nothing is encoded yet")


TEXTS = st.lists(st.text("abc", max_size=9), max_size=40)


@given(sentences=TEXTS)
def test_counts_are_negative_where_a_sentence_was_cut(sentences: list[str]) -> None:
    work = prepare(Tokens(), sentences, None)
    wanted = [-MOST if len(text) > MOST else len(text) for text in sentences]
    assert work.tokens.tolist() == wanted
    assert work.tokens.dtype == np.int32
    assert [len(row) for row in work.items] == [abs(count) for count in wanted]


@given(sentences=TEXTS)
def test_sizes_are_what_progress_counts(sentences: list[str]) -> None:
    """An empty sentence counts too: progress reaches the whole with the last."""
    work = prepare(Tokens(), sentences, None)
    assert work.sizes.tolist() == [max(1, min(len(text), MOST)) for text in sentences]
    assert prepare(Sentences(), sentences, None).sizes.tolist() == [1] * len(sentences)


@given(sentences=TEXTS, budget=st.integers(1, 30))
def test_batches_are_of_one_length_within_the_budget(sentences: list[str], budget: int) -> None:
    work = prepare(Tokens(), sentences, budget)
    batches = list(work.batches())
    assert sorted(place for batch in batches for place in batch) == [
        place for place, sentence in enumerate(sentences) if sentence
    ]
    assert work.empty.tolist() == [place for place, text in enumerate(sentences) if not text]
    lengths = [{len(work.items[place]) for place in batch} for batch in batches]
    assert all(len(one) == 1 for one in lengths)
    longest_first = [one.pop() for one in lengths]
    assert longest_first == sorted(longest_first, reverse=True)
    for batch, length in zip(batches, longest_first, strict=True):
        assert len(batch) == 1 or len(batch) * length <= budget


def test_the_budget_is_the_encoders_unless_one_is_named() -> None:
    assert prepare(Tokens(), ["a"], None).batch_tokens == Tokens.batch_tokens
    assert prepare(Tokens(), ["a"], 99).batch_tokens == 99


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned NoneType, not TokenizedSentences"),
        ([[1], [2]], "returned list, not TokenizedSentences"),
        (TokenizedSentences([[1], None], frozenset()), "not TokenizedSentences of lists of token"),
        (TokenizedSentences([[1], [[2], [3, 4]]], frozenset()), "not TokenizedSentences of lists"),
        (TokenizedSentences([[1]], frozenset()), "returned 1 rows for 2 sentences"),
        (TokenizedSentences([[1], [2.5]], frozenset()), "ids of float64, not whole numbers"),
        (TokenizedSentences([[1], [None]], frozenset()), "ids of object, not whole numbers"),
        (TokenizedSentences(["ab", "c"], frozenset()), "ids of <U1, not whole numbers"),
        (TokenizedSentences([[True], [False]], frozenset()), "ids of bool, not whole numbers"),
        (TokenizedSentences([[1], [2**70]], frozenset()), "ids of object, not whole numbers"),
        (TokenizedSentences([[1], [-3, 2]], frozenset()), "returned the negative id -3"),
        (TokenizedSentences([[1], [2]], frozenset({2})), "says that sentence 2 of 2 was cut"),
        (TokenizedSentences([[1], [2]], frozenset({"a"})), "returned TokenizedSentences, not"),
        (TokenizedSentences([[1], [2]], None), "returned TokenizedSentences, not"),
    ],
)
def test_what_are_no_tokens(monkeypatch: pytest.MonkeyPatch, returned: Any, said: str) -> None:
    monkeypatch.setattr(Tokens, "tokenize", lambda *_: returned)
    with pytest.raises(ModelError) as caught:
        prepare(Tokens(), ["a", "b"], None)
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine: tokenize ")
    assert "\n" not in str(caught.value)


def test_tokens_may_be_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [np.array([1, 2]), np.array([], np.int64)]
    monkeypatch.setattr(Tokens, "tokenize", lambda *_: TokenizedSentences(rows, frozenset()))
    assert prepare(Tokens(), ["a", ""], None).tokens.tolist() == [2, 0]


def test_an_encoder_of_sentences_gets_chunks() -> None:
    sentences = [f"{place}" for place in range(CHUNK + 3)]
    work = prepare(Sentences(), sentences, 99)
    assert work.items is sentences
    assert work.batch_tokens is None
    assert not len(work.empty)
    assert not work.tokens.any()
    assert [len(batch) for batch in work.batches()] == [CHUNK, 3]


def test_work_can_be_planned_twice() -> None:
    """By an engine, and by whoever counts its batches."""
    work = Work([[1, 2], [3]], np.array([2, 1], np.int32), 10)
    assert list(work.batches()) == list(work.batches()) == [[0], [1]]


# --- the plans ------------------------------------------------------------------------------------


@given(lengths=LENGTHS, budget=st.integers(1, 200))
def test_every_sentence_once_in_full_batches_of_one_length(lengths: list[int], budget: int) -> None:
    batches = list(plan_batches(lengths, budget))
    assert sorted(place for batch in batches for place in batch) == [
        place for place, length in enumerate(lengths) if length
    ]
    seen = []
    for batch in batches:
        [length] = {lengths[place] for place in batch}
        assert len(batch) == 1 or len(batch) * length <= budget
        seen.append(length)
    assert seen == sorted(seen, reverse=True)
    for length in set(lengths) - {0}:
        sizes = [len(batch) for batch in batches if lengths[batch[0]] == length]
        most = max(1, budget // length)
        assert all(size == most for size in sizes[:-1])
        assert 1 <= sizes[-1] <= most


@given(lengths=LENGTHS, budget=st.integers(1, 200))
def test_the_order_of_a_length_is_kept(lengths: list[int], budget: int) -> None:
    places = [place for batch in plan_batches(lengths, budget) for place in batch]
    some = [place for place, length in enumerate(lengths) if length]
    assert places == sorted(some, key=lambda place: (-lengths[place], place))


def test_a_plan_by_hand() -> None:
    lengths = [5, 3, 5, 9, 3, 5, 12]
    assert list(plan_batches(lengths, 10)) == [[6], [3], [0, 2], [5], [1, 4]]
    assert list(plan_batches(lengths, 1)) == [[6], [3], [0], [2], [5], [1], [4]]
    assert list(plan_batches([], 10)) == []


@given(sentences=st.lists(st.text(max_size=20), max_size=40), size=st.integers(1, 10))
def test_chunks_hold_every_sentence_once_longest_first(sentences: list[str], size: int) -> None:
    chunks = list(plan_chunks(sentences, size))
    places = [place for chunk in chunks for place in chunk]
    assert sorted(places) == list(range(len(sentences)))
    lengths = [len(sentences[place]) for place in places]
    assert lengths == sorted(lengths, reverse=True)
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(1 <= len(chunk) <= size for chunk in chunks)


# --- many sentences -------------------------------------------------------------------------------


@given(
    lengths=st.lists(st.integers(0, 6), max_size=60),
    budget=st.integers(1, 20),
)
def test_batches_are_those_of_a_dictionary_of_lengths(lengths: list[int], budget: int) -> None:
    by_length: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        by_length.setdefault(length, []).append(place)
    wanted = [
        places[start : start + max(1, budget // length)]
        for length, places in sorted(by_length.items(), reverse=True)
        if length
        for start in range(0, len(places), max(1, budget // length))
    ]
    assert list(plan_batches(lengths, budget)) == wanted


@given(sentences=TEXTS, size=st.integers(1, 9))
def test_chunks_are_those_of_a_stable_sort(sentences: list[str], size: int) -> None:
    order = sorted(range(len(sentences)), key=lambda place: -len(sentences[place]))
    wanted = [order[start : start + size] for start in range(0, len(order), size)]
    assert list(plan_chunks(sentences, size)) == wanted


@given(rows=st.lists(st.lists(st.integers(0, 2**40), max_size=5), max_size=40))
def test_rows_of_tokens_are_what_the_encoder_gave(rows: list[list[int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_rows, "_AT_ONCE", 7)
        given_rows, _ = checked_tokens("m", TokenizedSentences(rows, frozenset()), len(rows))
    assert list(given_rows) == rows
    assert given_rows[1:3] == rows[1:3]
    assert given_rows[-1:] == rows[-1:]
    assert given_rows.lengths.tolist() == [len(row) for row in rows]
    assert all(type(token) is int for row in given_rows for token in row)


def test_what_are_no_tokens_is_seen_in_any_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_rows, "_AT_ONCE", 2)
    rows = [[1], [], [], [2], [3.5], [1]]
    with pytest.raises(ModelError, match="ids of float64, not whole numbers"):
        checked_tokens("m", TokenizedSentences(rows, frozenset()), len(rows))


def test_a_sentence_of_twenty_tokens_takes_a_hundred_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    count, tokens = 20_000, 20
    monkeypatch.setattr(
        Tokens,
        "tokenize",
        lambda _, texts: TokenizedSentences(
            [[1000 + place + token for token in range(tokens)] for place in range(len(texts))],
            frozenset(),
        ),
    )
    sentences = [str(place) for place in range(count)]
    tracemalloc.start()
    work = prepare(Tokens(), sentences, None)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 120 * count
    assert work.items[7] == list(range(1007, 1007 + tokens))
