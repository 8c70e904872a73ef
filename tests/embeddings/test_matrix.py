"""The matrix between tasks and encoders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings import Embeddings, distinct

MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)
EMBEDDINGS = Embeddings(MATRIX, {"a": 0, "b": 1, "": 2})


@pytest.mark.parametrize(
    ("sentences", "rows"),
    [(["a"], [[0, 1]]), (["", "a", ""], [[4, 5], [0, 1], [4, 5]]), (("b", "b"), [[2, 3], [2, 3]])],
)
def test_rows_of_sentences(sentences: list[str], rows: list[list[float]]) -> None:
    found = EMBEDDINGS[sentences]
    assert found.dtype == np.float32
    assert found.tolist() == rows


def test_rows_are_a_copy() -> None:
    EMBEDDINGS[["a"]][:] = 9
    assert MATRIX[0].tolist() == [0, 1]


def test_a_sentence_that_was_not_encoded() -> None:
    with pytest.raises(KeyError, match="'A'"):
        EMBEDDINGS[["a", "A"]]


@given(st.lists(st.text(max_size=3)))
def test_distinct_keeps_the_first_of_each(sentences: list[str]) -> None:
    found = distinct(sentences)
    assert set(found) == set(sentences)
    assert len(found) == len(set(sentences))
    assert found == sorted(set(sentences), key=sentences.index)
