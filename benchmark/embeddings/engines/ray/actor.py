"""What runs on a Ray cluster: a copy of the encoder, which must give the vectors it would here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmark.embeddings.engines.replica import Job, Replica, differences, received
from benchmark.encoders.identity import vector_identity
from benchmark.errors import UsageError


class Actor:
    """Answers jobs; the encoder is loaded with the first one, where its errors are seen."""

    def __init__(self, content: bytes, identity: str | None) -> None:
        """Take an encoder as it was sent, and what decides its vectors where it comes from."""
        self._content = content
        self._identity = identity
        self._replica: Replica | None = None

    def answer(self, job: Job, batches: list[list[Any]]) -> tuple[Job, list[NDArray[np.float32]]]:
        """Return the job and the (n, d) vectors of each of its batches.

        Raises:
            UsageError: the encoder is not known here, or would give other vectors.
            ModelError: it fails.
        """
        if self._replica is None:
            encoder = received(self._content)
            if type(encoder).__module__ != "__main__":  # else its code was sent along
                require_same(self._identity, vector_identity(encoder))
            self._replica = Replica(encoder)
        return job, self._replica.vectors(batches)


def require_same(ours: str | None, theirs: str | None) -> None:
    """Refuse a node whose vectors would be stored as those of other libraries.

    Raises:
        UsageError: the identities differ.
    """
    if differ := differences(ours, theirs):
        raise UsageError(
            f"`engine` ray: a node of the cluster would give other vectors ({'; '.join(differ)}); "
            "install the same versions on all nodes"
        )
