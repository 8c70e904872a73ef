"""Vectors of several encoders at once are kept apart, and found together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.embeddings import PartedStore, VectorCache
from benchmark.embeddings.storage import NOTHING, EncodedVectors

TEXTS = ["one", "two", "three", "four"]


@pytest.fixture
def parted(tmp_path: Path) -> PartedStore:
    cache = VectorCache(tmp_path)
    return PartedStore(tuple(cache.store(f'{{"fingerprint": "{n}"}}', "m") for n in "abc"))


def made(rows: int) -> EncodedVectors:
    """Nine numbers a row: three for each part."""
    matrix = np.arange(rows * 9, dtype=np.float32).reshape(rows, 9)
    return EncodedVectors(matrix, np.arange(1, rows + 1, dtype=np.int32))


def test_each_part_is_in_its_own_store(parted: PartedStore) -> None:
    vectors = made(4)
    parted.add(TEXTS, vectors)
    for place, store in enumerate(parted.stores):
        found = store.look_up(["three", "one"])
        wanted = vectors.matrix[:, 3 * place : 3 * place + 3]
        there = dict(zip(found.places.tolist(), found.vectors.matrix, strict=True))
        np.testing.assert_array_equal(there[0], wanted[2])
        np.testing.assert_array_equal(there[1], wanted[0])


def test_what_goes_in_comes_out(parted: PartedStore) -> None:
    vectors = made(4)
    parted.add(TEXTS, vectors)
    asked = ["four", "unknown", "two", "one"]
    found = parted.look_up(asked)
    rows = {"four": 3, "two": 1, "one": 0}
    assert sorted(found.places.tolist()) == [0, 2, 3]
    for place, vector, tokens in zip(
        found.places, found.vectors.matrix, found.vectors.tokens, strict=True
    ):
        row = rows[asked[place]]
        np.testing.assert_array_equal(vector, vectors.matrix[row])
        assert tokens == vectors.tokens[row]


def test_only_what_every_part_has_is_there(parted: PartedStore) -> None:
    vectors = made(4)
    parted.add(TEXTS[:2], vectors.rows(np.array([0, 1])))
    part = EncodedVectors(vectors.matrix[:, :3], vectors.tokens)
    parted.stores[0].add(TEXTS, part)
    assert parted.look_up(["four", "two"]).places.tolist() == [1]
    assert parted.look_up(["four"]) is NOTHING


def test_one_part_that_is_not_finite_is_asked_again(parted: PartedStore) -> None:
    vectors = made(4)
    vectors.matrix[2, 4] = np.inf
    parted.add(TEXTS, vectors)
    assert sorted(parted.look_up(TEXTS).places.tolist()) == [0, 1, 3]
    assert len(parted.stores[0].look_up(TEXTS).places) == 4


def test_what_has_no_equal_parts_is_no_store_of_them(parted: PartedStore) -> None:
    with pytest.raises(ValueError, match="equal division"):
        parted.add(["one"], EncodedVectors(np.ones((1, 10), np.float32), np.ones(1, np.int32)))
    assert (parted.name, parted.path) == ("m", parted.stores[0].path)
