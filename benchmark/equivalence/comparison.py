"""Two models compared on sentences, and where they differ, the cause."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.equivalence.agreement import TOLERANCE, Agreement, agreement
from benchmark.equivalence.case import Case, Finding
from benchmark.equivalence.causes import diagnose
from benchmark.equivalence.result import Parity, SentenceDifference
from benchmark.equivalence.sentences import default_sentences, read_sentences
from benchmark.equivalence.side import Side, side_of
from benchmark.errors import ModelError, UsageError
from benchmark.keywords import made
from benchmark.options import EncoderOptions
from benchmark.steps.step import Matrix

logger = logging.getLogger(__name__)


def parity(
    a: str | Any,
    b: str | Any,
    *,
    sentences: str | os.PathLike[str] | Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    directions: bool = False,
    a_options: Mapping[str, Any] | None = None,
    b_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> Parity:
    """Tell whether two models are the same encoder, and if not, why (docs/parity.md).

    Vectors are computed now, never taken from the store.

    Args:
        a: a model, or an encoder in memory, as for `benchmark.evaluate`.
        b: another.
        sentences: what they are asked: a list of texts, or a file with one a line. Default: the
            embedded demonstration sentences, and some that encoders like to differ on.
        tolerance: the largest difference that is called none, as a part of the largest entry.
            Default: above what other kernels of one precision do, below float16.
        directions: scale the vectors of both to length one first, which no cosine notices.
        a_options: options of A alone.
        b_options: options of B alone.
        **options: of both: ``pooler``, ``max_length`` ..., see `benchmark.load_encoder`.

    Raises:
        UsageError: an unknown name or option, or one that does not fit.
        DataError: the file of sentences cannot be read.
        ModelError: a model is not found or not supported, or fails.
    """
    if not 0 <= tolerance < 1:
        raise UsageError(
            f"`tolerance` {tolerance:g}: a part of the largest entry, from 0 to below 1, is needed"
        )
    asked = [made(EncoderOptions, {**options, **(own or {})}) for own in (a_options, b_options)]
    first, second = side_of("A", a, asked[0]), side_of("B", b, asked[1])
    if directions:
        first, second = first.scaled(), second.scaled()
    return _compared(first, second, _texts(sentences), tolerance)


def _texts(sentences: str | os.PathLike[str] | Sequence[str] | None) -> list[str]:
    if sentences is None:
        return default_sentences()
    if isinstance(sentences, str | os.PathLike):
        return read_sentences(Path(sentences))
    texts = list(dict.fromkeys(sentences))
    if not texts or not all(isinstance(text, str) for text in texts):
        raise UsageError("`sentences`: a list of texts, or the name of a file, is needed")
    return texts


def _compared(a: Side, b: Side, sentences: list[str], tolerance: float) -> Parity:
    asked, first, second = _both(a, b, sentences)
    found = agreement(first, second)
    finding, remarks = None, list[Finding]()
    if found is None or found.largest > tolerance:
        finding, remarks = diagnose(Case(a, b, tuple(asked), first, second, tolerance))
    kept = set(asked)
    return Parity(
        names=(a.name, b.name),
        cards=(a.card, b.card),
        dimensions=(first.shape[1], second.shape[1]),
        sentences=len(asked),
        tolerance=tolerance,
        differences=() if found is None else _by_sentence(asked, found),
        largest_entry=max(float(np.abs(rows).max(initial=0)) for rows in (first, second)),
        finding=finding,
        remarks=tuple(remarks),
        left_out=tuple(text for text in sentences if text not in kept),
    )


def _both(a: Side, b: Side, asked: list[str]) -> tuple[list[str], Matrix, Matrix]:
    """Return the vectors of both, blank sentences left out if one of them refuses those."""
    try:
        return asked, a.vectors(asked), b.vectors(asked)
    except ModelError as error:
        ordinary = [text for text in asked if text.strip()]
        if len(ordinary) == len(asked) or not ordinary:
            raise
        logger.info("%s; asking again without blank sentences", error)
        return ordinary, a.vectors(ordinary), b.vectors(ordinary)


def _by_sentence(sentences: Sequence[str], found: Agreement) -> tuple[SentenceDifference, ...]:
    # By direction first: where lengths differ, differences say nothing else.
    order = np.lexsort((-found.differences, np.round(found.cosines, 6)))
    relative = found.relative
    return tuple(
        SentenceDifference(
            sentences[place],
            float(found.cosines[place]),
            float(found.differences[place]),
            float(relative[place]),
        )
        for place in order
    )
