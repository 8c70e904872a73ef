"""Which sentences go through the model together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings.batches import MIN_BATCH_TOKENS, fill_up, plan_batches, plan_chunks

LENGTHS = st.lists(st.integers(0, 40), max_size=60)


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


@given(sentences=st.lists(st.text(max_size=20), max_size=40), size=st.integers(1, 10))
def test_chunks_hold_every_sentence_once_longest_first(sentences: list[str], size: int) -> None:
    chunks = list(plan_chunks(sentences, size))
    places = [place for chunk in chunks for place in chunk]
    assert sorted(places) == list(range(len(sentences)))
    lengths = [len(sentences[place]) for place in places]
    assert lengths == sorted(lengths, reverse=True)
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(1 <= len(chunk) <= size for chunk in chunks)
