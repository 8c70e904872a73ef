"""Vectors on disk: no sentence goes through the same encoder twice."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.embeddings.storage.cache import StoreSummary, VectorCache, default_cache
    from benchmark.embeddings.storage.parts import PartedStore
    from benchmark.embeddings.storage.rows import NOTHING, EncodedVectors, Found
    from benchmark.embeddings.storage.store import Keeper, Kept, VectorStore
else:
    __getattr__ = deferred(
        __name__,
        cache="StoreSummary VectorCache default_cache",
        parts="PartedStore",
        rows="NOTHING Found EncodedVectors",
        store="Keeper Kept VectorStore",
    )

__all__ = [
    "NOTHING",
    "EncodedVectors",
    "Found",
    "Keeper",
    "Kept",
    "PartedStore",
    "StoreSummary",
    "VectorCache",
    "VectorStore",
    "default_cache",
]
