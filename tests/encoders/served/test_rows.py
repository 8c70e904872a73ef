"""From what a service answers to an array, and what is no answer."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.encoders.served.rows import Malformed, matrix_of, ordered_by_index, require_rows


@given(st.permutations(range(6)))
def test_rows_come_in_any_order(order: list[int]) -> None:
    rows = [{"index": place, "embedding": [place, 1.5]} for place in order]
    ordered = [row["embedding"] for row in ordered_by_index(rows, 6)]
    assert matrix_of(ordered).tolist() == [[place, 1.5] for place in range(6)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"index": 0}], "1 rows for 2 sentences"),
        ([{"index": 0}] * 3, "3 rows for 2 sentences"),
        ([{"index": 1}, {"index": 1}], "two rows have the index 1"),
        ([{"index": 1}, {"index": 2}], "a row has the index 2, with 2 sentences"),
        ([{"index": -1}, {"index": 0}], "a row has the index -1, with 2 sentences"),
        ([{"index": 0}, {"index": True}], "a row has the index True, with 2 sentences"),
        ([{"index": 0}, {"index": "1"}], "a row has the index '1', with 2 sentences"),
        ([{"embedding": [1]}] * 2, "a row has the index None, with 2 sentences"),
        ([[1], [2]], "a row has the index None, with 2 sentences"),
        (None, "None where a list of vectors is expected"),
        ({"0": [1]}, "{'0': [1]} where a list of vectors is expected"),
    ],
)
def test_what_are_no_rows(rows: Any, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        ordered_by_index(rows, 2)
    assert str(caught.value) == said


def test_rows_without_an_index_are_counted() -> None:
    assert require_rows([[1], [2]], 2) == [[1], [2]]
    with pytest.raises(Malformed, match="2 rows for 3 sentences"):
        require_rows([[1], [2]], 3)


def test_base64_is_float32_of_little_endians() -> None:
    text = base64.b64encode(np.array([1.5, -2, 0.1], "<f4").tobytes()).decode()
    assert np.array_equal(matrix_of([text]), np.array([[1.5, -2, 0.1]], np.float32))


def test_what_json_has_no_number_for_is_not_finite() -> None:
    [vector] = matrix_of([[1, None, float("nan"), float("inf")]])
    assert np.isfinite(vector).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1.0, 2.0], [1.0]], "vectors of 1 and 2 dimensions in one answer"),
        ([[], []], "vectors of 0 dimensions in one answer"),
        ([[[1.0], [2.0]]], "a vector for each token, where one for a sentence is expected"),
        ([["1.0"]], "['1.0'] where a vector is expected"),
        ([[True]], "[True] where a vector is expected"),
        ([None], "None where a vector is expected"),
        ([{"a": 1}], "{'a': 1} where a vector is expected"),
        ([[10**400]], "a number that is too large"),
        (["AAA"], "a text that is no base64 of float32"),
        (["AAAAAAA="], "a text that is no base64 of float32"),
        (["\ud800"], "a text that is no base64 of float32"),
    ],
)
def test_what_are_no_vectors(rows: Any, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        matrix_of(rows)
    assert str(caught.value) == said
