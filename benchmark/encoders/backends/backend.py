"""The choice of a backend, and what each of them gives: token ids in, sentence vectors out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.checkpoint import Checkpoint
from benchmark.encoders.poolers import Pooler

BACKENDS = ("torch", "onnx", "openvino")

Compute = Callable[[Sequence[Sequence[int]]], NDArray[np.float32]]
"""From n token id lists of one length to their (n, d) float32 vectors, not yet normalized."""

LIBRARIES = {
    "torch": ("torch", "transformers"),
    "onnx": ("onnxruntime", "onnxscript", "torch", "transformers"),
    "openvino": ("openvino", "torch", "transformers"),
}
"""Whose versions decide what a backend gives."""

QUANTIZER = "nncf"


def libraries(backend: str | None, precision: str) -> tuple[str, ...]:
    """Return the libraries whose versions decide what comes out."""
    known = LIBRARIES[backend or "torch"]
    return (*known, QUANTIZER) if precision == "int8" else known


def load_compute(
    checkpoint: Checkpoint,
    pooler: Pooler,
    card: EncoderCard,
    *,
    device: str,
    trust_remote_code: bool,
) -> Compute:
    """Load a checkpoint into the backend that its card names.

    Raises:
        ModelError: the weights cannot be loaded, exported or quantized.
        UsageError: the backend is not installed, or does not run on this device.
    """
    if card.backend == "torch":
        from benchmark.encoders.backends.in_torch import TorchCompute

        return TorchCompute(
            checkpoint, pooler, card.precision, device, trust_remote_code=trust_remote_code
        )
    from benchmark.encoders.backends.exported import exported_compute

    return exported_compute(checkpoint, pooler, card, trust_remote_code=trust_remote_code)
