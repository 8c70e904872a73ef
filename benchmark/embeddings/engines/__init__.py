"""Where an encoder computes: in this process, in several, or on a cluster."""

from typing import TYPE_CHECKING

from benchmark.deferred import deferred

if TYPE_CHECKING:
    from benchmark.embeddings.engines.engine import Engine, InProcess, Local
    from benchmark.embeddings.engines.processes import Processes
    from benchmark.embeddings.engines.ray.on_ray import OnRay
else:
    __getattr__ = deferred(
        __name__,
        engine="Engine InProcess Local",
        processes="Processes",
        **{"ray.on_ray": "OnRay"},
    )

__all__ = ["Engine", "InProcess", "Local", "OnRay", "Processes"]
