"""Vectors by several poolers from one pass over a model's layers, each stored as its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from benchmark.embeddings import PartedStore, embed
from benchmark.encoders import PooledEncoder, TokenEncoder
from benchmark.encoders.transformer.poolers import pooler_by_name
from benchmark.errors import ModelError
from benchmark.options import RunOptions
from benchmark.settings import Settings

logger = logging.getLogger(__name__)


def encode_together(
    encoder: PooledEncoder,
    poolers: Sequence[str],
    sentences: Sequence[str],
    options: RunOptions,
    settings: Settings,
) -> list[str]:
    """Encode sentences by every pooler that a model has; one pass over the layers serves all.

    The vectors of each are stored under the encoder that has this pooler alone. A run of that one
    finds them there, and its numbers are its own.

    Args:
        encoder: of the model.
        poolers: their names.
        sentences: at least one.
        options: of the run.
        settings: with a cache.

    Returns:
        The poolers that the model has, in this order. One that puts several vectors one behind the
        other has another width, and is not among them.
    """
    named, together = _askable(encoder, poolers, sentences[0])
    if together is None:
        return []
    stores = [settings.vectors_of(encoder.pooled(name), forget=False) for name in named]
    known = tuple(store for store in stores if store is not None)
    if len(known) == len(named):  # else nobody could find them again
        with settings.watch(f"{encoder.card.name}: encoding by {len(named)} poolers") as advance:
            embed(
                together,
                sentences,
                batch_tokens=options.batch_tokens,
                advance=advance,
                store=PartedStore(known),
                engine=settings.engine,
            )
    return named


def _askable(
    encoder: PooledEncoder, poolers: Sequence[str], sentence: str
) -> tuple[list[str], TokenEncoder | None]:
    """Return those poolers that a model has, and the encoder of all of them; None if it has none.

    Whether there is a pooling head, or a state for each layer, is known when a sentence was asked
    for; whether texts end in the token that a pooler takes, when one was tokenized.
    """
    named = [name for name in poolers if "+" not in name and _reads(encoder.pooled(name), sentence)]
    entries = {name: pooler_by_name(name) for name in named}
    no_head = [name for name in named if not entries[name].needs_head]
    last_layer = [name for name in named if not entries[name].inner]
    attempts = [named, no_head, last_layer, [name for name in no_head if name in last_layer]]
    failure: ModelError | None = None
    for attempt in filter(None, attempts):
        together = encoder.pooled(*attempt)
        try:
            together.encode([sentence])
        except ModelError as error:
            failure = failure or error
            continue
        if failure:
            left_out = ", ".join(name for name in named if name not in attempt)
            logger.info("%s: nothing is tried with %s (%s)", encoder.card.name, left_out, failure)
        return attempt, together
    return [], None


def _reads(encoder: TokenEncoder, sentence: str) -> bool:
    try:
        encoder.tokenize([sentence])
    except ModelError:
        return False
    return True
