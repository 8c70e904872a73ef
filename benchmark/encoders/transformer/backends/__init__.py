"""What runs the computation of a transformer: torch, ONNX Runtime or OpenVINO."""

from benchmark.encoders.transformer.backends.backend import (
    BACKENDS,
    Computation,
    Compute,
    decides,
    load_compute,
    require_installed,
)
from benchmark.encoders.transformer.backends.precision import PRECISIONS, choose_precision

__all__ = [
    "BACKENDS",
    "PRECISIONS",
    "Computation",
    "Compute",
    "choose_precision",
    "decides",
    "load_compute",
    "require_installed",
]
