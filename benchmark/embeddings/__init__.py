"""Distinct sentences to one float32 matrix: ordering, batching, checking."""

from benchmark.embeddings.embed import Advance, embed, unwatched
from benchmark.embeddings.matrix import Embeddings, EncodingReport, distinct

__all__ = [
    "Advance",
    "Embeddings",
    "EncodingReport",
    "distinct",
    "embed",
    "unwatched",
]
