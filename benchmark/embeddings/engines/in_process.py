"""The encoder computes here: one batch after another, or a few beside each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.asking import Asker, asked_whole
from benchmark.embeddings.engines.answering import answers
from benchmark.embeddings.work import Work
from benchmark.encoders.protocol import Encoder, LoadableEncoder


class InProcess:
    """Asks the encoder at hand."""

    def prepare(self, encoder: Encoder) -> None:
        """Load the model."""
        if isinstance(encoder, LoadableEncoder):
            asked_whole(encoder.card.name, encoder.load)

    def encode(
        self, encoder: Encoder, work: Work
    ) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Yield each batch of places with its (n, d) vectors, in the order of the batches."""
        batches = ((batch, [work.items[place] for place in batch]) for batch in work.batches())
        return answers(encoder, Asker(encoder), batches)
