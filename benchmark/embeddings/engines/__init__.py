"""Where an encoder computes: in this process, in several, or on a cluster."""

from benchmark.embeddings.engines.engine import Engine
from benchmark.embeddings.engines.in_process import InProcess
from benchmark.embeddings.engines.local import Local
from benchmark.embeddings.engines.on_ray import OnRay
from benchmark.embeddings.engines.processes import Processes

__all__ = ["Engine", "InProcess", "Local", "OnRay", "Processes"]
