"""Which sentences go through the model together.

One global order over all tasks, longest first, so that what a long sentence asks of the
memory shows at the start, and full batches, which ask for the most, soon after. Only sentences
of exactly the same length share a batch: then nothing is padded, no attention mask is needed,
and the vector of a sentence does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MIN_BATCH_TOKENS = 64
"""Matrix libraries take another road for very small products, with other rounding; a batch
below this many tokens is filled up by repeating its sentences, so that a leftover sentence
gets the same bits as it would in a full batch."""


def plan_batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Yield batches of places, longest sentences first, each of one length.

    A sentence of no length is in none: there is nothing that a model could compute.

    Args:
        lengths: length of each sentence, in tokens.
        batch_tokens: a batch holds at most this many tokens, and at least one sentence.
    """
    by_length: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        by_length.setdefault(length, []).append(place)
    for length in sorted(by_length.keys() - {0}, reverse=True):
        places = by_length[length]
        rows = max(1, batch_tokens // length)
        for start in range(0, len(places), rows):
            yield places[start : start + rows]


def fill_up(batch: Sequence[int], length: int) -> list[int]:
    """Repeat the places of a small batch until it holds `MIN_BATCH_TOKENS` tokens."""
    needed = -(-MIN_BATCH_TOKENS // max(1, length))
    repeats = -(-needed // len(batch))
    return list(batch) * repeats if len(batch) < needed else list(batch)


def plan_chunks(sentences: Sequence[str], size: int) -> Iterator[list[int]]:
    """Yield chunks of places, longest sentences (in characters) first, of at most this size.

    For encoders that batch by themselves.
    """
    order = sorted(range(len(sentences)), key=lambda place: -len(sentences[place]))
    for start in range(0, len(order), size):
        yield order[start : start + size]
