"""Encode every distinct sentence once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.batches import fill_up, plan_batches, plan_chunks
from benchmark.embeddings.matrix import Embeddings, EncodingReport, distinct
from benchmark.encoders.protocol import Encoder, LoadableEncoder, TokenEncoder
from benchmark.encoders.python_object import raised
from benchmark.errors import BenchmarkError, ModelError

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

Advance = Callable[[int, int], None]
"""Called with the work done and the work in all: tokens, or sentences where none are counted."""


def unwatched(done: int, total: int) -> None:
    """Let nobody know how far encoding is."""


Encode = Callable[[Sequence[int]], NDArray[np.float32]]

CHUNK_SENTENCES = 1024
"""Sentences handed at once to an encoder that batches by itself."""


def embed(
    encoder: Encoder,
    sentences: Sequence[str],
    *,
    batch_tokens: int | None = None,
    advance: Advance = unwatched,
) -> Embeddings:
    """Return the vectors of all distinct sentences.

    A batch that is too large for the memory is halved, and stays halved for the rest.
    Vectors may hold non-finite values: the tasks that use those sentences refuse them.

    Args:
        encoder: asked in batches of its own tokens if it is a `TokenEncoder`, else in chunks.
        sentences: may repeat.
        batch_tokens: token budget of one batch; None for what suits the encoder.
        advance: progress.

    Raises:
        ModelError: the encoder fails, or returns something that breaks the protocol.
    """
    unique = distinct(sentences)
    started = time.perf_counter()
    if isinstance(encoder, LoadableEncoder):
        _asked_whole(encoder, encoder.load)
    if isinstance(encoder, TokenEncoder):
        tokens = _asked_whole(encoder, lambda: encoder.tokenize(unique))
        lengths = [len(row) for row in tokens.ids]
        batches = plan_batches(lengths, batch_tokens or encoder.batch_tokens)
        encode = _by_tokens(encoder, tokens.ids)
    else:
        tokens = None
        lengths = [1] * len(unique)
        batches = plan_chunks(unique, CHUNK_SENTENCES)
        encode = _by_sentences(encoder, unique)
    loaded = time.perf_counter()
    _announce(encoder, len(unique), sum(lengths) if tokens else None)
    matrix, count = _fill(encoder, encode, batches, lengths, advance)
    report = EncodingReport(
        sentences=len(unique),
        tokens=sum(lengths) if tokens else None,
        truncated=frozenset(unique[place] for place in tokens.truncated) if tokens else frozenset(),
        batches=count,
        load_seconds=loaded - started,
        encode_seconds=time.perf_counter() - loaded,
    )
    return Embeddings(matrix, {sentence: row for row, sentence in enumerate(unique)}, report)


def _announce(encoder: Encoder, sentences: int, tokens: int | None) -> None:
    counted = f" ({tokens:,} tokens)" if tokens is not None else ""
    logger.info(
        "%s: encoding %s distinct sentences%s", encoder.card.name, f"{sentences:,}", counted
    )


def _by_sentences(encoder: Encoder, unique: list[str]) -> Encode:
    return lambda places: encoder.encode([unique[place] for place in places])


def _by_tokens(encoder: TokenEncoder, ids: list[list[int]]) -> Encode:
    def encode(places: Sequence[int]) -> NDArray[np.float32]:
        filled = fill_up(places, len(ids[places[0]]))
        return encoder.encode_tokens([ids[place] for place in filled])[: len(places)]

    return encode


def _fill(
    encoder: Encoder,
    encode: Encode,
    batches: Iterator[list[int]],
    lengths: Sequence[int],
    advance: Advance,
) -> tuple[NDArray[np.float32], int]:
    """Run all batches into one matrix; return it and the number of calls."""
    matrix: NDArray[np.float32] | None = None
    total, done, count = sum(lengths), 0, 0
    largest = len(lengths)
    advance(0, total)
    for batch in batches:
        waiting = batch
        while waiting:
            places = waiting[:largest]
            try:
                vectors = _asked(encoder, lambda places=places: encode(places))  # type: ignore[misc]
            except MemoryError as error:
                largest = _halved(encoder, len(places), error)
                continue
            checked = _checked(encoder, vectors, len(places), matrix)
            if matrix is None:
                matrix = np.empty((len(lengths), checked.shape[1]), np.float32)
            matrix[places] = checked
            waiting = waiting[largest:]
            done, count = done + sum(lengths[place] for place in places), count + 1
            advance(done, total)
    return np.empty((0, 0), np.float32) if matrix is None else matrix, count


def _halved(encoder: Encoder, size: int, error: MemoryError) -> int:
    if size == 1:
        raise ModelError(
            f"{encoder.card.name}: out of memory on a single sentence; use a smaller "
            "--max-length or another --device"
        ) from error
    logger.warning("out of memory with %d sentences at once, going on with %d", size, size // 2)
    return size // 2


def _asked(encoder: Encoder, question: Callable[[], Answer]) -> Answer:
    """Ask the encoder; whatever it raises becomes one line that says where."""
    try:
        return question()
    except (BenchmarkError, MemoryError):
        raise
    except Exception as error:
        if type(error).__name__ == "OutOfMemoryError":
            raise MemoryError(str(error)) from error
        raise ModelError(f"{encoder.card.name}: encoding {raised(error)}") from error


def _asked_whole(encoder: Encoder, question: Callable[[], Answer]) -> Answer:
    """Ask for what cannot be halved when memory runs out."""
    try:
        return _asked(encoder, question)
    except MemoryError as error:
        raise ModelError(
            f"{encoder.card.name}: out of memory while loading; use a machine or a --device that "
            "has more"
        ) from error


def _checked(
    encoder: Encoder, vectors: object, rows: int, matrix: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Return the vectors as float32 if they are what the protocol asks for."""
    name = encoder.card.name
    try:
        array = np.asarray(vectors)
    except Exception as error:
        raise ModelError(f"{name}: encode returned no array ({raised(error)})") from error
    if array.dtype.kind != "f":
        raise ModelError(
            f"{name}: encode returned {type(vectors).__name__} of {array.dtype}, not float32"
        )
    if array.ndim != 2 or len(array) != rows or array.shape[1] == 0:
        raise ModelError(
            f"{name}: encode returned shape {array.shape} for {rows} sentences, not ({rows}, d)"
        )
    if matrix is not None and array.shape[1] != matrix.shape[1]:
        raise ModelError(
            f"{name}: encode returned {array.shape[1]} dimensions after {matrix.shape[1]} before"
        )
    with np.errstate(over="ignore"):  # what overflows is not finite, and refused as that
        return array.astype(np.float32, copy=False)
