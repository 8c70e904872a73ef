"""What an evaluation works with, apart from model, data and options."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from benchmark.embeddings import (
    Advance,
    EncodingReport,
    Engine,
    VectorCache,
    VectorStore,
    unwatched,
)
from benchmark.encoders import Encoder, vector_identity
from benchmark.results import ResultStore
from benchmark.results.making import warn
from benchmark.results.record import TrainingRecord
from benchmark.steps import AnyStep

Watch = Callable[[str], AbstractContextManager[Advance]]
"""Names a piece of work; inside the ``with``, told how far it is."""

Warn = Callable[[str, EncodingReport], None]
"""Given a model's name and what encoding took, says what somebody should know of it."""


def nobody_watches(work: str) -> AbstractContextManager[Advance]:  # noqa: ARG001
    """Show nothing."""
    return nullcontext(unwatched)


def nobody_warns(name: str, report: EncodingReport) -> None:
    """Say nothing: it was said before."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an evaluation works with, apart from model, data and options.

    Attributes:
        store: where records are kept; None keeps none.
        cache: where vectors are kept; None keeps none.
        engine: where the encoder computes; None for this process.
        chains: what is done to looked-up vectors after the encoder's own steps; a run for each.
        setting: what sets the runs apart from others of the model in its family.
        watch: given the name of a piece of work, shows how far it is while a ``with`` lasts.
        training: where in its training the model stands, if it is being trained.
        warn: says which sentences a model did not read as they are.
    """

    store: ResultStore | None = None
    cache: VectorCache | None = None
    engine: Engine | None = None
    chains: tuple[tuple[AnyStep, ...], ...] = ((),)
    setting: str = ""
    training: TrainingRecord | None = None
    watch: Watch = nobody_watches
    warn: Warn = warn

    def vectors_of(self, encoder: Encoder, *, forget: bool) -> VectorStore | None:
        """Return the stored vectors of an encoder; none for one that does not say who it is.

        Args:
            encoder: any.
            forget: delete what is stored first.
        """
        identity = vector_identity(encoder) if self.cache else None
        if self.cache is None or identity is None:
            return None
        store = self.cache.store(identity, encoder.card.name)
        return store if not forget or store.forget() else None
