"""Every distinct sentence gets its vector: from the store, or through the encoder, once."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asker import asked_whole
from benchmark.embeddings.engines import Engine, InProcess
from benchmark.embeddings.storage import NOTHING, EncodedVectors, Keeper, Kept
from benchmark.embeddings.threads import Threads
from benchmark.embeddings.work import Work, prepare
from benchmark.encoders.protocol import (
    EarlyTokenEncoder,
    Encoder,
    LimitedEncoder,
    TokenEncoder,
    offers,
)
from benchmark.errors import ModelError
from benchmark.steps import AnyStep, apply_steps

logger = logging.getLogger(__name__)

_WORTH_WRITING = 16
"""Sentences that a service answered, which costs time and money: they are on the disk at once.
Fewer wait for a second, as writing takes longer than encoding them may have."""

Advance = Callable[[int, int], None]
"""Called with the work done and the work in all: tokens, or sentences where none are counted."""


@dataclass(frozen=True, slots=True)
class EncodingReport:
    """What encoding took.

    Attributes:
        sentences: number of distinct sentences.
        encoded: those that went through the encoder; the others were in the store.
        tokens: of all of them, special tokens included; None where the encoder counts none.
        truncated: sentences that were cut at the model's limit.
        tokenless: how many have no token, and got the zero vector without being computed.
        batches: that the encoder was asked for.
        look_up_seconds: reading the store.
        load_seconds: loading the model and tokenizing.
        encode_seconds: in the encoder.
    """

    sentences: int
    encoded: frozenset[str]
    tokens: int | None
    truncated: frozenset[str]
    tokenless: int
    batches: int
    look_up_seconds: float
    load_seconds: float
    encode_seconds: float


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of distinct sentences; ``embeddings[sentences]`` gives the (n, d) rows.

    Attributes:
        matrix: (distinct, d) float32.
        row_of: the row of each sentence.
        report: what making them took.
    """

    matrix: NDArray[np.float32]
    row_of: dict[str, int]
    report: EncodingReport = field(
        default_factory=lambda: EncodingReport(
            0, frozenset(), None, frozenset(), 0, 0, 0.0, 0.0, 0.0
        )
    )

    def __getitem__(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the (n, d) float32 vectors of n sentences.

        Raises:
            KeyError: a sentence that was not encoded.
        """
        return self.matrix[[self.row_of[sentence] for sentence in sentences]]

    def after(self, steps: Sequence[AnyStep], sentences: Sequence[str]) -> Embeddings:
        """Return what steps make of the vectors of these sentences, which may repeat.

        Those that are to be fitted on a task's own sentences are fitted on these, each once.

        Raises:
            KeyError: a sentence that was not encoded.
            ModelError, UsageError: a step cannot be fitted or applied.
        """
        if not steps:
            return self
        rows = distinct(sentences)
        matrix = apply_steps(steps, self[rows])
        return Embeddings(matrix, {text: row for row, text in enumerate(rows)}, self.report)


def distinct(sentences: Sequence[str]) -> list[str]:
    """Return each sentence once, in order of first appearance."""
    return list(dict.fromkeys(sentences))


def unwatched(done: int, total: int) -> None:
    """Let nobody know how far encoding is."""


def embed(
    encoder: Encoder,
    sentences: Sequence[str],
    *,
    batch_tokens: int | None = None,
    advance: Advance = unwatched,
    store: Kept | None = None,
    engine: Engine | None = None,
) -> Embeddings:
    """Return the vectors of all distinct sentences.

    What the store has is taken from there; the rest is encoded and stored as it comes.
    Vectors may hold non-finite values: the tasks that use those sentences refuse them.

    Args:
        encoder: asked in batches of its own tokens if it is a `TokenEncoder`, else in chunks.
        sentences: may repeat.
        batch_tokens: token budget of one batch; None for what suits the encoder.
        advance: progress.
        store: the encoder's vectors of earlier runs; None for none.
        engine: where the encoder computes; None for this process.

    Raises:
        ModelError: the encoder fails, or returns something that breaks the protocol.
    """
    unique = distinct(sentences)
    counts = offers(encoder, TokenEncoder)
    started = time.perf_counter()
    found = store.look_up(unique) if store else NOTHING
    looked_up = time.perf_counter()
    table = _Table(len(unique), encoder.card.name)
    table.fill(found.places, found.vectors)
    missing = np.setdiff1d(np.arange(len(unique)), found.places)
    batches, loaded = 0, looked_up
    if len(missing):
        waiting = [unique[place] for place in missing]
        engine = engine or InProcess()
        work = _made_ready(engine, encoder, lambda: prepare(encoder, waiting, batch_tokens))
        loaded = time.perf_counter()
        _announce(encoder, work, len(found.places))
        keeper = Keeper(store, _WORTH_WRITING if offers(encoder, LimitedEncoder) else math.inf)
        batches = _encode(encoder, engine, work, waiting, missing, table, keeper, advance)
    report = EncodingReport(
        sentences=len(unique),
        encoded=frozenset(unique[place] for place in missing),
        tokens=int(np.abs(table.tokens).sum()) if counts else None,
        truncated=frozenset(unique[place] for place in np.flatnonzero(table.tokens < 0)),
        tokenless=int((table.tokens == 0).sum()) if counts else 0,
        batches=batches,
        look_up_seconds=looked_up - started,
        load_seconds=loaded - looked_up,
        encode_seconds=time.perf_counter() - loaded,
    )
    return Embeddings(table.matrix, {sentence: row for row, sentence in enumerate(unique)}, report)


def _made_ready(engine: Engine, encoder: Encoder, prepared: Callable[[], Work]) -> Work:
    """Have the model loaded and the sentences tokenized, at once if the encoder can do so."""
    if not offers(encoder, EarlyTokenEncoder) or not asked_whole(
        encoder.card.name, encoder.load_tokenizer
    ):
        engine.prepare(encoder)
        return prepared()
    beside = Threads[Work](1)
    try:
        tokenized = beside.ask(prepared)
        engine.prepare(encoder)
        return tokenized.result()
    finally:
        beside.end()


class _Table:
    """The matrix that fills up; its width is known with the first vector."""

    def __init__(self, rows: int, name: str) -> None:
        self._name = name
        self.matrix = np.empty((rows, 0), np.float32)
        self.tokens = np.zeros(rows, np.int32)
        self._empty = np.ones(rows, bool)

    def fill(self, places: NDArray[np.intp], vectors: EncodedVectors) -> None:
        if not len(places):
            return
        rows, width = self.matrix.shape
        if width == 0:
            self.matrix = np.empty((rows, vectors.matrix.shape[1]), np.float32)
        elif width != vectors.matrix.shape[1]:
            raise ModelError(
                f"{self._name}: encode returned {vectors.matrix.shape[1]} dimensions after "
                f"{width} before; if those were stored by an earlier run, it needs a new version"
            )
        self.matrix[places] = vectors.matrix
        self.tokens[places] = vectors.tokens
        self._empty[places] = False

    def zeros(self, rows: int) -> NDArray[np.float32]:
        """Return the vectors of sentences without a token: a mean over nothing is zero here.

        sentence-transformers divides a sum of nothing by a count that is kept above zero.
        """
        width = self.matrix.shape[1]
        if width == 0:
            raise ModelError(f"{self._name}: none of the {rows} sentences has a token")
        return np.zeros((rows, width), np.float32)

    def require_full(self, engine: Engine) -> None:
        """What is left empty holds whatever was in the memory: never to be scored."""
        if left := int(self._empty.sum()):
            raise ModelError(
                f"{self._name}: {type(engine).__name__} gave no vectors for {left} sentences"
            )


def _encode(
    encoder: Encoder,
    engine: Engine,
    work: Work,
    sentences: Sequence[str],
    rows: NDArray[np.intp],
    table: _Table,
    keeper: Keeper,
    advance: Advance,
) -> int:
    """Run all batches; fill the table and the store; return their number."""
    sizes = work.sizes
    done, total, batches = 0, int(sizes.sum()), 0
    advance(0, total)

    def take(batch: Sequence[int], matrix: NDArray[np.float32]) -> None:
        nonlocal done
        vectors = EncodedVectors(matrix, work.tokens[batch])
        table.fill(rows[batch], vectors)
        keeper.keep([sentences[place] for place in batch], vectors)
        done += int(sizes[batch].sum())
        advance(done, total)

    empty = work.empty.tolist()
    try:
        if len(empty) < len(work.items):
            for batch, matrix in engine.encode(encoder, work):
                take(batch, matrix)
                batches += 1
        if empty:
            take(empty, table.zeros(len(empty)))
    finally:
        keeper.flush()
    table.require_full(engine)
    return batches


def _announce(encoder: Encoder, work: Work, stored: int) -> None:
    tokens = int(np.abs(work.tokens).sum())
    counted = f" ({tokens:,} tokens)" if tokens else ""
    there = f", {stored:,} are in the store" if stored else ""
    logger.info(
        "%s: encoding %s distinct sentences%s%s",
        encoder.card.name,
        f"{len(work.items):,}",
        counted,
        there,
    )
