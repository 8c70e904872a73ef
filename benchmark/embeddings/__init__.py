"""Distinct sentences to one float32 matrix: ordering, batching, checking."""

from benchmark.embeddings.cache import VectorCache, default_cache
from benchmark.embeddings.embed import Advance, embed, unwatched
from benchmark.embeddings.engines import Engine, InProcess, Local, OnRay, Processes
from benchmark.embeddings.matrix import Embeddings, EncodingReport, distinct
from benchmark.embeddings.store import VectorStore

__all__ = [
    "Advance",
    "Embeddings",
    "EncodingReport",
    "Engine",
    "InProcess",
    "Local",
    "OnRay",
    "Processes",
    "VectorCache",
    "VectorStore",
    "default_cache",
    "distinct",
    "embed",
    "unwatched",
]
