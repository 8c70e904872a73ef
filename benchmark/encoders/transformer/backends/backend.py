"""The choice of a backend, and what each of them gives: token ids in, sentence vectors out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import metadata

import numpy as np
from numpy.typing import NDArray

from benchmark.encoders.card import EncoderCard
from benchmark.encoders.files.checkpoint import Checkpoint
from benchmark.encoders.identity import versions
from benchmark.encoders.transformer.poolers import Pooler
from benchmark.errors import UsageError

BACKENDS = ("torch", "onnx", "openvino")

Compute = Callable[[Sequence[Sequence[int]]], NDArray[np.float32]]
"""From n token id lists of one length to their (n, d) float32 vectors, not yet normalized."""

Tokenize = Callable[[Sequence[str]], Sequence[Sequence[int]]]
"""From n sentences to their token ids."""

LIBRARIES = {
    "torch": ("torch", "transformers"),
    "onnx": ("onnxruntime", "onnx", "onnxscript", "torch", "transformers"),
    "openvino": ("openvino", "torch", "transformers"),
}
"""Whose versions decide what a backend gives."""

QUANTIZER = "nncf"

EXPORT_VERSION = "2"
"""Raised whenever the same checkpoint may be exported otherwise, or is checked otherwise: exports
from before, and vectors computed with them, are not taken then."""


def libraries(backend: str, precision: str) -> tuple[str, ...]:
    """Return the libraries that a backend computes with."""
    known = LIBRARIES[backend]
    return (*known, QUANTIZER) if precision == "int8" else known


def decides(backend: str, precision: str) -> dict[str, str]:
    """Return what beside the checkpoint decides what comes out: versions, and the calibration."""
    known = versions(libraries(backend, precision))
    if backend != "torch":
        known["export"] = EXPORT_VERSION
    if precision != "int8":
        return known
    from benchmark.encoders.transformer.backends.graph import calibration_sha256

    return known | {"calibration": calibration_sha256()}


def require_installed(backend: str, precision: str) -> None:
    """Refuse a backend whose libraries are not there.

    Raises:
        UsageError: some are missing.
    """
    missing = [name for name in libraries(backend, precision) if not _is_installed(name)]
    if missing:
        raise UsageError(
            f"--backend {backend} --precision {precision} needs {', '.join(missing)}; "
            f"pip install '.[{backend}]'"
        )


def _is_installed(package: str) -> bool:
    try:
        return bool(metadata.version(package))
    except metadata.PackageNotFoundError:
        return False


def load_compute(
    checkpoint: Checkpoint,
    pooler: Pooler,
    card: EncoderCard,
    *,
    device: str,
    trust_remote_code: bool,
    tokenize: Tokenize,
) -> Compute:
    """Load a checkpoint into the backend that its card names.

    Args:
        checkpoint: the folder.
        pooler: part of what is computed.
        card: names backend and precision.
        device: as the user named it.
        trust_remote_code: allow code that the checkpoint brings.
        tokenize: as for any sentence; for those that int8 is calibrated with.

    Raises:
        ModelError: the weights cannot be loaded, exported or quantized.
        UsageError: the backend does not run on this device.
    """
    if card.backend == "torch":
        from benchmark.encoders.transformer.backends.in_torch import TorchCompute

        return TorchCompute(
            checkpoint, pooler, card.precision, device, trust_remote_code=trust_remote_code
        )
    from benchmark.encoders.transformer.backends.exported import exported_compute

    return exported_compute(
        checkpoint, pooler, card, trust_remote_code=trust_remote_code, tokenize=tokenize
    )
