"""Vectors as bytes: back to the last bit, and nothing that was changed passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.embeddings.blocks import Block, Vectors, pack

DIGESTS = [bytes([place]) * 16 for place in range(1, 4)]
VECTORS = Vectors(np.arange(6, dtype=np.float32).reshape(3, 2), np.array([5, 0, -7], np.int32))
BLOCK = pack(DIGESTS, VECTORS)


@given(
    bits=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30),
    width=st.integers(1, 5),
    token=st.integers(-(2**31), 2**31 - 1),
)
def test_what_goes_in_comes_out(bits: list[int], width: int, token: int) -> None:
    matrix = np.array(bits * width, np.uint32).view(np.float32).reshape(-1, width)
    tokens = np.full(len(matrix), token, np.int32)
    found = pack([b"d" * 16] * len(matrix), Vectors(matrix, tokens)).unpacked()
    assert found.matrix.shape == matrix.shape
    assert found.matrix.tobytes() == matrix.tobytes()
    assert np.array_equal(found.tokens, tokens)
    assert len(found) == len(matrix)


@pytest.mark.parametrize(
    "matrix",
    [
        VECTORS.matrix.astype(">f4"),
        np.asfortranarray(VECTORS.matrix),
        np.repeat(VECTORS.matrix, 2, axis=0)[::2],
    ],
    ids=["big-endian", "by columns", "with gaps"],
)
def test_the_order_of_bytes_is_always_the_same(matrix: np.ndarray) -> None:
    assert pack(DIGESTS, replace(VECTORS, matrix=matrix)) == BLOCK
    assert BLOCK.vectors == b"".join(value.tobytes() for value in np.arange(6, dtype="<f4"))
    assert BLOCK.tokens == b"\5\0\0\0\0\0\0\0\xf9\xff\xff\xff"


def test_size() -> None:
    assert BLOCK.size == 3 * 16 + 3 * 4 + 3 * 2 * 4


@pytest.mark.parametrize("part", ["digests", "tokens", "vectors"])
def test_every_changed_byte_changes_the_checksum(part: str) -> None:
    content = getattr(BLOCK, part)
    for place in range(len(content)):
        for change in (1, 0x80, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= change
            changed = replace(BLOCK, **{part: bytes(damaged)})
            assert changed.checksum != BLOCK.checksum
            assert (changed.digests_checksum != BLOCK.digests_checksum) == (part == "digests")


def test_a_moved_boundary_changes_the_checksum() -> None:
    whole = BLOCK.digests + BLOCK.tokens + BLOCK.vectors
    moved = [
        Block(whole[:first], whole[first:second], whole[second:])
        for first in range(len(whole) + 1)
        for second in range(first, len(whole) + 1)
    ]
    alike = [block for block in moved if block.checksum == BLOCK.checksum]
    assert alike == [BLOCK]


@pytest.mark.parametrize(
    "block", [replace(BLOCK, tokens=b"1234567"), replace(BLOCK, vectors=b"12345678" * 2)]
)
def test_parts_that_do_not_fit(block: Block) -> None:
    with pytest.raises(ValueError):
        block.unpacked()


def test_rows_and_copies() -> None:
    rows = VECTORS.rows(np.array([2, 0]))
    assert rows.matrix.tolist() == [[4, 5], [0, 1]]
    assert rows.tokens.tolist() == [-7, 5]
    copy = VECTORS.copy()
    copy.matrix[:], copy.tokens[:] = 9, 9
    assert VECTORS.matrix[0].tolist() == [0, 1]
    assert VECTORS.tokens.tolist() == [5, 0, -7]
