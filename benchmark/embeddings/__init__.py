"""Distinct sentences to one float32 matrix: ordering, batching, checking."""

from benchmark.embeddings.embed import BATCH_TOKENS, embed
from benchmark.embeddings.matrix import Embeddings, EncodingReport, distinct

__all__ = ["BATCH_TOKENS", "Embeddings", "EncodingReport", "distinct", "embed"]
