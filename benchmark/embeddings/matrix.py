"""The matrix between tasks and encoders: one row for each distinct sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


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


def distinct(sentences: Sequence[str]) -> list[str]:
    """Return each sentence once, in order of first appearance."""
    return list(dict.fromkeys(sentences))
