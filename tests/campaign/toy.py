"""Encoders for the campaign: quick, in several batches, and what they were asked is written down.

Handed to the command as a file; it imports nothing of the tests.
"""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmark import EncoderCard
from benchmark.encoders import TokenizedSentences

PAUSE = "TOY_SECONDS"
"""Environment variable: how long a batch takes."""

ASKED = "TOY_ASKED"
"""Environment variable: a file that gets a line for each sentence of a batch."""

_LONGEST = 32


def _token(word: str) -> int:
    return zlib.crc32(word.encode()) or 1


def _vector(token: int, dimensions: int) -> np.ndarray:
    digest = hashlib.blake2b(token.to_bytes(4, "little"), digest_size=4 * dimensions).digest()
    return np.frombuffer(digest, "<i4").astype(np.float32)


class Toy:
    """A bag of words with a random vector each; blanks fill sentences up to a few lengths."""

    card = EncoderCard(name="toy", version="1")
    dimensions = 8
    batch_tokens = 1500

    def tokenize(self, sentences: Sequence[str]) -> TokenizedSentences:
        rows = [[_token(word) for word in sentence.split()][:_LONGEST] for sentence in sentences]
        return TokenizedSentences([row + [0] * (-len(row) % 8) for row in rows], frozenset())

    def encode_tokens(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        time.sleep(float(os.environ.get(PAUSE, "0")))
        if path := os.environ.get(ASKED):
            with Path(path).open("a", encoding="utf-8") as file:
                file.writelines(f"{self.card.name} {list(row)}\n" for row in rows)
        return np.stack([self._sum(row) for row in rows])

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        return self.encode_tokens(self.tokenize(sentences).ids)

    def _sum(self, row: Sequence[int]) -> np.ndarray:
        vectors = [_vector(token, self.dimensions) for token in row if token]
        return np.sum(vectors, axis=0, dtype=np.float32)


class Second(Toy):
    """Another model, with other scores."""

    card = EncoderCard(name="second", version="1")
    dimensions = 5
