"""Where an encoder computes: in this process, in several, or on a cluster."""

from benchmark.embeddings.engines.engine import Engine
from benchmark.embeddings.engines.in_process import InProcess

__all__ = ["Engine", "InProcess"]
