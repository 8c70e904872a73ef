"""What runs the computation of a transformer: torch, ONNX Runtime or OpenVINO."""

from benchmark.encoders.transformer.backends.backend import (
    BACKENDS,
    PRECISIONS,
    Computation,
    Compute,
    choose_precision,
    decides,
    load_compute,
    require_installed,
)

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
