"""Which sentences go through the encoder together: tokenized if it lets us, put into batches.

One global order over all tasks, longest first, so that what a long sentence asks of the
memory shows at the start, and full batches, which ask for the most, soon after. Only sentences
of exactly the same length share a batch: then nothing is padded, no attention mask is needed,
and the vector of a sentence does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asker import asked_whole, limits_of
from benchmark.embeddings.token_rows import checked_tokens
from benchmark.encoders.protocol import CallLimits, Encoder, TokenEncoder, offers
from benchmark.errors import ModelError


@dataclass(frozen=True, slots=True)
class Work:
    """What an encoder is to do.

    Attributes:
        items: n sentences, or n lists of token ids.
        tokens: (n,) int32 counts, 0 for sentences, negative where a sentence was cut.
        batch_tokens: budget of a batch; None for chunks of sentences.
        chunk_sentences: most sentences in such a chunk.
    """

    items: Sequence[Any]
    tokens: NDArray[np.int32]
    batch_tokens: int | None
    chunk_sentences: int = CallLimits().sentences

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
            return plan_chunks(self.items, self.chunk_sentences)
        return plan_batches(np.abs(self.tokens), self.batch_tokens)


def prepare(encoder: Encoder, sentences: Sequence[str], batch_tokens: int | None) -> Work:
    """Tokenize sentences if the encoder lets us, and plan its batches.

    Raises:
        ModelError: the encoder fails, or returns what are no tokens.
    """
    if not offers(encoder, TokenEncoder):
        uncounted = np.zeros(len(sentences), np.int32)
        return Work(sentences, uncounted, None, limits_of(encoder).sentences)
    name = encoder.card.name
    ids, cut = checked_tokens(
        name, asked_whole(name, lambda: encoder.tokenize(list(sentences))), len(sentences)
    )
    tokens = ids.lengths.astype(np.int32)
    tokens[cut] = -tokens[cut]
    budget = batch_tokens or encoder.batch_tokens
    if not isinstance(budget, (int, np.integer)) or budget < 1:
        raise ModelError(f"{name}: batch_tokens is {budget!r}, not a number of tokens")
    return Work(ids, tokens, budget)


def plan_batches(
    lengths: Sequence[int] | NDArray[np.integer[Any]], batch_tokens: int
) -> Iterator[list[int]]:
    """Yield batches of places, longest sentences first, each of one length.

    A sentence of no length is in none: there is nothing that a model could compute.

    Args:
        lengths: length of each sentence, in tokens.
        batch_tokens: a batch holds at most this many tokens, and at least one sentence.
    """
    order, ordered = _longest_first(np.asarray(lengths, np.int64))
    # Where a length ends and the next begins.
    bounds = [0, *(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(order)]
    for begin, end in pairwise(bounds):
        if begin == end or not (length := int(ordered[begin])):
            continue
        rows = max(1, batch_tokens // length)
        for start in range(begin, end, rows):
            yield order[start : min(start + rows, end)].tolist()


def plan_chunks(sentences: Sequence[str], size: int) -> Iterator[list[int]]:
    """Yield chunks of places, longest sentences (in characters) first, of at most this size.

    For encoders that batch by themselves.
    """
    order, _ = _longest_first(np.fromiter(map(len, sentences), np.int64, len(sentences)))
    for start in range(0, len(order), size):
        yield order[start : start + size].tolist()


def _longest_first(
    lengths: NDArray[np.int64],
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the places by length, equal ones as they stand, and the lengths in that order."""
    order = np.argsort(-lengths, kind="stable")
    return order, lengths[order]
