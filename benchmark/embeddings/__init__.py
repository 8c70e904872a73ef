"""Distinct sentences to one float32 matrix: ordering, batching, checking."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred
from benchmark.embeddings.embed import (
    Advance,
    Embeddings,
    EncodingReport,
    distinct,
    embed,
    unwatched,
)

if TYPE_CHECKING:
    from benchmark.embeddings.engines import Engine, InProcess, Local, OnRay, Processes
    from benchmark.embeddings.storage import PartedStore, VectorCache, VectorStore, default_cache
else:
    __getattr__ = deferred(
        __name__,
        engines="Engine InProcess Local OnRay Processes",
        storage="PartedStore VectorCache VectorStore default_cache",
    )

__all__ = [
    "Advance",
    "Embeddings",
    "EncodingReport",
    "Engine",
    "InProcess",
    "Local",
    "OnRay",
    "PartedStore",
    "Processes",
    "VectorCache",
    "VectorStore",
    "default_cache",
    "distinct",
    "embed",
    "unwatched",
]
