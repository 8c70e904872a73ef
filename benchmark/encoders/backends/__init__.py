"""What runs the computation of a transformer: torch, ONNX Runtime or OpenVINO."""

from benchmark.encoders.backends.backend import BACKENDS, Compute, libraries, load_compute
from benchmark.encoders.backends.precision import PRECISIONS, choose_precision

__all__ = ["BACKENDS", "PRECISIONS", "Compute", "choose_precision", "libraries", "load_compute"]
