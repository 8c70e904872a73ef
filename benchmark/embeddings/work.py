"""Sentences made ready for an encoder: tokenized if it lets us, put into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asking import asked_whole, checked_tokens
from benchmark.embeddings.batches import plan_batches, plan_chunks
from benchmark.encoders.protocol import Encoder, TokenEncoder
from benchmark.errors import ModelError

CHUNK_SENTENCES = 1024
"""Sentences handed at once to an encoder that batches by itself."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an encoder is to do.

    Attributes:
        items: n sentences, or n lists of token ids.
        tokens: (n,) int32 counts, 0 for sentences, negative where a sentence was cut.
        batch_tokens: budget of a batch; None for chunks of sentences.
    """

    items: Sequence[Any]
    tokens: NDArray[np.int32]
    batch_tokens: int | None

    @property
    def sizes(self) -> NDArray[np.int32]:
        """What progress counts for each item: tokens, or one where none are known."""
        return np.maximum(np.abs(self.tokens), 1)

    @property
    def empty(self) -> NDArray[np.intp]:
        """Places of the sentences that have no token; they are in no batch."""
        if self.batch_tokens is None:
            return np.empty(0, np.intp)
        return np.flatnonzero(self.tokens == 0)

    def batches(self) -> Iterator[list[int]]:
        """Yield batches of places, the longest sentences first."""
        if self.batch_tokens is None:
            return plan_chunks(self.items, CHUNK_SENTENCES)
        return plan_batches([len(row) for row in self.items], self.batch_tokens)


def prepare(encoder: Encoder, sentences: Sequence[str], batch_tokens: int | None) -> Work:
    """Tokenize sentences if the encoder lets us, and plan its batches.

    Raises:
        ModelError: the encoder fails, or returns what are no tokens.
    """
    if not isinstance(encoder, TokenEncoder):
        return Work(sentences, np.zeros(len(sentences), np.int32), None)
    name = encoder.card.name
    ids, cut = checked_tokens(
        name, asked_whole(name, lambda: encoder.tokenize(list(sentences))), len(sentences)
    )
    tokens = np.array([len(row) for row in ids], np.int32)
    tokens[cut] = -tokens[cut]
    budget = batch_tokens or encoder.batch_tokens
    if not isinstance(budget, (int, np.integer)) or budget < 1:
        raise ModelError(f"{name}: batch_tokens is {budget!r}, not a number of tokens")
    return Work(ids, tokens, budget)
