"""Vectors of some sentences, and the form in which they are kept."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors of some sentences, and what is worth knowing of their encoding.

    Attributes:
        matrix: (n, d) float32.
        tokens: (n,) int32 counts, 0 where the encoder counts none, negative for a sentence
            that was cut at the model's limit.
    """

    matrix: NDArray[np.float32]
    tokens: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of sentences."""
        return len(self.matrix)

    def rows(self, places: NDArray[np.intp]) -> Vectors:
        """Return those of some of the sentences."""
        return Vectors(self.matrix[places], self.tokens[places])

    def copy(self) -> Vectors:
        """Return the same in memory of its own."""
        return Vectors(self.matrix.copy(), self.tokens.copy())


@dataclass(frozen=True, slots=True)
class Block:
    """Digests of sentences, token counts and vectors, as bytes in little-endian order."""

    digests: bytes
    tokens: bytes
    vectors: bytes

    @property
    def checksum(self) -> int:
        """CRC-32 over all three and where one ends: for failing disks, not against forgery."""
        lengths = f"{len(self.digests)} {len(self.tokens)} {len(self.vectors)}"
        begun = zlib.crc32(self.digests, zlib.crc32(lengths.encode()))
        return zlib.crc32(self.vectors, zlib.crc32(self.tokens, begun))

    @property
    def digests_checksum(self) -> int:
        """CRC-32 over the digests, which are read without the rest."""
        return zlib.crc32(self.digests)

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self.digests) + len(self.tokens) + len(self.vectors)

    def unpacked(self) -> Vectors:
        """Return the vectors.

        Raises:
            ValueError: the parts do not fit together.
        """
        tokens = np.frombuffer(self.tokens, "<i4")
        return Vectors(np.frombuffer(self.vectors, "<f4").reshape(len(tokens), -1), tokens)


def pack(digests: list[bytes], vectors: Vectors) -> Block:
    """Return the block of these sentences."""
    return Block(
        b"".join(digests),
        np.ascontiguousarray(vectors.tokens, "<i4").tobytes(),
        np.ascontiguousarray(vectors.matrix, "<f4").tobytes(),
    )
