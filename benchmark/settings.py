"""What an evaluation works with, apart from model, data and options."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from benchmark.embeddings import Advance, Engine, VectorCache, unwatched
from benchmark.results import ResultStore
from benchmark.steps import AnyStep

Watch = Callable[[str], AbstractContextManager[Advance]]
"""Names a piece of work; inside the ``with``, told how far it is."""


def nobody_watches(work: str) -> AbstractContextManager[Advance]:  # noqa: ARG001
    """Show nothing."""
    return nullcontext(unwatched)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an evaluation works with, apart from model, data and options.

    Attributes:
        store: where records are kept; None keeps none.
        cache: where vectors are kept; None keeps none.
        engine: where the encoder computes; None for this process.
        steps: what is done to looked-up vectors after the encoder's own steps.
        watch: given the name of a piece of work, shows how far it is while a ``with`` lasts.
    """

    store: ResultStore | None = None
    cache: VectorCache | None = None
    engine: Engine | None = None
    steps: tuple[AnyStep, ...] = ()
    watch: Watch = nobody_watches
