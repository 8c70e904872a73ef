"""Sentences made ready for an encoder: tokenized if it lets us, put into batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asking import asked_whole
from benchmark.embeddings.batches import plan_batches, plan_chunks
from benchmark.encoders.protocol import Encoder, TokenEncoder, TokenizedSentences
from benchmark.encoders.raising import raised
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

    def batches(self) -> Iterator[list[int]]:
        """Yield batches of places, the longest sentences first."""
        if self.batch_tokens is None:
            return plan_chunks(self.items, CHUNK_SENTENCES)
        return plan_batches([len(row) for row in self.items], self.batch_tokens)


def prepare(encoder: Encoder, sentences: Sequence[str], batch_tokens: int | None) -> Work:
    """Tokenize sentences if the encoder lets us, and plan its batches.

    Raises:
        ModelError: the encoder fails.
    """
    if not isinstance(encoder, TokenEncoder):
        return Work(sentences, np.zeros(len(sentences), np.int32), None)
    name = encoder.card.name
    tokenized = asked_whole(name, lambda: encoder.tokenize(list(sentences)))
    tokens = _counts(name, tokenized, len(sentences))
    budget = batch_tokens or encoder.batch_tokens
    if not isinstance(budget, (int, np.integer)) or budget < 1:
        raise ModelError(f"{name}: batch_tokens is {budget!r}, not a number of tokens")
    return Work(tokenized.ids, tokens, budget)


def _counts(name: str, tokenized: TokenizedSentences, sentences: int) -> NDArray[np.int32]:
    """Return the number of tokens of each sentence, negative where it was cut."""
    try:
        tokens = np.array([len(row) for row in tokenized.ids], np.int32)
        cut = np.array(sorted(tokenized.truncated), np.intp)
        if len(tokens) == sentences and ((cut >= 0) & (cut < sentences)).all():
            tokens[cut] *= -1
            return tokens
        reason = f"{len(tokens)} lists of ids, or places beyond them"
    except (AttributeError, TypeError, ValueError) as error:
        reason = raised(error)
    raise ModelError(
        f"{name}: tokenize returned no TokenizedSentences(ids, truncated) for {sentences} "
        f"sentences ({reason})"
    )
